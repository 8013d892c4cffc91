//! Connections: accepted up to a bound, given a time to ask and to read, and let end when the program is told to stop.

mod guests;
mod reader;
mod talk;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use invoice_http::middleware::Network;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower_service::Service as _;
use tracing::{debug, warn};

use crate::seldom::Seldom;
use guests::{Guest, Guests};
use reader::Reader;
use talk::Talk;

/// After a failure to accept, most likely for want of file descriptors: until some are free again.
const PAUSE: Duration = Duration::from_millis(200);
const TOLD_EVERY: Duration = Duration::from_secs(10);
/// How long a stranger who has asked nothing yet may take to do so.
const GREETING: Duration = Duration::from_secs(10);
/// How long a connection without a request stays once the program is told to stop: less than any grace, so that only
/// requests are left when that is over.
const FAREWELL: Duration = Duration::from_millis(500);

/// How much of the program callers may hold.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// Connections open at once; who comes then waits in the system's queue. One address may have a quarter of them.
    pub(crate) connections: usize,
    /// How long the head of a request may take, from the moment one could begin.
    pub(crate) head: Duration,
    /// How long an answer waits for a caller who reads nothing of it.
    pub(crate) unread: Duration,
    /// Behind which everybody is one address.
    pub(crate) proxies: Vec<Network>,
}

/// Serves until told to stop, and then until the last answer is given.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(bounds.head);
    let (stopping, _) = watch::channel(());
    let places = Arc::new(Semaphore::new(bounds.connections));
    let guests = Guests::new((bounds.connections / 4).max(1), bounds.proxies);
    let accepting = async {
        let door = Door::new(&listener);
        loop {
            let place = door.place(&places).await;
            let (stream, peer) = door.accept().await;
            let Some(guest) = guests.admit(peer.ip()) else {
                door.refuse();
                continue;
            };
            let talk = Arc::new(Talk::default());
            let stream = Reader::new(stream, bounds.unread, talk.clone());
            let (app, asking) = (app.clone(), talk.clone());
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                let (mut app, begun) = (app.clone(), asking.begin());
                async move { app.call(request).await.map(|answer| answer.map(|body| begun.until_sent(body))) }
            });
            let connection = protocol.serve_connection(TokioIo::new(stream), service);
            let stopping = stopping.subscribe();
            tokio::spawn(async move {
                hold(connection, &talk, &guest, stopping).await;
                drop((guest, place));
            });
        }
    };
    tokio::select! {
        () = stop => {}
        () = accepting => {}
    }
    drop(listener);
    let _ = stopping.send(());
    stopping.closed().await;
}

/// Holds a connection until it ends, or its caller has nothing to ask.
async fn hold<S>(
    connection: http1::Connection<TokioIo<Reader<TcpStream>>, S>,
    talk: &Talk,
    guest: &Guest,
    mut stopping: watch::Receiver<()>,
) where
    S: hyper::service::HttpService<Incoming, ResBody = talk::Body, Error = std::convert::Infallible>,
{
    let mut connection = pin!(connection);
    tokio::select! {
        ended = &mut connection => return tell(ended),
        () = silence(talk, guest) => return debug!("a connection on which nothing was asked was closed"),
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    loop {
        match timeout(FAREWELL, &mut connection).await {
            Ok(ended) => return tell(ended),
            Err(_) if talk.is_idle() => return,
            Err(_) => {}
        }
    }
}

/// Ends when a stranger has asked nothing for too long; a proxy may open connections before it needs them.
async fn silence(talk: &Talk, guest: &Guest) {
    if !guest.is_proxy() {
        sleep(GREETING).await;
        if !talk.has_begun() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

fn tell(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}

/// Where connections come in.
struct Door<'a> {
    listener: &'a TcpListener,
    full: Seldom,
    failed: Seldom,
    refused: Seldom,
}

impl<'a> Door<'a> {
    fn new(listener: &'a TcpListener) -> Self {
        let [full, failed, refused] = [(); 3].map(|()| Seldom::new(TOLD_EVERY));
        Self { listener, full, failed, refused }
    }

    /// A place for one more connection, as soon as there is one. `None` only if nobody counts any more.
    async fn place(&self, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if places.available_permits() == 0
            && let Some(others) = self.full.pass()
        {
            warn!(others, "as many connections are open as may be: the next ones wait");
        }
        places.clone().acquire_owned().await.ok()
    }

    async fn accept(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_the_callers(&error) => {}
                Err(error) => {
                    if let Some(others) = self.failed.pass() {
                        warn!(%error, others, "a connection could not be accepted");
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Tells that an address wanted more than it may have; not which, since logs hold none.
    fn refuse(&self) {
        if let Some(others) = self.refused.pass() {
            warn!(others, "a connection was refused: its address has a quarter of all that may be");
        }
    }
}

/// Whether whoever called has gone before the call was taken.
fn is_the_callers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}

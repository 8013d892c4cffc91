//! Connections: accepted up to a bound, given a time to ask, and let end when the program is told to stop.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tower_service::Service as _;
use tracing::{debug, warn};

use crate::seldom::Seldom;

/// After a failure to accept, most likely for want of file descriptors: until some are free again.
const PAUSE: Duration = Duration::from_millis(200);
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// How much of the program callers may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Connections open at once; who comes then waits in the system's queue.
    pub(crate) connections: usize,
    /// How long the head of a request may take, from the moment one could begin.
    pub(crate) head: Duration,
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
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(bounds.connections));
    let accepting = async {
        let door =
            Door { listener: &listener, full: Seldom::new(TOLD_EVERY), failed: Seldom::new(TOLD_EVERY) };
        loop {
            let place = door.place(&places).await;
            let (stream, peer) = door.accept().await;
            let app = app.clone();
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                app.clone().call(request)
            });
            let connection = open.watch(protocol.serve_connection(TokioIo::new(stream), service));
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    debug!(%error, "a connection ended early");
                }
                drop(place);
            });
        }
    };
    tokio::select! {
        () = stop => {}
        () = accepting => {}
    }
    drop(listener);
    open.shutdown().await;
}

/// Where connections come in.
struct Door<'a> {
    listener: &'a TcpListener,
    full: Seldom,
    failed: Seldom,
}

impl Door<'_> {
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
}

/// Whether whoever called has gone before the call was taken.
fn is_the_callers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}

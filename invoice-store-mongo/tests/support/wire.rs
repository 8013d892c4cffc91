//! A way to the server that can be cut, and on which everything can be made to stand still.

#![allow(dead_code, reason = "each test file takes what it needs")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::Client;
use invoice_store_mongo::mongodb::options::{ClientOptions, ServerAddress};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Stands between a client and the server.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    closed: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<JoinHandle<()>>>>,
    held: Arc<watch::Sender<bool>>,
}

impl Wire {
    /// The same database as the store's, by this way alone.
    pub(crate) async fn store(&self, uri: &str, store: &MongoStore) -> MongoStore {
        let mut options = ClientOptions::parse(uri).await.expect("the test server's URI");
        let server = options.hosts.first().expect("it names a host").to_string();
        let port = self.listen(server).await;
        options.hosts = vec![ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port: Some(port) }];
        options.repl_set_name = None;
        options.direct_connection = Some(true);
        options.server_selection_timeout = Some(std::time::Duration::from_millis(500));
        let client = Client::with_options(options).expect("they are good options");
        MongoStore::from_client(client, store.database().name()).await.expect("the test server answers")
    }

    async fn listen(&self, server: String) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let wire = self.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if wire.closed.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(&server).await.expect("the test server answers");
                let (there, back) = (wire.held.subscribe(), wire.held.subscribe());
                let relay = tokio::spawn(async move {
                    let ((asks, hears), (answers, is_asked)) = (client.into_split(), server.into_split());
                    tokio::join!(carry(asks, is_asked, there), carry(answers, hears, back));
                });
                wire.open.lock().expect("nobody panics over it").push(relay);
            }
        });
        port
    }

    /// Loses all connections.
    pub(crate) fn cut(&self) {
        for relay in self.open.lock().expect("nobody panics over it").drain(..) {
            relay.abort();
        }
    }

    /// Keeps back whatever is said by either side, or lets it through. As with a server that stands still, connections
    /// are open, and what was said to it meanwhile reaches it in the end, even if nobody waits for it any more.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Lets nobody reach the server any more, or again.
    pub(crate) fn close(&self, closed: bool) {
        self.closed.store(closed, Ordering::SeqCst);
        if closed {
            self.cut();
        }
    }
}

/// Until one side has no more to say.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut held: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut buffer).await.unwrap_or_default();
        let is_over = held.wait_for(|held| !held).await.is_err() || count == 0;
        if is_over || to.write_all(&buffer[..count]).await.is_err() {
            let _ = to.shutdown().await;
            return;
        }
    }
}

//! A way to the server that can be cut.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::Client;
use invoice_store_mongo::mongodb::options::{ClientOptions, ServerAddress};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Stands between a client and the server.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    closed: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<JoinHandle<()>>>>,
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
            while let Ok((mut client, _)) = listener.accept().await {
                if wire.closed.load(Ordering::SeqCst) {
                    continue;
                }
                let mut server = TcpStream::connect(&server).await.expect("the test server answers");
                let relay = tokio::spawn(async move {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
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

    /// Lets nobody reach the server any more, or again.
    pub(crate) fn close(&self, closed: bool) {
        self.closed.store(closed, Ordering::SeqCst);
        if closed {
            self.cut();
        }
    }
}

//! What goes over the wire.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Stands between a client and the server, and counts how often the client speaks after the server did.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    flights: Arc<AtomicUsize>,
    said: Arc<AtomicUsize>,
    server_spoke: Arc<AtomicBool>,
    cut: Arc<AtomicBool>,
    cut_after: Arc<Mutex<Option<&'static str>>>,
    closed: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) async fn listen(&self, server: String) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let wire = self.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if wire.closed.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(&server).await.expect("the test server answers");
                tokio::spawn(wire.clone().relay(client, server));
            }
        });
        port
    }

    async fn relay(self, client: TcpStream, server: TcpStream) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let wire = self.clone();
        tokio::spawn(async move {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
                if wire.cut.swap(false, Ordering::SeqCst) {
                    return;
                }
                wire.server_spoke.store(true, Ordering::SeqCst);
                let _ = to_client.write_all(&bytes[..count]).await;
            }
        });
        let mut bytes = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            self.said.fetch_add(1, Ordering::SeqCst);
            if self.server_spoke.swap(false, Ordering::SeqCst) {
                self.flights.fetch_add(1, Ordering::SeqCst);
            }
            self.cut_if_awaited(&bytes[..count]);
            let _ = to_server.write_all(&bytes[..count]).await;
        }
    }

    fn cut_if_awaited(&self, said: &[u8]) {
        let mut awaited = self.cut_after.lock().expect("nobody panics over it");
        if awaited.is_some_and(|words| said.windows(words.len()).any(|part| part == words.as_bytes())) {
            *awaited = None;
            self.cut();
        }
    }

    /// Loses the server's next answer and the connection with it.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    /// Loses the answer to the next message with these words, and the connection with it.
    pub(crate) fn cut_after(&self, words: &'static str) {
        *self.cut_after.lock().expect("nobody panics over it") = Some(words);
    }

    /// Lets nobody reach the server any more, or again.
    pub(crate) fn close(&self, closed: bool) {
        self.closed.store(closed, Ordering::SeqCst);
    }

    /// How often the client speaks, whether the server has or not: on many connections at once it need not have.
    pub(crate) fn said(&self) -> usize {
        self.said.load(Ordering::SeqCst)
    }

    /// How many round trips a future takes.
    pub(crate) async fn count<T>(&self, what: impl Future<Output = T>) -> (usize, T) {
        let before = self.flights.load(Ordering::SeqCst);
        let answer = what.await;
        (self.flights.load(Ordering::SeqCst) - before, answer)
    }
}

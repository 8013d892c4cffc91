use std::net::Ipv4Addr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A way to a server that can fall silent: connections stay, and nothing goes through.
pub(crate) struct Proxy {
    port: u16,
    silent: watch::Sender<bool>,
    accepted: watch::Receiver<usize>,
}

impl Proxy {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (silent, is_silent) = watch::channel(false);
        let (count, accepted) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.send_modify(|count| *count += 1);
                tokio::spawn(forward(client, port, is_silent.clone()));
            }
        });
        Self { port: own, silent, accepted }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn fall_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }

    /// Waits until somebody connects who had not.
    pub(crate) async fn until_another_connects(&mut self) {
        let before = *self.accepted.borrow();
        self.accepted.wait_for(|count| *count > before).await.unwrap();
    }
}

async fn forward(mut client: TcpStream, port: u16, mut silent: watch::Receiver<bool>) {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    loop {
        if silent.wait_for(|silent| !*silent).await.is_err() {
            return;
        }
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = silent.wait_for(|silent| *silent) => {}
        }
    }
}

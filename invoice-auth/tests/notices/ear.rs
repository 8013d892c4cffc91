use std::sync::Arc;
use std::time::Duration;

use invoice_auth::redis::RedisBroadcast;
use invoice_auth::{Broadcast as _, MasterKey, Notice};
use tokio::sync::watch;
use tokio::time::timeout;

pub(crate) fn master(byte: u8) -> MasterKey {
    MasterKey::from_bytes([byte; 32])
}

/// A process that remembers what it hears.
pub(crate) struct Process {
    pub(crate) broadcast: RedisBroadcast,
    heard: watch::Receiver<Vec<Notice>>,
}

impl Process {
    /// One that is connected.
    pub(crate) async fn on(url: &str, master: &MasterKey) -> Self {
        let broadcast = RedisBroadcast::open(url, master).await.unwrap();
        let (sender, heard) = watch::channel(Vec::new());
        let sender = Arc::new(sender);
        broadcast.subscribe(Box::new(move |notice| sender.send_modify(|heard| heard.push(notice.clone()))));
        let mut process = Self { broadcast, heard };
        process.until("it is connected", |heard| heard == [Notice::Everything]).await;
        process
    }

    pub(crate) async fn until(&mut self, what: &str, is_so: impl Fn(&[Notice]) -> bool) {
        let waiting = self.heard.wait_for(|heard| is_so(heard));
        let so = timeout(Duration::from_secs(20), waiting).await.map(|heard| heard.is_ok());
        assert_eq!(so, Ok(true), "{what}");
    }

    pub(crate) fn heard(&self) -> Vec<Notice> {
        self.heard.borrow().clone()
    }
}

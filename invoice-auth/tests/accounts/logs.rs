//! What is logged when mail can't be sent.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use invoice_auth::testing::settings;
use invoice_auth::{Mail, MailError, Mailer};
use tokio::sync::Semaphore;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::common::stores::in_memory;
use crate::common::{World, address, client};

/// All that is logged, in one text.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl Visit for &Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0.lock().unwrap(), "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Says in its errors to whom the mail was, as servers do.
struct Talkative(Semaphore);

#[async_trait::async_trait]
impl Mailer for Talkative {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        self.0.add_permits(1);
        Err(MailError::new(std::io::Error::other(format!("no mailbox {}", mail.to().shown()))))
    }
}

#[tokio::test]
async fn a_mail_that_can_not_be_sent_is_logged_without_its_address() {
    let log = Log::default();
    let _here = tracing::subscriber::set_default(log.clone());
    let world = World::on(in_memory()).await;
    let mailer = Arc::new(Talkative(Semaphore::new(0)));
    let builder = invoice_auth::Auth::builder(
        world.ports.clone(),
        invoice_auth::MasterKey::from_bytes([7; 32]),
        settings(),
        mailer.clone(),
    );
    let auth = builder.clock(world.clock.clone(), Arc::new(invoice_core::system::RandomIds::new()));
    let auth = auth.build().await.unwrap();
    auth.register(crate::common::registration(&address("ada")), &client()).await.unwrap();
    auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    mailer.0.acquire_many(2).await.unwrap().forget();
    while log.text().matches("could not be sent").count() < 2 {
        tokio::task::yield_now().await;
    }
    let text = log.text();
    assert!(text.contains("verify_email") && text.contains("usr_"), "{text}");
    assert!(!text.contains("example.org"), "{text}");
}

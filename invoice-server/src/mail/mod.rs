//! Mail by SMTP: what accounts need, and invoices.

mod account;
mod invoice;

use std::fmt;
use std::sync::Arc;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};

pub(crate) use invoice::InvoiceMail;

/// A way to a mail server.
pub(crate) type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// The server at this address; it is not asked yet.
pub(crate) fn transport(url: &str) -> Result<Transport, lettre::transport::smtp::Error> {
    Ok(Transport::from_url(url)?.build())
}

/// A mail server, whom mail comes from, and where its links lead.
#[derive(Clone)]
pub(crate) struct Post {
    transport: Transport,
    from: Mailbox,
    app_url: Option<Arc<str>>,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Post {
    pub(crate) fn new(transport: Transport, from: Mailbox, app_url: Option<String>) -> Self {
        Self { transport, from, app_url: app_url.map(Arc::from) }
    }
}

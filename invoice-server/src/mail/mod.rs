//! Mail by SMTP: what accounts need, and invoices.

mod account;
mod cause;
mod invoice;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::{AsyncSmtpTransport, Tokio1Executor};

pub(crate) use invoice::InvoiceMail;

use crate::seldom::Seldom;

/// How long the server may take for each step; with all the mails of one pass, well below the relay's lease.
const PATIENCE: Duration = Duration::from_secs(20);

const TOLD_EVERY: Duration = Duration::from_secs(10);

/// How to reach the server at this address; it is not asked yet.
pub(crate) fn server(url: &str) -> Result<AsyncSmtpTransportBuilder, String> {
    if is_exposed(url) {
        return Err(
            "the password would be sent in the clear: smtps://…, or ?tls=required behind it".to_owned()
        );
    }
    let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| error.to_string())?;
    Ok(server.timeout(Some(PATIENCE)))
}

/// Whether a password would leave the machine unencrypted.
fn is_exposed(url: &str) -> bool {
    let Some((secret, rest)) = url.strip_prefix("smtp://").and_then(|rest| rest.rsplit_once('@')) else {
        return false;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, options) = rest.split_at(end);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    !secret.is_empty() && !is_here && !options.contains("tls=required")
}

/// How to reach a mail server, whom mail comes from, and where its links lead.
pub(crate) struct PostOffice {
    server: AsyncSmtpTransportBuilder,
    from: Mailbox,
    app_url: Option<Arc<str>>,
}

impl PostOffice {
    pub(crate) fn new(server: AsyncSmtpTransportBuilder, from: Mailbox, app_url: Option<String>) -> Self {
        Self { server, from, app_url: app_url.map(Arc::from) }
    }

    /// Begins to hold connections, for which there must be a runtime of tokio.
    pub(crate) fn open(&self) -> Post {
        let (from, app_url) = (self.from.clone(), self.app_url.clone());
        let failed = Arc::new(Seldom::new(TOLD_EVERY));
        Post { transport: self.server.clone().build(), from, app_url, failed }
    }
}

/// Sends mail; clones share their connections.
#[derive(Clone)]
pub(crate) struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    app_url: Option<Arc<str>>,
    /// Mails of accounts that were not sent.
    failed: Arc<Seldom>,
}

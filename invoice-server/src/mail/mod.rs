//! Mail by SMTP: what accounts need, and invoices.

mod account;
mod invoice;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};

pub(crate) use invoice::InvoiceMail;

/// A way to a mail server.
pub(crate) type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// How long the server may take for each step; with all the mails of one pass, well below the relay's lease.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server at this address; it is not asked yet.
pub(crate) fn transport(url: &str) -> Result<Transport, String> {
    if is_exposed(url) {
        return Err(
            "the password would be sent in the clear: smtps://…, or ?tls=required behind it".to_owned()
        );
    }
    let server = Transport::from_url(url).map_err(|error| error.to_string())?;
    Ok(server.timeout(Some(PATIENCE)).build())
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

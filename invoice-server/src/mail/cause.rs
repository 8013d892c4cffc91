//! Why a mail was not sent, for a log.

use std::error::Error as _;
use std::io;

use lettre::transport::smtp::Error;

/// Few words without an addressee: what a mail server says of its own may name them.
pub(super) fn cause(error: &Error) -> String {
    if let Some(code) = error.status() {
        return format!("the mail server answered {code}");
    }
    let mut source = error.source();
    while let Some(found) = source {
        // What the system says of a connection, or is wrong with the other side's certificate.
        if let Some(found) = found.downcast_ref::<io::Error>() {
            return found.to_string();
        }
        source = found.source();
    }
    let words = if error.is_tls() {
        "TLS failed"
    } else if error.is_response() {
        "the mail server's answer is not understood"
    } else {
        "the connection failed"
    };
    words.to_owned()
}

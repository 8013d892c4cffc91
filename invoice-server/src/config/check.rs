//! Reads settings one by one and keeps what is wrong with each.

use std::fmt::Display;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use invoice_auth::TokenMode;
use invoice_http::middleware::Limit;
use lettre::message::Mailbox;

use crate::mail::{self, PostOffice};

/// Gathers problems, so that all are told at once.
#[derive(Debug, Default)]
pub(super) struct Checks {
    pub(super) problems: Vec<String>,
}

impl Checks {
    pub(super) fn wrong(&mut self, name: &str, what: impl Display) {
        self.problems.push(format!("{name}: {what}"));
    }

    /// The setting as `read` understands it; the default if it is not given or can't be read.
    pub(super) fn read<T, E: Display>(
        &mut self,
        name: &str,
        text: Option<String>,
        default: T,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> T {
        self.optional(name, text, read).unwrap_or(default)
    }

    /// The same without a default. A setting that is given empty is not given.
    pub(super) fn optional<T, E: Display>(
        &mut self,
        name: &str,
        text: Option<String>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        read(text.trim()).map_err(|error| self.wrong(name, error)).ok()
    }

    /// Texts with commas between.
    pub(super) fn list<T, E: Display>(
        &mut self,
        name: &str,
        text: Option<String>,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let text = text.unwrap_or_default();
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let mut found = Vec::new();
        for part in parts {
            match read(part) {
                Ok(value) => found.push(value),
                Err(error) => self.wrong(name, format_args!("{part}: {error}")),
            }
        }
        found
    }

    pub(super) fn truth(&mut self, name: &str, text: Option<String>) -> bool {
        self.read(name, text, false, |text| match text {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err("neither true nor false"),
        })
    }

    /// A file that is there. It is not opened, since one can read from a pipe but once.
    pub(super) fn file(&mut self, name: &str, text: Option<String>) -> Option<PathBuf> {
        let path = PathBuf::from(text.filter(|text| !text.is_empty())?);
        if let Err(error) = fs::metadata(&path) {
            self.wrong(name, format_args!("{}: {error}", path.display()));
        }
        Some(path)
    }

    /// The way of mail, if there is one.
    pub(super) fn post(
        &mut self,
        server: Option<String>,
        from: Option<String>,
        app_url: Option<String>,
    ) -> Option<PostOffice> {
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        if is_given(&server) && !is_given(&from) {
            self.wrong("mail_from", "needed with smtp_url");
        }
        let from = self.optional("mail_from", from, |text| {
            text.parse::<Mailbox>().map_err(|_| "not a mailbox such as Invoices <invoices@bills.example>")
        });
        let server = self.optional("smtp_url", server, mail::server);
        let app_url = self.optional("app_url", app_url, base_url);
        Some(PostOffice::new(server?, from?, app_url))
    }

    pub(super) fn seconds(&mut self, name: &str, text: Option<String>, default: u64) -> Duration {
        let seconds = self.read(name, text, default, |text| match text.parse() {
            Ok(seconds @ 1..=3_600) => Ok(seconds),
            _ => Err("not a number of seconds from 1 to 3600"),
        });
        Duration::from_secs(seconds)
    }
}

/// How access tokens are signed.
pub(super) fn tokens(text: &str) -> Result<TokenMode, &'static str> {
    match text {
        "eddsa" => Ok(TokenMode::EdDsa),
        "es256" => Ok(TokenMode::Es256),
        "derived" => Ok(TokenMode::Derived),
        _ => Err("none of eddsa, es256, derived"),
    }
}

/// A server without TLS: the driver's is not built in.
pub(super) fn redis_url(text: &str) -> Result<String, &'static str> {
    let is_plain = text.starts_with("redis://");
    if is_plain { Ok(text.to_owned()) } else { Err("not an address such as redis://localhost") }
}

/// So many connections.
pub(super) fn connections(text: &str) -> Result<usize, &'static str> {
    match text.parse() {
        Ok(connections @ 1..=1_000_000) => Ok(connections),
        _ => Err("not a number from 1 to 1000000"),
    }
}

/// An address of the web without a path, query or name of a user.
pub(super) fn base_url(text: &str) -> Result<String, &'static str> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(text.to_owned()),
        _ => Err("not an address such as https://bills.example"),
    }
}

/// So many requests in so many seconds, such as `600/60`.
pub(super) fn limit(text: &str) -> Result<Limit, &'static str> {
    let (requests, seconds) = text.split_once('/').ok_or(NO_LIMIT)?;
    match (requests.parse(), seconds.parse()) {
        (Ok(requests @ 1..), Ok(seconds @ 1..=86_400)) => {
            Ok(Limit::new(requests, Duration::from_secs(seconds)))
        }
        _ => Err(NO_LIMIT),
    }
}

const NO_LIMIT: &str = "not a limit such as 600/60: requests, and seconds from 1 to 86400";

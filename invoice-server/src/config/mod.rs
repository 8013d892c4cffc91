//! The configuration: read from flags, the environment, `.env` and a file, and checked as a whole.

mod check;
mod flags;
mod given;
#[cfg(test)]
mod tests;
mod variables;

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::HeaderValue;
use invoice_auth::TokenMode;
use invoice_http::middleware::{Limit, Network};
use tracing::level_filters::LevelFilter;

use crate::mail::PostOffice;
use crate::master_key::MasterKeySource;
use crate::store::StoreUrl;
use check::{Checks, base_url, connections, limit, redis_url, tokens};
use flags::Told;

pub(crate) use given::Given;

/// Everything the program was told, checked. Not to be shown: addresses have passwords in them.
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) billing: StoreUrl,
    /// Where accounts are, if elsewhere.
    pub(crate) identity: Option<StoreUrl>,
    pub(crate) public_url: Option<String>,
    master_key: MasterKeySource,
    pub(crate) redis_url: Option<String>,
    pub(crate) tokens: TokenMode,
    pub(crate) verified_only: bool,
    pub(crate) post: Option<PostOffice>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) anonymous_limit: Limit,
    pub(crate) actor_limit: Limit,
    pub(crate) origins: Vec<HeaderValue>,
    pub(crate) https_only: bool,
    pub(crate) request_timeout: Duration,
    pub(crate) head_timeout: Duration,
    pub(crate) max_connections: usize,
    pub(crate) shutdown_grace: Duration,
    /// What to add to an errand's arguments so that it finds the same stores; `None` if that is better not shown.
    pub(crate) flags: Option<String>,
    log_level: LevelFilter,
    log_json: bool,
}

impl Config {
    /// Reads the file if one is named, and checks everything, also the environment's variables; or tells all that is
    /// wrong. Of the master key only if it is needed.
    pub(crate) fn read<'a>(
        mut given: Given,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
        needs_master_key: bool,
    ) -> Result<Self, Vec<String>> {
        let mut checks = Checks::default();
        checks.problems.extend(variables::unknown(variables, Given::VARIABLES));
        let file = given.config.clone().filter(|path| !path.is_empty());
        if let Some(path) = given.config.take().filter(|path| !path.is_empty()) {
            let read = std::fs::read_to_string(&path).map_err(|error| error.to_string());
            match read.and_then(|text| text.parse().map_err(|error: toml::de::Error| error.to_string())) {
                Ok(file) => given.fill_from(file, &mut checks.problems),
                Err(error) => checks.wrong(&path, error.trim_end()),
            }
        }
        Self::check(given, file.as_deref(), needs_master_key, checks)
    }

    fn check(
        given: Given,
        file: Option<&str>,
        needs_master_key: bool,
        mut checks: Checks,
    ) -> Result<Self, Vec<String>> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        let listen = checks.read("listen", given.listen, listen, str::parse);
        let billing = StoreUrl::default();
        let billing = checks.read("database_url", given.database_url, billing, StoreUrl::parse);
        let identity = checks.optional("identity_url", given.identity_url, StoreUrl::parse);
        let identity = identity.filter(|identity| *identity != billing);
        let post = checks.post(given.smtp_url, given.mail_from, given.app_url);
        let accounts = identity.as_ref().unwrap_or(&billing);
        let mut unheard = Checks::default();
        let key_checks = if needs_master_key { &mut checks } else { &mut unheard };
        let key_file = key_checks.file("master_key_file", given.master_key_file);
        let previous = key_checks.file("previous_master_key_file", given.previous_master_key_file);
        let given_key = given.master_key.filter(|text| !text.is_empty());
        let is_secret = given_key.is_some();
        let master_key = MasterKeySource::new(given_key, key_file.clone(), previous.clone(), accounts);
        let master_key = master_key.map_err(|error| key_checks.wrong("master_key", error)).ok();
        let tokens = checks.read("tokens", given.tokens, TokenMode::EdDsa, tokens);
        let told = Told {
            file,
            billing: &billing,
            identity: identity.as_ref(),
            tokens,
            key: key_file.as_deref(),
            previous: previous.as_deref(),
        };
        let flags = if is_secret { None } else { told.flags() };
        let config = Self {
            listen,
            public_url: checks.optional("public_url", given.public_url, base_url),
            redis_url: checks.optional("redis_url", given.redis_url, redis_url),
            tokens,
            verified_only: checks.truth("verified_only", given.verified_only),
            trusted_proxies: checks.list("trusted_proxies", given.trusted_proxies, str::parse),
            anonymous_limit: checks.read(
                "anonymous_limit",
                given.anonymous_limit,
                Limit::new(100, Duration::from_mins(15)),
                limit,
            ),
            actor_limit: checks.read(
                "actor_limit",
                given.actor_limit,
                Limit::new(600, Duration::from_mins(1)),
                limit,
            ),
            origins: checks.list("origins", given.origins, |text| {
                base_url(text).and_then(|text| HeaderValue::try_from(text).map_err(|_| "not an origin"))
            }),
            https_only: checks.truth("https_only", given.https_only),
            request_timeout: checks.seconds("request_timeout", given.request_timeout, 30),
            head_timeout: checks.seconds("head_timeout", given.head_timeout, 75),
            max_connections: checks.read("max_connections", given.max_connections, 900, connections),
            flags,
            shutdown_grace: checks.seconds("shutdown_grace", given.shutdown_grace, 30),
            log_level: checks.read("log_level", given.log_level, LevelFilter::INFO, |text| {
                text.parse().map_err(|_| "none of off, error, warn, info, debug, trace")
            }),
            log_json: checks.read("log_format", given.log_format, false, |text| match text {
                "text" => Ok(false),
                "json" => Ok(true),
                _ => Err("neither text nor json"),
            }),
            billing,
            identity,
            post,
            master_key: master_key.unwrap_or(MasterKeySource::Fresh),
        };
        if checks.problems.is_empty() { Ok(config) } else { Err(checks.problems) }
    }

    /// Where the master key is; it is read once.
    pub(crate) fn take_master_key(&mut self) -> MasterKeySource {
        std::mem::replace(&mut self.master_key, MasterKeySource::Fresh)
    }

    /// Logs to standard error from now on.
    pub(crate) fn start_logging(&self) {
        let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(self.log_level);
        if self.log_json { lines.json().init() } else { lines.init() }
    }
}

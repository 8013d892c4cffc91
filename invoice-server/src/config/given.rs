//! The settings as they are given: texts, from flags, the environment or a file.

use clap::Args;
use toml::{Table, Value};

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident, $env:literal $(, $arg:ident = $value:expr)*;)+) => {
        /// Every setting, as a text or not at all.
        #[derive(Debug, Clone, Default, Args)]
        pub(crate) struct Given {
            /// A TOML file with any of these settings.
            #[arg(long, global = true, env = "INVOICE_CONFIG", value_name = "FILE")]
            pub(crate) config: Option<String>,
            $(
                $(#[doc = $doc])+
                #[arg(long, global = true, env = $env, hide_env_values = true $(, $arg = $value)*)]
                pub(crate) $name: Option<String>,
            )+
        }

        impl Given {
            /// The variables of the environment that settings come from.
            pub(super) const VARIABLES: &[&str] = &["INVOICE_CONFIG", $($env),+];

            /// Takes from a file what was not given before, and names what is no setting.
            pub(super) fn fill_from(&mut self, mut file: Table, problems: &mut Vec<String>) {
                $(
                    match file.remove(stringify!($name)).map(text).transpose() {
                        Ok(text) => self.$name = self.$name.take().filter(|text| !text.is_empty()).or(text),
                        Err(()) => problems.push(format!("{}: not a text, number, truth value or list of texts", stringify!($name))),
                    }
                )+
                problems.extend(file.keys().map(|name| format!("{name}: there is no such setting")));
            }
        }
    };
}

settings! {
    /// Address and port to listen on (default: 127.0.0.1:8080).
    listen, "INVOICE_LISTEN", value_name = "ADDRESS:PORT";
    /// Where invoices are: `sqlite:FILE`, `postgres://…` or `mongodb://…/DATABASE` (default: sqlite:invoices.db).
    database_url, "INVOICE_DATABASE_URL", value_name = "URL";
    /// Where accounts and teams are, if elsewhere.
    identity_url, "INVOICE_IDENTITY_URL", value_name = "URL";
    /// Where the outside reaches the API, without a path; it is the tokens' issuer (default: http://ADDRESS:PORT).
    public_url, "INVOICE_PUBLIC_URL", value_name = "URL";
    /// Where people find the pages that links in mails lead to.
    app_url, "INVOICE_APP_URL", value_name = "URL";
    /// The key that seals other keys, 32 bytes in base64. Prefer the environment or the file below.
    master_key, "INVOICE_MASTER_KEY", value_name = "BASE64", hide = true;
    /// The file that has it (default: the SQLite file with .key behind its name, made when it is not there).
    master_key_file, "INVOICE_MASTER_KEY_FILE", value_name = "FILE";
    /// The master key before the present one, while keys sealed by it are left.
    previous_master_key_file, "INVOICE_PREVIOUS_MASTER_KEY_FILE", value_name = "FILE";
    /// A Redis server, if several processes serve: requests and attempts to log in are counted for all of them, and what
    /// one ends is over at once in the others.
    redis_url, "INVOICE_REDIS_URL", value_name = "URL";
    /// How access tokens are signed: eddsa, es256 or derived (default: eddsa).
    tokens, "INVOICE_TOKENS", value_name = "MODE";
    /// Whether only who verified their address may log in (default: false).
    verified_only, "INVOICE_VERIFIED_ONLY", value_name = "BOOL";
    /// A mail server, as `smtp://user:password@host:587?tls=required` or `smtps://…`; without one no mail is sent.
    smtp_url, "INVOICE_SMTP_URL", value_name = "URL";
    /// Whom mail comes from, such as `Invoices <invoices@bills.example>`.
    mail_from, "INVOICE_MAIL_FROM", value_name = "MAILBOX";
    /// Networks of proxies whose X-Forwarded-For is believed and whose connections are not counted by address, with commas
    /// between.
    trusted_proxies, "INVOICE_TRUSTED_PROXIES", value_name = "NETWORKS";
    /// How often an address may ask without being known, as REQUESTS/SECONDS (default: 100/900).
    anonymous_limit, "INVOICE_ANONYMOUS_LIMIT", value_name = "LIMIT";
    /// How often each user and API key may ask, as REQUESTS/SECONDS (default: 600/60).
    actor_limit, "INVOICE_ACTOR_LIMIT", value_name = "LIMIT";
    /// Origins whose pages may call the API from a browser, with commas between.
    origins, "INVOICE_ORIGINS", value_name = "ORIGINS";
    /// Whether browsers are told to come by HTTPS only: right behind TLS (default: false).
    https_only, "INVOICE_HTTPS_ONLY", value_name = "BOOL";
    /// How many seconds a request may take, and its answer wait for a caller who reads nothing of it (default: 30).
    request_timeout, "INVOICE_REQUEST_TIMEOUT", value_name = "SECONDS";
    /// How many seconds the head of a request may take, and a connection without one stay open (default: 75). Who never
    /// asked anything has ten at most.
    head_timeout, "INVOICE_HEAD_TIMEOUT", value_name = "SECONDS";
    /// How many connections may be open at once, a quarter of them from one address that is no trusted proxy's; keep it
    /// below the system's limit of open files (default: 900).
    max_connections, "INVOICE_MAX_CONNECTIONS", value_name = "NUMBER";
    /// How many seconds requests in flight get to end when the server is told to stop (default: 30).
    shutdown_grace, "INVOICE_SHUTDOWN_GRACE", value_name = "SECONDS";
    /// Least level that is logged: off, error, warn, info, debug or trace (default: info).
    log_level, "INVOICE_LOG_LEVEL", value_name = "LEVEL";
    /// How lines are logged: text or json (default: text).
    log_format, "INVOICE_LOG_FORMAT", value_name = "FORMAT";
}

/// A value of the file as if it had been typed.
fn text(value: Value) -> Result<String, ()> {
    match value {
        Value::String(text) => Ok(text),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(truth) => Ok(truth.to_string()),
        Value::Array(values) => {
            let texts = values.into_iter().map(|value| match value {
                Value::String(text) => Ok(text),
                _ => Err(()),
            });
            Ok(texts.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        _ => Err(()),
    }
}

use std::time::Duration;

use invoice_core::{Code, Violations};

use crate::password::PasswordScheme;

/// How access tokens are signed. One deployment accepts exactly one.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenMode {
    /// By the ring's active EdDSA key; anybody can verify with the published keys.
    #[default]
    EdDsa,
    /// By the ring's active ES256 key; anybody can verify with the published keys.
    Es256,
    /// By a key of the session's own (HS256): deleting the session destroys it. Only this deployment verifies.
    Derived,
}

/// What may be tuned, with safe defaults.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) mode: TokenMode,
    pub(crate) access_ttl: Duration,
    pub(crate) leeway: Duration,
    pub(crate) refresh_idle: Duration,
    pub(crate) refresh_absolute: Duration,
    pub(crate) refresh_grace: Duration,
    pub(crate) check_ttl: Duration,
    pub(crate) cached_sessions: u64,
    pub(crate) cached_tokens: u64,
    pub(crate) rotate_after: Duration,
    pub(crate) publish_before: Duration,
    pub(crate) ring_ttl: Duration,
    pub(crate) mailed_ttl: Duration,
    pub(crate) reset_ttl: Duration,
    pub(crate) invitation_ttl: Duration,
    pub(crate) verified_only: bool,
    pub(crate) min_password: usize,
    pub(crate) scheme: PasswordScheme,
    pub(crate) hashing_at_once: usize,
    pub(crate) expected_schemes: Vec<PasswordScheme>,
    pub(crate) mails_at_once: usize,
    pub(crate) mails_waiting: usize,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Settings {
    /// The defaults for tokens of this issuer, meant for this audience.
    ///
    /// ```
    /// use invoice_auth::{Settings, TokenMode};
    ///
    /// let settings = Settings::new("https://bills.example", "bills").mode(TokenMode::Es256);
    /// # let _ = settings;
    /// ```
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            mode: TokenMode::EdDsa,
            access_ttl: Duration::from_secs(15 * MINUTE),
            leeway: Duration::from_secs(30),
            refresh_idle: Duration::from_secs(7 * DAY),
            refresh_absolute: Duration::from_secs(30 * DAY),
            refresh_grace: Duration::from_secs(10),
            check_ttl: Duration::from_secs(10),
            cached_sessions: 100_000,
            cached_tokens: 100_000,
            rotate_after: Duration::from_secs(30 * DAY),
            publish_before: Duration::from_secs(DAY),
            ring_ttl: Duration::from_secs(10),
            mailed_ttl: Duration::from_secs(2 * DAY),
            reset_ttl: Duration::from_secs(HOUR),
            invitation_ttl: Duration::from_secs(7 * DAY),
            verified_only: false,
            min_password: 8,
            scheme: PasswordScheme::default(),
            hashing_at_once: 2,
            expected_schemes: Vec::new(),
            mails_at_once: 64,
            mails_waiting: 1_024,
        }
    }

    /// How access tokens are signed; EdDSA.
    #[must_use]
    pub fn mode(self, mode: TokenMode) -> Self {
        Self { mode, ..self }
    }

    /// How long an access token is good; 15 minutes, at most an hour. It ends earlier with its session, whatever it says.
    #[must_use]
    pub fn access_ttl(self, access_ttl: Duration) -> Self {
        Self { access_ttl, ..self }
    }

    /// How long a session lasts without being refreshed (7 days), and in any case (30 days).
    #[must_use]
    pub fn refresh_ttl(self, idle: Duration, absolute: Duration) -> Self {
        Self { refresh_idle: idle, refresh_absolute: absolute, ..self }
    }

    /// How long the immediate parent of a refresh token still gives the same child: 10 s, which is the most.
    #[must_use]
    pub fn refresh_grace(self, grace: Duration) -> Self {
        Self { refresh_grace: grace, ..self }
    }

    /// How long what the store said of a session is believed: 10 s, which is the most.
    #[must_use]
    pub fn check_ttl(self, check_ttl: Duration) -> Self {
        Self { check_ttl, ..self }
    }

    /// How many sessions and verified tokens are remembered at most: 100,000 each, and as many API keys as sessions. No
    /// tokens turns their cache off.
    #[must_use]
    pub fn cached(self, sessions: u64, tokens: u64) -> Self {
        Self { cached_sessions: sessions, cached_tokens: tokens, ..self }
    }

    /// How long a key signs (30 days, an hour to a year), and how long before that it is published (a day, a minute to
    /// 30 days, and less than it signs).
    #[must_use]
    pub fn rotation(self, rotate_after: Duration, publish_before: Duration) -> Self {
        Self { rotate_after, publish_before, ..self }
    }

    /// How long an invitation is good; 7 days, an hour to 90 days.
    #[must_use]
    pub fn invitation_ttl(self, invitation_ttl: Duration) -> Self {
        Self { invitation_ttl, ..self }
    }

    /// Whether only users with a verified address may log in; off. Others are answered like a wrong password.
    #[must_use]
    pub fn verified_only(self, verified_only: bool) -> Self {
        Self { verified_only, ..self }
    }

    /// How passwords are hashed, and how many at once: argon2id with 19 MiB and two passes, two at once.
    #[must_use]
    pub fn passwords(self, scheme: PasswordScheme, hashing_at_once: usize) -> Self {
        Self { scheme, hashing_at_once, ..self }
    }

    /// Schemes and costs that kept hashes may have beside the present one, such as those of an import; none, three at
    /// most. See [`Passwords`](crate::Passwords) for what this is good for and what it costs.
    #[must_use]
    pub fn expected_passwords(self, schemes: impl Into<Vec<PasswordScheme>>) -> Self {
        Self { expected_schemes: schemes.into(), ..self }
    }

    /// How many mails for which nobody waits are handed to the mailer at once, and how many wait for that: 64 and 1,024,
    /// and as many again of those that warn somebody of what was changed.
    /// What comes beyond is not sent, and the log says so; a password reset is answered [`Busy`](crate::AuthError::Busy).
    #[must_use]
    pub fn background_mails(self, at_once: usize, waiting: usize) -> Self {
        Self { mails_at_once: at_once, mails_waiting: waiting, ..self }
    }

    /// Refuses what would be unsafe or could never work, naming each setting.
    pub(crate) fn check(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        for (name, text) in [("/issuer", &self.issuer), ("/audience", &self.audience)] {
            if text.is_empty() || text.len() > 500 || text.contains(char::is_control) {
                found.add(name, Code::Malformed, "not 1 to 500 characters");
            }
        }
        let between = |found: &mut Violations, name: &str, value: Duration, least: u64, most: u64| {
            if !(Duration::from_secs(least)..=Duration::from_secs(most)).contains(&value) {
                found.add(name, Code::OutOfRange, format!("not {least} to {most} seconds"));
            }
        };
        between(&mut found, "/access_ttl", self.access_ttl, 1, HOUR);
        between(&mut found, "/refresh_idle", self.refresh_idle, 1, 365 * DAY);
        between(&mut found, "/refresh_absolute", self.refresh_absolute, 1, 365 * DAY);
        between(&mut found, "/refresh_grace", self.refresh_grace, 0, 10);
        between(&mut found, "/check_ttl", self.check_ttl, 0, 10);
        between(&mut found, "/rotate_after", self.rotate_after, HOUR, 365 * DAY);
        between(&mut found, "/publish_before", self.publish_before, MINUTE, 30 * DAY);
        between(&mut found, "/invitation_ttl", self.invitation_ttl, HOUR, 90 * DAY);
        if self.publish_before >= self.rotate_after {
            found.add("/publish_before", Code::Inconsistent, "not shorter than a key signs");
        }
        if self.refresh_idle > self.refresh_absolute {
            found.add("/refresh_idle", Code::Inconsistent, "longer than the session lasts in any case");
        }
        if self.hashing_at_once == 0 {
            found.add("/hashing_at_once", Code::OutOfRange, "at least one password is hashed at once");
        }
        if self.mails_at_once == 0 {
            found.add("/mails_at_once", Code::OutOfRange, "at least one mail is sent at once");
        }
        found.into_result()
    }
}

/// Whole milliseconds; what is too long is cut.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(settings: &Settings) -> Vec<(String, Code)> {
        let found = settings.check().err().into_iter().flatten();
        found.map(|wrong| (wrong.pointer().to_owned(), wrong.code())).collect()
    }

    fn settings() -> Settings {
        Settings::new("issuer", "audience")
    }

    #[test]
    fn the_defaults_are_fine() {
        assert_eq!(wrong(&settings()), []);
    }

    #[test]
    fn keys_that_turn_over_all_the_time_or_never_are_refused() {
        let rotation = |after, before| {
            wrong(&settings().rotation(Duration::from_secs(after), Duration::from_secs(before)))
        };
        let out = |name: &str| (name.to_owned(), Code::OutOfRange);
        let inconsistent = ("/publish_before".to_owned(), Code::Inconsistent);
        assert_eq!(rotation(0, 0), [out("/rotate_after"), out("/publish_before"), inconsistent.clone()]);
        assert_eq!(rotation(HOUR - 1, MINUTE), [out("/rotate_after")]);
        assert_eq!(rotation(HOUR, MINUTE), []);
        assert_eq!(rotation(HOUR, MINUTE - 1), [out("/publish_before")]);
        assert_eq!(rotation(HOUR, HOUR), [inconsistent]);
        assert_eq!(rotation(365 * DAY, 30 * DAY), []);
        assert_eq!(rotation(365 * DAY + 1, 30 * DAY + 1), [out("/rotate_after"), out("/publish_before")]);
    }

    #[test]
    fn without_a_mail_at_once_none_would_ever_be_sent() {
        let refused = ("/mails_at_once".to_owned(), Code::OutOfRange);
        assert_eq!(wrong(&settings().background_mails(0, 9)), [refused]);
        assert_eq!(wrong(&settings().background_mails(1, 0)), []);
    }

    #[test]
    fn an_invitation_ends_neither_at_once_nor_never() {
        let ttl = |seconds| wrong(&settings().invitation_ttl(Duration::from_secs(seconds)));
        let refused = [("/invitation_ttl".to_owned(), Code::OutOfRange)];
        assert_eq!((ttl(HOUR), ttl(90 * DAY)), (Vec::new(), Vec::new()));
        assert_eq!((ttl(HOUR - 1), ttl(90 * DAY + 1)), (refused.to_vec(), refused.to_vec()));
    }
}

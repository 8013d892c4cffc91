use serde::{Deserialize, Serialize};

use super::{Fingerprint, MAX_TEXT, SealedBytes};
use crate::text;
use crate::{Code, SessionId, TeamId, Timestamp, UserId, Version, Violations};

/// A refresh token that was exchanged for the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetiredRefresh {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// When it was exchanged; a short grace counts from here.
    pub rotated_at: Timestamp,
}

/// The refresh tokens of a session: the current one, its immediate parent, and how many came before.
///
/// No older fingerprint is kept. A refresh token therefore names its session, so that reuse of an older one
/// still finds the family it must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshFamily {
    current: Fingerprint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<RetiredRefresh>,
    generation: u32,
}

impl RefreshFamily {
    /// The fingerprint of the token that may be exchanged.
    pub const fn current(&self) -> Fingerprint {
        self.current
    }

    /// The token before it.
    pub const fn previous(&self) -> Option<RetiredRefresh> {
        self.previous
    }

    /// How many exchanges there were.
    pub const fn generation(&self) -> u32 {
        self.generation
    }
}

/// A log-in on one device.
///
/// Exchanging the refresh token updates the session at its expected version: a compare-and-swap that one
/// of many wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    id: SessionId,
    version: Version,
    user: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    team: Option<TeamId>,
    sv: u32,
    device: String,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    idle_expires_at: Timestamp,
    absolute_expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    refresh: RefreshFamily,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<SealedBytes>,
}

impl Session {
    /// A new session at session version 1; `refresh` is the fingerprint of its first refresh token.
    ///
    /// It ends at `idle_expires_at` unless refreshed before, and at `absolute_expires_at` in any case.
    ///
    /// ```
    /// use invoice_core::identity::{Fingerprint, Session};
    /// use invoice_core::{SessionId, Timestamp, UserId};
    /// use uuid::Uuid;
    ///
    /// let day = 86_400_000;
    /// let session = Session::new(
    ///     SessionId::from_uuid(Uuid::from_u128(1)),
    ///     UserId::from_uuid(Uuid::from_u128(2)),
    ///     Fingerprint::new([7; 32]),
    ///     Timestamp::from_millis(0),
    ///     Timestamp::from_millis(7 * day),
    ///     Timestamp::from_millis(30 * day),
    /// )?;
    /// assert!(session.is_open(Timestamp::from_millis(6 * day)));
    /// assert!(!session.is_open(Timestamp::from_millis(7 * day)));
    /// # Ok::<(), invoice_core::Violations>(())
    /// ```
    pub fn new(
        id: SessionId,
        user: UserId,
        refresh: Fingerprint,
        created_at: Timestamp,
        idle_expires_at: Timestamp,
        absolute_expires_at: Timestamp,
    ) -> Result<Self, Violations> {
        let mut found = Violations::new();
        if idle_expires_at <= created_at || absolute_expires_at < idle_expires_at {
            found.add("/idle_expires_at", Code::Inconsistent, "not between the log-in and the absolute end");
        }
        found.into_result()?;
        Ok(Self {
            id,
            version: Version::FIRST,
            user,
            team: None,
            sv: 1,
            device: String::new(),
            created_at,
            last_seen_at: created_at,
            idle_expires_at,
            absolute_expires_at,
            revoked_at: None,
            refresh: RefreshFamily { current: refresh, previous: None, generation: 0 },
            secret: None,
        })
    }

    /// The identifier.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// How often the session was written; being seen does not count.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Whose session it is.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The active team; the user may have left it, or it may be gone, since it was chosen.
    pub const fn team(&self) -> Option<TeamId> {
        self.team
    }

    /// The session version: access tokens of an earlier one are void.
    pub const fn sv(&self) -> u32 {
        self.sv
    }

    /// What the user sees in the list of sessions, such as a browser's name; may be empty.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// When the user logged in.
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When the session was last used, as far as it was recorded.
    pub const fn last_seen_at(&self) -> Timestamp {
        self.last_seen_at
    }

    /// When it ends unless it is refreshed before; never after [`Session::absolute_expires_at`].
    pub const fn idle_expires_at(&self) -> Timestamp {
        self.idle_expires_at
    }

    /// When it ends in any case.
    pub const fn absolute_expires_at(&self) -> Timestamp {
        self.absolute_expires_at
    }

    /// When it was ended before its time.
    pub const fn revoked_at(&self) -> Option<Timestamp> {
        self.revoked_at
    }

    /// Its refresh tokens.
    pub const fn refresh(&self) -> &RefreshFamily {
        &self.refresh
    }

    /// The encrypted secret that access tokens are derived from, in the mode that does so.
    pub const fn secret(&self) -> Option<&SealedBytes> {
        self.secret.as_ref()
    }

    /// Whether it is neither revoked nor expired at an instant.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.idle_expires_at
    }

    /// A text from outside made into a device's name: cut to 500 characters, without what a name must not have, and
    /// empty if there is nothing to be seen in it.
    ///
    /// ```
    /// use invoice_core::identity::Session;
    ///
    /// assert_eq!(Session::device_name("Ada's\n\u{202e}phone"), "Ada'sphone");
    /// ```
    pub fn device_name(text: &str) -> String {
        let name: String = text.chars().filter(|c| !text::breaks_line(*c)).take(MAX_TEXT).collect();
        if text::is_blank(&name) { String::new() } else { name }
    }

    /// With a device's name, at most 500 characters.
    pub fn with_device(self, device: impl Into<String>) -> Result<Self, Violations> {
        let (device, mut found) = (device.into(), Violations::new());
        text::collect(&mut found, "/device", Some(&device), MAX_TEXT);
        found.into_result()?;
        Ok(Self { device, ..self })
    }

    /// With another active team.
    #[must_use]
    pub fn with_team(self, team: Option<TeamId>) -> Self {
        Self { team, ..self }
    }

    /// With a secret to derive from.
    #[must_use]
    pub fn with_secret(self, secret: Option<SealedBytes>) -> Self {
        Self { secret, ..self }
    }

    /// At the next session version: every access token given so far is void.
    #[must_use]
    pub fn with_next_sv(self) -> Self {
        Self { sv: self.sv.saturating_add(1), ..self }
    }

    /// The refresh token exchanged for `child`; the session then lasts until `idle_expires_at`, at most to
    /// its absolute end.
    #[must_use]
    pub fn rotated(self, child: Fingerprint, at: Timestamp, idle_expires_at: Timestamp) -> Self {
        let refresh = RefreshFamily {
            current: child,
            previous: Some(RetiredRefresh { fingerprint: self.refresh.current, rotated_at: at }),
            generation: self.refresh.generation.saturating_add(1),
        };
        let idle_expires_at = idle_expires_at.min(self.absolute_expires_at);
        Self { idle_expires_at, refresh, ..self }.seen(at)
    }

    /// Ended: revoked, one session version on, its secret forgotten.
    #[must_use]
    pub fn revoked(self, at: Timestamp) -> Self {
        Self { revoked_at: Some(at), secret: None, ..self.with_next_sv() }
    }

    /// Seen at an instant; an earlier one changes nothing.
    #[must_use]
    pub fn seen(self, at: Timestamp) -> Self {
        Self { last_seen_at: self.last_seen_at.max(at), ..self }
    }

    pub(crate) fn at_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn session() -> Session {
        let (id, user) = (SessionId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)));
        Session::new(id, user, Fingerprint::new([1; 32]), at(0), at(10), at(25)).unwrap()
    }

    #[test]
    fn rotation_remembers_the_immediate_parent_only() {
        let once = session().rotated(Fingerprint::new([2; 32]), at(5), at(15));
        let twice = once.rotated(Fingerprint::new([3; 32]), at(6), at(16));
        let previous = twice.refresh().previous().unwrap();
        assert_eq!(twice.refresh().current(), Fingerprint::new([3; 32]));
        assert_eq!((previous.fingerprint, previous.rotated_at), (Fingerprint::new([2; 32]), at(6)));
        assert_eq!(twice.refresh().generation(), 2);
    }

    #[test]
    fn rotation_never_outlives_the_absolute_end() {
        let rotated = session().rotated(Fingerprint::new([2; 32]), at(20), at(30));
        assert_eq!(rotated.idle_expires_at(), at(25));
    }

    #[test]
    fn revoking_voids_access_tokens_and_forgets_the_secret() {
        let session = session().with_secret(Some(SealedBytes::new([1]).unwrap())).revoked(at(3));
        assert_eq!((session.sv(), session.secret(), session.is_open(at(4))), (2, None, false));
    }

    #[test]
    fn a_session_that_ends_before_it_begins_is_refused() {
        let (id, user) = (session().id(), session().user());
        assert!(Session::new(id, user, Fingerprint::new([1; 32]), at(5), at(5), at(9)).is_err());
        assert!(Session::new(id, user, Fingerprint::new([1; 32]), at(5), at(9), at(8)).is_err());
    }
}

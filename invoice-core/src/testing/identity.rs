use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use super::{FixedClock, SequentialIds};
use crate::identity::{
    ApiKey, EmailAddress, EmailKey, Fingerprint, IdentityChange, Invitation, KeyAlgorithm, KeyId, Membership,
    OneTimeToken, SealedBytes, SecretText, SecurityAction, SecurityEvent, Session, SigningKey, Team,
    TokenPurpose, User,
};
use crate::ports::{Clock as _, IdGenerator as _};
use crate::{
    ApiKeyId, AuditId, CommitId, InvitationId, OneTimeTokenId, Role, SessionId, TeamId, Timestamp, UserId,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Makes identity records for tests: complete, valid, and the same in every run.
///
/// Identifiers and fingerprints differ from call to call; later records have later identifiers.
#[derive(Debug, Default)]
pub struct IdentityFixtures {
    clock: FixedClock,
    ids: SequentialIds,
    secrets: AtomicU64,
}

impl IdentityFixtures {
    /// Fixtures at the default instant of [`FixedClock`].
    ///
    /// ```
    /// use invoice_core::testing::IdentityFixtures;
    ///
    /// let make = IdentityFixtures::new();
    /// let (ada, grace) = (make.user("Ada"), make.user("Grace"));
    /// assert_eq!(ada.email().key().as_str(), "ada@example.org");
    /// assert!(ada.id() < grace.id());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The instant records are made at; it moves only by [`IdentityFixtures::clock`].
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock behind the records.
    pub fn clock(&self) -> &FixedClock {
        &self.clock
    }

    /// A new UUID.
    pub fn uuid(&self) -> Uuid {
        self.ids.uuid(self.now())
    }

    /// A fingerprint not given before.
    pub fn fingerprint(&self) -> Fingerprint {
        let count = self.secrets.fetch_add(1, Ordering::SeqCst) + 1;
        let mut hash = [0xa5; 32];
        for (place, byte) in hash.iter_mut().zip(count.to_be_bytes()) {
            *place = byte;
        }
        Fingerprint::new(hash)
    }

    /// Encrypted bytes, so to speak.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn sealed(&self) -> SealedBytes {
        valid(SealedBytes::new(self.fingerprint().as_bytes().as_slice()))
    }

    /// An address at example.org; its key is the lower-case `name`.
    ///
    /// # Panics
    ///
    /// When `name` can't stand before an `@`.
    pub fn email(&self, name: &str) -> EmailAddress {
        let shown = format!("{name}@example.org");
        let key = valid(EmailKey::new(shown.to_lowercase()));
        valid(EmailAddress::new(shown, key))
    }

    /// An account with a verified address, a language and a password hash.
    ///
    /// # Panics
    ///
    /// When `name` can't stand before an `@`.
    pub fn user(&self, name: &str) -> User {
        let id = UserId::from_uuid(self.uuid());
        let user = valid(User::new(id, self.email(name), name, self.now()));
        let user = valid(user.with_locale(Some("de-AT".to_owned())));
        let email = user.email().clone();
        user.with_email(email, Some(self.now()))
            .with_password(Some(valid(SecretText::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"))))
    }

    /// A team.
    ///
    /// # Panics
    ///
    /// When `name` is empty.
    pub fn team(&self, name: &str) -> Team {
        valid(Team::new(TeamId::from_uuid(self.uuid()), name, self.now()))
    }

    /// A membership since now.
    pub fn membership(&self, team: TeamId, user: UserId, role: Role) -> Membership {
        Membership::new(team, user, role, self.now())
    }

    /// An invitation that lasts seven days.
    ///
    /// # Panics
    ///
    /// When `name` can't stand before an `@`.
    pub fn invitation(&self, team: TeamId, invited_by: UserId, name: &str) -> Invitation {
        let (id, end) = (InvitationId::from_uuid(self.uuid()), self.now().plus_millis(7 * DAY));
        Invitation::new(id, team, self.email(name), Role::Member, invited_by, self.fingerprint(), end)
    }

    /// A session on a device, seven days idle, thirty at most.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn session(&self, user: UserId) -> Session {
        let (id, now) = (SessionId::from_uuid(self.uuid()), self.now());
        let (idle, end) = (now.plus_millis(7 * DAY), now.plus_millis(30 * DAY));
        let session = valid(Session::new(id, user, self.fingerprint(), now, idle, end));
        valid(session.with_device("Firefox on Debian"))
    }

    /// A one-time token that lasts an hour.
    pub fn one_time_token(&self, user: UserId, purpose: TokenPurpose) -> OneTimeToken {
        let (id, end) = (OneTimeTokenId::from_uuid(self.uuid()), self.now().plus_millis(HOUR));
        OneTimeToken::new(id, user, purpose, self.fingerprint(), end)
    }

    /// An accountant's API key without end.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn api_key(&self, team: TeamId, created_by: UserId) -> ApiKey {
        let (id, fingerprint) = (ApiKeyId::from_uuid(self.uuid()), self.fingerprint());
        valid(ApiKey::new(id, team, "Web shop", "ik_4fR2", fingerprint, Role::Accountant, created_by))
    }

    /// A pending Ed25519 key.
    ///
    /// # Panics
    ///
    /// When `kid` is not visible ASCII.
    pub fn signing_key(&self, kid: &str) -> SigningKey {
        let kid = valid(KeyId::new(kid));
        let key = SigningKey::new(kid, KeyAlgorithm::EdDsa, self.sealed(), self.now());
        valid(key.with_public_jwk(r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#))
    }

    /// An entry of the security audit.
    pub fn event(&self, action: SecurityAction) -> SecurityEvent {
        SecurityEvent::new(AuditId::from_uuid(self.uuid()), self.now(), action)
            .from_client("192.0.2.7", "curl/8.11")
    }

    /// A change that writes nothing yet.
    pub fn change(&self) -> IdentityChange {
        IdentityChange::new(CommitId::from_uuid(self.uuid()))
    }
}

fn valid<T, E: Display>(made: Result<T, E>) -> T {
    made.unwrap_or_else(|error| panic!("a fixture must be valid: {error}"))
}

use std::fmt;

use serde::{Deserialize, Serialize};

use super::MAX_TEXT;
use crate::text::breaks_line;
use crate::{AuditId, TeamId, Timestamp, UserId};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)+) => {
        /// What happened, for the security audit. The stored text of an action never changes.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum SecurityAction { $($(#[$doc])* #[serde(rename = $text)] $name,)+ }

        impl SecurityAction {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable text.
            ///
            /// ```
            /// use invoice_core::identity::SecurityAction;
            ///
            /// assert_eq!(SecurityAction::LoggedIn.as_str(), "session.logged_in");
            /// ```
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

actions! {
    /// An account was made.
    Registered => "user.registered",
    /// Somebody registered with an address that has an account.
    RegisteredAgain => "user.registered_again",
    /// An address was shown to be its holder's.
    EmailVerified => "user.email_verified",
    /// A change of address was asked for.
    EmailChangeRequested => "user.email_change_requested",
    /// The account moved to another address.
    EmailChanged => "user.email_changed",
    /// The password was changed by someone who knew it.
    PasswordChanged => "user.password_changed",
    /// A password reset was asked for.
    PasswordResetRequested => "user.password_reset_requested",
    /// The password was set without the old one.
    PasswordReset => "user.password_reset",
    /// Name or language changed.
    ProfileChanged => "user.profile_changed",
    /// The account may not be used any more.
    UserDisabled => "user.disabled",
    /// The account may be used again.
    UserEnabled => "user.enabled",
    /// The account was deleted.
    UserDeleted => "user.deleted",
    /// A log-in succeeded.
    LoggedIn => "session.logged_in",
    /// A log-in failed.
    LoginFailed => "session.login_failed",
    /// A session ended by its user.
    LoggedOut => "session.logged_out",
    /// All of a user's sessions ended at once.
    LoggedOutEverywhere => "session.logged_out_everywhere",
    /// One session was revoked from another.
    SessionRevoked => "session.revoked",
    /// An old refresh token came back, and the family was ended.
    RefreshReused => "session.refresh_reused",
    /// A session's active team changed.
    TeamSwitched => "session.team_switched",
    /// A team was made.
    TeamCreated => "team.created",
    /// A team got another name.
    TeamRenamed => "team.renamed",
    /// A team was deleted.
    TeamDeleted => "team.deleted",
    /// Ownership went to another member.
    OwnershipTransferred => "team.ownership_transferred",
    /// Somebody was invited.
    MemberInvited => "member.invited",
    /// An invitation was accepted.
    InvitationAccepted => "member.invitation_accepted",
    /// An invitation was taken back.
    InvitationRevoked => "member.invitation_revoked",
    /// A member's role changed.
    RoleChanged => "member.role_changed",
    /// A member was removed or left.
    MemberRemoved => "member.removed",
    /// An API key was made.
    ApiKeyCreated => "api_key.created",
    /// An API key was ended.
    ApiKeyRevoked => "api_key.revoked",
    /// A signing key was added.
    SigningKeyAdded => "signing_key.added",
    /// A signing key began to sign.
    SigningKeyActivated => "signing_key.activated",
    /// A signing key stopped signing.
    SigningKeyRetired => "signing_key.retired",
    /// A signing key was destroyed at the end of its life.
    SigningKeyDestroyed => "signing_key.destroyed",
    /// A signing key was destroyed before its time.
    SigningKeyRevoked => "signing_key.revoked",
}

impl fmt::Display for SecurityAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An entry of the security audit: what happened, when, to whom and from where. Never a secret.
///
/// Written in the commit it tells of and kept when its team or user is deleted. Texts come from outside,
/// so they are cut to their length and cleared of NUL instead of refused: an attack must not escape the
/// audit by a long header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityEvent {
    id: AuditId,
    at: Timestamp,
    action: SecurityAction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    team: Option<TeamId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    subject: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    address: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    user_agent: String,
}

impl SecurityEvent {
    /// Most characters of an address.
    pub const MAX_ADDRESS: usize = 100;

    /// An entry; `id` is made at `at`, so that entries sort by their ids.
    ///
    /// ```
    /// use invoice_core::identity::{SecurityAction, SecurityEvent};
    /// use invoice_core::{AuditId, Timestamp};
    /// use uuid::Uuid;
    ///
    /// let id = AuditId::from_uuid(Uuid::from_u128(1));
    /// let event = SecurityEvent::new(id, Timestamp::from_millis(0), SecurityAction::LoginFailed)
    ///     .from_client("192.0.2.7", "curl/8.11");
    /// assert_eq!(event.address(), "192.0.2.7");
    /// ```
    pub const fn new(id: AuditId, at: Timestamp, action: SecurityAction) -> Self {
        Self {
            id,
            at,
            action,
            team: None,
            user: None,
            subject: String::new(),
            address: String::new(),
            user_agent: String::new(),
        }
    }

    /// The identifier.
    pub const fn id(&self) -> AuditId {
        self.id
    }

    /// When it happened.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// What happened.
    pub const fn action(&self) -> SecurityAction {
        self.action
    }

    /// The team it concerns.
    pub const fn team(&self) -> Option<TeamId> {
        self.team
    }

    /// The user it concerns or who did it.
    pub const fn user(&self) -> Option<UserId> {
        self.user
    }

    /// What it was done to, such as the identifier of a session; may be empty.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The client's address; may be empty.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The client's program as it calls itself; may be empty.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Concerns a team.
    #[must_use]
    pub fn in_team(self, team: TeamId) -> Self {
        Self { team: Some(team), ..self }
    }

    /// Concerns a user.
    #[must_use]
    pub fn by_user(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Was done to something; cut to 500 characters.
    #[must_use]
    pub fn on(self, subject: &str) -> Self {
        Self { subject: bounded(subject, MAX_TEXT), ..self }
    }

    /// Came from an address (cut to 100 characters) and a program (cut to 500).
    #[must_use]
    pub fn from_client(self, address: &str, user_agent: &str) -> Self {
        Self {
            address: bounded(address, Self::MAX_ADDRESS),
            user_agent: bounded(user_agent, MAX_TEXT),
            ..self
        }
    }
}

fn bounded(text: &str, max: usize) -> String {
    text.chars().take(max).map(|c| if breaks_line(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn action_texts_are_unique_and_are_what_is_stored() {
        let mut texts: Vec<_> = SecurityAction::ALL.iter().map(|action| action.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), SecurityAction::ALL.len());
        for action in SecurityAction::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
    }

    #[test]
    fn hostile_headers_are_cut_instead_of_refused() {
        let id = AuditId::from_uuid(Uuid::from_u128(1));
        let event = SecurityEvent::new(id, Timestamp::from_millis(0), SecurityAction::LoginFailed)
            .from_client(&"1".repeat(1_000), &format!("a\0b{}", "é".repeat(1_000)));
        assert_eq!(event.address().len(), 100);
        assert_eq!(event.user_agent().chars().count(), 500);
        assert!(event.user_agent().starts_with("a\u{fffd}b"));
    }
}

use serde::{Deserialize, Serialize};

use super::{ApiKey, Invitation, KeyId, Membership, OneTimeToken, Session, SigningKey, Team, User};
use crate::{ApiKeyId, InvitationId, OneTimeTokenId, SessionId, TeamId, UserId, Version};

/// What names a record. Records of a team are named within it, so that a foreign one can't be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKey {
    /// A [`User`].
    User(UserId),
    /// A [`Team`].
    Team(TeamId),
    /// A [`Membership`].
    Membership(TeamId, UserId),
    /// An [`Invitation`].
    Invitation(TeamId, InvitationId),
    /// A [`Session`].
    Session(SessionId),
    /// A [`OneTimeToken`].
    OneTimeToken(OneTimeTokenId),
    /// An [`ApiKey`].
    ApiKey(TeamId, ApiKeyId),
    /// A [`SigningKey`].
    SigningKey(KeyId),
}

macro_rules! records {
    ($($name:ident),+) => {
        /// A record of any kind.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum IdentityRecord {
            $(#[doc = concat!("A [`", stringify!($name), "`].")] $name($name),)+
        }

        impl IdentityRecord {
            /// The version it is at.
            pub const fn version(&self) -> Version {
                match self { $(Self::$name(record) => record.version(),)+ }
            }

            pub(crate) fn at_version(self, version: Version) -> Self {
                match self { $(Self::$name(record) => Self::$name(record.at_version(version)),)+ }
            }
        }

        $(impl From<$name> for IdentityRecord {
            fn from(record: $name) -> Self {
                Self::$name(record)
            }
        })+
    };
}

records!(User, Team, Membership, Invitation, Session, OneTimeToken, ApiKey, SigningKey);

impl IdentityRecord {
    /// What names it.
    pub fn key(&self) -> IdentityKey {
        match self {
            Self::User(user) => IdentityKey::User(user.id()),
            Self::Team(team) => IdentityKey::Team(team.id()),
            Self::Membership(member) => IdentityKey::Membership(member.team(), member.user()),
            Self::Invitation(invitation) => IdentityKey::Invitation(invitation.team(), invitation.id()),
            Self::Session(session) => IdentityKey::Session(session.id()),
            Self::OneTimeToken(token) => IdentityKey::OneTimeToken(token.id()),
            Self::ApiKey(key) => IdentityKey::ApiKey(key.team(), key.id()),
            Self::SigningKey(key) => IdentityKey::SigningKey(key.kid().clone()),
        }
    }
}

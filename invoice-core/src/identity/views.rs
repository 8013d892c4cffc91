//! What the port answers besides whole records.

use super::{MAX_TEXT, Membership, SealedBytes, Team};
use crate::text;
use crate::{Role, Timestamp, UserId, Violations};

/// A member of a team, as others in the team may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The place in the team.
    pub membership: Membership,
    /// The e-mail address as shown.
    pub email: String,
    /// The name; may be empty.
    pub name: String,
    /// Since when the account may not be used.
    pub disabled_at: Option<Timestamp>,
    /// Since when the address is known to be theirs.
    pub verified_at: Option<Timestamp>,
}

/// A team as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserTeam {
    /// The team.
    pub team: Team,
    /// The member's own place in it.
    pub membership: Membership,
}

/// All that checking an access token needs to know, read at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCheck {
    /// Whose session it is.
    pub user: UserId,
    /// The session version; a token with another one is void.
    pub sv: u32,
    /// The user epoch; a token with another one is void.
    pub uv: u32,
    /// The user's role in the team asked for; `None` without a team, and in a team that is foreign or absent.
    pub role: Option<Role>,
    /// When the session was ended before its time.
    pub revoked_at: Option<Timestamp>,
    /// Since when the account may not be used.
    pub disabled_at: Option<Timestamp>,
    /// When the session ends unless it is refreshed before.
    pub idle_expires_at: Timestamp,
    /// The encrypted secret that access tokens are derived from, in the mode that does so.
    pub secret: Option<SealedBytes>,
}

/// The start of a name or e-mail address to look for, folded so that case does not matter.
///
/// Compared with [`User::search_keys`](super::User::search_keys), byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPrefix(String);

impl SearchPrefix {
    /// The start of what to look for: 1 to 500 characters; white space around them does not count.
    ///
    /// ```
    /// use invoice_core::identity::SearchPrefix;
    ///
    /// assert_eq!(SearchPrefix::new(" ÉMI ")?.as_str(), "émi");
    /// assert!(SearchPrefix::new(" ").is_err());
    /// # Ok::<(), invoice_core::Violations>(())
    /// ```
    pub fn new(text: &str) -> Result<Self, Violations> {
        let mut found = Violations::new();
        text::collect_required(&mut found, "", text, MAX_TEXT);
        found.into_result()?;
        Ok(Self(Self::fold(text)))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn fold(text: &str) -> String {
        text.trim().to_lowercase()
    }
}

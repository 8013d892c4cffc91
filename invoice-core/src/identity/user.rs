use serde::{Deserialize, Serialize};

use super::{EmailAddress, MAX_TEXT, SearchPrefix, SecretText};
use crate::text;
use crate::{Timestamp, UserId, Version, Violations};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    id: UserId,
    version: Version,
    email: EmailAddress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_at: Option<Timestamp>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<SecretText>,
    uv: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl User {
    /// A new account: unverified, without a password, at epoch 1.
    ///
    /// ```
    /// use invoice_core::identity::{EmailAddress, EmailKey, User};
    /// use invoice_core::{Timestamp, UserId};
    /// use uuid::Uuid;
    ///
    /// let email = EmailAddress::new("ada@example.org", EmailKey::new("ada@example.org")?)?;
    /// let user = User::new(UserId::from_uuid(Uuid::from_u128(1)), email, "Ada", Timestamp::from_millis(0))?;
    /// assert_eq!(user.uv(), 1);
    /// # Ok::<(), invoice_core::Violations>(())
    /// ```
    pub fn new(
        id: UserId,
        email: EmailAddress,
        name: impl Into<String>,
        created_at: Timestamp,
    ) -> Result<Self, Violations> {
        let name = checked_name(name.into())?;
        Ok(Self {
            id,
            version: Version::FIRST,
            email,
            verified_at: None,
            name,
            locale: None,
            password: None,
            uv: 1,
            disabled_at: None,
            created_at,
        })
    }

    /// The identifier.
    pub const fn id(&self) -> UserId {
        self.id
    }

    /// How often the account was written; [`IdentityWrite::update`](super::IdentityWrite::update) moves it on.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The e-mail address the person logs in with.
    pub const fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// When the address was shown to belong to the person.
    pub const fn verified_at(&self) -> Option<Timestamp> {
        self.verified_at
    }

    /// The person's name; may be empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The preferred language, a BCP 47 tag such as `de-AT`.
    pub fn locale(&self) -> Option<&str> {
        self.locale.as_deref()
    }

    /// The password's hash with its parameters; `None` for accounts that log in another way.
    pub const fn password(&self) -> Option<&SecretText> {
        self.password.as_ref()
    }

    /// The user epoch: tokens of an earlier one are void. Logging out everywhere is one epoch more.
    pub const fn uv(&self) -> u32 {
        self.uv
    }

    /// Since when the account may not be used.
    pub const fn disabled_at(&self) -> Option<Timestamp> {
        self.disabled_at
    }

    /// When the account was made.
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// With another address, and since when it is known to be the person's.
    #[must_use]
    pub fn with_email(self, email: EmailAddress, verified_at: Option<Timestamp>) -> Self {
        Self { email, verified_at, ..self }
    }

    /// With another name, at most 500 characters.
    pub fn with_name(self, name: impl Into<String>) -> Result<Self, Violations> {
        Ok(Self { name: checked_name(name.into())?, ..self })
    }

    /// With another preferred language, at most 35 characters (RFC 5646, section 4.4.1).
    pub fn with_locale(self, locale: Option<String>) -> Result<Self, Violations> {
        let mut found = Violations::new();
        text::collect(&mut found, "/locale", locale.as_deref(), 35);
        found.into_result()?;
        Ok(Self { locale, ..self })
    }

    /// With another password hash.
    #[must_use]
    pub fn with_password(self, password: Option<SecretText>) -> Self {
        Self { password, ..self }
    }

    /// In the next epoch: every token given so far is void.
    #[must_use]
    pub fn with_next_uv(self) -> Self {
        Self { uv: self.uv.saturating_add(1), ..self }
    }

    /// Disabled since an instant, or enabled again.
    #[must_use]
    pub fn with_disabled_at(self, disabled_at: Option<Timestamp>) -> Self {
        Self { disabled_at, ..self }
    }

    /// What [`SearchPrefix`] is compared with: the name and the address, folded the same way.
    ///
    /// A store keeps both texts and compares bytes, so that every store finds the same people.
    pub fn search_keys(&self) -> [String; 2] {
        [SearchPrefix::fold(&self.name), SearchPrefix::fold(self.email.key().as_str())]
    }

    pub(crate) fn at_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}

fn checked_name(name: String) -> Result<String, Violations> {
    let mut found = Violations::new();
    text::collect(&mut found, "/name", Some(&name), MAX_TEXT);
    found.into_result().map(|()| name)
}

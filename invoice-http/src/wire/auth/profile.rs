use invoice_auth::{Profile, ProfileChange};
use invoice_core::{Timestamp, UserId, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::schema;

/// What a user decides about themselves.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProfileInput, example = json!({"name": "Ada Lovelace", "locale": "en-GB"}))]
pub(crate) struct ProfileInput {
    /// The name; may be empty.
    #[serde(default)]
    #[schema(value_type = schema::OptionalName)]
    name: String,
    /// The language for mails, a BCP 47 tag.
    #[schema(max_length = 35)]
    locale: Option<String>,
}

impl From<&Profile> for ProfileInput {
    fn from(profile: &Profile) -> Self {
        Self { name: profile.name.clone(), locale: profile.locale.clone() }
    }
}

impl From<ProfileInput> for ProfileChange {
    fn from(input: ProfileInput) -> Self {
        Self { name: Some(input.name), locale: Some(input.locale) }
    }
}

/// The caller's account.
#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
pub(crate) struct ProfileView<'a> {
    #[schema(value_type = schema::UserId)]
    id: UserId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    #[schema(value_type = schema::EmailText)]
    email: &'a str,
    /// Since when the address is known to be the user's.
    #[schema(value_type = Option<schema::Instant>)]
    verified_at: Option<Timestamp>,
    /// The name; may be empty.
    name: &'a str,
    /// The language for mails, a BCP 47 tag.
    locale: Option<&'a str>,
    /// Whether the account has a password.
    has_password: bool,
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
}

impl<'a> From<&'a Profile> for ProfileView<'a> {
    fn from(profile: &'a Profile) -> Self {
        Self {
            id: profile.id,
            version: profile.version,
            email: &profile.email,
            verified_at: profile.verified_at,
            name: &profile.name,
            locale: profile.locale.as_deref(),
            has_password: profile.has_password,
            created_at: profile.created_at,
        }
    }
}

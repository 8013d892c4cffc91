use invoice_auth::{ApiKeyData, NewApiKey};
use invoice_core::identity::ApiKey;
use invoice_core::{ApiKeyId, Code, Role, Timestamp, UserId, Violation, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::read::{At, Reader};
use crate::wire::schema;

/// What a new API key is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyInput, example = json!({
    "name": "Web shop",
    "role": "accountant",
    "expires_at": "2027-03-02T09:00:00.000Z"
}))]
pub(crate) struct ApiKeyInput {
    /// What people call it.
    #[schema(value_type = schema::Name)]
    name: String,
    /// Not above the caller's own.
    #[schema(value_type = schema::RoleName)]
    role: String,
    /// The first instant at which it does not work any more; never if not said.
    #[schema(value_type = Option<schema::Instant>)]
    expires_at: Option<String>,
}

impl ApiKeyInput {
    pub(crate) fn read(self) -> Result<ApiKeyData, Violations> {
        let mut reader = Reader::default();
        let role = reader.named::<Role>(&At::Body.field("role"), &self.role);
        let end = self.expires_at.map(|text| instant(&text)).transpose();
        let end = reader.check(&At::Body.field("expires_at"), end);
        let name = self.name;
        reader.finish(role.zip(end).map(|(role, end)| {
            let data = ApiKeyData::new(name, role);
            match end {
                Some(end) => data.expires_at(end),
                None => data,
            }
        }))
    }
}

fn instant(text: &str) -> Result<Timestamp, Violation> {
    let parsed = chrono::DateTime::parse_from_rfc3339(text);
    let wrong = |_| Violation::new("", Code::Malformed, "not an instant such as 2026-03-02T09:00:00.000Z");
    parsed.map(|instant| Timestamp::from(instant.to_utc())).map_err(wrong)
}

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyView<'a> {
    #[schema(value_type = schema::ApiKeyId)]
    id: ApiKeyId,
    name: &'a str,
    /// How its secret begins, to tell keys apart.
    prefix: &'a str,
    #[schema(value_type = schema::RoleName)]
    role: Role,
    #[schema(value_type = schema::UserId)]
    created_by: UserId,
    /// When it ends.
    #[schema(value_type = Option<schema::Instant>)]
    expires_at: Option<Timestamp>,
    /// When it was last used, to about a minute.
    #[schema(value_type = Option<schema::Instant>)]
    last_used_at: Option<Timestamp>,
    /// When it was ended.
    #[schema(value_type = Option<schema::Instant>)]
    revoked_at: Option<Timestamp>,
}

impl<'a> From<&'a ApiKey> for ApiKeyView<'a> {
    fn from(key: &'a ApiKey) -> Self {
        Self {
            id: key.id(),
            name: key.name(),
            prefix: key.prefix(),
            role: key.role(),
            created_by: key.created_by(),
            expires_at: key.expires_at(),
            last_used_at: key.last_used_at(),
            revoked_at: key.revoked_at(),
        }
    }
}

/// A new API key, with its secret, which nobody can show again.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub(crate) struct NewApiKeyView<'a> {
    key: ApiKeyView<'a>,
    /// To be sent as `Authorization: Bearer`.
    #[schema(value_type = schema::SecretToken)]
    secret: &'a str,
}

impl<'a> From<&'a NewApiKey> for NewApiKeyView<'a> {
    fn from(new: &'a NewApiKey) -> Self {
        Self { key: ApiKeyView::from(&new.key), secret: new.secret.expose() }
    }
}

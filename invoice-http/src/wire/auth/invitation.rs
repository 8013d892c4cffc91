use invoice_core::identity::Invitation;
use invoice_core::{InvitationId, Role, Timestamp, UserId, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::read::{At, Reader};
use crate::wire::schema;

/// Whom to invite, and as what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvitationInput, example = json!({"email": "charles@example.org", "role": "accountant"}))]
pub(crate) struct InvitationInput {
    #[schema(value_type = schema::EmailText)]
    pub(crate) email: String,
    /// Not above the caller's own.
    #[schema(value_type = schema::RoleName)]
    role: String,
}

impl InvitationInput {
    pub(crate) fn role(&self) -> Result<Role, Violations> {
        let mut reader = Reader::default();
        let role = reader.named(&At::Body.field("role"), &self.role);
        reader.finish(role)
    }
}

/// An invitation, without its token, which was mailed.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationView<'a> {
    #[schema(value_type = schema::InvitationId)]
    id: InvitationId,
    #[schema(value_type = schema::EmailText)]
    email: &'a str,
    #[schema(value_type = schema::RoleName)]
    role: Role,
    #[schema(value_type = schema::UserId)]
    invited_by: UserId,
    /// When it ends.
    #[schema(value_type = schema::Instant)]
    expires_at: Timestamp,
    /// When it was accepted.
    #[schema(value_type = Option<schema::Instant>)]
    accepted_at: Option<Timestamp>,
    /// Who accepted it.
    #[schema(value_type = Option<schema::UserId>)]
    accepted_by: Option<UserId>,
    /// When it was taken back.
    #[schema(value_type = Option<schema::Instant>)]
    revoked_at: Option<Timestamp>,
}

impl<'a> From<&'a Invitation> for InvitationView<'a> {
    fn from(invitation: &'a Invitation) -> Self {
        let accepted = invitation.accepted();
        Self {
            id: invitation.id(),
            email: invitation.email().shown(),
            role: invitation.role(),
            invited_by: invitation.invited_by(),
            expires_at: invitation.expires_at(),
            accepted_at: accepted.map(|accepted| accepted.at),
            accepted_by: accepted.map(|accepted| accepted.user),
            revoked_at: invitation.revoked_at(),
        }
    }
}

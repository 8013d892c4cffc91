use invoice_core::identity::SecurityEvent;
use invoice_core::{AuditId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::schema;

/// An entry of the security audit.
#[derive(Serialize, ToSchema)]
#[schema(as = SecurityEvent)]
pub(crate) struct SecurityEventView<'a> {
    #[schema(value_type = schema::AuditId)]
    id: AuditId,
    #[schema(value_type = schema::Instant)]
    at: Timestamp,
    /// What happened, such as `member.invited`.
    action: &'static str,
    /// Who did it, or whom it concerns.
    #[schema(value_type = Option<schema::UserId>)]
    user: Option<UserId>,
    /// What it was done to, such as the identifier of an invitation; may be empty.
    subject: &'a str,
    /// The client's address; may be empty.
    address: &'a str,
    /// The client's program as it calls itself; may be empty.
    user_agent: &'a str,
}

impl<'a> From<&'a SecurityEvent> for SecurityEventView<'a> {
    fn from(event: &'a SecurityEvent) -> Self {
        Self {
            id: event.id(),
            at: event.at(),
            action: event.action().as_str(),
            user: event.user(),
            subject: event.subject(),
            address: event.address(),
            user_agent: event.user_agent(),
        }
    }
}

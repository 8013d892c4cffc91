use invoice_core::identity::{Member, Membership};
use invoice_core::{Role, TeamId, Timestamp, UserId, Version, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::read::{At, Reader};
use crate::wire::schema;

/// What is decided about a member.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberInput, example = json!({"role": "accountant"}))]
pub(crate) struct MemberInput {
    #[schema(value_type = schema::RoleName)]
    role: String,
}

impl From<&Membership> for MemberInput {
    fn from(membership: &Membership) -> Self {
        Self { role: membership.role().as_str().to_owned() }
    }
}

impl MemberInput {
    pub(crate) fn read(&self) -> Result<Role, Violations> {
        let mut reader = Reader::default();
        let role = reader.named(&At::Body.field("role"), &self.role);
        reader.finish(role)
    }
}

/// Somebody's place in a team.
#[derive(Serialize, ToSchema)]
#[schema(as = Membership)]
pub(crate) struct MembershipView {
    #[schema(value_type = schema::TeamId)]
    team: TeamId,
    #[schema(value_type = schema::UserId)]
    user: UserId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    #[schema(value_type = schema::RoleName)]
    role: Role,
    #[schema(value_type = schema::Instant)]
    joined_at: Timestamp,
}

impl From<&Membership> for MembershipView {
    fn from(membership: &Membership) -> Self {
        Self {
            team: membership.team(),
            user: membership.user(),
            version: membership.version(),
            role: membership.role(),
            joined_at: membership.joined_at(),
        }
    }
}

/// A member as the others see them.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberView<'a> {
    #[schema(value_type = schema::UserId)]
    user: UserId,
    /// How often the membership was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    #[schema(value_type = schema::RoleName)]
    role: Role,
    #[schema(value_type = schema::EmailText)]
    email: &'a str,
    /// Since when the address is known to be theirs; until then anybody may have given it.
    #[schema(value_type = Option<schema::Instant>)]
    verified_at: Option<Timestamp>,
    /// The name; may be empty.
    name: &'a str,
    #[schema(value_type = schema::Instant)]
    joined_at: Timestamp,
    /// Since when the account may not be used.
    #[schema(value_type = Option<schema::Instant>)]
    disabled_at: Option<Timestamp>,
}

impl<'a> From<&'a Member> for MemberView<'a> {
    fn from(member: &'a Member) -> Self {
        Self {
            user: member.membership.user(),
            version: member.membership.version(),
            role: member.membership.role(),
            email: &member.email,
            verified_at: member.verified_at,
            name: &member.name,
            joined_at: member.membership.joined_at(),
            disabled_at: member.disabled_at,
        }
    }
}

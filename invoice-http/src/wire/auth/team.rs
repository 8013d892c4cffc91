use invoice_core::identity::{Team, UserTeam};
use invoice_core::{Role, TeamId, Timestamp, UserId, Version, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::read::{At, Reader};
use crate::wire::schema;

/// What is decided about a team.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TeamInput, example = json!({"name": "Engines Ltd"}))]
pub(crate) struct TeamInput {
    /// What people call it.
    #[schema(value_type = schema::Name)]
    pub(crate) name: String,
}

impl From<&Team> for TeamInput {
    fn from(team: &Team) -> Self {
        Self { name: team.name().to_owned() }
    }
}

/// Who is to own a team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Transfer, example = json!({"user": "usr_0192d3f0c1a47b3e8f7a5d6c4b3a2910"}))]
pub(crate) struct TransferInput {
    /// A member of the team.
    #[schema(value_type = schema::UserId)]
    user: String,
}

impl TransferInput {
    pub(crate) fn read(&self) -> Result<UserId, Violations> {
        let mut reader = Reader::default();
        let user = reader.parse(&At::Body.field("user"), &self.user);
        reader.finish(user)
    }
}

/// A team.
#[derive(Serialize, ToSchema)]
#[schema(as = Team)]
pub(crate) struct TeamView<'a> {
    #[schema(value_type = schema::TeamId)]
    id: TeamId,
    /// How often the team or one of its memberships was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    name: &'a str,
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
}

impl<'a> From<&'a Team> for TeamView<'a> {
    fn from(team: &'a Team) -> Self {
        Self { id: team.id(), version: team.version(), name: team.name(), created_at: team.created_at() }
    }
}

/// A team that the caller is in.
#[derive(Serialize, ToSchema)]
#[schema(as = MyTeam)]
pub(crate) struct MyTeamView<'a> {
    team: TeamView<'a>,
    /// The caller's role in it.
    #[schema(value_type = schema::RoleName)]
    role: Role,
    /// Since when the caller is in it.
    #[schema(value_type = schema::Instant)]
    joined_at: Timestamp,
}

impl<'a> From<&'a UserTeam> for MyTeamView<'a> {
    fn from(found: &'a UserTeam) -> Self {
        Self {
            team: TeamView::from(&found.team),
            role: found.membership.role(),
            joined_at: found.membership.joined_at(),
        }
    }
}

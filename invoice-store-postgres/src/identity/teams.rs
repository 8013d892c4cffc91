//! Teams, their members and invitations.

use async_trait::async_trait;
use invoice_core::identity::{Invitation, Member, Membership, SearchPrefix, Team, UserTeam};
use invoice_core::ports::identity::Teams;
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{InvitationId, TeamId, UserId};
use invoice_store_common::identity::prefix_end;
use invoice_store_common::pages::{first_after, first_before, limit, page, position};
use sqlx::postgres::PgRow;

use super::rows::{column, instant_if_any, many, one, page_of, record};
use crate::PostgresStore;

pub(super) const TEAM: &str = "SELECT data FROM {s}.teams WHERE id = $1";
pub(super) const ALL_TEAMS: &str = "SELECT data FROM {s}.teams WHERE id >= $1 ORDER BY id LIMIT $2";
pub(super) const TEAMS_OF: &str = "\
    SELECT t.data, m.data FROM {s}.memberships m JOIN {s}.teams t ON t.id = m.team_id \
    WHERE m.user_id = $1 AND m.team_id >= $2 ORDER BY m.team_id LIMIT $3";
pub(super) const MEMBERSHIP: &str = "SELECT data FROM {s}.memberships WHERE team_id = $1 AND user_id = $2";
pub(super) const MEMBERS: &str = "\
    SELECT m.data, u.data -> 'email' ->> 'shown', u.data ->> 'name', u.disabled_at, \
        (u.data ->> 'verified_at')::timestamptz \
    FROM {s}.memberships m JOIN {s}.users u ON u.id = m.user_id \
    WHERE m.team_id = $1 AND m.user_id >= $2 ORDER BY m.user_id LIMIT $3";
/// Reads the matches of the team by either key, whoever they are, and then the rows of the page.
pub(super) const FOUND: &str = "\
    SELECT m.data, u.data -> 'email' ->> 'shown', u.data ->> 'name', u.disabled_at, \
        (u.data ->> 'verified_at')::timestamptz \
    FROM (SELECT user_id FROM {s}.memberships \
          WHERE team_id = $1 AND name_search >= $4 AND name_search < $5 AND user_id >= $2 \
          UNION \
          SELECT user_id FROM {s}.memberships \
          WHERE team_id = $1 AND email_search >= $4 AND email_search < $5 AND user_id >= $2 \
          ORDER BY user_id LIMIT $3) f \
    JOIN {s}.memberships m ON m.team_id = $1 AND m.user_id = f.user_id \
    JOIN {s}.users u ON u.id = f.user_id \
    ORDER BY f.user_id";
pub(super) const INVITATION: &str = "SELECT data FROM {s}.invitations WHERE team_id = $1 AND id = $2";
pub(super) const INVITATIONS: &str = "\
    SELECT data FROM {s}.invitations WHERE team_id = $1 AND id <= $2 ORDER BY id DESC LIMIT $3";

fn member(row: &PgRow) -> Result<Member, StoreError> {
    Ok(Member {
        membership: record(row, 0, "membership")?,
        email: column(row, 1, "user")?,
        name: column(row, 2, "user")?,
        disabled_at: instant_if_any(row, 3, "user")?,
        verified_at: instant_if_any(row, 4, "user")?,
    })
}

fn user_team(row: &PgRow) -> Result<UserTeam, StoreError> {
    Ok(UserTeam { team: record(row, 0, "team")?, membership: record(row, 1, "membership")? })
}

fn invitation(row: &PgRow) -> Result<Invitation, StoreError> {
    record(row, 0, "invitation")
}

#[async_trait]
impl Teams for PostgresStore {
    async fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError> {
        one(self, sqlx::query(self.sql(TEAM)).bind(id.as_uuid()), |row| record(row, 0, "team")).await
    }

    async fn all_teams(&self, request: &PageRequest) -> Result<Page<Team>, StoreError> {
        let rows = match first_after(position(request, TeamId::as_uuid)?) {
            Some(first) => {
                let query = sqlx::query(self.sql(ALL_TEAMS)).bind(first).bind(limit(request));
                many(self, query, |row| record(row, 0, "team")).await?
            }
            None => Vec::new(),
        };
        page(rows, request, Team::id)
    }

    async fn teams_of(&self, user: UserId, request: &PageRequest) -> Result<Page<UserTeam>, StoreError> {
        let first = first_after(position(request, TeamId::as_uuid)?);
        page_of(self, TEAMS_OF, (user.as_uuid(), first), request, user_team, |row| row.team.id()).await
    }

    async fn membership(&self, team: TeamId, user: UserId) -> Result<Option<Membership>, StoreError> {
        let query = sqlx::query(self.sql(MEMBERSHIP)).bind(team.as_uuid()).bind(user.as_uuid());
        one(self, query, |row| record(row, 0, "membership")).await
    }

    async fn members(
        &self,
        team: TeamId,
        prefix: Option<SearchPrefix>,
        request: &PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        let first = first_after(position(request, UserId::as_uuid)?);
        let rows = match (prefix, first) {
            (_, None) => Vec::new(),
            (None, Some(first)) => {
                let query = sqlx::query(self.sql(MEMBERS)).bind(team.as_uuid()).bind(first);
                many(self, query.bind(limit(request)), member).await?
            }
            (Some(prefix), Some(first)) => {
                let query = sqlx::query(self.sql(FOUND)).bind(team.as_uuid()).bind(first);
                let query = query.bind(limit(request)).bind(prefix.as_str());
                many(self, query.bind(prefix_end(prefix.as_str())), member).await?
            }
        };
        page(rows, request, |row| row.membership.user())
    }

    async fn invitation(&self, team: TeamId, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        let query = sqlx::query(self.sql(INVITATION)).bind(team.as_uuid()).bind(id.as_uuid());
        one(self, query, invitation).await
    }

    async fn invitations(&self, team: TeamId, request: &PageRequest) -> Result<Page<Invitation>, StoreError> {
        let first = first_before(position(request, InvitationId::as_uuid)?);
        page_of(self, INVITATIONS, (team.as_uuid(), first), request, invitation, Invitation::id).await
    }
}

//! Teams, their members and invitations.

use async_trait::async_trait;
use invoice_core::identity::{Invitation, Member, Membership, SearchPrefix, Team, UserTeam};
use invoice_core::ports::identity::Teams;
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{InvitationId, TeamId, UserId};
use invoice_store_common::identity::prefix_end;
use invoice_store_common::pages::{first_after, first_before, position};
use rusqlite::{Row, params};

use super::rows::{instant_if_any, many, one, page_of, record, record_if_any};
use crate::SqliteStore;
use crate::error::Stored as _;

pub(super) const TEAM: &str = "SELECT data FROM teams WHERE id = ?1";
pub(super) const ALL_TEAMS: &str = "SELECT data FROM teams WHERE id >= ?1 ORDER BY id LIMIT ?2";
pub(super) const TEAMS_OF: &str = "
    SELECT t.data, m.data FROM memberships m JOIN teams t ON t.id = m.team_id
    WHERE m.user_id = ?1 AND m.team_id >= ?2 ORDER BY m.team_id LIMIT ?3";
pub(super) const MEMBERSHIP: &str = "SELECT data FROM memberships WHERE team_id = ?1 AND user_id = ?2";
pub(super) const MEMBERS: &str = "
    SELECT m.data, u.data ->> '$.email.shown', u.data ->> '$.name', u.disabled_at, u.data -> '$.verified_at'
    FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.team_id = ?1 AND m.user_id >= ?2 ORDER BY m.user_id LIMIT ?3";
/// Reads the matches of the team by either key, whoever they are, and then the rows of the page. Left to
/// itself, SQLite would read all members in the order of the page instead.
pub(super) const FOUND: &str = "
    SELECT m.data, u.data ->> '$.email.shown', u.data ->> '$.name', u.disabled_at, u.data -> '$.verified_at'
    FROM (SELECT user_id FROM memberships INDEXED BY memberships_by_name
          WHERE team_id = ?1 AND name_search >= ?4 AND name_search < ?5 AND user_id >= ?2
          UNION
          SELECT user_id FROM memberships INDEXED BY memberships_by_email
          WHERE team_id = ?1 AND email_search >= ?4 AND email_search < ?5 AND user_id >= ?2
          ORDER BY user_id LIMIT ?3) f
    CROSS JOIN memberships m ON m.team_id = ?1 AND m.user_id = f.user_id
    CROSS JOIN users u ON u.id = f.user_id
    ORDER BY f.user_id";
pub(super) const INVITATION: &str = "SELECT data FROM invitations WHERE team_id = ?1 AND id = ?2";
pub(super) const INVITATIONS: &str = "
    SELECT data FROM invitations WHERE team_id = ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3";

fn member(row: &Row<'_>) -> Result<Member, StoreError> {
    Ok(Member {
        membership: record(row, 0, "membership")?,
        email: row.get(1).stored()?,
        name: row.get(2).stored()?,
        disabled_at: instant_if_any(row, 3)?,
        verified_at: record_if_any(row, 4, "user")?,
    })
}

#[async_trait]
impl Teams for SqliteStore {
    async fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError> {
        self.look_up(move |connection| one(connection, TEAM, [id.as_uuid()], |row| record(row, 0, "team")))
            .await
    }

    async fn all_teams(&self, request: &PageRequest) -> Result<Page<Team>, StoreError> {
        let first = first_after(position(request, TeamId::as_uuid)?);
        let request = request.clone();
        self.scan(move |connection| {
            let rows = |first, limit| {
                many(connection, ALL_TEAMS, params![first, limit], |row| record(row, 0, "team"))
            };
            page_of(first, &request, rows, Team::id)
        })
        .await
    }

    async fn teams_of(&self, user: UserId, request: &PageRequest) -> Result<Page<UserTeam>, StoreError> {
        let first = first_after(position(request, TeamId::as_uuid)?);
        let request = request.clone();
        self.scan(move |connection| {
            let rows = |first, limit| {
                many(connection, TEAMS_OF, params![user.as_uuid(), first, limit], |row| {
                    Ok(UserTeam { team: record(row, 0, "team")?, membership: record(row, 1, "membership")? })
                })
            };
            page_of(first, &request, rows, |row| row.team.id())
        })
        .await
    }

    async fn membership(&self, team: TeamId, user: UserId) -> Result<Option<Membership>, StoreError> {
        let params = [team.as_uuid(), user.as_uuid()];
        self.look_up(move |connection| {
            one(connection, MEMBERSHIP, params, |row| record(row, 0, "membership"))
        })
        .await
    }

    async fn members(
        &self,
        team: TeamId,
        prefix: Option<SearchPrefix>,
        request: &PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        let first = first_after(position(request, UserId::as_uuid)?);
        let request = request.clone();
        self.scan(move |connection| {
            let team = team.as_uuid();
            let rows = |first, limit| match &prefix {
                None => many(connection, MEMBERS, params![team, first, limit], member),
                Some(prefix) => {
                    let (from, to) = (prefix.as_str(), prefix_end(prefix.as_str()));
                    many(connection, FOUND, params![team, first, limit, from, to], member)
                }
            };
            page_of(first, &request, rows, |row| row.membership.user())
        })
        .await
    }

    async fn invitation(&self, team: TeamId, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        let params = [team.as_uuid(), id.as_uuid()];
        self.look_up(move |connection| {
            one(connection, INVITATION, params, |row| record(row, 0, "invitation"))
        })
        .await
    }

    async fn invitations(&self, team: TeamId, request: &PageRequest) -> Result<Page<Invitation>, StoreError> {
        let first = first_before(position(request, InvitationId::as_uuid)?);
        let request = request.clone();
        self.scan(move |connection| {
            let rows = |first, limit| {
                let params = params![team.as_uuid(), first, limit];
                many(connection, INVITATIONS, params, |row| record(row, 0, "invitation"))
            };
            page_of(first, &request, rows, Invitation::id)
        })
        .await
    }
}

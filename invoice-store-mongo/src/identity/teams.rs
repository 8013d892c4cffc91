//! Teams, their members and invitations.

use std::collections::HashMap;

use async_trait::async_trait;
use invoice_core::identity::{
    IdentityKey, Invitation, Member, Membership, SearchPrefix, Team, User, UserTeam,
};
use invoice_core::ports::identity::Teams;
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{InvitationId, TeamId, UserId};
use invoice_store_common::pages::{first_after, first_before, limit, page, position};
use mongodb::bson::raw::RawDocument;

use super::keys;
use super::queries::{Query, many, one_record, page_of, record};
use crate::MongoStore;

pub(super) const BY_NAME: (&str, &str) = ("membership_name", "name_search");
pub(super) const BY_EMAIL: (&str, &str) = ("membership_email", "email_search");

fn membership(document: &RawDocument) -> Result<Membership, StoreError> {
    record(keys::MEMBERSHIP, document)
}

fn invitation(document: &RawDocument) -> Result<Invitation, StoreError> {
    record(keys::INVITATION, document)
}

impl MongoStore {
    /// The first members of a team whose name or address begins so, in the order of their identifiers.
    async fn found_members(
        &self,
        team: TeamId,
        prefix: &SearchPrefix,
        request: &PageRequest,
    ) -> Result<Page<Membership>, StoreError> {
        let Some(first) = first_after(position(request, UserId::as_uuid)?) else {
            return page(Vec::new(), request, Membership::user);
        };
        let query = |by| Query::found(by, team.as_uuid(), prefix.as_str(), first, limit(request));
        let (by_name, by_email) =
            futures::future::try_join(many(self, query(BY_NAME)), many(self, query(BY_EMAIL))).await?;
        let mut found =
            by_name.iter().chain(&by_email).map(|it| membership(it)).collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(Membership::user);
        found.dedup_by_key(|member| member.user());
        page(found, request, Membership::user)
    }
}

#[async_trait]
impl Teams for MongoStore {
    async fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError> {
        one_record(self, keys::TEAM, Query::by_key(&IdentityKey::Team(id))?).await
    }

    async fn all_teams(&self, request: &PageRequest) -> Result<Page<Team>, StoreError> {
        let first = first_after(position(request, TeamId::as_uuid)?);
        let read = |document: &RawDocument| record(keys::TEAM, document);
        page_of(self, first, request, Query::all_teams, read, Team::id).await
    }

    async fn teams_of(&self, user: UserId, request: &PageRequest) -> Result<Page<UserTeam>, StoreError> {
        let first = first_after(position(request, TeamId::as_uuid)?);
        let query = |first, limit| Query::teams_of(user.as_uuid(), first, limit);
        let Page { items, next } = page_of(self, first, request, query, membership, Membership::team).await?;
        let teams = Query::by_keys(items.iter().map(|member| IdentityKey::Team(member.team())))?;
        let mut teams = records_by(self, &items, keys::TEAM, teams, Team::id).await?;
        // A team that was deleted meanwhile takes its members along.
        let with_team = |membership: Membership| {
            let team = teams.remove(&membership.team())?;
            Some(UserTeam { team, membership })
        };
        Ok(Page { items: items.into_iter().filter_map(with_team).collect(), next })
    }

    async fn membership(&self, team: TeamId, user: UserId) -> Result<Option<Membership>, StoreError> {
        one_record(self, keys::MEMBERSHIP, Query::by_key(&IdentityKey::Membership(team, user))?).await
    }

    async fn members(
        &self,
        team: TeamId,
        prefix: Option<SearchPrefix>,
        request: &PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        let Page { items, next } = if let Some(prefix) = prefix {
            self.found_members(team, &prefix, request).await?
        } else {
            let first = first_after(position(request, UserId::as_uuid)?);
            let query = |first, limit| Query::members(team.as_uuid(), first, limit);
            page_of(self, first, request, query, membership, Membership::user).await?
        };
        let users = Query::by_keys(items.iter().map(|member| IdentityKey::User(member.user())))?;
        let mut users = records_by(self, &items, keys::USER, users, User::id).await?;
        let with_user = |membership: Membership| {
            let user = users.remove(&membership.user())?;
            Some(Member {
                membership,
                email: user.email().shown().to_owned(),
                name: user.name().to_owned(),
                disabled_at: user.disabled_at(),
                verified_at: user.verified_at(),
            })
        };
        Ok(Page { items: items.into_iter().filter_map(with_user).collect(), next })
    }

    async fn invitation(&self, team: TeamId, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        one_record(self, keys::INVITATION, Query::by_key(&IdentityKey::Invitation(team, id))?).await
    }

    async fn invitations(&self, team: TeamId, request: &PageRequest) -> Result<Page<Invitation>, StoreError> {
        let first = first_before(position(request, InvitationId::as_uuid)?);
        let of = ("team_id", team.as_uuid());
        let query = |first, limit| Query::newest(keys::INVITATION, "invitation_team", of, first, limit);
        page_of(self, first, request, query, invitation, Invitation::id).await
    }
}

/// What some memberships belong to, by its identifier.
async fn records_by<T, I>(
    store: &MongoStore,
    members: &[Membership],
    kind: &'static str,
    query: Query,
    id: impl Fn(&T) -> I + Send,
) -> Result<HashMap<I, T>, StoreError>
where
    T: serde::de::DeserializeOwned,
    I: std::hash::Hash + Eq,
{
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    let found = many(store, query).await?;
    found.iter().map(|document| record(kind, document).map(|record| (id(&record), record))).collect()
}

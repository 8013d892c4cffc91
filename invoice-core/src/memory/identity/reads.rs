use std::fmt::Display;
use std::str::FromStr;

use async_trait::async_trait;

use super::MemoryIdentity;
use super::state::{State, UniqueValue};
use crate::identity::{
    ApiKey, EmailKey, Fingerprint, IdentityKey, IdentityRecord, Invitation, KeyId, Member, Membership,
    OneTimeToken, SearchPrefix, SecurityEvent, Session, SessionCheck, SigningKey, Team, TokenPurpose, User,
    UserTeam,
};
use crate::ports::identity::{
    ApiKeys, Housekeeping, MailedTokens, SecurityAudit, Sessions, SigningKeys, Teams, Users,
};
use crate::ports::{Cursor, Page, PageRequest, StoreError};
use crate::{ApiKeyId, CommitId, InvitationId, OneTimeTokenId, SessionId, TeamId, Timestamp, UserId};

/// The record as its own type, if it is of that kind.
macro_rules! typed {
    ($kind:ident, $record:expr) => {
        match $record {
            Some(IdentityRecord::$kind(record)) => Some(record),
            _ => None,
        }
    };
}

impl State {
    fn user(&self, id: UserId) -> Option<&User> {
        typed!(User, self.records.get(&IdentityKey::User(id)))
    }

    fn team(&self, id: TeamId) -> Option<&Team> {
        typed!(Team, self.records.get(&IdentityKey::Team(id)))
    }

    fn membership(&self, team: TeamId, user: UserId) -> Option<&Membership> {
        typed!(Membership, self.records.get(&IdentityKey::Membership(team, user)))
    }

    fn session(&self, id: SessionId) -> Option<&Session> {
        typed!(Session, self.records.get(&IdentityKey::Session(id)))
    }

    fn sessions(&self) -> impl DoubleEndedIterator<Item = &Session> {
        let all = self.kind(|id| IdentityKey::Session(SessionId::from_uuid(id)));
        all.filter_map(|(_, record)| typed!(Session, Some(record)))
    }

    fn tokens(&self) -> impl DoubleEndedIterator<Item = &OneTimeToken> {
        let all = self.kind(|id| IdentityKey::OneTimeToken(OneTimeTokenId::from_uuid(id)));
        all.filter_map(|(_, record)| typed!(OneTimeToken, Some(record)))
    }

    fn member(&self, membership: &Membership) -> Option<Member> {
        let user = self.user(membership.user())?;
        Some(Member {
            membership: membership.clone(),
            email: user.email().shown().to_owned(),
            name: user.name().to_owned(),
            disabled_at: user.disabled_at(),
            verified_at: user.verified_at(),
        })
    }

    fn is_found(&self, user: UserId, prefix: Option<&SearchPrefix>) -> bool {
        prefix.is_none_or(|prefix| {
            let keys = self.user(user).map(User::search_keys);
            keys.is_some_and(|keys| keys.iter().any(|key| key.starts_with(prefix.as_str())))
        })
    }

    fn events<'a>(
        &'a self,
        wanted: impl Fn(&SecurityEvent) -> bool + 'a,
    ) -> impl Iterator<Item = SecurityEvent> {
        self.events.values().rev().filter(move |event| wanted(event)).cloned()
    }
}

/// A page of `rows` that come in the list's order; `is_later` tells whether an id comes after a position.
fn page<T, I: Display + FromStr>(
    rows: impl Iterator<Item = T>,
    request: &PageRequest,
    id: impl Fn(&T) -> I,
    is_later: impl Fn(&I, &I) -> bool,
) -> Result<Page<T>, StoreError> {
    let position = request.position::<I>()?;
    let rows = rows
        .filter(|row| position.as_ref().is_none_or(|position| is_later(&id(row), position)))
        .take(request.limit() + 1)
        .collect();
    Page::from_overfull(rows, request, |row| Cursor::new(id(row).to_string()).map_err(StoreError::Refused))
}

#[async_trait]
impl Users for MemoryIdentity {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.state().user(id).cloned())
    }

    async fn user_by_email(&self, key: &EmailKey) -> Result<Option<User>, StoreError> {
        let state = self.state();
        Ok(typed!(User, state.holder(&UniqueValue::Email(key.clone()))).cloned())
    }
}

#[async_trait]
impl Teams for MemoryIdentity {
    async fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError> {
        Ok(self.state().team(id).cloned())
    }

    async fn all_teams(&self, request: &PageRequest) -> Result<Page<Team>, StoreError> {
        let state = self.state();
        let rows = state
            .kind(|id| IdentityKey::Team(TeamId::from_uuid(id)))
            .filter_map(|(_, record)| typed!(Team, Some(record)).cloned());
        page(rows, request, Team::id, TeamId::gt)
    }

    async fn teams_of(&self, user: UserId, request: &PageRequest) -> Result<Page<UserTeam>, StoreError> {
        let state = self.state();
        let rows = state.memberships().filter_map(|(_, record)| {
            let membership = typed!(Membership, Some(record)).filter(|it| it.user() == user)?.clone();
            Some(UserTeam { team: state.team(membership.team())?.clone(), membership })
        });
        page(rows, request, |row| row.team.id(), TeamId::gt)
    }

    async fn membership(&self, team: TeamId, user: UserId) -> Result<Option<Membership>, StoreError> {
        Ok(self.state().membership(team, user).cloned())
    }

    async fn members(
        &self,
        team: TeamId,
        prefix: Option<SearchPrefix>,
        request: &PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        let state = self.state();
        let rows = state
            .kind(|id| IdentityKey::Membership(team, UserId::from_uuid(id)))
            .filter_map(|(_, record)| typed!(Membership, Some(record)))
            .filter(|member| state.is_found(member.user(), prefix.as_ref()))
            .filter_map(|member| state.member(member));
        page(rows, request, |row| row.membership.user(), UserId::gt)
    }

    async fn invitation(&self, team: TeamId, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        Ok(typed!(Invitation, self.state().records.get(&IdentityKey::Invitation(team, id))).cloned())
    }

    async fn invitations(&self, team: TeamId, request: &PageRequest) -> Result<Page<Invitation>, StoreError> {
        let state = self.state();
        let rows = state
            .kind(|id| IdentityKey::Invitation(team, InvitationId::from_uuid(id)))
            .rev()
            .filter_map(|(_, record)| typed!(Invitation, Some(record)).cloned());
        page(rows, request, Invitation::id, InvitationId::lt)
    }
}

#[async_trait]
impl Sessions for MemoryIdentity {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state().session(id).cloned())
    }

    async fn session_by_refresh(&self, fingerprint: Fingerprint) -> Result<Option<Session>, StoreError> {
        let state = self.state();
        let holder = state
            .holder(&UniqueValue::Refresh(fingerprint))
            .or_else(|| state.holder(&UniqueValue::PreviousRefresh(fingerprint)));
        Ok(typed!(Session, holder).cloned())
    }

    async fn sessions_of(&self, user: UserId, request: &PageRequest) -> Result<Page<Session>, StoreError> {
        let state = self.state();
        let rows = state.sessions().rev().filter(|session| session.user() == user).cloned();
        page(rows, request, Session::id, SessionId::lt)
    }

    async fn check_session(
        &self,
        id: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<SessionCheck>, StoreError> {
        let state = self.state();
        let Some(session) = state.session(id) else { return Ok(None) };
        let Some(user) = state.user(session.user()) else { return Ok(None) };
        Ok(Some(SessionCheck {
            user: user.id(),
            sv: session.sv(),
            uv: user.uv(),
            role: team.and_then(|team| state.membership(team, user.id())).map(Membership::role),
            revoked_at: session.revoked_at(),
            disabled_at: user.disabled_at(),
            idle_expires_at: session.idle_expires_at(),
            secret: session.secret().cloned(),
        }))
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        if let Some(IdentityRecord::Session(session)) =
            self.state().records.get_mut(&IdentityKey::Session(id))
        {
            *session = session.clone().seen(at);
        }
        Ok(())
    }
}

#[async_trait]
impl MailedTokens for MemoryIdentity {
    async fn invitation_by_fingerprint(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Invitation>, StoreError> {
        let state = self.state();
        Ok(typed!(Invitation, state.holder(&UniqueValue::Invitation(fingerprint))).cloned())
    }

    async fn one_time_token(&self, fingerprint: Fingerprint) -> Result<Option<OneTimeToken>, StoreError> {
        let state = self.state();
        Ok(typed!(OneTimeToken, state.holder(&UniqueValue::OneTimeToken(fingerprint))).cloned())
    }

    async fn unused_tokens(
        &self,
        user: UserId,
        purpose: TokenPurpose,
        request: &PageRequest,
    ) -> Result<Page<OneTimeToken>, StoreError> {
        let state = self.state();
        let wanted = |token: &&OneTimeToken| {
            token.user() == user && token.purpose() == purpose && token.used_at().is_none()
        };
        let rows = state.tokens().rev().filter(wanted).cloned();
        page(rows, request, OneTimeToken::id, OneTimeTokenId::lt)
    }
}

#[async_trait]
impl ApiKeys for MemoryIdentity {
    async fn api_key(&self, team: TeamId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        Ok(typed!(ApiKey, self.state().records.get(&IdentityKey::ApiKey(team, id))).cloned())
    }

    async fn api_key_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<ApiKey>, StoreError> {
        let state = self.state();
        Ok(typed!(ApiKey, state.holder(&UniqueValue::ApiKey(fingerprint))).cloned())
    }

    async fn api_keys(&self, team: TeamId, request: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        let state = self.state();
        let rows = state
            .kind(|id| IdentityKey::ApiKey(team, ApiKeyId::from_uuid(id)))
            .rev()
            .filter_map(|(_, record)| typed!(ApiKey, Some(record)).cloned());
        page(rows, request, ApiKey::id, ApiKeyId::lt)
    }

    async fn touch_api_key(&self, team: TeamId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        if let Some(IdentityRecord::ApiKey(key)) =
            self.state().records.get_mut(&IdentityKey::ApiKey(team, id))
        {
            *key = key.clone().used(at);
        }
        Ok(())
    }
}

#[async_trait]
impl SigningKeys for MemoryIdentity {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        let state = self.state();
        let all = state.records.values().filter_map(|record| typed!(SigningKey, Some(record)));
        let mut keys: Vec<_> = all.cloned().collect();
        let order = |key: &SigningKey| -> (Timestamp, KeyId) { (key.created_at(), key.kid().clone()) };
        keys.sort_by_key(order);
        Ok(keys)
    }
}

#[async_trait]
impl SecurityAudit for MemoryIdentity {
    async fn events_of_team(
        &self,
        team: TeamId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        let state = self.state();
        let rows = state.events(|event| event.team() == Some(team));
        page(rows, request, SecurityEvent::id, crate::AuditId::lt)
    }

    async fn events_of_user(
        &self,
        user: UserId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        let state = self.state();
        let rows = state.events(|event| event.user() == Some(user));
        page(rows, request, SecurityEvent::id, crate::AuditId::lt)
    }
}

#[async_trait]
impl Housekeeping for MemoryIdentity {
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state();
        let sessions = state.sessions().filter(|session| session.absolute_expires_at() < before);
        let sessions = sessions.map(|session| IdentityKey::Session(session.id()));
        let tokens = state.tokens().filter(|token| token.expires_at() < before);
        let tokens = tokens.map(|token| IdentityKey::OneTimeToken(token.id()));
        let expired: Vec<_> = sessions.chain(tokens).collect();
        let mut count = 0;
        for key in expired {
            state.replace(&key, None)?;
            count += 1;
        }
        state.commits.retain(|commit| made_at(*commit) >= before.as_millis().unsigned_abs().into());
        Ok(count)
    }
}

/// The milliseconds in a UUID of version 7.
fn made_at(commit: CommitId) -> u128 {
    commit.as_uuid().as_u128() >> 80
}

//! Defects in reading, touching and purging.

use async_trait::async_trait;
use invoice_core::identity::{
    ApiKey, EmailKey, Fingerprint, IdentityChange, Invitation, Member, Membership, OneTimeToken,
    SearchPrefix, SecurityEvent, Session, SessionCheck, SigningKey, Team, TokenPurpose, User, UserTeam,
};
use invoice_core::ports::identity::{
    ApiKeys, Housekeeping, IdentityCommits as _, MailedTokens, SecurityAudit, Sessions, SigningKeys, Teams,
    Users,
};
use invoice_core::ports::{Cursor, Page, PageRequest, StoreError};
use invoice_core::{ApiKeyId, InvitationId, SessionId, TeamId, Timestamp, UserId};

use crate::faults::Fault;
use crate::store::{Broken, Notes};

const YEARS: i64 = 10 * 365 * 86_400_000;

fn everything() -> PageRequest {
    PageRequest::first(PageRequest::MAX_LIMIT).unwrap()
}

/// One list with the defects that all lists share; `$read` reads from the sound store.
macro_rules! list {
    ($self:ident, $request:ident, |$page:ident| $read:expr) => {{
        let $page = $request;
        match $self.fault {
            Fault::ReversesPages => $read.await.map(|mut page| {
                page.items.reverse();
                page
            }),
            Fault::ForgetsTheNextPage => $read.await.map(|page| Page { next: None, ..page }),
            Fault::IgnoresCursors => {
                let $page = &PageRequest::first(u16::try_from($request.limit()).unwrap()).unwrap();
                $read.await
            }
            Fault::TakesAnyCursor => match $read.await {
                Err(StoreError::Refused(_)) => {
                    let $page = &everything();
                    $read.await
                }
                answer => answer,
            },
            Fault::PagesByOffset => {
                let $page = &everything();
                $read.await.map(|page| slice(page.items, $request))
            }
            _ => $read.await,
        }
    }};
}

fn slice<T>(rows: Vec<T>, request: &PageRequest) -> Page<T> {
    let start: usize = request.cursor().and_then(|cursor| cursor.as_str().parse().ok()).unwrap_or(0);
    let end = start + request.limit();
    let next = (end < rows.len()).then(|| Cursor::new(end.to_string()).unwrap());
    Page { items: rows.into_iter().skip(start).take(request.limit()).collect(), next }
}

fn only_page<T>(items: Vec<T>) -> Page<T> {
    Page { items, next: None }
}

impl Broken {
    fn found<T>(&self, record: Option<T>) -> Result<Option<T>, StoreError> {
        if record.is_none() && self.has(Fault::CallsAbsentNotFound) {
            return Err(StoreError::NotFound);
        }
        Ok(record)
    }

    /// The team asked for, or the one the record is really in.
    fn real_team(&self, team: TeamId, real: impl FnOnce(&Notes) -> Option<TeamId>) -> TeamId {
        if self.has(Fault::FindsAcrossTeams) { self.notes(|notes| real(notes)).unwrap_or(team) } else { team }
    }

    fn all_teams(&self) -> Vec<TeamId> {
        self.notes(|notes| notes.teams.clone())
    }

    fn all_users(&self) -> Vec<UserId> {
        self.notes(|notes| notes.users.clone())
    }

    /// Finds members the way `matches` compares a key with the text looked for.
    async fn search(
        &self,
        team: TeamId,
        prefix: &SearchPrefix,
        request: &PageRequest,
        matches: impl Fn(&str, &str) -> bool + Send + Sync,
    ) -> Result<Page<Member>, StoreError> {
        let mut items = self.inner.members(team, None, &everything()).await?.items;
        items.retain(|member| {
            matches(&member.name, prefix.as_str()) || matches(&member.email.to_lowercase(), prefix.as_str())
        });
        Ok(slice(items, request))
    }
}

/// SQL's LIKE with `%` after the text.
fn is_like(text: &str, pattern: &str) -> bool {
    match pattern.chars().next() {
        None => true,
        Some('%') => {
            let rest = &pattern[1..];
            text.char_indices().any(|(at, _)| is_like(&text[at..], rest)) || is_like("", rest)
        }
        Some(wanted) => text.chars().next().is_some_and(|first| {
            (wanted == '_' || wanted == first)
                && is_like(&text[first.len_utf8()..], &pattern[wanted.len_utf8()..])
        }),
    }
}

#[async_trait]
impl Users for Broken {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let found = self.inner.user(id).await?;
        if self.has(Fault::CachesUsers) {
            return Ok(self.notes(|notes| notes.cached_users.entry(id).or_insert(found).clone()));
        }
        self.found(found)
    }

    async fn user_by_email(&self, key: &EmailKey) -> Result<Option<User>, StoreError> {
        match self.fault {
            Fault::FoldsAddresses => {
                let folded = EmailKey::new(key.as_str().to_lowercase()).unwrap();
                self.inner.user_by_email(&folded).await
            }
            Fault::CachesUsers => match self.inner.user_by_email(key).await? {
                Some(user) => self.user(user.id()).await,
                None => Ok(None),
            },
            _ => self.found(self.inner.user_by_email(key).await?),
        }
    }
}

#[async_trait]
impl Teams for Broken {
    async fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError> {
        self.found(self.inner.team(id).await?)
    }

    async fn all_teams(&self, request: &PageRequest) -> Result<Page<Team>, StoreError> {
        if self.has(Fault::ListsTeamsOfMembers) {
            let mut page = self.inner.all_teams(request).await?;
            let mut items = Vec::new();
            for team in page.items {
                if !self.inner.members(team.id(), None, &everything()).await?.items.is_empty() {
                    items.push(team);
                }
            }
            page.items = items;
            return Ok(page);
        }
        list!(self, request, |page| self.inner.all_teams(page))
    }

    async fn teams_of(&self, user: UserId, request: &PageRequest) -> Result<Page<UserTeam>, StoreError> {
        if self.has(Fault::ListsAllUsers) {
            let mut items = Vec::new();
            for user in self.all_users() {
                items.extend(self.inner.teams_of(user, &everything()).await?.items);
            }
            return Ok(only_page(items));
        }
        list!(self, request, |page| self.inner.teams_of(user, page))
    }

    async fn membership(&self, team: TeamId, user: UserId) -> Result<Option<Membership>, StoreError> {
        self.found(self.inner.membership(team, user).await?)
    }

    async fn members(
        &self,
        team: TeamId,
        prefix: Option<SearchPrefix>,
        request: &PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        match (self.fault, &prefix) {
            (Fault::ListsAllTeams, _) => {
                let mut items = Vec::new();
                for team in self.all_teams() {
                    items.extend(self.inner.members(team, prefix.clone(), &everything()).await?.items);
                }
                Ok(only_page(items))
            }
            (Fault::ListsMembersAsTheyCame, _) => {
                let mut page = self.inner.members(team, prefix.clone(), request).await?;
                page.items.iter_mut().for_each(|it| (it.verified_at, it.disabled_at) = (None, None));
                Ok(page)
            }
            (Fault::SearchesAnywhere, Some(prefix)) => {
                self.search(team, prefix, request, |key, text| key.to_lowercase().contains(text)).await
            }
            (Fault::SearchesAscii, Some(prefix)) => {
                self.search(team, prefix, request, |key, text| key.to_ascii_lowercase().starts_with(text))
                    .await
            }
            (Fault::SearchesPatterns, Some(prefix)) => {
                self.search(team, prefix, request, |key, text| is_like(&key.to_lowercase(), text)).await
            }
            _ => list!(self, request, |page| self.inner.members(team, prefix.clone(), page)),
        }
    }

    async fn invitation(&self, team: TeamId, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        let team = self.real_team(team, |notes| notes.invitations.get(&id).copied());
        self.found(self.inner.invitation(team, id).await?)
    }

    async fn invitations(&self, team: TeamId, request: &PageRequest) -> Result<Page<Invitation>, StoreError> {
        list!(self, request, |page| self.inner.invitations(team, page))
    }
}

#[async_trait]
impl Sessions for Broken {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let found = self.inner.session(id).await?;
        let touched = self.notes(|notes| notes.touches.get(&id).copied());
        self.found(match (found, touched) {
            (Some(session), Some(at)) => Some(session.seen(at)),
            (found, _) => found,
        })
    }

    async fn session_by_refresh(&self, fingerprint: Fingerprint) -> Result<Option<Session>, StoreError> {
        let found = self.inner.session_by_refresh(fingerprint).await?;
        match self.fault {
            Fault::FindsGrandparents => {
                match self.notes(|notes| notes.refreshes.get(&fingerprint).copied()) {
                    Some(id) => self.inner.session(id).await,
                    None => Ok(None),
                }
            }
            Fault::ForgetsParents => Ok(found.filter(|session| session.refresh().current() == fingerprint)),
            _ => self.found(found),
        }
    }

    async fn sessions_of(&self, user: UserId, request: &PageRequest) -> Result<Page<Session>, StoreError> {
        if self.has(Fault::ListsAllUsers) {
            let mut items = Vec::new();
            for user in self.all_users() {
                items.extend(self.inner.sessions_of(user, &everything()).await?.items);
            }
            return Ok(only_page(items));
        }
        list!(self, request, |page| self.inner.sessions_of(user, page))
    }

    async fn check_session(
        &self,
        id: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<SessionCheck>, StoreError> {
        let mut found = self.inner.check_session(id, team).await?;
        match self.fault {
            Fault::CachesChecks => {
                return Ok(self.notes(|notes| notes.cached_checks.entry((id, team)).or_insert(found).clone()));
            }
            Fault::TellsSomeRole => {
                if let Some(check) = &mut found {
                    let teams = self.inner.teams_of(check.user, &everything()).await?.items;
                    check.role = teams.first().map(|it| it.membership.role());
                }
            }
            _ => {}
        }
        self.found(found)
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        match self.fault {
            Fault::LosesTouches => {}
            Fault::TouchesAreVersions => {
                if let Some(session) = self.inner.session(id).await? {
                    let change = IdentityChange::new(self.fresh_commit()).update(session.seen(at));
                    self.inner.commit_identity(change).await?;
                }
            }
            Fault::MovesTheLastUseBack => self.notes(|notes| {
                let seen = notes.touches.entry(id).or_insert(at);
                *seen = at.max(*seen);
            }),
            _ => self.inner.touch_session(id, at).await?,
        }
        Ok(())
    }
}

#[async_trait]
impl MailedTokens for Broken {
    async fn invitation_by_fingerprint(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Invitation>, StoreError> {
        self.found(self.inner.invitation_by_fingerprint(fingerprint).await?)
    }

    async fn one_time_token(&self, fingerprint: Fingerprint) -> Result<Option<OneTimeToken>, StoreError> {
        let found = self.inner.one_time_token(fingerprint).await?;
        self.found(found.filter(|it| it.used_at().is_none() || !self.has(Fault::HidesUsedTokens)))
    }

    async fn unused_tokens(
        &self,
        user: UserId,
        purpose: TokenPurpose,
        request: &PageRequest,
    ) -> Result<Page<OneTimeToken>, StoreError> {
        if self.has(Fault::IgnoresPurposes) {
            let mut items = Vec::new();
            for purpose in TokenPurpose::ALL {
                items.extend(self.inner.unused_tokens(user, purpose, &everything()).await?.items);
            }
            return Ok(only_page(items));
        }
        list!(self, request, |page| self.inner.unused_tokens(user, purpose, page))
    }
}

#[async_trait]
impl ApiKeys for Broken {
    async fn api_key(&self, team: TeamId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let team = self.real_team(team, |notes| notes.api_keys.get(&id).copied());
        self.found(self.inner.api_key(team, id).await?)
    }

    async fn api_key_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<ApiKey>, StoreError> {
        let found = self.inner.api_key_by_fingerprint(fingerprint).await?;
        if self.has(Fault::CachesApiKeys) {
            return Ok(self.notes(|notes| notes.cached_keys.entry(fingerprint).or_insert(found).clone()));
        }
        self.found(found)
    }

    async fn api_keys(&self, team: TeamId, request: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        list!(self, request, |page| self.inner.api_keys(team, page))
    }

    async fn touch_api_key(&self, team: TeamId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        match self.fault {
            Fault::LosesTouches => Ok(()),
            Fault::TouchesAreVersions => {
                if let Some(key) = self.inner.api_key(team, id).await? {
                    let change = IdentityChange::new(self.fresh_commit()).update(key.used(at));
                    self.inner.commit_identity(change).await?;
                }
                Ok(())
            }
            _ => self.inner.touch_api_key(team, id, at).await,
        }
    }
}

#[async_trait]
impl SigningKeys for Broken {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        let mut ring = self.inner.signing_keys().await?;
        match self.fault {
            Fault::HidesDestroyedKeys => ring.retain(|key| key.destroyed_at().is_none()),
            Fault::ShufflesTheRing => ring.reverse(),
            _ => {}
        }
        Ok(ring)
    }
}

#[async_trait]
impl SecurityAudit for Broken {
    async fn events_of_team(
        &self,
        team: TeamId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        if self.has(Fault::HidesTheAuditOfTheDeleted) && self.inner.team(team).await?.is_none() {
            return Ok(only_page(Vec::new()));
        }
        list!(self, request, |page| self.inner.events_of_team(team, page))
    }

    async fn events_of_user(
        &self,
        user: UserId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        list!(self, request, |page| self.inner.events_of_user(user, page))
    }
}

#[async_trait]
impl Housekeeping for Broken {
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        match self.fault {
            Fault::NeverPurges => Ok(0),
            Fault::PurgesTooMuch => self.inner.purge(before.plus_millis(YEARS)).await,
            _ => self.inner.purge(before).await,
        }
    }
}

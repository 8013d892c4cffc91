use invoice_core::identity::{IdentityRecord, IdentityWrite, Membership, Team};
use invoice_core::ports::{StoreError, Unique};
use invoice_core::{Permission, Role, TeamId, UserId};

use crate::api_keys::Maker;
use crate::auth::Parts;
use crate::caller::Caller;
use crate::error::{AuthError, Rule};
use crate::person::Person;

/// How often something is decided again when others were faster.
const MAX_ATTEMPTS: usize = 5;

/// Where a person sits in the active team, as the store says now.
pub(crate) struct Seat {
    pub(crate) who: Person,
    pub(crate) team: Team,
    pub(crate) me: Membership,
}

impl Seat {
    pub(crate) fn need(&self, permission: Permission) -> Result<(), AuthError> {
        need(self.me.role(), permission)
    }

    /// Nobody decides about a role above their own.
    pub(crate) fn reach(&self, role: Role) -> Result<(), AuthError> {
        if role <= self.me.role() { Ok(()) } else { Err(Rule::RoleAboveOwn.into()) }
    }
}

pub(crate) fn need(role: Role, permission: Permission) -> Result<(), AuthError> {
    if role.may(permission) { Ok(()) } else { Err(AuthError::Forbidden(permission)) }
}

impl Parts {
    /// Where the caller sits; a person only, who is still let in.
    ///
    /// The team is read first: a seat that changes afterwards moves the team's version on.
    pub(crate) async fn seat(&self, caller: &Caller) -> Result<Seat, AuthError> {
        let (user, team) = (caller.person()?, active_team(caller)?);
        let who = self.person(caller).await?;
        let found = self.ports.teams.team(team).await?;
        let me = self.ports.teams.membership(team, user).await?;
        found.zip(me).map(|(team, me)| Seat { who, team, me }).ok_or(AuthError::NotFound)
    }

    /// The active team, if the caller, a person or an API key, may do this in it. For reading only: how a person
    /// stands was checked when they were let in, seconds ago.
    pub(crate) async fn place(&self, caller: &Caller, permission: Permission) -> Result<TeamId, AuthError> {
        let team = active_team(caller)?;
        let role = match caller.api_key_id() {
            Some(key) => {
                let key = self.ports.api_keys.api_key(team, key).await?;
                let key = key.filter(|key| key.is_open(self.now())).ok_or(AuthError::NotFound)?;
                match self.maker_of(&key).await? {
                    Maker::Member(role) => Some(role.min(key.role())),
                    Maker::Disabled | Maker::Gone => None,
                }
            }
            None => self.ports.teams.membership(team, caller.user_id()).await?.map(|me| me.role()),
        };
        need(role.ok_or(AuthError::NotFound)?, permission)?;
        Ok(team)
    }

    /// Whether the team has an owner besides this one, whose account can be used.
    pub(crate) async fn has_other_owner(&self, team: TeamId, besides: UserId) -> Result<bool, AuthError> {
        let mut request = super::team::longest_page();
        loop {
            let page = self.ports.teams.members(team, None, &request).await?;
            let found = page.items.iter().any(|member| {
                let (seat, usable) = (&member.membership, member.disabled_at.is_none());
                seat.role() == Role::Owner && seat.user() != besides && usable
            });
            match page.next {
                Some(next) if !found => request = request.after(next),
                _ => return Ok(found),
            }
        }
    }
}

fn active_team(caller: &Caller) -> Result<TeamId, AuthError> {
    caller.team().ok_or(AuthError::Rule(Rule::NoTeam))
}

/// Decides again, from fresh reads, what met a change of others; in the end their conflict is the answer.
pub(crate) async fn again<T, F>(mut decide: impl FnMut() -> F + Send) -> Result<T, AuthError>
where
    F: Future<Output = Result<T, AuthError>> + Send,
{
    let mut attempts = 1;
    loop {
        match decide().await {
            Err(AuthError::Store(error)) if attempts < MAX_ATTEMPTS && is_lost_race(&error) => attempts += 1,
            answer => return answer,
        }
    }
}

/// A store may tell of a membership that came in between, or a team that went, before it looks at versions.
fn is_lost_race(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Conflict { .. }
            | StoreError::NotFound
            | StoreError::Duplicate { what: Unique::Membership }
    )
}

/// The team as updating it leaves it.
pub(super) fn updated_team(team: Team) -> Team {
    match IdentityWrite::update(team.clone()) {
        IdentityWrite::Update { record: IdentityRecord::Team(updated), .. } => updated,
        _ => team,
    }
}

/// The membership as updating it leaves it.
pub(super) fn updated_membership(membership: Membership) -> Membership {
    match IdentityWrite::update(membership.clone()) {
        IdentityWrite::Update { record: IdentityRecord::Membership(updated), .. } => updated,
        _ => membership,
    }
}

#[cfg(test)]
mod tests {
    use invoice_core::Version;

    use super::*;

    fn conflict() -> AuthError {
        StoreError::Conflict { expected: Version::FIRST, found: None }.into()
    }

    #[tokio::test]
    async fn what_meets_a_conflict_is_decided_five_times_and_then_answered() {
        let mut tries = 0;
        let answer: Result<(), _> = again(|| {
            tries += 1;
            async { Err(conflict()) }
        })
        .await;
        assert!(matches!(answer, Err(AuthError::Store(StoreError::Conflict { .. }))));
        assert_eq!(tries, 5);
    }

    #[tokio::test]
    async fn other_answers_are_given_at_once() {
        let mut tries = 0;
        let answer: Result<(), _> = again(|| {
            tries += 1;
            async { Err(StoreError::Unavailable.into()) }
        })
        .await;
        assert!(matches!(answer, Err(AuthError::Store(StoreError::Unavailable))));
        assert_eq!(tries, 1);
    }
}

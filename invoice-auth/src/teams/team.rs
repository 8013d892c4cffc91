use invoice_core::identity::{Membership, SecurityAction, Team, UserTeam};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{Permission, Role, TeamId, Version};

use super::seat::updated_team;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::checks::Notice;
use crate::error::AuthError;
use crate::retry::again;

impl Auth {
    /// Makes a team that the caller owns. It is not the active one yet: [`Auth::switch_team`] goes there, and gives an
    /// access token for it. The present token goes on to be for the team before, or for none.
    ///
    /// `name` has 1 to 500 characters.
    pub async fn create_team(&self, caller: &Caller, name: &str) -> Result<Team, AuthError> {
        again(|| self.try_create_team(caller, name)).await
    }

    async fn try_create_team(&self, caller: &Caller, name: &str) -> Result<Team, AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let who = parts.person(caller).await?;
        let user = who.user.id();
        let team = Team::new(parts.id(TeamId::from_uuid, now), name, now)?;
        let event = parts.event(now, SecurityAction::TeamCreated, caller.client());
        let change = parts
            .change_by(&who, now)
            .insert(team.clone())
            .insert(Membership::new(team.id(), user, Role::Owner, now))
            .audit(event.in_team(team.id()).by_user(user));
        parts.commit(change).await?;
        Ok(team)
    }

    /// The active team. Every member and API key may read it.
    pub async fn team(&self, caller: &Caller) -> Result<Team, AuthError> {
        let team = self.parts().place(caller, Permission::Read).await?;
        self.parts().ports.teams.team(team).await?.ok_or(AuthError::NotFound)
    }

    /// The teams that the caller is in, with their role in each, oldest first.
    pub async fn my_teams(&self, caller: &Caller, page: &PageRequest) -> Result<Page<UserTeam>, AuthError> {
        Ok(self.parts().ports.teams.teams_of(caller.person()?, page).await?)
    }

    /// Gives the active team another name, of 1 to 500 characters. It takes [`Permission::ManageSupplier`].
    /// The name that it has changes nothing, not even its version.
    ///
    /// `expected` is the team's version as the caller saw it; at another one the answer is a conflict. Inviting somebody
    /// and every change of a member move the version on as well, so a conflict need not mean another name: read the team
    /// again, and if its name is what the caller saw, repeat it with the version it has now.
    pub async fn rename_team(
        &self,
        caller: &Caller,
        name: &str,
        expected: Version,
    ) -> Result<Team, AuthError> {
        Ok(again(|| self.try_rename(caller, name, expected)).await??)
    }

    /// Another version than the one that the caller saw is an answer, not a race to be run again.
    async fn try_rename(
        &self,
        caller: &Caller,
        name: &str,
        expected: Version,
    ) -> Result<Result<Team, StoreError>, AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let seat = parts.seat(caller).await?;
        seat.need(Permission::ManageSupplier)?;
        if seat.team.version() != expected {
            return Ok(Err(StoreError::Conflict { expected, found: Some(seat.team.version()) }));
        }
        if seat.team.name() == name {
            return Ok(Ok(seat.team));
        }
        let team = seat.team.with_name(name)?;
        let event = parts.event(now, SecurityAction::TeamRenamed, caller.client());
        let change = parts
            .change_by(&seat.who, now)
            .update(team.clone())
            .guard(seat.me)
            .audit(event.in_team(team.id()).by_user(caller.user_id()));
        parts.commit(change).await?;
        Ok(Ok(updated_team(team)))
    }

    /// Deletes the active team with its memberships, invitations and API keys. It takes
    /// [`Permission::DeleteTeam`].
    ///
    /// Its invoices are billing's, may be in another store, and stay where they are; nobody is in the team any
    /// more to read them. The security audit keeps what it says of the team. `expected` is the team's version as the
    /// caller saw it; at another one, such as after somebody came or was invited, the answer is a conflict.
    pub async fn delete_team(&self, caller: &Caller, expected: Version) -> Result<(), AuthError> {
        Ok(again(|| self.try_delete_team(caller, expected)).await??)
    }

    async fn try_delete_team(
        &self,
        caller: &Caller,
        expected: Version,
    ) -> Result<Result<(), StoreError>, AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let seat = parts.seat(caller).await?;
        seat.need(Permission::DeleteTeam)?;
        if seat.team.version() != expected {
            return Ok(Err(StoreError::Conflict { expected, found: Some(seat.team.version()) }));
        }
        let team = seat.team.id();
        let event = parts.event(now, SecurityAction::TeamDeleted, caller.client());
        // Every change of a membership moves the team's version on: the caller's needs no guard of its own.
        let change = parts.change_by(&seat.who, now).delete(seat.team);
        let change = change.audit(event.in_team(team).by_user(caller.user_id()));
        self.commit_and_tell(change, Notice::Team(team)).await.map(Ok)
    }
}

/// The longest page there is, for lists that are read to their end.
#[expect(clippy::expect_used, reason = "the greatest limit is within the limits")]
pub(super) fn longest_page() -> PageRequest {
    PageRequest::first(PageRequest::MAX_LIMIT).expect("200 rows are a page")
}

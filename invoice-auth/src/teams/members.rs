use invoice_core::identity::{IdentityChange, Member, Membership, SearchPrefix, SecurityAction};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{Permission, Role, Timestamp, UserId, Version, Violations};

use super::seat::{Seat, updated_membership};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::checks::Notice;
use crate::error::{AuthError, Rule};
use crate::retry::again;

impl Auth {
    /// The active team's members, or those whose name or address starts with `prefix`, whatever its case. Every
    /// member and API key may look.
    pub async fn members(
        &self,
        caller: &Caller,
        prefix: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Member>, AuthError> {
        let parts = self.parts();
        let team = parts.place(caller, Permission::Read).await?;
        let prefix = prefix.map(SearchPrefix::new).transpose().map_err(|wrong| {
            let mut found = Violations::new();
            found.absorb("/prefix", wrong);
            found
        })?;
        Ok(parts.ports.teams.members(team, prefix, page).await?)
    }

    /// A member of the active team. Every member and API key may look.
    pub async fn member(&self, caller: &Caller, user: UserId) -> Result<Member, AuthError> {
        let parts = self.parts();
        let team = parts.place(caller, Permission::Read).await?;
        let membership = parts.ports.teams.membership(team, user).await?.ok_or(AuthError::NotFound)?;
        let user = parts.ports.users.user(user).await?.ok_or(AuthError::NotFound)?;
        Ok(Member {
            membership,
            email: user.email().shown().to_owned(),
            name: user.name().to_owned(),
            disabled_at: user.disabled_at(),
            verified_at: user.verified_at(),
        })
    }

    /// Gives a member of the active team another role. It takes [`Permission::ManageMembers`].
    ///
    /// Neither the old role nor the new one may be above the caller's own, and the last owner whose account can
    /// be used stays one. API keys that the member made can do no more than the new role. `expected` is the
    /// membership's version as the caller saw it; at another one the answer is a conflict. The role that they have
    /// changes nothing, not even that version.
    pub async fn change_role(
        &self,
        caller: &Caller,
        user: UserId,
        role: Role,
        expected: Version,
    ) -> Result<Membership, AuthError> {
        Ok(again(|| self.try_change_role(caller, user, role, expected)).await??)
    }

    /// Another version than the one that the caller saw is an answer, not a race to be run again.
    async fn try_change_role(
        &self,
        caller: &Caller,
        user: UserId,
        role: Role,
        expected: Version,
    ) -> Result<Result<Membership, StoreError>, AuthError> {
        let now = self.parts().now();
        let seat = self.parts().seat(caller).await?;
        let target = self.target(&seat, user).await?;
        seat.reach(role)?;
        if target.version() != expected {
            return Ok(Err(StoreError::Conflict { expected, found: Some(target.version()) }));
        }
        if role == target.role() {
            return Ok(Ok(target));
        }
        if role < target.role() {
            self.keep_an_owner(&target).await?;
        }
        let changed = target.with_role(role);
        let change = self.decided(&seat, caller, SecurityAction::RoleChanged, user, now);
        let change = change.update(seat.team).update(changed.clone());
        self.commit_and_tell(change, Notice::Member(changed.team(), user)).await?;
        Ok(Ok(updated_membership(changed)))
    }

    /// Takes a member out of the active team. It takes [`Permission::ManageMembers`].
    ///
    /// Nobody with a role above the caller's own, and not the last owner. API keys that the member made are refused
    /// from now on, and their open invitations work no more; should they come back, so do the keys that were not
    /// revoked. `expected` is the membership's version as the caller saw it; at another one the answer is a conflict.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        user: UserId,
        expected: Version,
    ) -> Result<(), AuthError> {
        Ok(again(|| self.try_remove(caller, user, expected)).await??)
    }

    async fn try_remove(
        &self,
        caller: &Caller,
        user: UserId,
        expected: Version,
    ) -> Result<Result<(), StoreError>, AuthError> {
        let seat = self.parts().seat(caller).await?;
        let target = self.target(&seat, user).await?;
        if target.version() != expected {
            return Ok(Err(StoreError::Conflict { expected, found: Some(target.version()) }));
        }
        self.take_out(seat, caller, target).await.map(Ok)
    }

    /// Leaves the active team, whatever the caller's role; the last owner stays, or deletes the team.
    pub async fn leave_team(&self, caller: &Caller) -> Result<(), AuthError> {
        again(|| self.try_leave(caller)).await
    }

    async fn try_leave(&self, caller: &Caller) -> Result<(), AuthError> {
        let seat = self.parts().seat(caller).await?;
        let me = seat.me.clone();
        self.take_out(seat, caller, me).await
    }

    /// Makes another member the owner and the caller an admin, at once. It takes [`Permission::TransferTeam`].
    ///
    /// Refused to a member whose account can't be used. To oneself it does nothing.
    pub async fn transfer_ownership(&self, caller: &Caller, to: UserId) -> Result<(), AuthError> {
        again(|| self.try_transfer(caller, to)).await
    }

    async fn try_transfer(&self, caller: &Caller, to: UserId) -> Result<(), AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let seat = parts.seat(caller).await?;
        seat.need(Permission::TransferTeam)?;
        let team = seat.team.id();
        if to == caller.user_id() {
            return Ok(());
        }
        let heir = parts.ports.teams.membership(team, to).await?.ok_or(AuthError::NotFound)?;
        let account = parts.ports.users.user(to).await?.ok_or(AuthError::NotFound)?;
        if account.disabled_at().is_some() {
            return Err(Rule::LastOwner.into());
        }
        let change = self.decided(&seat, caller, SecurityAction::OwnershipTransferred, to, now);
        let change = change
            .guard(account)
            .update(seat.team)
            .update(heir.with_role(Role::Owner))
            .update(seat.me.with_role(Role::Admin));
        // Of both members at once.
        self.commit_and_tell(change, Notice::Team(team)).await
    }

    /// A member about whom the caller may decide.
    async fn target(&self, seat: &Seat, user: UserId) -> Result<Membership, AuthError> {
        seat.need(Permission::ManageMembers)?;
        let target = self.parts().ports.teams.membership(seat.team.id(), user).await?;
        let target = target.ok_or(AuthError::NotFound)?;
        seat.reach(target.role())?;
        Ok(target)
    }

    /// Fails if the team had no owner without this one.
    async fn keep_an_owner(&self, target: &Membership) -> Result<(), AuthError> {
        let is_owner = target.role() == Role::Owner;
        if is_owner && !self.parts().has_other_owner(target.team(), target.user()).await? {
            return Err(Rule::LastOwner.into());
        }
        Ok(())
    }

    async fn take_out(&self, seat: Seat, caller: &Caller, target: Membership) -> Result<(), AuthError> {
        self.keep_an_owner(&target).await?;
        let (notice, now) = (Notice::Member(target.team(), target.user()), self.parts().now());
        let change = self.decided(&seat, caller, SecurityAction::MemberRemoved, target.user(), now);
        self.commit_and_tell(change.update(seat.team).delete(target), notice).await
    }

    /// A change that the audit knows. It is to write the team, whose version every membership moves on, so that
    /// the caller's own needs no guard besides.
    fn decided(
        &self,
        seat: &Seat,
        caller: &Caller,
        action: SecurityAction,
        about: UserId,
        now: Timestamp,
    ) -> IdentityChange {
        let parts = self.parts();
        let event = parts.event(now, action, caller.client()).in_team(seat.team.id());
        parts.change_by(&seat.who, now).audit(event.by_user(caller.user_id()).on(&about.to_string()))
    }
}

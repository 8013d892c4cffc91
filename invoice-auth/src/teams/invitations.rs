use invoice_core::identity::{
    Acceptance, EmailAddress, EmailKey, Invitation, Membership, SearchPrefix, SecurityAction, Team,
};
use invoice_core::ports::{Page, PageRequest};
use invoice_core::{InvitationId, Permission, Role, TeamId, Timestamp};

use super::seat::Seat;
use super::team::longest_page;
use crate::auth::{Auth, Parts};
use crate::caller::Caller;
use crate::checks::Notice;
use crate::email::email_address;
use crate::error::{AuthError, Rule};
use crate::mailer::Mail;
use crate::retry::again;
use crate::secret::OpaqueToken;
use crate::settings::millis;
use crate::throttle::Attempt;

const PREFIX: &str = "ivi_";

impl Auth {
    /// Invites somebody to the active team, by mail. It takes [`Permission::ManageMembers`], and a role not above
    /// the caller's own.
    ///
    /// The mail's token is good once and for seven days. Inviting an address again voids its earlier invitation.
    /// Whether the address has an account makes no difference; a member is not invited. Five invitations to an
    /// address are free, from whatever team; then each makes the next wait, for 15 minutes at most
    /// ([`AuthError::TooManyAttempts`]), so that nobody's mailbox is flooded from here.
    ///
    /// If the mail can't be handed over the answer is [`AuthError::Mail`], and the invitation stands: inviting
    /// again replaces it. Either way the team is at its next version, which [`Auth::rename_team`] asks for. What was
    /// refused or failed is not counted.
    pub async fn invite(&self, caller: &Caller, email: &str, role: Role) -> Result<Invitation, AuthError> {
        let parts = self.parts();
        let email = email_address(email).map_err(|wrong| wrong.under("/email"))?;
        parts.inviting_seat(caller, role).await?;
        let mut attempt = parts.attempt_invitation(email.key()).await?;
        let answer = self.invite_counted(caller, email, role, &mut attempt).await;
        attempt.settle(answer).await
    }

    async fn invite_counted(
        &self,
        caller: &Caller,
        email: EmailAddress,
        role: Role,
        attempt: &mut Attempt,
    ) -> Result<Invitation, AuthError> {
        let token = OpaqueToken::random(PREFIX)?;
        let (invitation, team) = again(|| self.try_invite(caller, &email, role, &token)).await?;
        let mail = Mail::Invitation {
            to: email,
            team: team.name().to_owned(),
            role,
            token,
            expires_at: invitation.expires_at(),
        };
        attempt.made();
        self.parts().hand_over(mail).await?;
        Ok(invitation)
    }

    async fn try_invite(
        &self,
        caller: &Caller,
        email: &EmailAddress,
        role: Role,
        token: &OpaqueToken,
    ) -> Result<(Invitation, Team), AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let seat = parts.inviting_seat(caller, role).await?;
        let team = seat.team.id();
        if self.is_member(team, email.key()).await? {
            return Err(Rule::AlreadyMember.into());
        }
        let (id, user) = (parts.id(InvitationId::from_uuid, now), caller.user_id());
        let end = now.plus_millis(millis(parts.settings.invitation_ttl));
        let earlier = self.open_invitations(team, email.key(), now).await?;
        let invitation = Invitation::new(id, team, email.clone(), role, user, token.fingerprint(), end);
        let event = parts.event(now, SecurityAction::MemberInvited, caller.client());
        // The team is written so that of two invitations of one address at once, the second voids the first.
        let mut change = parts
            .change_by(&seat.who, now)
            .update(seat.team.clone())
            .guard(seat.me.clone())
            .insert(invitation.clone())
            .audit(event.in_team(team).by_user(user).on(&id.to_string()));
        for earlier in earlier {
            seat.reach(earlier.role())?;
            let event = parts.event(now, SecurityAction::InvitationRevoked, caller.client());
            let event = event.in_team(team).by_user(user).on(&earlier.id().to_string());
            change = change.update(earlier.with_revoked_at(now)).audit(event);
        }
        parts.commit(change).await?;
        Ok((invitation, seat.team))
    }

    /// The active team's invitations, newest first, whatever became of them. It takes
    /// [`Permission::ManageMembers`].
    pub async fn invitations(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Invitation>, AuthError> {
        let team = self.parts().place(caller, Permission::ManageMembers).await?;
        Ok(self.parts().ports.teams.invitations(team, page).await?)
    }

    /// Takes back an open invitation of the active team. It takes [`Permission::ManageMembers`], and a role that
    /// is not below the invitation's. One that is not open any more is not found.
    pub async fn revoke_invitation(&self, caller: &Caller, id: InvitationId) -> Result<(), AuthError> {
        again(|| self.try_revoke_invitation(caller, id)).await
    }

    async fn try_revoke_invitation(&self, caller: &Caller, id: InvitationId) -> Result<(), AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let seat = parts.seat(caller).await?;
        seat.need(Permission::ManageMembers)?;
        let team = seat.team.id();
        let invitation = parts.ports.teams.invitation(team, id).await?;
        let invitation = invitation.filter(|found| found.is_open(now)).ok_or(AuthError::NotFound)?;
        seat.reach(invitation.role())?;
        let event = parts.event(now, SecurityAction::InvitationRevoked, caller.client());
        let change = parts
            .change_by(&seat.who, now)
            .update(invitation.with_revoked_at(now))
            .guard(seat.me)
            .audit(event.in_team(team).by_user(caller.user_id()).on(&id.to_string()));
        Ok(parts.commit(change).await?)
    }

    /// Joins the team that a mailed token invites to. It is not the active one yet: [`Auth::switch_team`] goes there, and
    /// gives an access token for it.
    ///
    /// Whoever holds the token may join, with an account of whatever address: it was mailed to the invited
    /// address, and people have more than one. It is good only as long as who invited may still grant the role,
    /// so that somebody who was removed, or whose account was disabled, has not left a way in.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidMailedToken`] when the token is unknown, used, expired or taken back, or who invited may not
    /// any more; [`Rule::AlreadyMember`].
    pub async fn accept_invitation(
        &self,
        caller: &Caller,
        token: &OpaqueToken,
    ) -> Result<Membership, AuthError> {
        again(|| self.try_accept(caller, token)).await
    }

    async fn try_accept(&self, caller: &Caller, token: &OpaqueToken) -> Result<Membership, AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let who = parts.person(caller).await?;
        let user = who.user.id();
        if !token.expose().starts_with(PREFIX) {
            return Err(AuthError::InvalidMailedToken);
        }
        let found = parts.ports.mailed_tokens.invitation_by_fingerprint(token.fingerprint()).await?;
        let invitation = found.filter(|found| found.is_open(now)).ok_or(AuthError::InvalidMailedToken)?;
        let (id, role) = (invitation.id(), invitation.role());
        let team = parts.ports.teams.team(invitation.team()).await?.ok_or(AuthError::InvalidMailedToken)?;
        let host = parts.ports.teams.membership(team.id(), invitation.invited_by()).await?;
        if !host.is_some_and(|host| host.role() >= role && host.role().may(Permission::ManageMembers)) {
            return Err(AuthError::InvalidMailedToken);
        }
        let host = parts.ports.users.user(invitation.invited_by()).await?;
        let host = host.filter(|host| host.disabled_at().is_none()).ok_or(AuthError::InvalidMailedToken)?;
        if parts.ports.teams.membership(team.id(), user).await?.is_some() {
            return Err(Rule::AlreadyMember.into());
        }
        let joined = Membership::new(team.id(), user, role, now);
        let event = parts.event(now, SecurityAction::InvitationAccepted, caller.client());
        let change = parts
            .change_by(&who, now)
            .guard(host)
            .audit(event.in_team(team.id()).by_user(user).on(&id.to_string()))
            .update(team)
            .insert(joined.clone())
            .update(invitation.with_acceptance(Acceptance { user, at: now }));
        self.commit_and_tell(change, Notice::Member(joined.team(), user)).await?;
        Ok(joined)
    }

    /// Looks among the team's members, not among all accounts: nothing tells whether an address has one.
    async fn is_member(&self, team: TeamId, key: &EmailKey) -> Result<bool, AuthError> {
        let prefix = SearchPrefix::new(key.as_str())?;
        let mut request = longest_page();
        loop {
            let page = self.parts().ports.teams.members(team, Some(prefix.clone()), &request).await?;
            let mut emails = page.items.iter().filter_map(|member| email_address(&member.email).ok());
            let found = emails.any(|email| email.key() == key);
            match page.next {
                Some(next) if !found => request = request.after(next),
                _ => return Ok(found),
            }
        }
    }

    /// The team's open invitations of an address. Newer ones end later, so the first page of ended ones is the
    /// last to look at.
    async fn open_invitations(
        &self,
        team: TeamId,
        key: &EmailKey,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, AuthError> {
        let (mut request, mut open) = (longest_page(), Vec::new());
        loop {
            let page = self.parts().ports.teams.invitations(team, &request).await?;
            let all_ended = page.items.iter().all(|invitation| invitation.expires_at() <= now);
            let fits = |found: &Invitation| found.is_open(now) && found.email().key() == key;
            open.extend(page.items.into_iter().filter(fits));
            match page.next {
                Some(next) if !all_ended => request = request.after(next),
                _ => return Ok(open),
            }
        }
    }
}

impl Parts {
    /// The seat of somebody who may invite with this role.
    async fn inviting_seat(&self, caller: &Caller, role: Role) -> Result<Seat, AuthError> {
        let seat = self.seat(caller).await?;
        seat.need(Permission::ManageMembers)?;
        seat.reach(role)?;
        Ok(seat)
    }
}

use invoice_core::TeamId;
use invoice_core::identity::SecurityAction;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::AuthError;
use crate::person::Person;
use crate::retry::Tries;
use crate::token::AccessToken;

impl Auth {
    /// Makes another team the active one of the caller's session. The refresh token stays; the access token given
    /// before stays good for the team before.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when the team is not there or the caller is no member of it, and when the caller is
    /// in no session; [`AuthError::Unauthenticated`] when it is over by now.
    pub async fn switch_team(&self, caller: &Caller, team: TeamId) -> Result<AccessToken, AuthError> {
        let (parts, mut tries) = (self.parts(), Tries::default());
        loop {
            let (now, Person { user, session }) = (parts.now(), parts.person(caller).await?);
            let session = session.ok_or(AuthError::NotFound)?;
            parts.ports.teams.membership(team, user.id()).await?.ok_or(AuthError::NotFound)?;
            let session = session.with_team(Some(team));
            let event = parts.event(now, SecurityAction::TeamSwitched, caller.client());
            let event = event.by_user(user.id()).in_team(team).on(&session.id().to_string());
            let access = parts.tokens.issue(&session, user.uv()).await?;
            let answer = self.commit(parts.change(now).update(session).audit(event)).await;
            if !tries.again(&answer) {
                return answer.map(|()| access);
            }
        }
    }
}

use invoice_core::TeamId;
use invoice_core::identity::SecurityAction;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::AuthError;
use crate::retry::Tries;
use crate::token::AccessToken;

impl Auth {
    /// Makes another team the active one of the caller's session. The refresh token stays; the access token given
    /// before stays good for the team before.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when the team is not there or the caller is no member of it, and when the caller is
    /// in no session, or in one of before the user's passwords or sessions were changed.
    pub async fn switch_team(&self, caller: &Caller, team: TeamId) -> Result<AccessToken, AuthError> {
        let user = caller.person()?;
        let id = caller.session_id().ok_or(AuthError::NotFound)?;
        let (parts, mut tries) = (self.parts(), Tries::default());
        loop {
            let now = parts.now();
            let session = parts.ports.sessions.session(id).await?;
            let session = session.filter(|session| session.user() == user && session.is_open(now));
            let session = session.ok_or(AuthError::NotFound)?;
            let check = parts.ports.sessions.check_session(id, Some(team)).await?;
            let check = check.filter(|check| {
                check.role.is_some() && check.disabled_at.is_none() && caller.is_of_epoch(check.uv)
            });
            let check = check.ok_or(AuthError::NotFound)?;
            let session = session.with_team(Some(team));
            let event = parts.event(now, SecurityAction::TeamSwitched, caller.client());
            let event = event.by_user(user).in_team(team).on(&id.to_string());
            let access = parts.tokens.issue(&session, check.uv).await?;
            let answer = self.commit(parts.change(now).update(session).audit(event)).await;
            if !tries.again(&answer) {
                return answer.map(|()| access);
            }
        }
    }
}

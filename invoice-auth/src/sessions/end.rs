use invoice_core::identity::{IdentityChange, SecurityAction};
use invoice_core::ports::StoreError;
use invoice_core::{SessionId, UserId};

use super::ending::Ending;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::checks::Notice;
use crate::error::AuthError;
use crate::mailer::Mail;
use crate::retry::Tries;
use crate::runtime::runtime;

impl Auth {
    /// Ends the caller's session. Nothing happens if it is over, or if the caller is in none.
    pub async fn log_out(&self, caller: &Caller) -> Result<(), AuthError> {
        let user = caller.person()?;
        let Some(session) = caller.session_id() else { return Ok(()) };
        match self.end_session(caller, user, session, SecurityAction::LoggedOut).await {
            Err(AuthError::NotFound) => Ok(()),
            answer => answer,
        }
    }

    /// Ends another session of the caller's, or the one they are in; nothing happens if it is over.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when it is not there or not the caller's; [`AuthError::Unauthenticated`] when the
    /// caller's own is over by now.
    pub async fn revoke_session(&self, caller: &Caller, session: SessionId) -> Result<(), AuthError> {
        // At the beginning only: it lets nobody in, and whoever goes on writing the account must not hold it up.
        let user = self.parts().person(caller).await?.user.id();
        self.end_session(caller, user, session, SecurityAction::SessionRevoked).await
    }

    /// Ends all sessions of the caller, this one too: every token given so far is void. Who was shut out in the meantime
    /// shuts nobody else out.
    pub async fn log_out_everywhere(&self, caller: &Caller) -> Result<(), AuthError> {
        let (parts, id) = (self.parts(), caller.person()?);
        let mut ending = Ending::of(id, None);
        loop {
            let now = parts.now();
            let user = parts.person(caller).await?.user;
            let event = parts.event(now, SecurityAction::LoggedOutEverywhere, caller.client()).by_user(id);
            let change = parts.change(now).update(user.with_next_uv()).audit(event);
            if ending.is_done(self, change, None).await? {
                return Ok(());
            }
        }
    }

    async fn end_session(
        &self,
        caller: &Caller,
        user: UserId,
        id: SessionId,
        action: SecurityAction,
    ) -> Result<(), AuthError> {
        let mut tries = Tries::default();
        loop {
            let (parts, now) = (self.parts(), self.parts().now());
            let session = parts.ports.sessions.session(id).await?;
            let session = session.filter(|session| session.user() == user).ok_or(AuthError::NotFound)?;
            if session.revoked_at().is_some() {
                return Ok(());
            }
            let event = parts.event(now, action, caller.client()).by_user(user).on(&id.to_string());
            let change = parts.change(now).update(session.revoked(now)).audit(event);
            let answer = self.commit_and_tell(change, Notice::Session(id)).await;
            if !tries.again(&answer).await {
                return answer;
            }
        }
    }

    /// Commits; nobody has to forget anything.
    pub(crate) async fn commit(&self, change: IdentityChange) -> Result<(), AuthError> {
        Ok(self.parts().commit(change).await?)
    }

    /// Commits and tells what to forget, even if nobody waits for it any more.
    pub(crate) async fn commit_and_tell(
        &self,
        change: IdentityChange,
        notice: Notice,
    ) -> Result<(), AuthError> {
        self.commit_then(change, Some(notice), None).await
    }

    /// Commits, tells what to forget, and sends a mail to a user once it is done. All of it even if nobody waits for it
    /// any more: who hangs up must not keep a warning from its addressee.
    pub(crate) async fn commit_then(
        &self,
        change: IdentityChange,
        notice: Option<Notice>,
        mail: Option<(UserId, Mail)>,
    ) -> Result<(), AuthError> {
        let auth = self.clone();
        let runtime = runtime()?;
        let later = runtime.clone();
        let work = runtime.spawn(async move {
            let answer = auth.parts().commit(change).await;
            if let Some((user, mail)) = mail.filter(|_| answer.is_ok()) {
                auth.mail_later(&later, user, mail);
            }
            // An outcome nobody knows may be a success.
            if let Some(notice) = notice
                && !matches!(&answer, Err(error) if !error.is_transient())
            {
                auth.parts().tell(notice).await;
            }
            answer
        });
        Ok(work.await.unwrap_or(Err(StoreError::UnknownOutcome))?)
    }
}

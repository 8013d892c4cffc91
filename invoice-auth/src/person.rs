use invoice_core::Timestamp;
use invoice_core::identity::{IdentityChange, Session, User};

use crate::auth::Parts;
use crate::caller::Caller;
use crate::error::AuthError;
use crate::token::TokenError;

/// A person who calls, with an account that can be used, in a session that is open if they are in one.
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) session: Option<Session>,
}

impl Parts {
    /// How a person who calls stands with the store now. It answers what showing their token again would.
    ///
    /// Who called was found out a while ago, and the application may have waited since. For whom it vouches without
    /// a session, only the account is looked at.
    pub(crate) async fn person(&self, caller: &Caller) -> Result<Person, AuthError> {
        let user = self.user_of(caller.person()?).await?;
        if !caller.is_of_epoch(user.uv()) {
            return Err(TokenError::UserEpoch.into());
        }
        let session = match caller.session_id() {
            Some(id) => {
                let found = self.ports.sessions.session(id).await?;
                Some(open(found, &user, self.now())?)
            }
            None => None,
        };
        Ok(Person { user, session })
    }

    /// A change that is written only if the caller still stands as they did: a new password, the end of their session
    /// or of their account in between is a conflict.
    pub(crate) fn change_by(&self, who: &Person, now: Timestamp) -> IdentityChange {
        let change = self.change(now).guard(who.user.clone());
        match &who.session {
            Some(session) => change.guard(session.clone()),
            None => change,
        }
    }
}

fn open(found: Option<Session>, user: &User, now: Timestamp) -> Result<Session, TokenError> {
    let session = found.ok_or(TokenError::UnknownSession)?;
    if session.user() != user.id() {
        Err(TokenError::OtherUser)
    } else if session.revoked_at().is_some() {
        Err(TokenError::Revoked)
    } else if !session.is_open(now) {
        Err(TokenError::SessionEnded)
    } else {
        Ok(session)
    }
}

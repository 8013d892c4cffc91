use invoice_core::identity::{IdentityChange, Session};
use invoice_core::ports::PageRequest;
use invoice_core::{SessionId, Timestamp, UserId};

use crate::auth::{Auth, Parts};
use crate::checks::Notice;
use crate::error::AuthError;
use crate::mailer::Mail;
use crate::retry::Tries;
use crate::runtime::runtime;

/// How many sessions are revoked in one commit.
const TOGETHER: usize = 100;
/// How often that is tried before the sessions are left for later.
const TRIES_TOGETHER: u8 = 3;

/// Ends a user's sessions but one, together with a change that moves their epoch on.
///
/// The epoch alone voids every token, those of sessions opened or refreshed at that moment too. So when sessions go
/// on changing beneath, as a thief could make them do, it is committed without them; they follow, as do those that
/// are too many for one commit.
pub(crate) struct Ending {
    user: UserId,
    except: Option<SessionId>,
    tries: Tries,
    rest: Vec<SessionId>,
}

impl Ending {
    pub(crate) fn of(user: UserId, except: Option<SessionId>) -> Self {
        Self { user, except, tries: Tries::default(), rest: Vec::new() }
    }

    /// The session that is to go on; none any more when somebody goes on writing sessions.
    pub(crate) fn spared(&mut self) -> Option<SessionId> {
        self.except = self.except.filter(|_| self.tries.so_far() < TRIES_TOGETHER);
        self.except
    }

    /// Commits the change with the sessions' end, and mails the user; `false` when it is to be decided again.
    pub(crate) async fn is_done(
        &mut self,
        auth: &Auth,
        change: IdentityChange,
        mail: Option<Mail>,
    ) -> Result<bool, AuthError> {
        let together = if self.tries.so_far() < TRIES_TOGETHER { TOGETHER } else { 0 };
        let change = self.with_sessions(auth.parts(), change, together).await?;
        let mail = mail.map(|mail| (self.user, mail));
        let answer = auth.commit_then(change, Some(Notice::User(self.user)), mail).await;
        if self.tries.again(&answer).await {
            return Ok(false);
        }
        answer?;
        self.finish(auth).await;
        Ok(true)
    }

    /// Ends what did not fit, even if nobody waits for it any more. What fails is logged: the change is made, and the
    /// epoch has voided these sessions.
    async fn finish(&mut self, auth: &Auth) {
        let (auth, rest) = (auth.clone(), std::mem::take(&mut self.rest));
        if rest.is_empty() {
            return;
        }
        // The change itself was not made without one.
        let Ok(runtime) = runtime() else { return };
        let work = runtime.spawn(async move {
            for session in rest {
                if let Err(error) = revoke(&auth, session).await {
                    let code = error.code();
                    tracing::error!(%session, code, "a session whose tokens are void could not be revoked");
                }
            }
        });
        // Of a panic the runtime tells.
        let _ = work.await;
    }

    async fn with_sessions(
        &mut self,
        parts: &Parts,
        mut change: IdentityChange,
        together: usize,
    ) -> Result<IdentityChange, AuthError> {
        let now = parts.now();
        self.rest.clear();
        for session in parts.open_sessions(self.user, now).await? {
            if Some(session.id()) == self.except {
                continue;
            }
            if change.writes.len() < together {
                change = change.update(session.revoked(now));
            } else {
                self.rest.push(session.id());
            }
        }
        Ok(change)
    }
}

async fn revoke(auth: &Auth, id: SessionId) -> Result<(), AuthError> {
    let mut tries = Tries::default();
    loop {
        let (parts, now) = (auth.parts(), auth.parts().now());
        let session = parts.ports.sessions.session(id).await?;
        let Some(session) = session.filter(|session| session.revoked_at().is_none()) else { return Ok(()) };
        let change = parts.change(now).update(session.revoked(now));
        let answer = auth.commit_and_tell(change, Notice::Session(id)).await;
        if !tries.again(&answer).await {
            return answer;
        }
    }
}

impl Parts {
    /// A user's sessions that are neither over nor expired.
    async fn open_sessions(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, AuthError> {
        let (mut open, mut page) = (Vec::new(), PageRequest::first(PageRequest::MAX_LIMIT)?);
        loop {
            let found = self.ports.sessions.sessions_of(user, &page).await?;
            open.extend(found.items.into_iter().filter(|session| session.is_open(now)));
            match found.next {
                Some(next) => page = page.after(next),
                None => return Ok(open),
            }
        }
    }
}

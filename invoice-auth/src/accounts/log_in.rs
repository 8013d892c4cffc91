use invoice_core::identity::{EmailKey, SecretText, SecurityAction, User};
use invoice_core::{TeamId, UserId};

use crate::auth::{Auth, Parts};
use crate::client::ClientInfo;
use crate::email::email_address;
use crate::error::AuthError;
use crate::password::Password;
use crate::retry::Tries;
use crate::sessions::Tokens;
use crate::throttle::Attempt;

/// The hash that a password was found to match, and the one to replace it.
struct Matched {
    kept: SecretText,
    rehash: Option<SecretText>,
}

/// What came of trying a password.
enum Proof {
    Right(User),
    /// Of this account, if there is one.
    Wrong(Option<UserId>),
}

impl Auth {
    /// Opens a session for whoever knows an account's password, in the team they joined first, if any.
    ///
    /// An address without an account, a wrong password, an account that is disabled or has no password, and, where
    /// the settings ask for it, one whose address was not verified: all are answered alike, after the same hashing and
    /// one commit.
    /// Resetting the password verifies the address too.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidCredentials`]; [`AuthError::TooManyAttempts`] after too many failed ones, for accounts that
    /// do not exist as well; [`AuthError::Invalid`] at `/email` for what is no address.
    pub async fn log_in(
        &self,
        email: &str,
        password: &Password,
        client: &ClientInfo,
    ) -> Result<Tokens, AuthError> {
        self.log_in_to(None, email, password, client).await
    }

    /// Like [`Auth::log_in`], in a certain team.
    ///
    /// # Errors
    ///
    /// Those of [`Auth::log_in`], and [`AuthError::NotFound`] when the credentials are right but the team is not there
    /// or the user no member of it.
    pub async fn log_in_to_team(
        &self,
        team: TeamId,
        email: &str,
        password: &Password,
        client: &ClientInfo,
    ) -> Result<Tokens, AuthError> {
        self.log_in_to(Some(team), email, password, client).await
    }

    async fn log_in_to(
        &self,
        team: Option<TeamId>,
        email: &str,
        password: &Password,
        client: &ClientInfo,
    ) -> Result<Tokens, AuthError> {
        let parts = self.parts();
        let email = email_address(email).map_err(|violation| violation.under("/email"))?;
        let mut attempt = Some(parts.attempt(email.key(), client).await?);
        let (mut matched, mut tries) = (None, Tries::default());
        loop {
            let proof = parts.proof(email.key(), password, &mut matched, attempt.as_mut()).await;
            let attempt = attempt.take();
            let user = match proof {
                Ok(Proof::Right(user)) => user,
                Ok(Proof::Wrong(id)) => return Err(parts.failed(id, client).await),
                Err(error) => {
                    if let Some(attempt) = attempt {
                        attempt.take_back().await;
                    }
                    return Err(error);
                }
            };
            if let Some(attempt) = attempt {
                attempt.succeeded().await;
            }
            let rehash = matched.as_ref().and_then(|matched| matched.rehash.clone());
            let answer = parts.begin_session(user, rehash, team, client).await;
            if !tries.again(&answer).await {
                return answer;
            }
        }
    }
}

impl Parts {
    /// Whether the password is that of the account with this address, and it may be used; an error if that was not
    /// found out. `matched` spares a second hashing when only something else about the account changed.
    async fn proof(
        &self,
        email: &EmailKey,
        password: &Password,
        matched: &mut Option<Matched>,
        attempt: Option<&mut Attempt>,
    ) -> Result<Proof, AuthError> {
        let user = self.ports.users.user_by_email(email).await?;
        // The time must not tell that a password is right for an account that can't be used.
        let usable = user.as_ref().filter(|user| self.may_log_in(user));
        let kept = usable.and_then(User::password);
        let is_known = matched.as_ref().is_some_and(|matched| Some(&matched.kept) == kept);
        if !is_known {
            let verdict = self.tried(kept, password, attempt).await?;
            *matched = kept
                .filter(|_| verdict.matches)
                .map(|kept| Matched { kept: kept.clone(), rehash: verdict.rehash });
        }
        let id = user.as_ref().map(User::id);
        let user = user.filter(|user| matched.is_some() && self.may_log_in(user));
        Ok(user.map_or(Proof::Wrong(id), Proof::Right))
    }

    fn may_log_in(&self, user: &User) -> bool {
        user.disabled_at().is_none() && (user.verified_at().is_some() || !self.settings.verified_only)
    }

    async fn begin_session(
        &self,
        user: User,
        rehash: Option<SecretText>,
        team: Option<TeamId>,
        client: &ClientInfo,
    ) -> Result<Tokens, AuthError> {
        let now = self.now();
        let team = self.first_team(&user, team).await?;
        let (session, refresh) = self.new_session(&user, team, client, now)?;
        let event = self.event(now, SecurityAction::LoggedIn, client);
        let event = event.by_user(user.id()).on(&session.id().to_string());
        let tokens = self.tokens(&session, refresh, user.uv()).await?;
        let change = self.change(now).insert(session).audit(event);
        // Either way a password or a right to log in that went in the meantime is a conflict.
        let change = match rehash {
            Some(hash) => change.update(user.with_password(Some(hash))),
            None => change.guard(user),
        };
        self.commit(change).await?;
        Ok(tokens)
    }
}

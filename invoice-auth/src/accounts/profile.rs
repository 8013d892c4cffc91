use invoice_core::identity::{SecurityAction, User};
use invoice_core::ports::StoreError;
use invoice_core::{Version, Violations};

use super::{Profile, ProfileChange};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::AuthError;
use crate::person::Person;

impl Auth {
    /// The caller's account.
    pub async fn profile(&self, caller: &Caller) -> Result<Profile, AuthError> {
        let user = self.parts().user_of(caller.person()?).await?;
        Ok(Profile::from(&user))
    }

    /// Changes the caller's name or language. `expected` is the account's version as the caller saw it, in
    /// [`Profile::version`].
    ///
    /// # Errors
    ///
    /// A [`Conflict`](StoreError::Conflict) when the account is at another version; [`AuthError::Invalid`] at `/name`
    /// and `/locale`.
    pub async fn update_profile(
        &self,
        caller: &Caller,
        change: ProfileChange,
        expected: Version,
    ) -> Result<Profile, AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let Person { user, session } = parts.person(caller).await?;
        if user.version() != expected {
            return Err(StoreError::Conflict { expected, found: Some(user.version()) }.into());
        }
        let id = user.id();
        let user = changed(user, change)?;
        let event = parts.event(now, SecurityAction::ProfileChanged, caller.client()).by_user(id);
        let profile = Profile { version: expected.next(), ..Profile::from(&user) };
        let commit = parts.change(now).update(user).audit(event);
        // A session that ended in between is a conflict, as another version of the account is.
        let commit = match session {
            Some(session) => commit.guard(session),
            None => commit,
        };
        parts.commit(commit).await?;
        Ok(profile)
    }
}

fn changed(user: User, change: ProfileChange) -> Result<User, Violations> {
    let mut found = Violations::new();
    let mut take = |user: &User, changed: Result<User, Violations>| {
        changed.unwrap_or_else(|violations| {
            found.absorb("", violations);
            user.clone()
        })
    };
    let user = match change.name {
        Some(name) => take(&user, user.clone().with_name(name)),
        None => user,
    };
    let user = match change.locale {
        Some(locale) => take(&user, user.clone().with_locale(locale)),
        None => user,
    };
    found.into_result().map(|()| user)
}

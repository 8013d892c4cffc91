use invoice_core::identity::SecurityAction;
use invoice_core::ports::{PageRequest, StoreError};

use crate::auth::Auth;
use crate::caller::Caller;
use crate::checks::Notice;
use crate::error::{AuthError, Rule};
use crate::password::Password;
use crate::retry::Tries;

impl Auth {
    /// Deletes the caller's account with its sessions and mailed tokens; the security audit stays.
    ///
    /// # Errors
    ///
    /// [`Rule::StillInTeam`] while the caller is a member of any team; [`AuthError::InvalidCredentials`] when the
    /// password is wrong, or not any more the account's; [`AuthError::TooManyAttempts`].
    pub async fn delete_account(&self, caller: &Caller, password: &Password) -> Result<(), AuthError> {
        let (parts, id) = (self.parts(), caller.person()?);
        let proven = parts.person(caller).await?.user;
        self.prove(&proven, password, caller.client()).await?;
        let mut tries = Tries::default();
        loop {
            let now = parts.now();
            let user = parts.still(&proven).await?;
            if !parts.ports.teams.teams_of(id, &PageRequest::first(1)?).await?.items.is_empty() {
                return Err(Rule::StillInTeam.into());
            }
            let event = parts.event(now, SecurityAction::UserDeleted, caller.client()).by_user(id);
            let change = parts.change(now).delete(user).audit(event);
            let answer = match self.commit_and_tell(change, Notice::User(id)).await {
                // A team was joined at that moment.
                Err(AuthError::Store(StoreError::InUse)) => Err(Rule::StillInTeam.into()),
                answer => answer,
            };
            if !tries.again(&answer) {
                return answer;
            }
        }
    }
}

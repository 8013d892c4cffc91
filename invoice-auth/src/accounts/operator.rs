use invoice_core::UserId;
use invoice_core::identity::SecurityAction;

use crate::auth::Auth;
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::retry::Tries;
use crate::sessions::Ending;

impl Auth {
    /// Closes an account: its tokens are void at once, its sessions end, and nobody logs in to it. Nothing happens
    /// if it is closed.
    ///
    /// For whoever operates the deployment: **no permission is checked here**. `client` is for the audit.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when there is no such account.
    pub async fn disable_user(&self, user: UserId, client: &ClientInfo) -> Result<(), AuthError> {
        let parts = self.parts();
        let found = parts.ports.users.user(user).await?.ok_or(AuthError::NotFound)?;
        if found.disabled_at().is_some() {
            return Ok(());
        }
        let mut ending = Ending::of(user, None);
        loop {
            let now = parts.now();
            let found = parts.ports.users.user(user).await?.ok_or(AuthError::NotFound)?;
            let disabled_at = found.disabled_at().or(Some(now));
            let event = parts.event(now, SecurityAction::UserDisabled, client).by_user(user);
            let change = parts.change(now).audit(event);
            let change = change.update(found.with_disabled_at(disabled_at).with_next_uv());
            if ending.is_done(self, change, None).await? {
                return Ok(());
            }
        }
    }

    /// Opens a closed account again; its user logs in anew. Nothing happens if it is open.
    ///
    /// For whoever operates the deployment: **no permission is checked here**. `client` is for the audit.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when there is no such account.
    pub async fn enable_user(&self, user: UserId, client: &ClientInfo) -> Result<(), AuthError> {
        let (parts, mut tries) = (self.parts(), Tries::default());
        loop {
            let now = parts.now();
            let found = parts.ports.users.user(user).await?.ok_or(AuthError::NotFound)?;
            if found.disabled_at().is_none() {
                return Ok(());
            }
            let event = parts.event(now, SecurityAction::UserEnabled, client).by_user(user);
            let change = parts.change(now).update(found.with_disabled_at(None)).audit(event);
            let answer = self.commit(change).await;
            if !tries.again(&answer).await {
                return answer;
            }
        }
    }
}

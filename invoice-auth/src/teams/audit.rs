use invoice_core::Permission;
use invoice_core::identity::SecurityEvent;
use invoice_core::ports::{Page, PageRequest};

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::AuthError;

impl Auth {
    /// The security audit of the active team, newest first. It takes [`Permission::ManageMembers`]: whoever may
    /// decide about members may see what they did.
    pub async fn security_audit(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<SecurityEvent>, AuthError> {
        let parts = self.parts();
        let team = parts.place(caller, Permission::ManageMembers).await?;
        Ok(parts.ports.audit.events_of_team(team, page).await?)
    }
}

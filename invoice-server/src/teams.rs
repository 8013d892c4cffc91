//! All teams, for what an operator does to each.

use invoice_core::TeamId;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::ports::{PageRequest, StoreError};

/// The identifiers of all teams, oldest first. Those of deleted ones are nowhere any more.
pub(crate) async fn all(ports: &IdentityPorts) -> Result<Vec<TeamId>, StoreError> {
    let mut page = PageRequest::first(PageRequest::MAX_LIMIT).map_err(StoreError::Refused)?;
    let mut teams = Vec::new();
    loop {
        let found = ports.teams.all_teams(&page).await?;
        teams.extend(found.items.iter().map(invoice_core::identity::Team::id));
        let Some(next) = found.next else { return Ok(teams) };
        page = page.after(next);
    }
}

//! Accounts, sessions, teams and all that belongs to them, for who logs in by `invoice-auth`.
//!
//! A team is named in the path, whichever is active in the session.

mod account;
mod api_keys;
mod audit;
mod email;
mod invitations;
mod keys;
mod members;
mod password;
mod sessions;
mod teams;
mod users;

use axum::extract::FromRef;
use invoice_auth::Auth;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use keys::routes as well_known;

use crate::Problem;

/// The routes under the API's own path.
pub(crate) fn all<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new()
        .merge(account::routes())
        .merge(api_keys::routes())
        .merge(audit::routes())
        .merge(email::routes())
        .merge(invitations::routes())
        .merge(members::routes())
        .merge(password::routes())
        .merge(sessions::routes())
        .merge(teams::routes())
        .merge(users::routes())
}

/// How much of a list, and from where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageFilter {
    /// Most rows in the page, 1 to 100; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
}

impl PageFilter {
    fn request(self) -> Result<invoice_core::ports::PageRequest, Problem> {
        crate::extract::PageParams::new(self.limit, self.cursor).request()
    }
}

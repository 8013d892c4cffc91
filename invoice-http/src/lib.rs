#![doc = include_str!("../README.md")]
//!
//! # Where to look
//!
//! | to | look at |
//! | --- | --- |
//! | mount the routes | [`router`], [`InvoiceState`] |
//! | plug in another login | [`Authenticator`] |
//! | let in who logs in by `invoice-auth` | `Authenticator` for [`Auth`](invoice_auth::Auth) |
//! | serve its accounts, teams and API keys | `router_with_auth`, `FullState`, of the feature `auth-routes` |
//! | bring invoices to customers | [`Delivery`], [`Deliveries`] |
//! | answer errors alike in other routes | [`Problem`] |
//! | write the OpenAPI document to a file | [`openapi`] |
//! | add request ids, limits, headers and logs | [`middleware`] |

mod authenticator;
mod csv;
mod delivery;
mod docs;
mod extract;
#[cfg(feature = "docs")]
mod interface;
pub mod middleware;
mod print;
mod problem;
mod router;
mod routes;
mod state;
mod wire;

pub use authenticator::{Authenticator, Identified, bearer};
pub use delivery::{Deliveries, Delivery, Parcel};
pub use docs::openapi;
#[cfg(feature = "auth-routes")]
pub use docs::openapi_with_auth;
pub use problem::{FieldError, Problem, ProblemCode};
pub use router::router;
#[cfg(feature = "auth-routes")]
pub use router::router_with_auth;
#[cfg(feature = "auth-routes")]
pub use state::FullState;
pub use state::InvoiceState;

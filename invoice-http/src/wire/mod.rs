//! What goes over the wire: bodies taken, views given. Never a type of the domain.
//!
//! A body (`…Body`) is both taken and given; an input (`…Input`) is only taken, a view (`…View`) only given.
//! Numbers, dates and identifiers come in as texts, so that all that is wrong is found at once.

pub(crate) mod amount;
pub(crate) mod audit;
#[cfg(feature = "auth-routes")]
pub(crate) mod auth;
pub(crate) mod bulk;
pub(crate) mod client;
pub(crate) mod content;
pub(crate) mod credit_note;
pub(crate) mod import;
pub(crate) mod invoice;
pub(crate) mod issued;
pub(crate) mod item;
pub(crate) mod line;
pub(crate) mod line_view;
pub(crate) mod page;
pub(crate) mod party;
pub(crate) mod payment;
pub(crate) mod quote;
pub(crate) mod read;
pub(crate) mod references;
pub(crate) mod report;
pub(crate) mod schema;
pub(crate) mod series;
pub(crate) mod supplier;
pub(crate) mod tax;
pub(crate) mod terms;
pub(crate) mod totals;
mod whole;

//! The routes, one file for each kind of record.

/// As those of `utoipa_axum`, under the API's own path.
macro_rules! routes {
    ($($handlers:tt)+) => { $crate::routes::based(utoipa_axum::routes!($($handlers)+)) };
}

mod answer;
#[cfg(feature = "auth-routes")]
pub(crate) mod auth;
mod clients;
mod credit_notes;
mod invoices;
mod items;
mod payments;
mod quotes;
mod reports;
mod series;
mod supplier;
mod today;

use axum::extract::FromRef;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::{FieldError, InvoiceState, Problem, ProblemCode};

/// Where the routes are.
const BASE: &str = "/api/v1";

/// A path of a request, as the routes of this module name it.
pub(crate) fn within_base(path: &str) -> &str {
    path.strip_prefix(BASE).unwrap_or(path)
}

/// Routes under [`BASE`], by their whole paths: under a nested router each request would get its path anew, and two
/// more layers.
fn based<S>((schemas, mut paths, router): UtoipaMethodRouter<S>) -> UtoipaMethodRouter<S> {
    paths.paths = paths.paths.into_iter().map(|(path, item)| (format!("{BASE}{path}"), item)).collect();
    (schemas, paths, router)
}

pub(crate) fn all<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::new()
        .merge(clients::routes())
        .merge(credit_notes::routes())
        .merge(invoices::routes())
        .merge(items::routes())
        .merge(payments::routes())
        .merge(quotes::routes())
        .merge(reports::routes())
        .merge(series::routes())
        .merge(supplier::routes())
}

/// A wrong parameter of a query.
fn bad_query(
    parameter: &str,
    code: &'static str,
    detail: impl Into<std::borrow::Cow<'static, str>>,
) -> Problem {
    Problem::new(ProblemCode::InvalidQuery).with_error(FieldError::new(format!("/{parameter}"), code, detail))
}

/// The pair of metadata that a list is filtered by.
fn metadata_pair(key: Option<String>, value: Option<String>) -> Result<Option<(String, String)>, Problem> {
    match (key, value) {
        (Some(key), Some(value)) => Ok(Some((key, value))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(bad_query("metadata_value", "required", "goes with `metadata_key`")),
        (None, Some(_)) => Err(bad_query("metadata_key", "required", "goes with `metadata_value`")),
    }
}

//! Invoices: drafts, and what happens to them.

mod drafts;
mod filter;
mod many;
mod money;
mod print;
mod steps;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;

use crate::InvoiceState;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(drafts::list, drafts::create))
        .routes(routes!(drafts::create_published))
        .routes(routes!(drafts::preview))
        .routes(routes!(drafts::read, drafts::update, drafts::delete))
        .routes(routes!(steps::publish))
        .routes(routes!(steps::send))
        .routes(routes!(steps::void))
        .routes(routes!(steps::mark_uncollectible, steps::unmark_uncollectible))
        .routes(routes!(steps::revise))
        .routes(routes!(many::publish))
        .routes(routes!(many::send))
        .routes(routes!(many::void))
        .routes(routes!(many::import))
        .routes(routes!(many::export))
        .routes(routes!(print::html))
        .routes(routes!(money::pay))
        .routes(routes!(money::credit))
        .routes(routes!(money::write_off))
        .routes(routes!(money::take_back))
        .routes(routes!(money::audit))
}

//! What is done to several invoices at once, and what is taken over or out in bulk.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::TryStreamExt as _;
use futures::stream::try_unfold;
use invoice_core::ports::{Cursor, InvoiceQuery, InvoiceSummary, PageRequest};
use invoice_core::service::{Call, Error};
use invoice_core::{Actor, Invoice, InvoiceId, Permission};

use super::filter::Filter;
use super::steps::send_checked;
use crate::extract::{Bulk, Create, Params, Reading};
use crate::routes::{answer, today};
use crate::wire::bulk::{BulkInput, BulkReasonInput, BulkResults, Named};
use crate::wire::import::InvoiceImport;
use crate::wire::invoice::InvoiceView;
use crate::{InvoiceState, Problem, ProblemCode, csv};

/// One after the other, so that numbers are given in the order asked for.
async fn each<T, F>(
    bulk: &Bulk<T>,
    named: Named,
    step: impl Fn(InvoiceState, Call, InvoiceId) -> F,
) -> Result<Response, Problem>
where
    F: Future<Output = Result<Invoice, Problem>>,
{
    let mut done = Vec::new();
    for (named, id) in named {
        let result = match id {
            Some(id) => step(bulk.state.clone(), bulk.call(&id), id).await,
            None => Err(Problem::new(ProblemCode::NotFound)),
        };
        done.push((named, result.map(|invoice| InvoiceSummary::of(&invoice))));
    }
    answer::json(StatusCode::OK, &BulkResults::of(&done))
}

/// Issues drafts, each by itself.
#[utoipa::path(post, path = "/invoices/bulk/publish", tag = "invoices", operation_id = "publish_invoices",
    request_body = BulkInput,
    responses((status = 200, description = "What became of each.", body = BulkResults<'static>)))]
pub(super) async fn publish(bulk: Bulk<BulkInput>) -> Result<Response, Problem> {
    let named = bulk.body.read()?;
    each(&bulk, named, |state, call, id| async move { Ok(state.billing().issue_invoice(&call, id).await?) })
        .await
}

/// Sends invoices, each by itself.
#[utoipa::path(post, path = "/invoices/bulk/send", tag = "invoices", operation_id = "send_invoices",
    request_body = BulkInput,
    responses((status = 200, description = "What became of each.", body = BulkResults<'static>)))]
pub(super) async fn send(bulk: Bulk<BulkInput>) -> Result<Response, Problem> {
    let named = bulk.body.read()?;
    each(&bulk, named, |state, call, id| async move { send_checked(&state, &call, id).await }).await
}

/// Voids invoices that were never delivered, each by itself.
#[utoipa::path(post, path = "/invoices/bulk/void", tag = "invoices", operation_id = "void_invoices",
    request_body = BulkReasonInput,
    responses((status = 200, description = "What became of each.", body = BulkResults<'static>)))]
pub(super) async fn void(bulk: Bulk<BulkReasonInput>) -> Result<Response, Problem> {
    let (named, reason) = (bulk.body.read()?, &bulk.body.reason);
    each(
        &bulk,
        named,
        |state, call, id| async move { Ok(state.billing().void_invoice(&call, id, reason).await?) },
    )
    .await
}

/// Takes over an invoice that another system issued, with its number.
#[utoipa::path(post, path = "/invoices/import", tag = "invoices", operation_id = "import_invoice",
    request_body = InvoiceImport,
    responses((status = 201, description = "The invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
pub(super) async fn import(Create { state, call, body }: Create<InvoiceImport>) -> Result<Response, Problem> {
    let invoice = state.billing().import_invoice(&call, body.read()?).await?;
    answer::created(invoice.version(), &invoice.id(), &InvoiceView::from(&invoice))
}

/// Exports all invoices of a list as a table (RFC 4180) that no spreadsheet takes for formulas. `limit` and `cursor`
/// are taken and say where it starts; it ends with the list.
#[utoipa::path(get, path = "/invoices/export", tag = "invoices", operation_id = "export_invoices", params(Filter),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv")))]
pub(super) async fn export(reading: Reading, Params(filter): Params<Filter>) -> Result<Response, Problem> {
    if !reading.actor.may(Permission::Export) {
        return Err(Error::Forbidden { permission: Permission::Export }.into());
    }
    let (query, page) = filter.read()?;
    let Reading { state, actor } = reading;
    // What can't be answered at all is a problem; what fails later breaks the answer off.
    let (rows, next) = table(&state, &actor, &query, &page).await?;
    let start = (state, actor, query, next);
    let rest = try_unfold(start, |(state, actor, query, next)| async move {
        let Some(cursor) = next else { return Ok(None) };
        let page =
            PageRequest::first(PageRequest::MAX_LIMIT).map_err(|wrong| wrong.to_string())?.after(cursor);
        let read = table(&state, &actor, &query, &page).await;
        let (rows, next) = read.map_err(|problem| problem.code().as_str().to_owned())?;
        Ok::<_, String>(Some((rows, (state, actor, query, next))))
    });
    let first = futures::stream::iter([Ok(Bytes::from_static(csv::HEAD)), Ok(rows)]);
    let body = Body::from_stream(futures::StreamExt::chain(first, rest).map_err(std::io::Error::other));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"invoices.csv\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, body).into_response())
}

async fn table(
    state: &InvoiceState,
    actor: &Actor,
    query: &InvoiceQuery,
    page: &PageRequest,
) -> Result<(Bytes, Option<Cursor>), Problem> {
    let page = state.billing().invoices(actor, query, page).await?;
    let day = match query.overdue_as_of {
        Some(day) => day,
        None => today::of_rows(state.billing(), actor, &page.items).await?,
    };
    let mut text = String::new();
    for row in &page.items {
        csv::invoice(&mut text, row, day);
    }
    Ok((text.into(), page.next))
}

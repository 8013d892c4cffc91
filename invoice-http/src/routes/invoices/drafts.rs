use axum::http::StatusCode;
use axum::response::Response;
use invoice_core::totals::AdvanceDeduction;
use invoice_core::{Actor, Code, InvoiceId, Violation, Violations};
use serde::Deserialize;
use utoipa::IntoParams;

use super::filter::Filter;
use crate::extract::{Create, Id, InvoicePatch, Params, Patch, Reading, Remove, merge_patch};
use crate::routes::{answer, bad_query, today};
use crate::wire::invoice::{InvoiceInput, InvoiceRow, InvoiceView};
use crate::wire::page::PageView;
use crate::wire::read::date;
use crate::wire::schema;
use crate::wire::totals::TotalsView;
use crate::{InvoiceState, Problem};

/// Lists invoices.
#[utoipa::path(get, path = "/invoices", tag = "invoices", operation_id = "list_invoices", params(Filter),
    responses((status = 200, description = "A page of invoices.", body = PageView<InvoiceRow<'static>>)))]
pub(super) async fn list(reading: Reading, Params(filter): Params<Filter>) -> Result<Response, Problem> {
    let (query, page) = filter.read()?;
    let page = reading.billing().invoices(&reading.actor, &query, &page).await?;
    let day = match query.overdue_as_of {
        Some(day) => day,
        None => today::of_rows(reading.billing(), &reading.actor, &page.items).await?,
    };
    answer::json(StatusCode::OK, &PageView::of(&page, |row| InvoiceRow::on(row, day)))
}

/// Creates a draft. It has no number, and its totals are a preview.
#[utoipa::path(post, path = "/invoices", tag = "invoices", operation_id = "create_invoice",
    request_body = InvoiceInput,
    responses((status = 201, description = "The new draft.", body = InvoiceView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
pub(super) async fn create(Create { state, call, body }: Create<InvoiceInput>) -> Result<Response, Problem> {
    let invoice = state.billing().create_invoice(&call, body.read()?).await?;
    let location = format_args!("invoices/{}", invoice.id());
    answer::created(invoice.version(), &location, &InvoiceView::from(&invoice))
}

/// Creates and issues an invoice in one step: it has its number, or nothing was written.
#[utoipa::path(post, path = "/invoices/publish", tag = "invoices", operation_id = "create_and_publish_invoice",
    request_body = InvoiceInput,
    responses((status = 201, description = "The issued invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
pub(super) async fn create_published(
    Create { state, call, body }: Create<InvoiceInput>,
) -> Result<Response, Problem> {
    let invoice = state.billing().create_and_issue_invoice(&call, body.read()?).await?;
    answer::created(invoice.version(), &invoice.id(), &InvoiceView::from(&invoice))
}

/// Computes the totals of a draft without storing anything.
#[utoipa::path(post, path = "/invoices/preview", tag = "invoices", operation_id = "preview_invoice",
    request_body = InvoiceInput,
    responses((status = 200, description = "The totals.", body = TotalsView<'static>)))]
pub(super) async fn preview(Create { state, call, body }: Create<InvoiceInput>) -> Result<Response, Problem> {
    let data = body.read()?;
    data.validate()?;
    let advances = deductions(&state, call.actor(), data.content.advances()).await?;
    let totals = data.content.totals(&advances).map_err(Violations::from)?;
    answer::json(StatusCode::OK, &TotalsView::from(&totals))
}

async fn deductions(
    state: &InvoiceState,
    actor: &Actor,
    advances: &[InvoiceId],
) -> Result<Vec<AdvanceDeduction>, Problem> {
    let mut deductions = Vec::with_capacity(advances.len());
    for (index, id) in advances.iter().enumerate() {
        let pointer = format!("/advances/{index}");
        let refused = || {
            let detail = "not an issued advance invoice";
            Violations::from(Violation::new(pointer.as_str(), Code::AdvanceNotDeductible, detail))
        };
        let advance = match state.billing().invoice(actor, *id).await {
            Err(invoice_core::service::Error::NotFound { .. }) => return Err(refused().into()),
            found => found?,
        };
        let deduction = advance.as_advance().ok_or_else(refused)?;
        deductions.push(deduction.map_err(|wrong| Violations::from(wrong.under(&pointer)))?);
    }
    Ok(deductions)
}

/// How an invoice is to be shown.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Show {
    /// The day that decides whether it is overdue; the team's today if not said.
    #[param(value_type = Option<schema::Date>)]
    as_of: Option<String>,
    /// `client` to add the client as it is now.
    #[param(inline)]
    expand: Option<Expand>,
}

/// What can be shown with an invoice.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Expand {
    Client,
}

/// Reads an invoice.
#[utoipa::path(get, path = "/invoices/{id}", tag = "invoices", operation_id = "read_invoice",
    params(("id" = schema::InvoiceId, Path), Show),
    responses((status = 200, description = "The invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn read(
    reading: Reading,
    Id(id): Id<InvoiceId>,
    Params(show): Params<Show>,
) -> Result<Response, Problem> {
    let as_of = show.as_of.as_deref().map(date).transpose();
    let as_of =
        as_of.map_err(|wrong| bad_query("as_of", wrong.code().as_str(), wrong.detail().to_owned()))?;
    let invoice = reading.billing().invoice(&reading.actor, id).await?;
    let status = today::status(reading.billing(), &reading.actor, &invoice, as_of).await?;
    let view = InvoiceView::from(&invoice).on(status);
    if let Some(Expand::Client) = show.expand {
        let client = reading.billing().client(&reading.actor, invoice.content().client()).await?;
        return answer::record(invoice.version(), &view.with_client(&client));
    }
    answer::record(invoice.version(), &view)
}

/// Changes a draft by a JSON merge patch (RFC 7396) of its input. Of an issued invoice, only `internal_notes` and
/// `metadata` can be changed.
#[utoipa::path(patch, path = "/invoices/{id}", tag = "invoices", operation_id = "update_invoice",
    params(("id" = schema::InvoiceId, Path)),
    request_body(content = InvoicePatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The changed invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn update(Id(id): Id<InvoiceId>, patch: Patch) -> Result<Response, Problem> {
    let before = patch.billing().invoice(patch.actor(), id).await?;
    patch.check(before.version())?;
    if patch.changes_nothing(before.created_by(), before.issued().is_some())? {
        return answer::record(before.version(), &InvoiceView::from(&before));
    }
    let data = merge_patch(&InvoiceInput::from(&before), &patch.body)?.read()?;
    let annotates = before.issued().is_some() && patch.body.touches_only(&["internal_notes", "metadata"]);
    let invoice = if annotates {
        patch.billing().annotate_invoice(&patch.call, id, data.internal_notes, data.metadata).await?
    } else {
        patch.billing().update_invoice(&patch.call, id, data).await?
    };
    answer::record(invoice.version(), &InvoiceView::from(&invoice))
}

/// Deletes a draft.
#[utoipa::path(delete, path = "/invoices/{id}", tag = "invoices", operation_id = "delete_invoice",
    params(("id" = schema::InvoiceId, Path)),
    responses((status = 204, description = "It is gone.")))]
pub(super) async fn delete(remove: Remove, Id(id): Id<InvoiceId>) -> Result<StatusCode, Problem> {
    remove.billing().delete_invoice(&remove.call, id).await?;
    Ok(answer::nothing())
}

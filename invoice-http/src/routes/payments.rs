use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_core::ports::PaymentQuery;
use invoice_core::{Payment, PaymentId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use super::answer;
use crate::extract::{Create, Id, NoParams, PageParams, Params, Post, Reading};
use crate::wire::invoice::OptionalReasonInput;
use crate::wire::page::PageView;
use crate::wire::payment::{AllocationsInput, PaymentInput, PaymentView, RefundInput};
use crate::wire::read::{At, Reader};
use crate::wire::schema;
use crate::{InvoiceState, Problem};

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(list, record))
        .routes(routes!(read))
        .routes(routes!(allocate))
        .routes(routes!(deallocate))
        .routes(routes!(refund))
        .routes(routes!(reverse))
}

fn shown(payment: &Payment) -> Result<Response, Problem> {
    answer::record(payment.version(), &PaymentView::from(payment))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Most rows in the page, 1 to 100; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
    /// Of this client.
    #[param(value_type = Option<schema::ClientId>)]
    client: Option<String>,
    /// Settling this invoice.
    #[param(value_type = Option<schema::InvoiceId>)]
    invoice: Option<String>,
    /// With something neither allocated nor given back, or without.
    unallocated: Option<bool>,
}

/// Lists payments, the newest first.
#[utoipa::path(get, path = "/payments", tag = "payments", operation_id = "list_payments", params(Filter),
    responses((status = 200, description = "A page of payments.", body = PageView<PaymentView<'static>>)))]
async fn list(reading: Reading, Params(filter): Params<Filter>) -> Result<Response, Problem> {
    let page = PageParams::new(filter.limit, filter.cursor).request()?;
    let (mut reader, at) = (Reader::default(), At::Body);
    let client = reader.optional(&at.field("client"), filter.client.as_deref());
    let invoice = reader.optional(&at.field("invoice"), filter.invoice.as_deref());
    let query = client.zip(invoice).map(|(client, invoice)| PaymentQuery {
        client,
        invoice,
        unallocated: filter.unallocated,
    });
    let query = reader.finish(query)?;
    let page = reading.billing().payments(&reading.actor, &query, &page).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, PaymentView::from))
}

/// Records a payment and allocates parts of it to issued invoices of the same client and currency.
#[utoipa::path(post, path = "/payments", tag = "payments", operation_id = "record_payment",
    request_body = PaymentInput,
    responses((status = 201, description = "The new payment.", body = PaymentView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
async fn record(Create { state, call, body }: Create<PaymentInput>) -> Result<Response, Problem> {
    let (data, allocations) = body.read()?;
    let payment = state.billing().record_payment(&call, data, allocations).await?;
    answer::created(
        payment.version(),
        &format_args!("payments/{}", payment.id()),
        &PaymentView::from(&payment),
    )
}

/// Reads a payment.
#[utoipa::path(get, path = "/payments/{id}", tag = "payments", operation_id = "read_payment",
    params(("id" = schema::PaymentId, Path)),
    responses((status = 200, description = "The payment.", body = PaymentView<'static>,
        headers(("ETag" = String)))))]
async fn read(reading: Reading, Id(id): Id<PaymentId>, _: NoParams) -> Result<Response, Problem> {
    shown(&reading.billing().payment(&reading.actor, id).await?)
}

/// Allocates more of a payment.
#[utoipa::path(post, path = "/payments/{id}/allocations", tag = "payments", operation_id = "allocate_payment",
    params(("id" = schema::PaymentId, Path)), request_body = AllocationsInput,
    responses((status = 200, description = "The payment.", body = PaymentView<'static>,
        headers(("ETag" = String)))))]
async fn allocate(
    Id(id): Id<PaymentId>,
    Post { state, call, body }: Post<AllocationsInput>,
) -> Result<Response, Problem> {
    shown(&state.billing().allocate_payment(&call, id, body.read()?).await?)
}

/// Takes parts of a payment back from invoices.
#[utoipa::path(post, path = "/payments/{id}/deallocations", tag = "payments", operation_id = "deallocate_payment",
    params(("id" = schema::PaymentId, Path)), request_body = AllocationsInput,
    responses((status = 200, description = "The payment.", body = PaymentView<'static>,
        headers(("ETag" = String)))))]
async fn deallocate(
    Id(id): Id<PaymentId>,
    Post { state, call, body }: Post<AllocationsInput>,
) -> Result<Response, Problem> {
    shown(&state.billing().deallocate_payment(&call, id, body.read()?).await?)
}

/// Gives money back: takes back from invoices what that needs and records the refund, at once.
#[utoipa::path(post, path = "/payments/{id}/refunds", tag = "payments", operation_id = "refund_payment",
    params(("id" = schema::PaymentId, Path)), request_body = RefundInput,
    responses((status = 200, description = "The payment.", body = PaymentView<'static>,
        headers(("ETag" = String)))))]
async fn refund(
    Id(id): Id<PaymentId>,
    Post { state, call, body }: Post<RefundInput>,
) -> Result<Response, Problem> {
    shown(&state.billing().refund_payment(&call, id, body.read()?).await?)
}

/// Reverses a payment that did not happen after all: takes all of it back from invoices, at once.
#[utoipa::path(post, path = "/payments/{id}/reverse", tag = "payments", operation_id = "reverse_payment",
    params(("id" = schema::PaymentId, Path)), request_body = Option<OptionalReasonInput>,
    responses((status = 200, description = "The payment.", body = PaymentView<'static>,
        headers(("ETag" = String)))))]
async fn reverse(
    Id(id): Id<PaymentId>,
    Post { state, call, body }: Post<OptionalReasonInput>,
) -> Result<Response, Problem> {
    shown(&state.billing().reverse_payment(&call, id, body.reason).await?)
}

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use invoice_core::service::Error;
use invoice_core::{InvoiceId, SupplierProfile};

use crate::extract::{Id, NoParams, Reading};
use crate::wire::schema;
use crate::{Problem, ProblemCode, print};

/// What a page may load: nothing but its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'self'";

/// Shows an invoice as a page to be printed, which needs nothing else.
#[utoipa::path(get, path = "/invoices/{id}/html", tag = "invoices", operation_id = "print_invoice",
    params(("id" = schema::InvoiceId, Path)),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(super) async fn html(
    reading: Reading,
    Id(id): Id<InvoiceId>,
    _: NoParams,
    request: Request,
) -> Result<Response, Problem> {
    let invoice = reading.billing().invoice(&reading.actor, id).await?;
    let accept = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let locale = print::locale(request.uri().query(), invoice.content(), accept);
    let (mut profile, mut client) = (None, None);
    if invoice.issued().is_none() {
        profile = match reading.billing().supplier(&reading.actor).await {
            Err(Error::NotFound { .. }) => None,
            found => Some(found?),
        };
        client = Some(reading.billing().client(&reading.actor, invoice.content().client()).await?);
    }
    let supplier = profile.as_ref().map(SupplierProfile::party);
    let customer = client.as_ref().map(invoice_core::Client::party);
    let page =
        print::page(&invoice, supplier, customer, locale).map_err(|_| Problem::new(ProblemCode::Internal))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.tag())),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    Ok((StatusCode::OK, headers, page).into_response())
}

use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use invoice_core::ports::{DateRange, MonthRange, StatementQuery};
use invoice_core::{ClientId, Currency, Month, Violations};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use super::answer;
use crate::extract::{Id, NoParams, PageParams, Params, Reading};
use crate::wire::audit::{AuditView, VerificationView};
use crate::wire::page::PageView;
use crate::wire::read::{At, Reader};
use crate::wire::report::{AgingReport, AgingView, RevenueView, RowsView, StatementView, TaxSummaryView};
use crate::wire::schema;
use crate::{InvoiceState, Problem};

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(aging))
        .routes(routes!(taxes))
        .routes(routes!(revenue))
        .routes(routes!(statement))
        .routes(routes!(audit))
        .routes(routes!(verify))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AgingParams {
    /// The day the ages are of; the team's today if not said.
    #[param(value_type = Option<schema::Date>)]
    as_of: Option<String>,
    /// Of this client only.
    #[param(value_type = Option<schema::ClientId>)]
    client: Option<String>,
}

/// What is due now on documents issued by a day, by currency and age on that day.
#[utoipa::path(get, path = "/reports/aging", tag = "reports", operation_id = "report_aging", params(AgingParams),
    responses((status = 200, description = "What is due.", body = AgingReport)))]
async fn aging(reading: Reading, Params(params): Params<AgingParams>) -> Result<Response, Problem> {
    let (mut reader, at) = (Reader::default(), At::Body);
    let as_of = reader.optional_date(&at.field("as_of"), params.as_of.as_deref());
    let client = reader.optional::<ClientId>(&at.field("client"), params.client.as_deref());
    let (as_of, client) = reader.finish(as_of.zip(client))?;
    let as_of: NaiveDate = match as_of {
        Some(day) => day,
        None => reading.billing().team_today(&reading.actor).await?,
    };
    let rows = reading.billing().aging(&reading.actor, as_of, client).await?;
    let rows = rows.iter().map(AgingView::from).collect();
    answer::json(StatusCode::OK, &AgingReport { as_of, rows })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MonthParams {
    /// The first month.
    #[param(value_type = schema::Month)]
    from: String,
    /// The last month; the first one if not said.
    #[param(value_type = Option<schema::Month>)]
    to: Option<String>,
}

impl MonthParams {
    fn range(&self) -> Result<MonthRange, Violations> {
        let (mut reader, at) = (Reader::default(), At::Body);
        let from = reader.parse::<Month>(&at.field("from"), &self.from);
        let to = reader.optional::<Month>(&at.field("to"), self.to.as_deref());
        let range = from.zip(to).and_then(|(from, to)| {
            let range = MonthRange::new(from, to.unwrap_or(from));
            reader.check(&at, range)
        });
        reader.finish(range)
    }
}

/// Taxable amounts and tax by group, of the tax points in a range of months.
#[utoipa::path(get, path = "/reports/tax-summary", tag = "reports", operation_id = "report_taxes",
    params(MonthParams),
    responses((status = 200, description = "The groups.", body = RowsView<TaxSummaryView>)))]
async fn taxes(reading: Reading, Params(params): Params<MonthParams>) -> Result<Response, Problem> {
    let rows = reading.billing().tax_summary(&reading.actor, params.range()?).await?;
    answer::json(StatusCode::OK, &RowsView { rows: rows.iter().map(TaxSummaryView::from).collect() })
}

/// What was invoiced and credited, by month of issue and currency.
#[utoipa::path(get, path = "/reports/revenue", tag = "reports", operation_id = "report_revenue",
    params(MonthParams),
    responses((status = 200, description = "The months.", body = RowsView<RevenueView>)))]
async fn revenue(reading: Reading, Params(params): Params<MonthParams>) -> Result<Response, Problem> {
    let rows = reading.billing().revenue_by_month(&reading.actor, params.range()?).await?;
    answer::json(StatusCode::OK, &RowsView { rows: rows.iter().map(RevenueView::from).collect() })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatementParams {
    /// Most entries in the page, 1 to 100; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
    /// In this currency.
    #[param(value_type = schema::CurrencyCode)]
    currency: String,
    /// The first day.
    #[param(value_type = Option<schema::Date>)]
    from: Option<String>,
    /// The last day.
    #[param(value_type = Option<schema::Date>)]
    to: Option<String>,
}

/// A client's account in one currency: documents, payments and the balance.
#[utoipa::path(get, path = "/clients/{id}/statement", tag = "reports", operation_id = "report_statement",
    params(("id" = schema::ClientId, Path), StatementParams),
    responses((status = 200, description = "A page of the account.", body = StatementView<'static>)))]
async fn statement(
    reading: Reading,
    Id(client): Id<ClientId>,
    Params(params): Params<StatementParams>,
) -> Result<Response, Problem> {
    let page = PageParams::new(params.limit, params.cursor).request()?;
    let (mut reader, at) = (Reader::default(), At::Body);
    let currency = reader.parse::<Currency>(&at.field("currency"), &params.currency);
    let from = reader.optional_date(&at.field("from"), params.from.as_deref());
    let to = reader.optional_date(&at.field("to"), params.to.as_deref());
    let (currency, (from, to)) = reader.finish(currency.zip(from.zip(to)))?;
    // An account that is not there is no empty account.
    reading.billing().client(&reading.actor, client).await?;
    let query = StatementQuery { client, currency, range: DateRange { from, to } };
    let statement = reading.billing().statement(&reading.actor, &query, &page).await?;
    answer::json(StatusCode::OK, &StatementView::from(&statement))
}

/// Lists the team's audit trail, the newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "list_audit", params(PageParams),
    responses((status = 200, description = "A page of the trail.", body = PageView<AuditView<'static>>)))]
async fn audit(reading: Reading, Params(page): Params<PageParams>) -> Result<Response, Problem> {
    let page = reading.billing().audit(&reading.actor, None, &page.request()?).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, AuditView::from))
}

/// Verifies all hash chains: no number missing, no document changed, none cut off at the end.
#[utoipa::path(get, path = "/verify", tag = "audit", operation_id = "verify",
    responses((status = 200, description = "What was found.", body = VerificationView<'static>)))]
async fn verify(reading: Reading, _: NoParams) -> Result<Response, Problem> {
    let reports = reading.billing().verify(&reading.actor).await?;
    answer::json(StatusCode::OK, &VerificationView::from(reports.as_slice()))
}

//! Reports, added up wrongly.

use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use invoice_core::ports::{
    AgingRow, InvoiceQuery, Invoices as _, MonthRange, PageRequest, Reports, RevenueRow, Statement,
    StatementEntryKind, StatementQuery, StoreError, TaxSummaryRow,
};
use invoice_core::{ClientId, Currency, Invoice, Money, Month, TeamId};

use super::paging::first;
use super::{Broken, Fault, Read};

impl Broken {
    /// The team's issued invoices.
    async fn issued(&self, team: TeamId) -> Result<Vec<Invoice>, StoreError> {
        let rows =
            self.inner.invoices(team, &InvoiceQuery::new(), &first(PageRequest::MAX_LIMIT)?).await?.items;
        let mut invoices = Vec::new();
        for row in rows.iter().filter(|row| row.number.is_some()) {
            invoices.extend(self.inner.invoice(team, row.id).await?);
        }
        Ok(invoices)
    }

    /// The tax of all invoices, counted in one of the wrong ways.
    async fn wrong_taxes(&self, team: TeamId, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError> {
        let mut rows: Vec<TaxSummaryRow> = Vec::new();
        for invoice in self.issued(team).await? {
            let Some(issued) = invoice.issued() else { continue };
            let by_issue = self.has(Fault::TaxesByIssueDate);
            let date = if by_issue { issued.issue_date() } else { issued.tax_point() };
            let void = invoice.voided_at().is_some() && !self.has(Fault::TaxesWhatIsVoid);
            if void || !months.contains(Month::of(date)) {
                continue;
            }
            for tax in invoice.totals().breakdown() {
                let twice = self.has(Fault::TaxesAdvancesTwice);
                let more = TaxSummaryRow {
                    scheme: tax.scheme(),
                    category: tax.category(),
                    rate: tax.rate(),
                    withheld: tax.is_withheld(),
                    taxable: if twice { tax.taxable() } else { tax.taxable_after_advances() },
                    tax: if twice { tax.tax() } else { tax.tax_after_advances() },
                };
                let same = rows.iter_mut().find(|row| {
                    let group = |row: &TaxSummaryRow| {
                        (row.scheme, row.category, row.rate, row.withheld, row.taxable.currency())
                    };
                    group(row) == group(&more)
                });
                match same {
                    Some(row) => {
                        row.taxable = row.taxable.checked_add(more.taxable).map_err(StoreError::backend)?;
                        row.tax = row.tax.checked_add(more.tax).map_err(StoreError::backend)?;
                    }
                    None => rows.push(more),
                }
            }
        }
        Ok(rows)
    }
}

#[async_trait]
impl Reports for Broken {
    async fn aging(
        &self,
        team: TeamId,
        as_of: NaiveDate,
        client: Option<ClientId>,
    ) -> Result<Vec<AgingRow>, StoreError> {
        let as_of = match self.fault {
            Fault::AgesADayEarly => as_of.checked_add_days(Days::new(1)).unwrap_or(as_of),
            Fault::AgesADayLate => as_of.checked_sub_days(Days::new(1)).unwrap_or(as_of),
            _ => as_of,
        };
        let client = client.filter(|_| !self.has(Fault::AgesForAllClients));
        if self.has(Fault::AgesWhatIsPaid) {
            let mut row: Option<AgingRow> = None;
            for invoice in self.issued(team).await? {
                let payable = invoice.totals().payable();
                let zero = Money::zero(payable.currency());
                let row = row.get_or_insert(AgingRow {
                    current: zero,
                    days_1_to_30: zero,
                    days_31_to_60: zero,
                    days_61_to_90: zero,
                    over_90_days: zero,
                });
                row.days_1_to_30 = row.days_1_to_30.checked_add(payable).map_err(StoreError::backend)?;
            }
            return Ok(row.into_iter().collect());
        }
        self.answer(Read::Aging, team, |team| self.inner.aging(team, as_of, client)).await
    }

    async fn tax_summary(&self, team: TeamId, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError> {
        match self.fault {
            Fault::TaxesByIssueDate
            | Fault::TaxesWhatIsVoid
            | Fault::TaxesAdvancesTwice
            | Fault::ForgetsCreditNotes => self.wrong_taxes(team, months).await,
            _ => self.answer(Read::TaxSummary, team, |team| self.inner.tax_summary(team, months)).await,
        }
    }

    async fn revenue_by_month(
        &self,
        team: TeamId,
        months: MonthRange,
    ) -> Result<Vec<RevenueRow>, StoreError> {
        let ask = |team| self.inner.revenue_by_month(team, months);
        let mut rows = self.answer(Read::Revenue, team, ask).await?;
        match self.fault {
            Fault::ForgetsCreditNotes => {
                for row in &mut rows {
                    (row.credited, row.credit_notes) = (Money::zero(row.credited.currency()), 0);
                }
            }
            Fault::CountsRevenueOfAll => {
                let drafts =
                    InvoiceQuery { status: Some(invoice_core::Status::Draft), ..InvoiceQuery::new() };
                let drafts = self.inner.count_invoices(team, &drafts).await?;
                for row in &mut rows {
                    row.invoices += drafts;
                }
            }
            _ => {}
        }
        Ok(rows)
    }

    async fn statement(
        &self,
        team: TeamId,
        query: &StatementQuery,
        page: &PageRequest,
    ) -> Result<Statement, StoreError> {
        let ask = |team| self.inner.statement(team, query, page);
        let answer = self.answer(Read::Statement, team, ask).await;
        let zero = Money::zero(query.currency);
        match self.fault {
            Fault::IgnoresForeignCursors if answer.is_err() => {
                let page = first(u16::try_from(page.limit()).unwrap_or(1))?;
                self.inner.statement(team, query, &page).await
            }
            Fault::PagesByOffset => {
                let request = first(PageRequest::MAX_LIMIT)?;
                let mut all = self.inner.statement(team, query, &request).await?;
                let offset = page.cursor().and_then(|it| it.as_str().parse::<usize>().ok()).unwrap_or(0);
                let end = offset + page.limit();
                let more = all.entries.len() > end;
                all.entries = all.entries.into_iter().skip(offset).take(page.limit()).collect();
                all.next = invoice_core::ports::Cursor::new(end.to_string()).ok().filter(|_| more);
                Ok(all)
            }
            Fault::OpensStatementsAtZero => answer.map(|it| Statement { opening: zero, ..it }),
            Fault::OpensPagesAtZero if page.cursor().is_some() => {
                answer.map(|it| Statement { opening: zero, ..it })
            }
            Fault::ForgetsRefunds => answer.map(|mut it| {
                it.entries.retain(|entry| !matches!(entry.kind, StatementEntryKind::Refund(_)));
                it
            }),
            Fault::StatesAllCurrencies => {
                let euros = StatementQuery { currency: Currency::EUR, ..*query };
                self.inner.statement(team, &euros, page).await
            }
            _ => answer,
        }
    }
}

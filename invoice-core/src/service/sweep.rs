//! What only time brings about: invoices overdue, quotes expired.

use super::changes::About;
use super::{Billing, Call, Error};
use chrono::NaiveDate;

use crate::ports::{Direction, InvoiceQuery, InvoiceSort, PageRequest, QuoteQuery};
use crate::time::check_date;
use crate::{EventKind, InvoiceId, Permission, QuoteId, Status};

/// What a sweep announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// Invoices found overdue for the first time since something last was paid in full.
    pub overdue: u64,
    /// Quotes whose last day is over.
    pub expired: u64,
}

impl Billing {
    /// Announces what became overdue or expired by `as_of`, a date in the team's zone: one event each.
    /// Running it again, or twice at once, announces nothing twice.
    pub async fn sweep(&self, call: &Call, as_of: NaiveDate) -> Result<SweepReport, Error> {
        call.permit(Permission::IssueDocuments)?;
        check_date(as_of).map_err(|wrong| wrong.under("/as_of"))?;
        let call = &Call::new(*call.actor());
        let mut report = SweepReport::default();
        let query = InvoiceQuery {
            sort: InvoiceSort::DueDate,
            direction: Direction::Ascending,
            overdue_as_of: Some(as_of),
            overdue_not_noted: true,
            ..InvoiceQuery::new()
        };
        let mut page = PageRequest::first(PageRequest::MAX_LIMIT)?;
        loop {
            let rows = self.ports.invoices.invoices(call.team(), &query, &page).await?;
            // Nobody expects these any more.
            for row in rows.items.iter().filter(|row| row.status != Status::Uncollectible) {
                report.overdue += u64::from(self.note_overdue(call, row.id, as_of).await?);
            }
            let Some(next) = rows.next else { break };
            page = page.after(next);
        }
        let query = QuoteQuery { expired_as_of: Some(as_of), ..QuoteQuery::default() };
        let mut page = PageRequest::first(PageRequest::MAX_LIMIT)?;
        loop {
            let rows = self.ports.documents.quotes(call.team(), &query, &page).await?;
            for quote in &rows.items {
                report.expired += u64::from(self.expire_quote(call, quote.id(), as_of).await?);
            }
            let Some(next) = rows.next else { break };
            page = page.after(next);
        }
        Ok(report)
    }

    async fn note_overdue(&self, call: &Call, id: InvoiceId, as_of: NaiveDate) -> Result<bool, Error> {
        let records = self.run(call, || async {
            let mut invoice = self.load_invoice(call, id).await?;
            let mut changes = self.changes(call, self.now());
            if invoice.note_overdue(as_of) {
                let about = About { amount: Some(invoice.due()), related: None };
                changes.update(invoice, &[EventKind::InvoiceOverdue], about);
            }
            Ok(changes)
        });
        Ok(!records.await?.is_empty())
    }

    async fn expire_quote(&self, call: &Call, id: QuoteId, as_of: NaiveDate) -> Result<bool, Error> {
        let records = self.run(call, || async {
            let quote = self.ports.documents.quote(call.team(), id).await?;
            let mut changes = self.changes(call, self.now());
            if let Some(mut quote) = quote
                && quote.expire(as_of)
            {
                changes.update(quote, &[EventKind::QuoteExpired], About::default());
            }
            Ok(changes)
        });
        Ok(!records.await?.is_empty())
    }
}

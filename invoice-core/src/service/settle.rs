//! Giving up a rest.

use chrono::NaiveDate;

use super::changes::About;
use super::{Billing, Call, Error, first};
use crate::{Invoice, InvoiceId, Money, Permission, WriteOffReason};

/// What a user decides about a write-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOffData {
    /// How much; all that is due if not said.
    pub amount: Option<Money>,
    /// Why.
    pub reason: WriteOffReason,
    /// Why, in words; needed for [`WriteOffReason::Other`].
    pub note: Option<String>,
    /// The day; today if not said. For [`WriteOffReason::EarlyPayment`] the day the payment came in, which
    /// is often booked later than that.
    pub date: Option<NaiveDate>,
}

impl WriteOffData {
    /// All that is due.
    ///
    /// ```
    /// use invoice_core::WriteOffReason;
    /// use invoice_core::service::WriteOffData;
    ///
    /// assert_eq!(WriteOffData::rest(WriteOffReason::BankCharges).amount, None);
    /// ```
    pub const fn rest(reason: WriteOffReason) -> Self {
        Self { amount: None, reason, note: None, date: None }
    }
}

impl Billing {
    /// Gives up the rest of an invoice, or part of it: a short payment is closed this way.
    pub async fn write_off(&self, call: &Call, id: InvoiceId, data: WriteOffData) -> Result<Invoice, Error> {
        call.permit(Permission::HandlePayments)?;
        let records = self.run(call, || async {
            let now = self.now();
            let (mut invoice, today) = self.invoice_today(call, id, now).await?;
            let date = Self::day(data.date, today)?;
            let amount = data.amount.unwrap_or_else(|| invoice.due());
            let events =
                invoice.write_off(amount, data.reason, data.note.clone(), date, call.actor().user_id())?;
            let mut changes = self.changes(call, now);
            changes.update(invoice, &events, About { amount: Some(amount), related: None });
            changes.because(data.note.as_deref());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Takes back all that was written off of an invoice: a bad debt that is paid after all, or a mistake.
    /// It is due again.
    pub async fn take_back_write_off(
        &self,
        call: &Call,
        id: InvoiceId,
        reason: &str,
    ) -> Result<Invoice, Error> {
        call.permit(Permission::HandlePayments)?;
        let records = self.run(call, || async {
            let now = self.now();
            let (mut invoice, today) = self.invoice_today(call, id, now).await?;
            super::revise::check_reason(reason)?;
            let amount = invoice.written_off();
            let by = call.actor().user_id();
            let events = invoice.take_back_write_offs(reason.to_owned(), today, by)?;
            let mut changes = self.changes(call, now);
            changes.update(invoice, &events, About { amount: Some(amount), related: None });
            changes.because(Some(reason));
            Ok(changes)
        });
        first(call, records.await?)
    }
}

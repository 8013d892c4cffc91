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
            let mut invoice = self.load_invoice(call, id).await?;
            call.check_version(invoice.version())?;
            let date = self.not_in_future(call, data.date).await?;
            let amount = data.amount.unwrap_or_else(|| invoice.due());
            let events =
                invoice.write_off(amount, data.reason, data.note.clone(), date, call.actor().user_id())?;
            let mut changes = self.changes(call, self.now());
            changes.update(invoice, &events, About { amount: Some(amount), related: None });
            changes.because(data.note.as_deref());
            Ok(changes)
        });
        first(records.await?)
    }
}

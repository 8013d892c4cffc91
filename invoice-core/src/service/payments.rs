//! Payments: recorded, allocated, given back, reversed. Payment and invoices change in one commit.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::NaiveDate;

use super::changes::{About, Changes};
use super::{Billing, Call, Error, first, next};
use crate::change::{AggregateId, AggregateKind, Record};
use crate::transition::{Action, Obstacle};
use crate::{
    Allocation, Code, EventKind, IllegalTransition, Invoice, InvoiceId, Money, Payment, PaymentData,
    PaymentId, PaymentMethod, Permission, Refund, Reversal, Timestamp, Violation,
};

/// What a user decides when an invoice is paid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PayData {
    /// How much; all that is due if not said.
    pub amount: Option<Money>,
    /// The day it came in; today if not said.
    pub date: Option<NaiveDate>,
    /// How it came.
    pub method: PaymentMethod,
    /// The bank's or payment provider's reference, unique in the team: a replay can't pay twice.
    pub external_reference: Option<String>,
    /// Words for the team.
    pub note: Option<String>,
    /// Take more than is due; the rest becomes the client's credit.
    pub allow_overpayment: bool,
}

/// A payment and the invoice it settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// The payment.
    pub payment: Payment,
    /// The invoice after it.
    pub invoice: Invoice,
}

/// What a user decides about a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundData {
    /// How much.
    pub amount: Money,
    /// What to take back from invoices first. Where this and the unallocated rest are less than the amount,
    /// the latest allocations are taken back too.
    pub deallocate: Vec<Allocation>,
    /// The day; today if not said.
    pub date: Option<NaiveDate>,
    /// Why.
    pub reason: Option<String>,
}

impl RefundData {
    /// A refund of so much, today.
    ///
    /// ```
    /// use invoice_core::service::RefundData;
    /// use invoice_core::{Currency, Money};
    ///
    /// let refund = RefundData::new(Money::parse("5.00", Currency::EUR)?);
    /// assert!(refund.deallocate.is_empty());
    /// # Ok::<(), invoice_core::MoneyError>(())
    /// ```
    pub const fn new(amount: Money) -> Self {
        Self { amount, deallocate: Vec::new(), date: None, reason: None }
    }
}

/// Invoices that a change of allocations touches, each loaded once and written once.
#[derive(Default)]
struct Touched(BTreeMap<InvoiceId, (Invoice, Vec<EventKind>, Money)>);

impl Touched {
    /// What happened to the payment: parts of it were taken back, if any, and then this.
    fn and_then(&self, event: EventKind) -> Vec<EventKind> {
        let taken_back = (!self.0.is_empty()).then_some(EventKind::PaymentDeallocated);
        taken_back.into_iter().chain([event]).collect()
    }

    fn write(self, changes: &mut Changes, payment: PaymentId) {
        for (invoice, events, amount) in self.0.into_values() {
            let about = About { amount: Some(amount), related: Some(AggregateId::Payment(payment)) };
            changes.update(invoice, &events, about);
        }
    }
}

impl Billing {
    /// The payment a call names, at the version it asks for and not reversed.
    async fn live_payment(&self, call: &Call, id: PaymentId, action: Action) -> Result<Payment, Error> {
        let payment = self.ports.payments.payment(call.team(), id).await?;
        let payment = payment.ok_or(Error::NotFound { what: AggregateKind::Payment })?;
        call.check_version(payment.version())?;
        payment.check_live(action)?;
        Ok(payment)
    }

    /// The day of a payment, write-off or refund: the chosen one, not in the future, or today.
    pub(super) fn day(chosen: Option<NaiveDate>, today: NaiveDate) -> Result<NaiveDate, Error> {
        match chosen {
            Some(date) if date > today => {
                let detail = format!("{date} is after today, {today} in the team's time zone");
                Err(Violation::new("/date", Code::DateInFuture, detail).into())
            }
            date => Ok(date.unwrap_or(today)),
        }
    }

    /// The invoice a call names, at the version it asks for, and today in the team's time zone.
    pub(super) async fn invoice_today(
        &self,
        call: &Call,
        id: InvoiceId,
        now: Timestamp,
    ) -> Result<(Invoice, NaiveDate), Error> {
        let loaded = self.ports.invoices.invoice_with_context(call.team(), id).await?;
        let (invoice, context) = loaded.ok_or(Error::NotFound { what: AggregateKind::Invoice })?;
        call.check_version(invoice.version())?;
        Ok((invoice, Self::today(context.supplier.as_ref(), now)))
    }

    async fn team_day(
        &self,
        call: &Call,
        chosen: Option<NaiveDate>,
        now: Timestamp,
    ) -> Result<NaiveDate, Error> {
        Self::day(chosen, Self::today(self.supplier_of(call).await?.as_ref(), now))
    }

    fn new_payment(&self, call: &Call, data: PaymentData, now: Timestamp) -> Result<Payment, Error> {
        let id = PaymentId::from_uuid(self.ids.uuid(now));
        Ok(Payment::new(id, call.team(), data, call.actor().user_id(), now)?)
    }

    /// Records a payment and allocates parts of it to issued invoices of the same client and currency.
    /// What is not allocated is the client's credit: an advance, or to be allocated later.
    pub async fn record_payment(
        &self,
        call: &Call,
        data: PaymentData,
        allocations: Vec<Allocation>,
    ) -> Result<Payment, Error> {
        call.permit(Permission::HandlePayments)?;
        let records = self.run(call, || async {
            let now = self.now();
            self.team_day(call, Some(data.date), now).await?;
            if self.ports.catalog.client(call.team(), data.client).await?.is_none() {
                return Err(Violation::new("/client", Code::Unknown, "no such client").into());
            }
            let mut payment = self.new_payment(call, data.clone(), now)?;
            let touched = self.allocate_all(call, &mut payment, &allocations).await?;
            let mut changes = self.changes(call, now);
            let about = About { amount: Some(payment.amount()), related: None };
            let id = payment.id();
            changes.insert(payment, recorded(&allocations), about);
            touched.write(&mut changes, id);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Pays an invoice (`pay`): records a payment of its client and allocates it, at most what is due.
    pub async fn pay_invoice(&self, call: &Call, id: InvoiceId, data: PayData) -> Result<Paid, Error> {
        call.permit(Permission::HandlePayments)?;
        let records = self.run(call, || async {
            let now = self.now();
            let (invoice, today) = self.invoice_today(call, id, now).await?;
            invoice.check_pay()?;
            let due = invoice.due();
            if !due.is_positive() {
                let illegal = IllegalTransition::new(invoice.stored_status().as_str(), Action::Pay);
                return Err(illegal.because(Obstacle::NothingDue).into());
            }
            let amount = data.amount.unwrap_or(due);
            if amount.currency() != due.currency() {
                let detail = format!("the invoice is in {}", due.currency());
                return Err(Violation::new("/amount", Code::MixedCurrencies, detail).into());
            }
            if amount > due && !data.allow_overpayment {
                let detail = format!("{amount} is more than the {due} due");
                return Err(Violation::new("/amount", Code::ExceedsDue, detail).into());
            }
            let mut payment = self.new_payment(
                call,
                PaymentData {
                    client: invoice.content().client(),
                    amount,
                    date: Self::day(data.date, today)?,
                    method: data.method,
                    external_reference: data.external_reference.clone(),
                    note: data.note.clone(),
                },
                now,
            )?;
            let part = if amount > due { due } else { amount };
            let mut touched = Touched::default();
            allocate(&mut touched, &mut payment, invoice, part)?;
            let mut changes = self.changes(call, now);
            let about = About { amount: Some(amount), related: Some(AggregateId::Invoice(id)) };
            let payment_id = payment.id();
            changes.insert(payment, &[EventKind::PaymentRecorded, EventKind::PaymentAllocated], about);
            touched.write(&mut changes, payment_id);
            Ok(changes)
        });
        let mut records = records.await?.into_iter();
        Ok(Paid { payment: next(call, &mut records)?, invoice: next(call, &mut records)? })
    }

    /// Allocates more of a payment.
    pub async fn allocate_payment(
        &self,
        call: &Call,
        id: PaymentId,
        allocations: Vec<Allocation>,
    ) -> Result<Payment, Error> {
        call.permit(Permission::HandlePayments)?;
        let records = self.run(call, || async {
            let mut payment = self.live_payment(call, id, Action::Allocate).await?;
            let touched = self.allocate_all(call, &mut payment, &allocations).await?;
            self.write_payment(call, payment, touched, &[EventKind::PaymentAllocated], None, None)
        });
        first(call, records.await?)
    }

    /// Takes parts of a payment back from invoices.
    pub async fn deallocate_payment(
        &self,
        call: &Call,
        id: PaymentId,
        allocations: Vec<Allocation>,
    ) -> Result<Payment, Error> {
        call.permit(Permission::HandlePayments)?;
        let records = self.run(call, || async {
            let mut payment = self.live_payment(call, id, Action::Deallocate).await?;
            let parts = &allocations;
            let touched = self.deallocate_all(call, &mut payment, parts, "/allocations").await?;
            self.write_payment(call, payment, touched, &[EventKind::PaymentDeallocated], None, None)
        });
        first(call, records.await?)
    }

    /// Gives money back: de-allocates what that takes and records the refund, in one commit.
    pub async fn refund_payment(
        &self,
        call: &Call,
        id: PaymentId,
        data: RefundData,
    ) -> Result<Payment, Error> {
        call.permit(Permission::HandlePayments)?;
        let records = self.run(call, || async {
            let mut payment = self.live_payment(call, id, Action::Refund).await?;
            let date = self.team_day(call, data.date, self.now()).await?;
            let parts = &data.deallocate;
            let mut touched = self.deallocate_all(call, &mut payment, parts, "/deallocate").await?;
            self.free(call, &mut touched, &mut payment, data.amount).await?;
            payment.refund(Refund {
                amount: data.amount,
                date,
                reason: data.reason.clone(),
                by: call.actor().user_id(),
            })?;
            let events = touched.and_then(EventKind::PaymentRefunded);
            self.write_payment(call, payment, touched, &events, Some(data.amount), data.reason.as_deref())
        });
        first(call, records.await?)
    }

    /// Reverses a payment that did not happen after all: takes all of it back, in one commit.
    pub async fn reverse_payment(
        &self,
        call: &Call,
        id: PaymentId,
        reason: Option<String>,
    ) -> Result<Payment, Error> {
        call.permit(Permission::HandlePayments)?;
        let records = self.run(call, || async {
            let mut payment = self.live_payment(call, id, Action::Reverse).await?;
            let date = self.team_day(call, None, self.now()).await?;
            let mut touched = Touched::default();
            for part in payment.allocations().to_vec() {
                self.deallocate(call, &mut touched, &mut payment, part, "").await?;
            }
            payment.reverse(Reversal { date, reason: reason.clone() })?;
            let amount = payment.amount();
            let events = touched.and_then(EventKind::PaymentReversed);
            self.write_payment(call, payment, touched, &events, Some(amount), reason.as_deref())
        });
        first(call, records.await?)
    }

    fn write_payment(
        &self,
        call: &Call,
        payment: Payment,
        touched: Touched,
        events: &[EventKind],
        amount: Option<Money>,
        reason: Option<&str>,
    ) -> Result<Changes, Error> {
        if touched.0.is_empty() && amount.is_none() {
            return Err(Violation::new("/allocations", Code::Required, "name at least one invoice").into());
        }
        let mut changes = self.changes(call, self.now());
        let id = payment.id();
        changes.update(Record::from(payment), events, About { amount, related: None });
        changes.because(reason);
        touched.write(&mut changes, id);
        Ok(changes)
    }

    async fn allocate_all(
        &self,
        call: &Call,
        payment: &mut Payment,
        allocations: &[Allocation],
    ) -> Result<Touched, Error> {
        let mut touched = Touched::default();
        for (index, part) in allocations.iter().enumerate() {
            let at = format!("/allocations/{index}");
            if touched.0.contains_key(&part.invoice()) {
                let detail = "this invoice is named already";
                return Err(Violation::new(format!("{at}/invoice"), Code::Repeated, detail).into());
            }
            let invoice = self.ports.invoices.invoice(call.team(), part.invoice()).await?;
            let invoice = invoice
                .ok_or_else(|| Violation::new(format!("{at}/invoice"), Code::Unknown, "no such invoice"))?;
            if invoice.content().client() != payment.client() {
                let detail = "the invoice is another client's";
                return Err(Violation::new(format!("{at}/invoice"), Code::Inconsistent, detail).into());
            }
            allocate(&mut touched, payment, invoice, part.amount()).map_err(|error| error.under(&at))?;
        }
        Ok(touched)
    }

    async fn deallocate_all(
        &self,
        call: &Call,
        payment: &mut Payment,
        parts: &[Allocation],
        list: &str,
    ) -> Result<Touched, Error> {
        let mut touched = Touched::default();
        for (index, part) in parts.iter().enumerate() {
            self.deallocate(call, &mut touched, payment, *part, &format!("{list}/{index}")).await?;
        }
        Ok(touched)
    }

    async fn deallocate(
        &self,
        call: &Call,
        touched: &mut Touched,
        payment: &mut Payment,
        part: Allocation,
        at: &str,
    ) -> Result<(), Error> {
        payment.deallocate(part).map_err(|violation| violation.under(at))?;
        let (invoice, events, amount) = match touched.0.entry(part.invoice()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let invoice = self.load_invoice(call, part.invoice()).await?;
                entry.insert((invoice, Vec::new(), Money::zero(part.amount().currency())))
            }
        };
        *amount = amount.checked_add(part.amount()).map_err(|error| Error::money(at, &error))?;
        // The payment has this part. An invoice that does not was read after somebody took it back.
        let stale = |_| Error::Conflict { expected: payment.version(), found: None };
        events.extend(invoice.deallocate(part.amount()).map_err(stale)?);
        Ok(())
    }

    /// Takes the latest allocations back until the payment has `amount` left.
    async fn free(
        &self,
        call: &Call,
        touched: &mut Touched,
        payment: &mut Payment,
        amount: Money,
    ) -> Result<(), Error> {
        for part in payment.allocations().to_vec().into_iter().rev() {
            let Ok(missing) = amount.checked_sub(payment.unallocated()) else { break };
            if !missing.is_positive() {
                break;
            }
            let taken = if missing < part.amount() { missing } else { part.amount() };
            self.deallocate(call, touched, payment, Allocation::new(part.invoice(), taken), "/amount")
                .await?;
        }
        Ok(())
    }
}

fn recorded(allocations: &[Allocation]) -> &'static [EventKind] {
    if allocations.is_empty() {
        &[EventKind::PaymentRecorded]
    } else {
        &[EventKind::PaymentRecorded, EventKind::PaymentAllocated]
    }
}

fn allocate(
    touched: &mut Touched,
    payment: &mut Payment,
    mut invoice: Invoice,
    amount: Money,
) -> Result<(), Error> {
    if invoice.content().currency() != payment.currency() {
        let detail = format!("the invoice is in {}", invoice.content().currency());
        return Err(Violation::new("/amount", Code::MixedCurrencies, detail).into());
    }
    payment.allocate(Allocation::new(invoice.id(), amount))?;
    let events = invoice.allocate(amount)?;
    touched.0.insert(invoice.id(), (invoice, events, amount));
    Ok(())
}

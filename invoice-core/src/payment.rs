//! Payments received, what they settle, and what was given back.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::text::{LONG, SHORT, collect_lines, collect_required};
use crate::time::collect_date;
use crate::transition::{Action, IllegalTransition, Obstacle};
use crate::{
    ClientId, Code, Currency, InvoiceId, Money, PaymentId, TeamId, Timestamp, UserId, Version, Violation,
    Violations,
};

/// How money came (a coarse form of UNTDID 4461).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// A bank transfer.
    #[default]
    CreditTransfer,
    /// Collected by the supplier.
    DirectDebit,
    /// By card.
    Card,
    /// In cash.
    Cash,
    /// Any other way.
    Other,
}

/// What a user decides about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentData {
    /// Who paid.
    pub client: ClientId,
    /// How much.
    pub amount: Money,
    /// The day it came in; not in the future.
    pub date: NaiveDate,
    /// How it came.
    pub method: PaymentMethod,
    /// The bank's or payment provider's reference, unique in the team: a replay can't pay twice.
    pub external_reference: Option<String>,
    /// Words for the team.
    pub note: Option<String>,
}

impl PaymentData {
    /// A credit transfer without reference.
    ///
    /// ```
    /// use invoice_core::{ClientId, Currency, Money, PaymentData};
    ///
    /// let client = ClientId::from_uuid(uuid::Uuid::from_u128(7));
    /// let date = chrono::NaiveDate::from_ymd_opt(2026, 2, 1).unwrap();
    /// let data = PaymentData::new(client, Money::parse("50.00", Currency::EUR)?, date);
    /// assert_eq!(data.external_reference, None);
    /// # Ok::<(), invoice_core::MoneyError>(())
    /// ```
    pub fn new(client: ClientId, amount: Money, date: NaiveDate) -> Self {
        Self { client, amount, date, method: PaymentMethod::default(), external_reference: None, note: None }
    }

    pub(crate) fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        if !self.amount.is_positive() {
            found.add("/amount", Code::NotPositive, "a payment is more than zero");
        }
        // The bound of every amount that comes in, so that sums over many payments fit an amount.
        if self.amount.amount() >= rust_decimal::Decimal::from(100_000_000_000_u64) {
            found.add("/amount", Code::TooManyIntegerDigits, "more than 11 digits before the point");
        }
        collect_date(&mut found, "/date", Some(self.date));
        if let Some(reference) = &self.external_reference {
            collect_required(&mut found, "/external_reference", reference, SHORT);
            if reference.trim() != reference {
                found.add("/external_reference", Code::Malformed, "starts or ends with white space");
            }
        }
        collect_lines(&mut found, "/note", self.note.as_deref(), LONG);
        found.into_result()
    }
}

/// The part of a payment that settles one invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    pub(crate) invoice: InvoiceId,
    pub(crate) amount: Money,
}

impl Allocation {
    /// So much for an invoice.
    ///
    /// ```
    /// use invoice_core::{Allocation, Currency, InvoiceId, Money};
    ///
    /// let invoice = InvoiceId::from_uuid(uuid::Uuid::from_u128(9));
    /// let part = Allocation::new(invoice, Money::parse("50.00", Currency::EUR)?);
    /// assert_eq!(part.invoice(), invoice);
    /// # Ok::<(), invoice_core::MoneyError>(())
    /// ```
    pub const fn new(invoice: InvoiceId, amount: Money) -> Self {
        Self { invoice, amount }
    }

    /// Which invoice.
    pub const fn invoice(&self) -> InvoiceId {
        self.invoice
    }

    /// How much.
    pub const fn amount(&self) -> Money {
        self.amount
    }
}

/// Money given back to the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    pub(crate) amount: Money,
    pub(crate) date: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) by: Option<UserId>,
}

impl Refund {
    /// How much.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// The day it was given back.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// Why.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Who gave it back; `None` for the application itself.
    pub fn by(&self) -> Option<UserId> {
        self.by
    }
}

/// A payment that turned out not to have happened, such as a returned direct debit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    pub(crate) date: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl Reversal {
    /// The day it was reversed.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// Why.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// A payment received. `amount` = allocated + refunded + unallocated, always.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    pub(crate) id: PaymentId,
    pub(crate) team: TeamId,
    pub(crate) version: Version,
    pub(crate) client: ClientId,
    pub(crate) amount: Money,
    pub(crate) date: NaiveDate,
    pub(crate) method: PaymentMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) external_reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allocations: Vec<Allocation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) refunds: Vec<Refund>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reversal: Option<Reversal>,
    pub(crate) created_by: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Payment {
    pub(crate) fn new(
        id: PaymentId,
        team: TeamId,
        data: PaymentData,
        created_by: Option<UserId>,
        at: Timestamp,
    ) -> Result<Self, Violations> {
        data.validate()?;
        let PaymentData { client, amount, date, method, external_reference, note } = data;
        Ok(Self {
            id,
            team,
            version: Version::FIRST,
            client,
            amount,
            date,
            method,
            external_reference,
            note,
            allocations: Vec::new(),
            refunds: Vec::new(),
            reversal: None,
            created_by,
            created_at: at,
            updated_at: at,
        })
    }

    /// Its identifier.
    pub fn id(&self) -> PaymentId {
        self.id
    }

    /// The team it belongs to.
    pub fn team(&self) -> TeamId {
        self.team
    }

    /// The version in the store.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Who paid.
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// How much came in.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.amount.currency()
    }

    /// The day it came in.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// How it came.
    pub fn method(&self) -> PaymentMethod {
        self.method
    }

    /// The bank's or payment provider's reference.
    pub fn external_reference(&self) -> Option<&str> {
        self.external_reference.as_deref()
    }

    /// Words for the team.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// What it settles now, at most one entry for each invoice.
    pub fn allocations(&self) -> &[Allocation] {
        &self.allocations
    }

    /// What was given back.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// Its reversal.
    pub fn reversal(&self) -> Option<&Reversal> {
        self.reversal.as_ref()
    }

    /// Who recorded it; `None` for the application itself.
    pub fn created_by(&self) -> Option<UserId> {
        self.created_by
    }

    /// When it was recorded.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it was last written.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// What settles invoices.
    pub fn allocated(&self) -> Money {
        self.sum(self.allocations.iter().map(|allocation| allocation.amount))
    }

    /// What was given back.
    pub fn refunded(&self) -> Money {
        self.sum(self.refunds.iter().map(|refund| refund.amount))
    }

    /// The client's credit: neither settling an invoice nor given back. Zero once reversed.
    pub fn unallocated(&self) -> Money {
        if self.reversal.is_some() {
            return Money::zero(self.currency());
        }
        let rest = self.amount.minor() - self.allocated().minor() - self.refunded().minor();
        Money::trusted(rest, self.currency())
    }

    /// The parts never exceed the amount, so their sum is an amount.
    fn sum(&self, parts: impl Iterator<Item = Money>) -> Money {
        Money::trusted(parts.map(Money::minor).sum(), self.currency())
    }

    pub(crate) fn check_live(&self, action: Action) -> Result<(), IllegalTransition> {
        if self.reversal.is_some() {
            return Err(IllegalTransition::new("reversed", action));
        }
        if action == Action::Reverse && !self.refunds.is_empty() {
            return Err(IllegalTransition::new("recorded", action).because(Obstacle::Refunded));
        }
        Ok(())
    }

    /// Sets part of the unallocated rest aside for an invoice.
    pub(crate) fn allocate(&mut self, allocation: Allocation) -> Result<(), Violation> {
        if allocation.amount.currency() != self.currency() {
            let detail = "the payment is in another currency";
            return Err(Violation::new("/amount", Code::MixedCurrencies, detail));
        }
        if !allocation.amount.is_positive() {
            return Err(Violation::new("/amount", Code::NotPositive, "an allocation is more than zero"));
        }
        let rest = self.unallocated();
        if allocation.amount > rest {
            let detail = format!("{} is more than the {rest} left of the payment", allocation.amount);
            return Err(Violation::new("/amount", Code::ExceedsUnallocated, detail));
        }
        match self.allocations.iter_mut().find(|existing| existing.invoice == allocation.invoice) {
            Some(existing) => {
                let total = existing.amount.minor() + allocation.amount.minor();
                existing.amount = Money::trusted(total, allocation.amount.currency());
            }
            None => self.allocations.push(allocation),
        }
        Ok(())
    }

    /// Takes back what was set aside for an invoice.
    pub(crate) fn deallocate(&mut self, allocation: Allocation) -> Result<(), Violation> {
        let wrong = || {
            let detail = format!("{} is not allocated to this invoice", allocation.amount);
            Violation::new("/amount", Code::OutOfRange, detail)
        };
        let existing = self
            .allocations
            .iter_mut()
            .find(|existing| existing.invoice == allocation.invoice)
            .ok_or_else(wrong)?;
        let rest = existing.amount.checked_sub(allocation.amount).map_err(|_| wrong())?;
        if rest.is_negative() || !allocation.amount.is_positive() {
            return Err(wrong());
        }
        existing.amount = rest;
        self.allocations.retain(|existing| !existing.amount.is_zero());
        Ok(())
    }

    /// Gives part of the unallocated rest back.
    pub(crate) fn refund(&mut self, refund: Refund) -> Result<(), Violations> {
        let mut found = Violations::new();
        collect_lines(&mut found, "/reason", refund.reason.as_deref(), LONG);
        if refund.amount.currency() != self.currency() {
            found.add("/amount", Code::MixedCurrencies, "the payment is in another currency");
        } else if !refund.amount.is_positive() {
            found.add("/amount", Code::NotPositive, "a refund is more than zero");
        } else if refund.amount > self.unallocated() {
            let detail =
                format!("{} is more than the {} left of the payment", refund.amount, self.unallocated());
            found.add("/amount", Code::ExceedsUnallocated, detail);
        }
        if refund.date < self.date {
            found.add("/date", Code::Inconsistent, "before the payment came in");
        }
        found.into_result()?;
        self.refunds.push(refund);
        Ok(())
    }

    /// Marks it as not having happened; its allocations must have been taken back.
    pub(crate) fn reverse(&mut self, reversal: Reversal) -> Result<(), Violations> {
        let mut found = Violations::new();
        collect_lines(&mut found, "/reason", reversal.reason.as_deref(), LONG);
        if reversal.date < self.date {
            found.add("/date", Code::Inconsistent, "before the payment came in");
        }
        found.into_result()?;
        self.reversal = Some(reversal);
        Ok(())
    }
}

use chrono::NaiveDate;
use invoice_core::service::{PayData, RefundData, WriteOffData};
use invoice_core::{
    Allocation, Code, Currency, Money, Payment, PaymentData, PaymentMethod, Refund, Timestamp, UserId,
    Version, Violations,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount::Amount;
use super::invoice::InvoiceView;
use super::read::{At, Maybe, Reader};
use super::schema;

/// An amount that may be left out; with it comes its currency.
fn amount_of(reader: &mut Reader, at: &At<'_>, amount: Option<&str>, currency: Option<&str>) -> Maybe<Money> {
    let currency = reader.optional::<Currency>(&at.field("currency"), currency)?;
    match (amount, currency) {
        (None, _) => Some(None),
        (Some(amount), Some(currency)) => reader.money(&at.field("amount"), amount, Some(currency)).map(Some),
        (Some(_), None) => {
            reader.add(&at.field("currency"), Code::Required, "an amount comes with its currency");
            None
        }
    }
}

/// How an invoice is paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayInput, example = json!({"amount": "50.00", "currency": "EUR", "external_reference": "tx-4711"}))]
pub(crate) struct PayInput {
    /// How much; all that is due if not said.
    #[schema(value_type = Option<schema::AmountInput>)]
    amount: Option<String>,
    /// The currency of the amount; goes with it.
    #[schema(value_type = Option<schema::CurrencyCode>)]
    currency: Option<String>,
    /// The day it came in; today if not said.
    #[schema(value_type = Option<schema::Date>)]
    date: Option<String>,
    /// How it came; `credit_transfer` if not said.
    #[schema(value_type = Option<schema::PaymentMethodName>)]
    method: Option<String>,
    /// The bank's or payment provider's reference, unique in the team: a replay can't pay twice.
    #[schema(value_type = Option<schema::RequiredText>)]
    external_reference: Option<String>,
    /// Words for the team.
    #[schema(value_type = Option<schema::LongText>)]
    note: Option<String>,
    /// Takes more than is due; the rest becomes the client's credit.
    #[serde(default)]
    allow_overpayment: bool,
}

impl PayInput {
    pub(crate) fn read(self) -> Result<PayData, Violations> {
        let (mut reader, at) = (Reader::default(), At::Body);
        let amount = amount_of(&mut reader, &at, self.amount.as_deref(), self.currency.as_deref());
        let date = reader.optional_date(&at.field("date"), self.date.as_deref());
        let method = reader.named_or_default::<PaymentMethod>(&at.field("method"), self.method.as_deref());
        let data = amount.zip(date).zip(method).map(|((amount, date), method)| PayData {
            amount,
            date,
            method,
            external_reference: self.external_reference,
            note: self.note,
            allow_overpayment: self.allow_overpayment,
        });
        reader.finish(data)
    }
}

/// What part of a payment settles one invoice.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Allocation, example = json!({
    "invoice": "inv_0192d3f0c1a47b3e8f7a5d6c4b3a2910", "amount": "50.00"
}))]
pub(crate) struct AllocationBody {
    /// Which invoice.
    #[schema(value_type = schema::InvoiceId)]
    invoice: String,
    /// How much.
    #[schema(value_type = schema::AmountInput)]
    amount: String,
}

impl From<&Allocation> for AllocationBody {
    fn from(part: &Allocation) -> Self {
        Self { invoice: part.invoice().to_string(), amount: Amount(part.amount()).to_string() }
    }
}

fn allocations(
    reader: &mut Reader,
    at: &At<'_>,
    parts: Vec<AllocationBody>,
    currency: Option<Currency>,
) -> Option<Vec<Allocation>> {
    reader.each(at, parts, |reader, at, part| {
        let invoice = reader.parse(&at.field("invoice"), &part.invoice);
        let amount = reader.money(&at.field("amount"), &part.amount, currency);
        Some(Allocation::new(invoice?, amount?))
    })
}

/// A payment that came in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PaymentInput, example = json!({
    "client": "cli_0192d3f0c1a47b3e8f7a5d6c4b3a2910", "amount": "150.00", "currency": "EUR", "date": "2026-03-02",
    "allocations": [{"invoice": "inv_0192d3f0c1a47b3e8f7a5d6c4b3a2910", "amount": "119.00"}]
}))]
pub(crate) struct PaymentInput {
    /// Who paid.
    #[schema(value_type = schema::ClientId)]
    client: String,
    /// How much.
    #[schema(value_type = schema::AmountInput)]
    amount: String,
    /// In which currency.
    #[schema(value_type = schema::CurrencyCode)]
    currency: String,
    /// The day it came in; not in the future.
    #[schema(value_type = schema::Date)]
    date: String,
    /// How it came; `credit_transfer` if not said.
    #[schema(value_type = Option<schema::PaymentMethodName>)]
    method: Option<String>,
    /// The bank's or payment provider's reference, unique in the team.
    #[schema(value_type = Option<schema::RequiredText>)]
    external_reference: Option<String>,
    /// Words for the team.
    #[schema(value_type = Option<schema::LongText>)]
    note: Option<String>,
    /// What it settles; the rest is the client's credit.
    #[serde(default)]
    allocations: Vec<AllocationBody>,
}

impl PaymentInput {
    pub(crate) fn read(self) -> Result<(PaymentData, Vec<Allocation>), Violations> {
        let mut reader = Reader::default();
        let data = self.data(&mut reader, &At::Body);
        reader.finish(data)
    }

    fn data(self, reader: &mut Reader, at: &At<'_>) -> Option<(PaymentData, Vec<Allocation>)> {
        let client = reader.parse(&at.field("client"), &self.client);
        let currency = reader.parse::<Currency>(&at.field("currency"), &self.currency);
        let amount = reader.money(&at.field("amount"), &self.amount, currency);
        let date = reader.date(&at.field("date"), &self.date);
        let method = reader.named_or_default(&at.field("method"), self.method.as_deref());
        let parts = allocations(reader, &at.field("allocations"), self.allocations, currency);
        let data = PaymentData {
            method: method?,
            external_reference: self.external_reference,
            note: self.note,
            ..PaymentData::new(client?, amount?, date?)
        };
        Some((data, parts?))
    }
}

/// Parts of a payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocationsInput, example = json!({
    "currency": "EUR",
    "allocations": [{"invoice": "inv_0192d3f0c1a47b3e8f7a5d6c4b3a2910", "amount": "50.00"}]
}))]
pub(crate) struct AllocationsInput {
    /// The currency of the payment.
    #[schema(value_type = schema::CurrencyCode)]
    currency: String,
    /// The parts, one for each invoice.
    #[schema(min_items = 1)]
    allocations: Vec<AllocationBody>,
}

impl AllocationsInput {
    pub(crate) fn read(self) -> Result<Vec<Allocation>, Violations> {
        let (mut reader, at) = (Reader::default(), At::Body);
        let currency = reader.parse::<Currency>(&at.field("currency"), &self.currency);
        let parts = allocations(&mut reader, &at.field("allocations"), self.allocations, currency);
        reader.finish(parts)
    }
}

/// Money given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RefundInput, example = json!({"amount": "50.00", "currency": "EUR", "reason": "Returned goods"}))]
pub(crate) struct RefundInput {
    /// How much.
    #[schema(value_type = schema::AmountInput)]
    amount: String,
    /// In which currency.
    #[schema(value_type = schema::CurrencyCode)]
    currency: String,
    /// What to take back from invoices first. Where this and what is not allocated are less than the amount, the
    /// latest allocations are taken back too.
    #[serde(default)]
    deallocate: Vec<AllocationBody>,
    /// The day; today if not said.
    #[schema(value_type = Option<schema::Date>)]
    date: Option<String>,
    /// Why.
    #[schema(value_type = Option<schema::LongText>)]
    reason: Option<String>,
}

impl RefundInput {
    pub(crate) fn read(self) -> Result<RefundData, Violations> {
        let (mut reader, at) = (Reader::default(), At::Body);
        let currency = reader.parse::<Currency>(&at.field("currency"), &self.currency);
        let amount = reader.money(&at.field("amount"), &self.amount, currency);
        let parts = allocations(&mut reader, &at.field("deallocate"), self.deallocate, currency);
        let date = reader.optional_date(&at.field("date"), self.date.as_deref());
        let data = amount.zip(parts).zip(date).map(|((amount, deallocate), date)| RefundData {
            amount,
            deallocate,
            date,
            reason: self.reason,
        });
        reader.finish(data)
    }
}

/// A rest that is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WriteOffInput, example = json!({"reason": "small_difference"}))]
pub(crate) struct WriteOffInput {
    /// How much; all that is due if not said.
    #[schema(value_type = Option<schema::AmountInput>)]
    amount: Option<String>,
    /// The currency of the amount; goes with it.
    #[schema(value_type = Option<schema::CurrencyCode>)]
    currency: Option<String>,
    /// Why.
    #[schema(value_type = schema::WriteOffReasonName)]
    reason: String,
    /// Why, in words; needed for `other`.
    #[schema(value_type = Option<schema::LongText>)]
    note: Option<String>,
    /// The day; today if not said.
    #[schema(value_type = Option<schema::Date>)]
    date: Option<String>,
}

impl WriteOffInput {
    pub(crate) fn read(self) -> Result<WriteOffData, Violations> {
        let (mut reader, at) = (Reader::default(), At::Body);
        let amount = amount_of(&mut reader, &at, self.amount.as_deref(), self.currency.as_deref());
        let reason = reader.named(&at.field("reason"), &self.reason);
        let date = reader.optional_date(&at.field("date"), self.date.as_deref());
        let data = amount.zip(reason).zip(date).map(|((amount, reason), date)| WriteOffData {
            amount,
            reason,
            note: self.note,
            date,
        });
        reader.finish(data)
    }
}

/// Money given back.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundView<'a> {
    amount: Amount,
    /// The day it was given back.
    #[schema(value_type = schema::Date)]
    date: NaiveDate,
    /// Why.
    reason: Option<&'a str>,
    /// Who gave it back.
    #[schema(value_type = Option<schema::UserId>)]
    by: Option<UserId>,
}

impl<'a> From<&'a Refund> for RefundView<'a> {
    fn from(refund: &'a Refund) -> Self {
        Self { amount: refund.amount().into(), date: refund.date(), reason: refund.reason(), by: refund.by() }
    }
}

/// That a payment did not happen after all.
#[derive(Serialize, ToSchema)]
#[schema(as = Reversal)]
pub(crate) struct ReversalView<'a> {
    /// The day.
    #[schema(value_type = schema::Date)]
    date: NaiveDate,
    /// Why.
    reason: Option<&'a str>,
}

/// A payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView<'a> {
    #[schema(value_type = schema::PaymentId)]
    id: invoice_core::PaymentId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    /// Who paid.
    #[schema(value_type = schema::ClientId)]
    client: invoice_core::ClientId,
    amount: Amount,
    #[schema(value_type = schema::CurrencyCode)]
    currency: Currency,
    /// The day it came in.
    #[schema(value_type = schema::Date)]
    date: NaiveDate,
    /// How it came.
    #[schema(value_type = schema::PaymentMethodName)]
    method: PaymentMethod,
    /// The bank's or payment provider's reference.
    external_reference: Option<&'a str>,
    /// Words for the team.
    note: Option<&'a str>,
    /// What it settles.
    allocations: Vec<AllocationBody>,
    /// What settles invoices.
    allocated: Amount,
    /// What was given back.
    refunded: Amount,
    /// The client's credit.
    unallocated: Amount,
    /// Money given back, entry by entry.
    refunds: Vec<RefundView<'a>>,
    /// That it did not happen after all.
    reversal: Option<ReversalView<'a>>,
    #[schema(value_type = Option<schema::UserId>)]
    created_by: Option<UserId>,
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
    #[schema(value_type = schema::Instant)]
    updated_at: Timestamp,
}

impl<'a> From<&'a Payment> for PaymentView<'a> {
    fn from(payment: &'a Payment) -> Self {
        Self {
            id: payment.id(),
            version: payment.version(),
            client: payment.client(),
            amount: payment.amount().into(),
            currency: payment.currency(),
            date: payment.date(),
            method: payment.method(),
            external_reference: payment.external_reference(),
            note: payment.note(),
            allocations: payment.allocations().iter().map(AllocationBody::from).collect(),
            allocated: payment.allocated().into(),
            refunded: payment.refunded().into(),
            unallocated: payment.unallocated().into(),
            refunds: payment.refunds().iter().map(RefundView::from).collect(),
            reversal: payment
                .reversal()
                .map(|reversal| ReversalView { date: reversal.date(), reason: reversal.reason() }),
            created_by: payment.created_by(),
            created_at: payment.created_at(),
            updated_at: payment.updated_at(),
        }
    }
}

/// A payment and the invoice it settled.
#[derive(Serialize, ToSchema)]
#[schema(as = Paid)]
pub(crate) struct PaidView<'a> {
    pub(crate) payment: PaymentView<'a>,
    /// The invoice after it.
    pub(crate) invoice: InvoiceView<'a>,
}

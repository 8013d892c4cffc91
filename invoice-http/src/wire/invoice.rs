use chrono::NaiveDate;
use invoice_core::line::Line;
use invoice_core::ports::InvoiceSummary;
use invoice_core::{
    Invoice, InvoiceData, InvoiceKind, Metadata, PaymentState, Status, Timestamp, UserId, Version,
    Violations, WriteOff,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount::Amount;
use super::client::ClientView;
use super::content::{ContentFields, PayableRoundingBody, document};
use super::issued::{IssuedView, SentView};
use super::line::{DocumentAdjustmentBody, LineBody};
use super::line_view::{Each, LineView};
use super::read::{At, Reader, name_of};
use super::references::{AccountingRateBody, DeliveryBody, NoteBody, PeriodBody, ReferencesBody};
use super::schema;
use super::terms::{InstructionBody, TermsBody};
use super::totals::TotalsView;
use crate::extract::TextMap;

document! {
    /// What a user decides about an invoice.
    #[schema(as = InvoiceInput, example = json!({
        "client": "cli_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
        "currency": "EUR",
        "lines": [{
            "name": "Lamp", "quantity": "3", "price": "19.95", "taxes": [{"category": "S", "rate": "19"}]
        }],
        "terms": {"due": {"kind": "days", "days": 30}}
    }))]
    InvoiceInput {
        /// What it is for (BT-3); `standard` if not said.
        #[schema(value_type = Option<schema::InvoiceKindName>)]
        kind: Option<String>,
    }
}

impl From<&Invoice> for InvoiceInput {
    fn from(invoice: &Invoice) -> Self {
        let notes = invoice.internal_notes().map(str::to_owned);
        let beside = (notes, invoice.metadata().into(), Some(name_of(&invoice.kind())));
        Self::join(ContentFields::from(invoice.content()), beside)
    }
}

impl InvoiceInput {
    pub(crate) fn read(self) -> Result<InvoiceData, Violations> {
        let mut reader = Reader::default();
        let data = self.data(&mut reader, &At::Body);
        reader.finish(data)
    }

    pub(crate) fn data(self, reader: &mut Reader, at: &At<'_>) -> Option<InvoiceData> {
        let (content, (internal_notes, metadata, kind)) = self.split();
        let kind = reader.named_or_default::<InvoiceKind>(&at.field("kind"), kind.as_deref());
        let content = content.read(reader, at);
        Some(InvoiceData { kind: kind?, content: content?, internal_notes, metadata: metadata.into() })
    }
}

/// A rest that is not asked for any more.
#[derive(Serialize, ToSchema)]
#[schema(as = WriteOff)]
pub(crate) struct WriteOffView<'a> {
    /// How much; negative where an earlier write-off is taken back.
    amount: Amount,
    #[schema(value_type = schema::WriteOffReasonName)]
    reason: invoice_core::WriteOffReason,
    /// Why, in words.
    note: Option<&'a str>,
    /// The day in the team's zone.
    #[schema(value_type = schema::Date)]
    date: NaiveDate,
    /// Who gave it up.
    #[schema(value_type = Option<schema::UserId>)]
    by: Option<UserId>,
}

impl<'a> From<&'a WriteOff> for WriteOffView<'a> {
    fn from(write_off: &'a WriteOff) -> Self {
        Self {
            amount: write_off.amount().into(),
            reason: write_off.reason(),
            note: write_off.note(),
            date: write_off.date(),
            by: write_off.by(),
        }
    }
}

/// An invoice.
#[derive(Serialize, ToSchema)]
#[schema(as = Invoice)]
pub(crate) struct InvoiceView<'a> {
    #[schema(value_type = schema::InvoiceId)]
    id: invoice_core::InvoiceId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    #[schema(value_type = schema::InvoiceKindName)]
    kind: InvoiceKind,
    /// What to show: the first that fits. Only answers to GET look whether it is `overdue`; others show it
    /// without looking at a date.
    #[schema(value_type = schema::StatusName)]
    status: Status,
    #[schema(value_type = schema::PaymentStateName)]
    payment_state: PaymentState,
    /// The number (BT-1); none before the issue.
    number: Option<&'a str>,
    #[schema(value_type = schema::ClientId)]
    client: invoice_core::ClientId,
    /// The client as it is now, if `expand=client` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_record: Option<ClientView<'a>>,
    /// The currency of all amounts (BT-5).
    #[schema(value_type = schema::CurrencyCode)]
    currency: invoice_core::Currency,
    #[schema(value_type = schema::PriceModeName)]
    prices: invoice_core::totals::PriceMode,
    #[schema(value_type = schema::RoundingName)]
    rounding: invoice_core::totals::Rounding,
    #[schema(value_type = schema::TaxRoundingName)]
    tax_rounding: invoice_core::totals::TaxRounding,
    /// The lines (BG-25); their figures are in the totals.
    #[schema(value_type = Vec<LineBody>)]
    lines: Each<'a, Line, LineView<'a>>,
    /// Allowances on the whole document (BG-20).
    allowances: Vec<DocumentAdjustmentBody>,
    /// Charges on the whole document (BG-21).
    charges: Vec<DocumentAdjustmentBody>,
    payable_rounding: PayableRoundingBody,
    /// The advance invoices that it deducts.
    #[schema(value_type = Vec<schema::InvoiceId>)]
    advances: &'a [invoice_core::InvoiceId],
    #[schema(value_type = Option<schema::SeriesId>)]
    series: Option<invoice_core::SeriesId>,
    /// The issue date (BT-2), chosen or given.
    #[schema(value_type = Option<schema::Date>)]
    issue_date: Option<NaiveDate>,
    /// The due date (BT-9); none before the issue.
    #[schema(value_type = Option<schema::Date>)]
    due_date: Option<NaiveDate>,
    /// When the goods were delivered or the service was done (BT-72).
    #[schema(value_type = Option<schema::Date>)]
    supply_date: Option<NaiveDate>,
    /// When VAT becomes accountable (BT-7), as chosen.
    #[schema(value_type = Option<schema::Date>)]
    tax_point: Option<NaiveDate>,
    period: Option<PeriodBody>,
    delivery: Option<DeliveryBody>,
    terms: Option<TermsBody>,
    /// How to pay (BG-16).
    instructions: Vec<InstructionBody>,
    /// Texts on the document (BG-1).
    notes: Vec<NoteBody>,
    references: ReferencesBody,
    accounting_rate: Option<AccountingRateBody>,
    /// Whether it is a simplified invoice.
    simplified: bool,
    /// The language of the document.
    language: Option<&'a str>,
    totals: TotalsView<'a>,
    /// What is still to be paid.
    due: Amount,
    /// The payments allocated to it.
    allocated: Amount,
    /// The credit notes issued against it.
    credited: Amount,
    /// What was written off.
    written_off: Amount,
    /// What was paid or credited beyond the payable amount.
    overpaid: Amount,
    /// The entries of what was written off.
    write_offs: Vec<WriteOffView<'a>>,
    /// What was frozen at the issue.
    issued: Option<IssuedView<'a>>,
    /// The sendings to the customer.
    sent: Option<SentView>,
    /// When the customer first saw it.
    #[schema(value_type = Option<schema::Instant>)]
    viewed_at: Option<Timestamp>,
    /// When it was voided.
    #[schema(value_type = Option<schema::Instant>)]
    voided_at: Option<Timestamp>,
    /// Whether it is marked as not to be expected any more.
    uncollectible: bool,
    /// The invoice it replaces.
    #[schema(value_type = Option<schema::InvoiceId>)]
    replaces: Option<invoice_core::InvoiceId>,
    /// The invoice that replaced it.
    #[schema(value_type = Option<schema::InvoiceId>)]
    replaced_by: Option<invoice_core::InvoiceId>,
    /// The final invoice that deducts this advance.
    #[schema(value_type = Option<schema::InvoiceId>)]
    deducted_in: Option<invoice_core::InvoiceId>,
    /// Notes the customer never sees.
    internal_notes: Option<&'a str>,
    /// Data of the embedding application.
    #[schema(value_type = schema::MetadataMap)]
    metadata: &'a Metadata,
    #[schema(value_type = Option<schema::UserId>)]
    created_by: Option<UserId>,
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
    #[schema(value_type = schema::Instant)]
    updated_at: Timestamp,
}

impl<'a> InvoiceView<'a> {
    /// The invoice as it is to be shown on a date.
    pub(crate) fn on(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// With the client as it is now.
    pub(crate) fn with_client(mut self, client: &'a invoice_core::Client) -> Self {
        self.client_record = Some(client.into());
        self
    }
}

impl<'a> From<&'a Invoice> for InvoiceView<'a> {
    fn from(invoice: &'a Invoice) -> Self {
        let content = invoice.content();
        Self {
            id: invoice.id(),
            version: invoice.version(),
            kind: invoice.kind(),
            status: invoice.stored_status(),
            payment_state: invoice.payment_state(),
            number: invoice.number(),
            client: content.client(),
            client_record: None,
            currency: content.currency(),
            prices: content.prices(),
            rounding: content.rounding(),
            tax_rounding: content.tax_rounding(),
            lines: content.lines().into(),
            allowances: content.allowances().iter().map(DocumentAdjustmentBody::from).collect(),
            charges: content.charges().iter().map(DocumentAdjustmentBody::from).collect(),
            payable_rounding: content.payable_rounding().into(),
            advances: content.advances(),
            series: content.series(),
            issue_date: content.issue_date(),
            due_date: invoice.issued().and_then(invoice_core::Issued::due_date),
            supply_date: content.supply_date(),
            tax_point: content.tax_point(),
            period: content.period().map(PeriodBody::from),
            delivery: content.delivery().map(DeliveryBody::from),
            terms: content.terms().map(TermsBody::from),
            instructions: content.instructions().iter().map(InstructionBody::from).collect(),
            notes: content.notes().iter().map(NoteBody::from).collect(),
            references: content.references().into(),
            accounting_rate: content.accounting_rate().map(AccountingRateBody::from),
            simplified: content.is_simplified(),
            language: content.language(),
            totals: invoice.totals().into(),
            due: invoice.due().into(),
            allocated: invoice.allocated().into(),
            credited: invoice.credited().into(),
            written_off: invoice.written_off().into(),
            overpaid: invoice.overpaid().into(),
            write_offs: invoice.write_offs().iter().map(WriteOffView::from).collect(),
            issued: invoice.issued().map(IssuedView::from),
            sent: invoice.sent().map(SentView::from),
            viewed_at: invoice.viewed_at(),
            voided_at: invoice.voided_at(),
            uncollectible: invoice.is_uncollectible(),
            replaces: invoice.replaces(),
            replaced_by: invoice.replaced_by(),
            deducted_in: invoice.deducted_in(),
            internal_notes: invoice.internal_notes(),
            metadata: invoice.metadata(),
            created_by: invoice.created_by(),
            created_at: invoice.created_at(),
            updated_at: invoice.updated_at(),
        }
    }
}

/// A row of a list of invoices.
#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceRow)]
pub(crate) struct InvoiceRow<'a> {
    #[schema(value_type = schema::InvoiceId)]
    id: invoice_core::InvoiceId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    #[schema(value_type = schema::InvoiceKindName)]
    kind: InvoiceKind,
    #[schema(value_type = schema::StatusName)]
    pub(crate) status: Status,
    #[schema(value_type = schema::PaymentStateName)]
    payment_state: PaymentState,
    /// The number (BT-1).
    number: Option<&'a str>,
    #[schema(value_type = schema::ClientId)]
    client: invoice_core::ClientId,
    /// The customer's name as frozen at the issue.
    customer_name: Option<&'a str>,
    #[schema(value_type = Option<schema::Date>)]
    issue_date: Option<NaiveDate>,
    #[schema(value_type = Option<schema::Date>)]
    due_date: Option<NaiveDate>,
    #[schema(value_type = schema::CurrencyCode)]
    currency: invoice_core::Currency,
    /// What is to be paid (BT-115).
    payable: Amount,
    /// What is still to be paid.
    due: Amount,
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
    #[schema(value_type = schema::Instant)]
    updated_at: Timestamp,
}

impl<'a> InvoiceRow<'a> {
    /// The row as it is to be shown on a date.
    pub(crate) fn on(row: &'a InvoiceSummary, as_of: NaiveDate) -> Self {
        Self { status: row.status_on(as_of), ..Self::from(row) }
    }
}

impl<'a> From<&'a InvoiceSummary> for InvoiceRow<'a> {
    fn from(row: &'a InvoiceSummary) -> Self {
        Self {
            id: row.id,
            version: row.version,
            kind: row.kind,
            status: row.status,
            payment_state: row.payment_state,
            number: row.number.as_deref(),
            client: row.client,
            customer_name: row.customer_name.as_deref(),
            issue_date: row.issue_date,
            due_date: row.due_date,
            currency: row.payable.currency(),
            payable: row.payable.into(),
            due: row.due.into(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Why something is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReasonInput, example = json!({"reason": "Issued by mistake"}))]
pub(crate) struct ReasonInput {
    /// Why, in words.
    #[schema(value_type = schema::RequiredText)]
    pub(crate) reason: String,
}

/// Why something is done, if there is something to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OptionalReasonInput, example = json!({"reason": "The bank took it back"}))]
pub(crate) struct OptionalReasonInput {
    /// Why, in words.
    #[schema(value_type = Option<schema::LongText>)]
    pub(crate) reason: Option<String>,
}

/// Nothing to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Empty, example = json!({}))]
pub(crate) struct EmptyInput {}

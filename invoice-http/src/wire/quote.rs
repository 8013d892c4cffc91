use chrono::NaiveDate;
use invoice_core::line::Line;
use invoice_core::{
    Metadata, Quote, QuoteData, QuoteKind, QuoteStatus, Timestamp, UserId, Version, Violations,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// What a user decides about a quote or pro-forma invoice.
    #[schema(as = QuoteInput, example = json!({
        "client": "cli_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
        "currency": "EUR",
        "valid_until": "2026-04-30",
        "lines": [{
            "name": "Lamp", "quantity": "3", "price": "19.95", "taxes": [{"category": "S", "rate": "19"}]
        }]
    }))]
    QuoteInput {
        /// What it is; `quote` if not said.
        #[schema(value_type = Option<schema::QuoteKindName>)]
        kind: Option<String>,
        /// The last day it can be accepted on.
        #[schema(value_type = Option<schema::Date>)]
        valid_until: Option<String>,
    }
}

impl From<&Quote> for QuoteInput {
    fn from(quote: &Quote) -> Self {
        let beside = (
            quote.internal_notes().map(str::to_owned),
            quote.metadata().into(),
            Some(name_of(&quote.kind())),
            quote.valid_until().map(|date| date.to_string()),
        );
        Self::join(ContentFields::from(quote.content()), beside)
    }
}

impl QuoteInput {
    pub(crate) fn read(self) -> Result<QuoteData, Violations> {
        let (mut reader, at) = (Reader::default(), At::Body);
        let (content, (internal_notes, metadata, kind, valid_until)) = self.split();
        let kind = reader.named_or_default::<QuoteKind>(&at.field("kind"), kind.as_deref());
        let valid_until = reader.optional_date(&at.field("valid_until"), valid_until.as_deref());
        let content = content.read(&mut reader, &at);
        let data = kind.zip(valid_until).zip(content).map(|((kind, valid_until), content)| QuoteData {
            kind,
            content,
            valid_until,
            internal_notes,
            metadata: metadata.into(),
        });
        reader.finish(data)
    }
}

/// A quote or pro-forma invoice.
#[derive(Serialize, ToSchema)]
#[schema(as = Quote)]
pub(crate) struct QuoteView<'a> {
    #[schema(value_type = schema::QuoteId)]
    id: invoice_core::QuoteId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    #[schema(value_type = schema::QuoteKindName)]
    kind: QuoteKind,
    #[schema(value_type = schema::QuoteStatusName)]
    status: QuoteStatus,
    /// The number; none before the issue.
    number: Option<&'a str>,
    /// The last day it can be accepted on.
    #[schema(value_type = Option<schema::Date>)]
    valid_until: Option<NaiveDate>,
    #[schema(value_type = schema::ClientId)]
    client: invoice_core::ClientId,
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
    #[schema(value_type = Option<schema::SeriesId>)]
    series: Option<invoice_core::SeriesId>,
    /// The issue date, chosen or given.
    #[schema(value_type = Option<schema::Date>)]
    issue_date: Option<NaiveDate>,
    /// When the goods are delivered or the service is done (BT-72).
    #[schema(value_type = Option<schema::Date>)]
    supply_date: Option<NaiveDate>,
    period: Option<PeriodBody>,
    delivery: Option<DeliveryBody>,
    terms: Option<TermsBody>,
    /// How to pay (BG-16).
    instructions: Vec<InstructionBody>,
    /// Texts on the document (BG-1).
    notes: Vec<NoteBody>,
    references: ReferencesBody,
    /// The language of the document.
    language: Option<&'a str>,
    totals: TotalsView<'a>,
    /// What was frozen at the issue.
    issued: Option<IssuedView<'a>>,
    /// The sendings to the customer.
    sent: Option<SentView>,
    /// The invoice made from it.
    #[schema(value_type = Option<schema::InvoiceId>)]
    converted_to: Option<invoice_core::InvoiceId>,
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

impl<'a> From<&'a Quote> for QuoteView<'a> {
    fn from(quote: &'a Quote) -> Self {
        let content = quote.content();
        Self {
            id: quote.id(),
            version: quote.version(),
            kind: quote.kind(),
            status: quote.status(),
            number: quote.number(),
            valid_until: quote.valid_until(),
            client: content.client(),
            currency: content.currency(),
            prices: content.prices(),
            rounding: content.rounding(),
            tax_rounding: content.tax_rounding(),
            lines: content.lines().into(),
            allowances: content.allowances().iter().map(DocumentAdjustmentBody::from).collect(),
            charges: content.charges().iter().map(DocumentAdjustmentBody::from).collect(),
            payable_rounding: content.payable_rounding().into(),
            series: content.series(),
            issue_date: content.issue_date(),
            supply_date: content.supply_date(),
            period: content.period().map(PeriodBody::from),
            delivery: content.delivery().map(DeliveryBody::from),
            terms: content.terms().map(TermsBody::from),
            instructions: content.instructions().iter().map(InstructionBody::from).collect(),
            notes: content.notes().iter().map(NoteBody::from).collect(),
            references: content.references().into(),
            language: content.language(),
            totals: quote.totals().into(),
            issued: quote.issued().map(IssuedView::from),
            sent: quote.sent().map(SentView::from),
            converted_to: quote.converted_to(),
            internal_notes: quote.internal_notes(),
            metadata: quote.metadata(),
            created_by: quote.created_by(),
            created_at: quote.created_at(),
            updated_at: quote.updated_at(),
        }
    }
}

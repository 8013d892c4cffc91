use invoice_core::{
    Code, CreditLine, CreditNote, CreditNoteData, CreditNoteStatus, CreditScope, CreditShare, CreditedLine,
    Currency, Metadata, Note, Timestamp, UserId, Version, Violations,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount::Amount;
use super::issued::{IssuedView, SentView};
use super::read::{At, Reader};
use super::references::{NoteBody, PrecedingBody};
use super::schema;
use super::totals::TotalsView;
use crate::Problem;
use crate::extract::TextMap;

/// How much of one line to credit: all that is left of it, or a net amount, or so many of its quantity.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditLine, example = json!({"line": "1", "quantity": "2"}))]
pub(crate) struct CreditLineBody {
    /// The line's identifier (BT-126).
    #[schema(value_type = schema::ShortText)]
    line: String,
    /// A net amount of the line.
    #[schema(value_type = Option<schema::AmountInput>)]
    net: Option<String>,
    /// So many of the line's quantity.
    #[schema(value_type = Option<schema::Decimal>)]
    quantity: Option<String>,
}

/// How much of an invoice to credit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditScope, example = json!({"kind": "lines", "lines": [{"line": "1", "quantity": "2"}]}))]
pub(crate) struct ScopeBody {
    /// Everything that is left (`full`), some `lines`, or an `amount` with tax.
    #[schema(value_type = schema::CreditKind)]
    kind: String,
    /// The lines, each at most once, for `lines`.
    lines: Option<Vec<CreditLineBody>>,
    /// The amount with tax, for `amount`.
    #[schema(value_type = Option<schema::AmountInput>)]
    amount: Option<String>,
    /// The currency of the invoice; needed with amounts.
    #[schema(value_type = Option<schema::CurrencyCode>)]
    currency: Option<String>,
}

impl ScopeBody {
    fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<CreditScope> {
        let currency = reader.optional::<Currency>(&at.field("currency"), self.currency.as_deref())?;
        let priced = self.amount.is_some() || self.lines.iter().flatten().any(|line| line.net.is_some());
        if priced && currency.is_none() {
            reader.add(&at.field("currency"), Code::Required, "amounts come with their currency");
            return None;
        }
        let mut refuse = |field, code, detail| {
            reader.add(&at.field(field), code, detail);
            None
        };
        match (self.kind.as_str(), self.lines, self.amount) {
            ("full", None, None) => Some(CreditScope::Full),
            ("amount", None, Some(amount)) => {
                reader.money(&at.field("amount"), &amount, currency).map(CreditScope::Amount)
            }
            ("lines", Some(lines), None) => {
                let lines = reader.each(&at.field("lines"), lines, |reader, at, line| {
                    read_line(line, reader, at, currency)
                });
                lines.map(CreditScope::Lines)
            }
            ("amount", None, None) => refuse("amount", Code::Required, "state how much"),
            ("lines", None, None) => refuse("lines", Code::Required, "name the lines"),
            ("full" | "amount", Some(_), _) => {
                refuse("lines", Code::Inconsistent, "this kind takes no lines")
            }
            ("full" | "lines", _, Some(_)) => {
                refuse("amount", Code::Inconsistent, "this kind takes no amount")
            }
            _ => refuse("kind", Code::Unknown, "not one of full, lines, amount"),
        }
    }
}

fn read_line(
    line: CreditLineBody,
    reader: &mut Reader,
    at: &At<'_>,
    currency: Option<Currency>,
) -> Option<CreditLine> {
    match (line.net, line.quantity) {
        (None, None) => Some(CreditLine::left(line.line)),
        (Some(net), None) => {
            reader.money(&at.field("net"), &net, currency).map(|net| CreditLine::net(line.line, net))
        }
        (None, Some(quantity)) => {
            let quantity = reader.parse(&at.field("quantity"), &quantity)?;
            Some(CreditLine::quantity(line.line, quantity))
        }
        (Some(_), Some(_)) => {
            reader.add(&at.field("quantity"), Code::Inconsistent, "either a net amount or a quantity");
            None
        }
    }
}

/// What a user decides about a credit note.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditNoteInput, example = json!({"scope": {"kind": "full"}, "reason": "Goods returned"}))]
pub(crate) struct CreditNoteInput {
    /// How much of the invoice.
    scope: ScopeBody,
    /// Why (BT-22), printed on the credit note.
    #[schema(value_type = schema::RequiredText)]
    reason: String,
    /// The series that numbers it; the one named `default` if not said.
    #[schema(value_type = Option<schema::SeriesId>)]
    series: Option<String>,
    /// The issue date (BT-2); the day it is issued if not said.
    #[schema(value_type = Option<schema::Date>)]
    issue_date: Option<String>,
    /// Texts on the document (BG-1).
    #[serde(default)]
    #[schema(max_items = 100)]
    notes: Vec<NoteBody>,
    /// Notes the customer never sees.
    #[schema(value_type = Option<schema::LongText>)]
    internal_notes: Option<String>,
    /// Data of the embedding application.
    #[serde(default)]
    #[schema(value_type = schema::MetadataMap)]
    metadata: TextMap,
}

impl From<&CreditScope> for ScopeBody {
    fn from(scope: &CreditScope) -> Self {
        let empty = |kind: &str| Self { kind: kind.to_owned(), lines: None, amount: None, currency: None };
        match scope {
            CreditScope::Full => empty("full"),
            CreditScope::Amount(amount) => Self {
                amount: Some(Amount(*amount).to_string()),
                currency: Some(amount.currency().code().to_owned()),
                ..empty("amount")
            },
            CreditScope::Lines(lines) => {
                let nets = lines.iter().filter_map(|line| match line.share() {
                    CreditShare::Net(net) => Some(net.currency()),
                    _ => None,
                });
                let currency = nets.map(|currency| currency.code().to_owned()).next();
                let lines = Some(lines.iter().map(CreditLineBody::from).collect());
                Self { lines, currency, ..empty("lines") }
            }
        }
    }
}

impl From<&CreditLine> for CreditLineBody {
    fn from(credit: &CreditLine) -> Self {
        let (net, quantity) = match credit.share() {
            CreditShare::Left => (None, None),
            CreditShare::Net(net) => (Some(Amount(net).to_string()), None),
            CreditShare::Quantity(quantity) => (None, Some(quantity.to_string())),
        };
        Self { line: credit.line().to_owned(), net, quantity }
    }
}

impl From<&CreditNote> for CreditNoteInput {
    fn from(note: &CreditNote) -> Self {
        let data = note.data();
        Self {
            scope: (&data.scope).into(),
            reason: data.reason.clone(),
            series: data.series.map(|series| series.to_string()),
            issue_date: data.issue_date.map(|date| date.to_string()),
            notes: data.notes.iter().map(NoteBody::from).collect(),
            internal_notes: data.internal_notes.clone(),
            metadata: (&data.metadata).into(),
        }
    }
}

impl CreditNoteInput {
    pub(crate) fn read(self) -> Result<CreditNoteData, Violations> {
        self.read_at(&At::Body)
    }

    fn read_at(self, at: &At<'_>) -> Result<CreditNoteData, Violations> {
        let mut reader = Reader::default();
        let data = self.data(&mut reader, at);
        reader.finish(data)
    }

    /// What an imported credit note says; it joins no series.
    pub(crate) fn imported(
        scope: ScopeBody,
        reason: String,
        notes: Vec<NoteBody>,
        internal_notes: Option<String>,
        metadata: TextMap,
    ) -> Self {
        Self { scope, reason, series: None, issue_date: None, notes, internal_notes, metadata }
    }

    pub(crate) fn data(self, reader: &mut Reader, at: &At<'_>) -> Option<CreditNoteData> {
        let scope = self.scope.read(reader, &at.field("scope"));
        let series = reader.optional(&at.field("series"), self.series.as_deref());
        let issue_date = reader.optional_date(&at.field("issue_date"), self.issue_date.as_deref());
        Some(CreditNoteData {
            scope: scope?,
            reason: self.reason,
            series: series?,
            issue_date: issue_date?,
            notes: self.notes.into_iter().map(Note::from).collect(),
            internal_notes: self.internal_notes,
            metadata: self.metadata.into(),
        })
    }
}

/// A credit note to be issued at once, or drafted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditInput, example = json!({"credit_note": {"scope": {"kind": "full"}, "reason": "Goods returned"}}))]
pub(crate) struct CreditInput {
    /// What to credit.
    credit_note: CreditNoteInput,
    /// Leaves it a draft, of which the invoice knows nothing.
    #[serde(default)]
    pub(crate) draft: bool,
}

impl CreditInput {
    pub(crate) fn read(self) -> Result<CreditNoteData, Violations> {
        self.credit_note.read_at(&At::Body.field("credit_note"))
    }

    /// The problem with the pointers of a credit note's fields as they are in this body.
    pub(crate) fn place(problem: Problem) -> Problem {
        problem.under("/credit_note", |pointer| !["/client", "/supplier"].contains(&pointer))
    }
}

/// A line of a credit note.
#[derive(Serialize, ToSchema)]
#[schema(as = CreditedLine)]
pub(crate) struct CreditedLineView<'a> {
    /// The line of the invoice (BT-126); none for its document allowances and charges.
    line: Option<&'a str>,
    /// The name of the item (BT-153).
    name: &'a str,
    /// The credited amount without tax (BT-131).
    net: Amount,
}

impl<'a> From<&'a CreditedLine> for CreditedLineView<'a> {
    fn from(line: &'a CreditedLine) -> Self {
        Self { line: line.line(), name: line.name(), net: line.net().into() }
    }
}

/// A credit note: amounts are positive and lower what the customer owes.
#[derive(Serialize, ToSchema)]
#[schema(as = CreditNote)]
pub(crate) struct CreditNoteView<'a> {
    #[schema(value_type = schema::CreditNoteId)]
    id: invoice_core::CreditNoteId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    #[schema(value_type = schema::CreditNoteStatusName)]
    status: CreditNoteStatus,
    /// The document type code (BT-3): 381 or 261.
    type_code: &'a str,
    /// The number (BT-1); none before the issue.
    number: Option<&'a str>,
    /// The invoice it credits.
    #[schema(value_type = schema::InvoiceId)]
    invoice: invoice_core::InvoiceId,
    /// The invoice's number and date (BG-3).
    preceding: PrecedingBody,
    #[schema(value_type = schema::ClientId)]
    client: invoice_core::ClientId,
    #[schema(value_type = schema::CurrencyCode)]
    currency: Currency,
    /// Why (BT-22).
    reason: &'a str,
    #[schema(value_type = Option<schema::SeriesId>)]
    series: Option<invoice_core::SeriesId>,
    /// The issue date (BT-2), chosen or given.
    #[schema(value_type = Option<schema::Date>)]
    issue_date: Option<chrono::NaiveDate>,
    /// What it credits of each line; a draft's is a preview.
    lines: Vec<CreditedLineView<'a>>,
    totals: TotalsView<'a>,
    /// Texts on the document (BG-1).
    notes: Vec<NoteBody>,
    /// What was frozen at the issue.
    issued: Option<IssuedView<'a>>,
    /// The sendings to the customer.
    sent: Option<SentView>,
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

impl<'a> From<&'a CreditNote> for CreditNoteView<'a> {
    fn from(note: &'a CreditNote) -> Self {
        let data = note.data();
        Self {
            id: note.id(),
            version: note.version(),
            status: note.status(),
            type_code: note.type_code(),
            number: note.number(),
            invoice: note.invoice(),
            preceding: note.preceding().into(),
            client: note.client(),
            currency: note.currency(),
            reason: &data.reason,
            series: data.series,
            issue_date: data.issue_date,
            lines: note.lines().iter().map(CreditedLineView::from).collect(),
            totals: note.totals().into(),
            notes: data.notes.iter().map(NoteBody::from).collect(),
            issued: note.issued().map(IssuedView::from),
            sent: note.sent().map(SentView::from),
            internal_notes: data.internal_notes.as_deref(),
            metadata: &data.metadata,
            created_by: note.created_by(),
            created_at: note.created_at(),
            updated_at: note.updated_at(),
        }
    }
}

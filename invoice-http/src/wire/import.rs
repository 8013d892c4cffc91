//! Documents that another system issued.

use invoice_core::service::{ImportedCreditNote, ImportedInvoice};
use invoice_core::{Code, InvoiceKind, Party, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::content::{ContentFields, PayableRoundingBody, document};
use super::credit_note::CreditNoteInput;
use super::line::{DocumentAdjustmentBody, LineBody};
use super::party::PartyBody;
use super::read::{At, Reader};
use super::references::{AccountingRateBody, DeliveryBody, NoteBody, PeriodBody, ReferencesBody};
use super::schema;
use super::terms::{InstructionBody, TermsBody};
use crate::extract::TextMap;

document! {
    /// An invoice issued elsewhere, with its number. Its `issue_date` is required.
    #[schema(as = InvoiceImport, example = json!({
        "number": "OLD-7", "issue_date": "2025-11-30", "payable": "119.00", "delivered": true,
        "client": "cli_0192d3f0c1a47b3e8f7a5d6c4b3a2910", "currency": "EUR",
        "lines": [{
            "name": "Lamp", "quantity": "4", "price": "25.00", "taxes": [{"category": "S", "rate": "19"}]
        }]
    }))]
    InvoiceImport {
        /// What it is for (BT-3); `standard` if not said.
        #[schema(value_type = Option<schema::InvoiceKindName>)]
        kind: Option<String>,
        /// Its number (BT-1).
        #[schema(max_length = 100, pattern = "\\S")]
        number: String,
        /// Its due date (BT-9); by its terms if not said.
        #[schema(value_type = Option<schema::Date>)]
        due_date: Option<String>,
        /// The seller as it was then; as the profile has it now if not said.
        supplier: Option<PartyBody>,
        /// The buyer as it was then; as the client is now if not said.
        customer: Option<PartyBody>,
        /// The payable amount printed on it: refused if the content gives another.
        #[schema(value_type = schema::AmountInput)]
        payable: String,
        /// Whether the customer has it.
        #[serde(default)]
        delivered: bool,
    }
}

impl InvoiceImport {
    pub(crate) fn read(self) -> Result<ImportedInvoice, Violations> {
        let mut reader = Reader::default();
        let import = self.import(&mut reader, &At::Body);
        reader.finish(import)
    }

    fn import(self, reader: &mut Reader, at: &At<'_>) -> Option<ImportedInvoice> {
        let (content, beside) = self.split();
        let (internal_notes, metadata, kind, number, due_date, supplier, customer, payable, delivered) =
            beside;
        if content.issue_date.is_none() {
            reader.add(&at.field("issue_date"), Code::Required, "an import states its issue date");
        }
        let kind = reader.named_or_default::<InvoiceKind>(&at.field("kind"), kind.as_deref());
        let due_date = reader.optional_date(&at.field("due_date"), due_date.as_deref());
        let mut party = |name, body: Option<PartyBody>| match body {
            Some(body) => body.read(reader, &at.field(name)).map(Some),
            None => Some(None::<Party>),
        };
        let supplier = party("supplier", supplier);
        let customer = party("customer", customer);
        let content = content.read(reader, at);
        let currency = content.as_ref().map(invoice_core::Content::currency);
        let payable = reader.money(&at.field("payable"), &payable, currency);
        let content = content?;
        Some(ImportedInvoice {
            number,
            issue_date: content.issue_date()?,
            due_date: due_date?,
            data: invoice_core::InvoiceData {
                kind: kind?,
                content,
                internal_notes,
                metadata: metadata.into(),
            },
            supplier: supplier?,
            customer: customer?,
            payable: payable?,
            delivered,
        })
    }
}

/// A credit note issued elsewhere, against an invoice that is here. Its `issue_date` is required.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditNoteImport, example = json!({
    "number": "OLD-CN-3", "invoice": "inv_0192d3f0c1a47b3e8f7a5d6c4b3a2910", "issue_date": "2025-12-30",
    "payable": "119.00", "currency": "EUR", "scope": {"kind": "full"}, "reason": "Goods returned"
}))]
pub(crate) struct CreditNoteImport {
    /// Its number (BT-1).
    #[schema(max_length = 100, pattern = "\\S")]
    number: String,
    /// The invoice it credits.
    #[schema(value_type = schema::InvoiceId)]
    invoice: String,
    /// The amount printed on it: refused if the data give another.
    #[schema(value_type = schema::AmountInput)]
    payable: String,
    /// The currency of the amount.
    #[schema(value_type = schema::CurrencyCode)]
    currency: String,
    /// Its issue date (BT-2).
    #[schema(value_type = schema::Date)]
    issue_date: String,
    /// How much of the invoice.
    scope: super::credit_note::ScopeBody,
    /// Why (BT-22).
    #[schema(value_type = schema::RequiredText)]
    reason: String,
    /// Texts on the document (BG-1).
    #[serde(default)]
    #[schema(max_items = 100)]
    notes: Vec<NoteBody>,
    /// Notes the customer never sees.
    #[schema(value_type = Option<schema::LongText>)]
    internal_notes: Option<String>,
    /// Data of the embedding application.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    metadata: TextMap,
}

impl CreditNoteImport {
    pub(crate) fn read(self) -> Result<ImportedCreditNote, Violations> {
        let mut reader = Reader::default();
        let import = self.import(&mut reader, &At::Body);
        reader.finish(import)
    }

    fn import(self, reader: &mut Reader, at: &At<'_>) -> Option<ImportedCreditNote> {
        let invoice = reader.parse(&at.field("invoice"), &self.invoice);
        let currency = reader.parse(&at.field("currency"), &self.currency);
        let payable = reader.money(&at.field("payable"), &self.payable, currency);
        let issue_date = reader.date(&at.field("issue_date"), &self.issue_date);
        let data = CreditNoteInput::imported(
            self.scope,
            self.reason,
            self.notes,
            self.internal_notes,
            self.metadata,
        );
        let data = data.data(reader, at);
        Some(ImportedCreditNote {
            number: self.number,
            issue_date: issue_date?,
            invoice: invoice?,
            data: data?,
            payable: payable?,
        })
    }
}

//! Notes, references, periods, delivery, and the rate VAT is accounted at.

use invoice_core::line::InvoicePeriod;
use invoice_core::{AccountingRate, Delivery, Note, Preceding, References};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::party::AddressBody;
use super::read::{At, Reader};
use super::schema;

/// A text on the document (BG-1).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Note, example = json!({"text": "Thank you."}))]
pub(crate) struct NoteBody {
    /// The text (BT-22).
    #[schema(value_type = schema::NoteText)]
    text: String,
    /// What it is about, a code of UNTDID 4451 (BT-21).
    #[schema(value_type = Option<schema::SubjectCode>)]
    subject: Option<String>,
}

impl From<&Note> for NoteBody {
    fn from(note: &Note) -> Self {
        Self { text: note.text().to_owned(), subject: note.subject().map(str::to_owned) }
    }
}

impl From<NoteBody> for Note {
    fn from(body: NoteBody) -> Self {
        let note = Self::new(body.text);
        match body.subject {
            Some(subject) => note.with_subject(subject),
            None => note,
        }
    }
}

/// An earlier document (BG-3).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Preceding, example = json!({"number": "INV-2025-00042", "issue_date": "2025-12-01"}))]
pub(crate) struct PrecedingBody {
    /// Its number (BT-25).
    #[schema(value_type = schema::RequiredText)]
    number: String,
    /// Its issue date (BT-26).
    #[schema(value_type = Option<schema::Date>)]
    issue_date: Option<String>,
}

impl From<&Preceding> for PrecedingBody {
    fn from(preceding: &Preceding) -> Self {
        Self {
            number: preceding.number().to_owned(),
            issue_date: preceding.issue_date().map(|date| date.to_string()),
        }
    }
}

/// Identifiers the two parties use, and earlier documents.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = References, example = json!({"purchase_order": "PO-77"}))]
pub(crate) struct ReferencesBody {
    /// What the buyer wants to see (BT-10).
    #[schema(value_type = Option<schema::ShortText>)]
    buyer_reference: Option<String>,
    /// The project (BT-11).
    #[schema(value_type = Option<schema::ShortText>)]
    project: Option<String>,
    /// The contract (BT-12).
    #[schema(value_type = Option<schema::ShortText>)]
    contract: Option<String>,
    /// The buyer's order (BT-13).
    #[schema(value_type = Option<schema::ShortText>)]
    purchase_order: Option<String>,
    /// The seller's order (BT-14).
    #[schema(value_type = Option<schema::ShortText>)]
    sales_order: Option<String>,
    /// The despatch advice (BT-16).
    #[schema(value_type = Option<schema::ShortText>)]
    despatch_advice: Option<String>,
    /// Earlier documents (BG-3).
    #[serde(default)]
    #[schema(max_items = 100)]
    preceding: Vec<PrecedingBody>,
}

impl From<&References> for ReferencesBody {
    fn from(references: &References) -> Self {
        Self {
            buyer_reference: references.buyer_reference.clone(),
            project: references.project.clone(),
            contract: references.contract.clone(),
            purchase_order: references.purchase_order.clone(),
            sales_order: references.sales_order.clone(),
            despatch_advice: references.despatch_advice.clone(),
            preceding: references.preceding.iter().map(PrecedingBody::from).collect(),
        }
    }
}

impl ReferencesBody {
    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<References> {
        let preceding = reader.each(&at.field("preceding"), self.preceding, |reader, at, body| {
            let date = reader.optional_date(&at.field("issue_date"), body.issue_date.as_deref())?;
            Some(Preceding::new(body.number, date))
        });
        Some(References {
            buyer_reference: self.buyer_reference,
            project: self.project,
            contract: self.contract,
            purchase_order: self.purchase_order,
            sales_order: self.sales_order,
            despatch_advice: self.despatch_advice,
            preceding: preceding?,
        })
    }
}

/// Days something was delivered over: a start, an end, or both (BG-14, BG-26).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Period, example = json!({"start": "2026-02-01", "end": "2026-02-28"}))]
pub(crate) struct PeriodBody {
    /// The first day (BT-73, BT-134).
    #[schema(value_type = Option<schema::Date>)]
    start: Option<String>,
    /// The last day (BT-74, BT-135).
    #[schema(value_type = Option<schema::Date>)]
    end: Option<String>,
}

impl From<InvoicePeriod> for PeriodBody {
    fn from(period: InvoicePeriod) -> Self {
        Self {
            start: period.start().map(|date| date.to_string()),
            end: period.end().map(|date| date.to_string()),
        }
    }
}

impl PeriodBody {
    pub(crate) fn read(&self, reader: &mut Reader, at: &At<'_>) -> Option<InvoicePeriod> {
        let start = reader.optional_date(&at.field("start"), self.start.as_deref());
        let end = reader.optional_date(&at.field("end"), self.end.as_deref());
        reader.check(at, InvoicePeriod::new(start?, end?))
    }
}

/// Where the goods went (BG-13, BG-15).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Delivery, example = json!({"name": "Lager Süd", "address": {"city": "Lyon", "country": "FR"}}))]
pub(crate) struct DeliveryBody {
    /// Who received the goods (BT-70).
    #[schema(value_type = Option<schema::ShortText>)]
    name: Option<String>,
    /// Where to.
    address: AddressBody,
}

impl From<&Delivery> for DeliveryBody {
    fn from(delivery: &Delivery) -> Self {
        Self { name: delivery.name().map(str::to_owned), address: delivery.address().into() }
    }
}

impl DeliveryBody {
    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<Delivery> {
        let delivery = Delivery::new(self.address.read(reader, &at.field("address"))?);
        Some(match self.name {
            Some(name) => delivery.with_name(name),
            None => delivery,
        })
    }
}

/// The rate VAT is accounted at in another currency (BT-6).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountingRate, example = json!({
    "currency": "SEK", "rate": "11.4325", "date": "2026-03-02", "source": "ECB"
}))]
pub(crate) struct AccountingRateBody {
    /// The currency VAT is accounted in.
    #[schema(value_type = schema::CurrencyCode)]
    currency: String,
    /// Units of it for one unit of the document's currency.
    #[schema(value_type = schema::Decimal)]
    rate: String,
    /// The day the rate is of.
    #[schema(value_type = schema::Date)]
    date: String,
    /// Who published the rate.
    #[schema(value_type = schema::RequiredText)]
    source: String,
}

impl From<&AccountingRate> for AccountingRateBody {
    fn from(rate: &AccountingRate) -> Self {
        Self {
            currency: rate.currency().code().to_owned(),
            rate: rate.rate().to_string(),
            date: rate.date().to_string(),
            source: rate.source().to_owned(),
        }
    }
}

impl AccountingRateBody {
    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<AccountingRate> {
        let currency = reader.parse(&at.field("currency"), &self.currency);
        let rate = reader.parse(&at.field("rate"), &self.rate);
        let date = reader.date(&at.field("date"), &self.date);
        Some(AccountingRate::new(currency?, rate?, date?, self.source))
    }
}

//! What stands on an invoice or quote.

use invoice_core::totals::PayableRounding;
use invoice_core::{ClientId, Code, Content, Currency, Money, Note};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount::Amount;
use super::line::{DocumentAdjustmentBody, LineBody};
use super::read::{At, Maybe, Reader, name_of};
use super::references::{AccountingRateBody, DeliveryBody, NoteBody, PeriodBody, ReferencesBody};
use super::schema;
use super::terms::{InstructionBody, TermsBody};

/// How the payable amount is rounded (BT-114).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayableRounding, example = json!({"kind": "increment", "amount": "0.05"}))]
pub(crate) struct PayableRoundingBody {
    /// By a stated `amount`, to a multiple (`increment`), or not at all.
    #[schema(value_type = schema::PayableRoundingKind)]
    kind: String,
    /// The amount added, or the increment.
    #[schema(value_type = Option<schema::AmountInput>)]
    amount: Option<String>,
}

impl From<&PayableRounding> for PayableRoundingBody {
    fn from(rounding: &PayableRounding) -> Self {
        let (kind, amount) = match rounding {
            PayableRounding::None => ("none", None),
            PayableRounding::Amount(amount) => ("amount", Some(amount)),
            PayableRounding::Increment(amount) => ("increment", Some(amount)),
        };
        Self { kind: kind.to_owned(), amount: amount.map(|amount| Amount(*amount).to_string()) }
    }
}

impl PayableRoundingBody {
    fn read(self, reader: &mut Reader, at: &At<'_>, currency: Option<Currency>) -> Option<PayableRounding> {
        let with: fn(Money) -> PayableRounding = match (self.kind.as_str(), &self.amount) {
            ("none", None) => return Some(PayableRounding::None),
            ("amount", _) => PayableRounding::Amount,
            ("increment", _) => PayableRounding::Increment,
            ("none", Some(_)) => {
                reader.add(&at.field("amount"), Code::Inconsistent, "this kind takes no amount");
                return None;
            }
            _ => {
                reader.add(&at.field("kind"), Code::Unknown, "not one of none, amount, increment");
                return None;
            }
        };
        let Some(amount) = self.amount else {
            reader.add(&at.field("amount"), Code::Required, "this kind needs an amount");
            return None;
        };
        reader.money(&at.field("amount"), &amount, currency).map(with)
    }
}

/// A struct with the fields of a document's content and some of its own.
macro_rules! document {
    ($(#[$meta:meta])* $name:ident { $($(#[$own_meta:meta])* $own:ident: $type:ty,)* }) => {
        #[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$meta])*
        pub(crate) struct $name {
            /// Whom it is for.
            #[schema(value_type = schema::ClientId)]
            client: String,
            /// The currency of all amounts (BT-5).
            #[schema(value_type = schema::CurrencyCode)]
            currency: String,
            /// Whether prices are without or with tax; `net` if not said.
            #[schema(value_type = Option<schema::PriceModeName>)]
            prices: Option<String>,
            /// Where amounts are rounded; `currency` if not said.
            #[schema(value_type = Option<schema::RoundingName>)]
            rounding: Option<String>,
            /// How tax amounts are rounded; `half_away_from_zero` if not said.
            #[schema(value_type = Option<schema::TaxRoundingName>)]
            tax_rounding: Option<String>,
            /// The lines (BG-25).
            #[serde(default)]
            #[schema(max_items = 10000)]
            lines: Vec<LineBody>,
            /// Allowances on the whole document (BG-20).
            #[serde(default)]
            #[schema(max_items = 1000)]
            allowances: Vec<DocumentAdjustmentBody>,
            /// Charges on the whole document (BG-21).
            #[serde(default)]
            #[schema(max_items = 1000)]
            charges: Vec<DocumentAdjustmentBody>,
            /// What was paid before without a tax invoice (BT-113).
            #[schema(value_type = Option<schema::AmountInput>)]
            prepaid: Option<String>,
            /// How the payable amount is rounded (BT-114).
            payable_rounding: Option<PayableRoundingBody>,
            /// The advance invoices that it deducts.
            #[serde(default)]
            #[schema(value_type = Vec<schema::InvoiceId>)]
            advances: Vec<String>,
            /// The series that numbers it; the one named `default` if not said.
            #[schema(value_type = Option<schema::SeriesId>)]
            series: Option<String>,
            /// The issue date (BT-2); the day it is issued if not said.
            #[schema(value_type = Option<schema::Date>)]
            issue_date: Option<String>,
            /// When the goods were delivered or the service was done (BT-72).
            #[schema(value_type = Option<schema::Date>)]
            supply_date: Option<String>,
            /// When VAT becomes accountable (BT-7).
            #[schema(value_type = Option<schema::Date>)]
            tax_point: Option<String>,
            /// The invoicing period (BG-14).
            period: Option<PeriodBody>,
            /// Where the goods went (BG-13).
            delivery: Option<DeliveryBody>,
            /// The payment terms; the client's or the team's if not said.
            terms: Option<TermsBody>,
            /// How to pay (BG-16); as the team says if not said.
            #[serde(default)]
            instructions: Vec<InstructionBody>,
            /// Texts on the document (BG-1).
            #[serde(default)]
            #[schema(max_items = 100)]
            notes: Vec<NoteBody>,
            /// What it refers to.
            references: Option<ReferencesBody>,
            /// The rate VAT is accounted at in another currency (BT-6).
            accounting_rate: Option<AccountingRateBody>,
            /// Whether it is a simplified invoice.
            #[serde(default)]
            simplified: bool,
            /// The language of the document, a BCP 47 tag.
            #[schema(value_type = Option<schema::ShortText>)]
            language: Option<String>,
            /// Notes the customer never sees.
            #[schema(value_type = Option<schema::LongText>)]
            internal_notes: Option<String>,
            /// Data of the embedding application.
            #[serde(default)]
            #[schema(value_type = std::collections::BTreeMap<String, String>)]
            metadata: TextMap,
            $($(#[$own_meta])* $own: $type,)*
        }

        impl $name {
            /// The content, and the fields beside it.
            fn split(self) -> (ContentFields, (Option<String>, TextMap, $($type,)*)) {
                let Self {
                    client, currency, prices, rounding, tax_rounding, lines, allowances, charges, prepaid,
                    payable_rounding, advances, series, issue_date, supply_date, tax_point, period, delivery,
                    terms, instructions, notes, references, accounting_rate, simplified, language,
                    internal_notes, metadata, $($own,)*
                } = self;
                let content = ContentFields {
                    client, currency, prices, rounding, tax_rounding, lines, allowances, charges, prepaid,
                    payable_rounding, advances, series, issue_date, supply_date, tax_point, period, delivery,
                    terms, instructions, notes, references, accounting_rate, simplified, language,
                };
                (content, (internal_notes, metadata, $($own,)*))
            }

            #[allow(dead_code, reason = "what is only imported is not patched")]
            fn join(content: ContentFields, beside: (Option<String>, TextMap, $($type,)*)) -> Self {
                let ContentFields {
                    client, currency, prices, rounding, tax_rounding, lines, allowances, charges, prepaid,
                    payable_rounding, advances, series, issue_date, supply_date, tax_point, period, delivery,
                    terms, instructions, notes, references, accounting_rate, simplified, language,
                } = content;
                let (internal_notes, metadata, $($own,)*) = beside;
                Self {
                    client, currency, prices, rounding, tax_rounding, lines, allowances, charges, prepaid,
                    payable_rounding, advances, series, issue_date, supply_date, tax_point, period, delivery,
                    terms, instructions, notes, references, accounting_rate, simplified, language,
                    internal_notes, metadata, $($own,)*
                }
            }
        }
    };
}
pub(crate) use document;

/// The fields of a content, apart from what is beside it.
pub(crate) struct ContentFields {
    pub(crate) client: String,
    pub(crate) currency: String,
    pub(crate) prices: Option<String>,
    pub(crate) rounding: Option<String>,
    pub(crate) tax_rounding: Option<String>,
    pub(crate) lines: Vec<LineBody>,
    pub(crate) allowances: Vec<DocumentAdjustmentBody>,
    pub(crate) charges: Vec<DocumentAdjustmentBody>,
    pub(crate) prepaid: Option<String>,
    pub(crate) payable_rounding: Option<PayableRoundingBody>,
    pub(crate) advances: Vec<String>,
    pub(crate) series: Option<String>,
    pub(crate) issue_date: Option<String>,
    pub(crate) supply_date: Option<String>,
    pub(crate) tax_point: Option<String>,
    pub(crate) period: Option<PeriodBody>,
    pub(crate) delivery: Option<DeliveryBody>,
    pub(crate) terms: Option<TermsBody>,
    pub(crate) instructions: Vec<InstructionBody>,
    pub(crate) notes: Vec<NoteBody>,
    pub(crate) references: Option<ReferencesBody>,
    pub(crate) accounting_rate: Option<AccountingRateBody>,
    pub(crate) simplified: bool,
    pub(crate) language: Option<String>,
}

impl From<&Content> for ContentFields {
    fn from(content: &Content) -> Self {
        let date = |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string());
        Self {
            client: content.client().to_string(),
            currency: content.currency().code().to_owned(),
            prices: Some(name_of(&content.prices())),
            rounding: Some(name_of(&content.rounding())),
            tax_rounding: Some(name_of(&content.tax_rounding())),
            lines: content.lines().iter().map(LineBody::from).collect(),
            allowances: content.allowances().iter().map(DocumentAdjustmentBody::from).collect(),
            charges: content.charges().iter().map(DocumentAdjustmentBody::from).collect(),
            prepaid: (!content.prepaid().is_zero()).then(|| Amount(content.prepaid()).to_string()),
            payable_rounding: Some(content.payable_rounding().into()),
            advances: content.advances().iter().map(ToString::to_string).collect(),
            series: content.series().map(|series| series.to_string()),
            issue_date: date(content.issue_date()),
            supply_date: date(content.supply_date()),
            tax_point: date(content.tax_point()),
            period: content.period().map(PeriodBody::from),
            delivery: content.delivery().map(DeliveryBody::from),
            terms: content.terms().map(TermsBody::from),
            instructions: content.instructions().iter().map(InstructionBody::from).collect(),
            notes: content.notes().iter().map(NoteBody::from).collect(),
            references: Some(content.references().into()),
            accounting_rate: content.accounting_rate().map(AccountingRateBody::from),
            simplified: content.is_simplified(),
            language: content.language().map(str::to_owned),
        }
    }
}

/// Reads a field that may be absent: the outer `None` means that it was wrong.
fn maybe<W, T>(wire: Option<W>, read: impl FnOnce(W) -> Option<T>) -> Maybe<T> {
    wire.map_or(Some(None), |wire| read(wire).map(Some))
}

impl ContentFields {
    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<Content> {
        let client = reader.parse::<ClientId>(&at.field("client"), &self.client);
        let currency = reader.parse::<Currency>(&at.field("currency"), &self.currency);
        let prices = reader.named_or_default(&at.field("prices"), self.prices.as_deref());
        let rounding = reader.named_or_default(&at.field("rounding"), self.rounding.as_deref());
        let tax_rounding = reader.named_or_default(&at.field("tax_rounding"), self.tax_rounding.as_deref());
        let mut place = 0;
        let lines = reader.each(&at.field("lines"), self.lines, |reader, at, line| {
            place += 1;
            line.read(reader, at, place - 1, currency)
        });
        let allowances = reader.each(&at.field("allowances"), self.allowances, |reader, at, body| {
            body.read(reader, at, currency)
        });
        let charges = reader
            .each(&at.field("charges"), self.charges, |reader, at, body| body.read(reader, at, currency));
        let prepaid = reader.optional_money(&at.field("prepaid"), self.prepaid.as_deref(), currency);
        let payable_rounding =
            maybe(self.payable_rounding, |body| body.read(reader, &at.field("payable_rounding"), currency));
        let advances =
            reader.each(&at.field("advances"), self.advances, |reader, at, id| reader.parse(at, &id));
        let series = reader.optional(&at.field("series"), self.series.as_deref());
        let issue_date = reader.optional_date(&at.field("issue_date"), self.issue_date.as_deref());
        let supply_date = reader.optional_date(&at.field("supply_date"), self.supply_date.as_deref());
        let tax_point = reader.optional_date(&at.field("tax_point"), self.tax_point.as_deref());
        let period = maybe(self.period, |body| body.read(reader, &at.field("period")));
        let delivery = maybe(self.delivery, |body| body.read(reader, &at.field("delivery")));
        let terms = maybe(self.terms, |body| body.read(reader, &at.field("terms")));
        let instructions = reader
            .each(&at.field("instructions"), self.instructions, |reader, at, body| body.read(reader, at));
        let references = maybe(self.references, |body| body.read(reader, &at.field("references")));
        let accounting_rate =
            maybe(self.accounting_rate, |body| body.read(reader, &at.field("accounting_rate")));

        let mut content = Content::new(client?, currency?)
            .with_prices(prices?)
            .with_rounding(rounding?)
            .with_tax_rounding(tax_rounding?)
            .with_payable_rounding(payable_rounding?.unwrap_or_default())
            .with_references(references?.unwrap_or_default())
            .with_lines(lines?);
        content = allowances?.into_iter().fold(content, Content::with_allowance);
        content = charges?.into_iter().fold(content, Content::with_charge);
        content = advances?.into_iter().fold(content, Content::with_advance);
        content = instructions?.into_iter().fold(content, Content::with_instruction);
        content = self.notes.into_iter().map(Note::from).fold(content, Content::with_note);
        content = with(content, prepaid?, Content::with_prepaid);
        content = with(content, series?, Content::with_series);
        content = with(content, issue_date?, Content::with_issue_date);
        content = with(content, supply_date?, Content::with_supply_date);
        content = with(content, tax_point?, Content::with_tax_point);
        content = with(content, period?, Content::with_period);
        content = with(content, delivery?, Content::with_delivery);
        content = with(content, terms?, Content::with_terms);
        content = with(content, accounting_rate?, Content::with_accounting_rate);
        content = with(content, self.language, Content::with_language);
        Some(if self.simplified { content.simplified() } else { content })
    }
}

fn with<T>(content: Content, value: Option<T>, set: impl FnOnce(Content, T) -> Content) -> Content {
    match value {
        Some(value) => set(content, value),
        None => content,
    }
}

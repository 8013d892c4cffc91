use invoice_core::line::{Adjustment, AdjustmentValue, DocumentAdjustment, Line, LineDetails, UnitCode};
use invoice_core::{Code, Currency};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount::Amount;
use super::read::{At, Reader};
use super::references::PeriodBody;
use super::schema;
use super::tax::TaxBody;

/// An allowance or charge on a line (BG-27, BG-28): an amount, or a percentage with or without its base.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Adjustment, example = json!({"percent": "5", "reason": "Loyalty", "reason_code": "95"}))]
pub(crate) struct AdjustmentBody {
    /// A fixed amount (BT-136, BT-141).
    #[schema(value_type = Option<schema::AmountInput>)]
    amount: Option<String>,
    /// A percentage (BT-138, BT-143).
    #[schema(value_type = Option<schema::Decimal>)]
    percent: Option<String>,
    /// What the percentage is of (BT-137, BT-142); quantity × price if not said.
    #[schema(value_type = Option<schema::AmountInput>)]
    base: Option<String>,
    /// Why, in words (BT-139, BT-144).
    #[schema(value_type = Option<schema::ShortText>)]
    reason: Option<String>,
    /// Why, as a code of UNTDID 5189 or 7161 (BT-140, BT-145).
    #[schema(pattern = "^[A-Za-z0-9]{1,3}$")]
    reason_code: Option<String>,
}

impl From<&Adjustment> for AdjustmentBody {
    fn from(adjustment: &Adjustment) -> Self {
        let amount = |money| Amount(money).to_string();
        let (fixed, percent, base) = match adjustment.value() {
            AdjustmentValue::Fixed(money) => (Some(amount(money)), None, None),
            AdjustmentValue::Percent { percent, base } => (None, Some(percent.to_string()), base.map(amount)),
        };
        Self {
            amount: fixed,
            percent,
            base,
            reason: adjustment.reason().map(str::to_owned),
            reason_code: adjustment.reason_code().map(str::to_owned),
        }
    }
}

impl AdjustmentBody {
    pub(crate) fn read(
        self,
        reader: &mut Reader,
        at: &At<'_>,
        currency: Option<Currency>,
    ) -> Option<Adjustment> {
        let amount = reader.optional_money(&at.field("amount"), self.amount.as_deref(), currency);
        let percent = reader.optional(&at.field("percent"), self.percent.as_deref());
        let base = reader.optional_money(&at.field("base"), self.base.as_deref(), currency);
        let mut adjustment = match (amount?, percent?, base?) {
            (Some(amount), None, None) => Adjustment::fixed(amount),
            (None, Some(percent), None) => Adjustment::percent(percent),
            (None, Some(percent), Some(base)) => Adjustment::percent_of(percent, base),
            _ => {
                let detail = "either an amount, or a percentage with or without its base";
                reader.add(at, Code::Inconsistent, detail);
                return None;
            }
        };
        if let Some(reason) = self.reason {
            adjustment = reader.check(at, adjustment.with_reason(reason))?;
        }
        if let Some(code) = self.reason_code {
            adjustment = reader.check(at, adjustment.with_reason_code(code))?;
        }
        Some(adjustment)
    }
}

/// An allowance or charge on the whole document (BG-20, BG-21). Without taxes it is spread over those of the
/// lines.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DocumentAdjustment, example = json!({"amount": "8.50", "reason": "Freight"}))]
pub(crate) struct DocumentAdjustmentBody {
    /// A fixed amount (BT-92, BT-99).
    #[schema(value_type = Option<schema::AmountInput>)]
    amount: Option<String>,
    /// A percentage (BT-94, BT-101).
    #[schema(value_type = Option<schema::Decimal>)]
    percent: Option<String>,
    /// What the percentage is of (BT-93, BT-100); the sum of the lines if not said.
    #[schema(value_type = Option<schema::AmountInput>)]
    base: Option<String>,
    /// Why, in words (BT-97, BT-104).
    #[schema(value_type = Option<schema::ShortText>)]
    reason: Option<String>,
    /// Why, as a code of UNTDID 5189 or 7161 (BT-98, BT-105).
    #[schema(pattern = "^[A-Za-z0-9]{1,3}$")]
    reason_code: Option<String>,
    /// The taxes on it (BT-95, BT-102).
    #[serde(default)]
    #[schema(max_items = 16)]
    taxes: Vec<TaxBody>,
}

impl From<&DocumentAdjustment> for DocumentAdjustmentBody {
    fn from(document: &DocumentAdjustment) -> Self {
        let AdjustmentBody { amount, percent, base, reason, reason_code } = document.adjustment().into();
        let taxes = document.taxes().iter().map(TaxBody::from).collect();
        Self { amount, percent, base, reason, reason_code, taxes }
    }
}

impl DocumentAdjustmentBody {
    pub(crate) fn read(
        self,
        reader: &mut Reader,
        at: &At<'_>,
        currency: Option<Currency>,
    ) -> Option<DocumentAdjustment> {
        let Self { amount, percent, base, reason, reason_code, taxes } = self;
        let taxes = reader.each(&at.field("taxes"), taxes, |reader, at, tax| tax.read(reader, at));
        let adjustment = AdjustmentBody { amount, percent, base, reason, reason_code };
        let adjustment = adjustment.read(reader, at, currency);
        Some(taxes?.into_iter().fold(DocumentAdjustment::new(adjustment?), DocumentAdjustment::with_tax))
    }
}

/// What a line may say beyond its figures.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LineDetails, example = json!({"description": "Brass, 40 cm", "seller_item_id": "L-40"}))]
pub(crate) struct LineDetailsBody {
    /// More about the item than its name (BT-154).
    #[schema(value_type = Option<schema::LongText>)]
    description: Option<String>,
    /// A note on the line (BT-127).
    #[schema(value_type = Option<schema::LongText>)]
    note: Option<String>,
    /// The days it was delivered over (BG-26).
    period: Option<PeriodBody>,
    /// The line of the purchase order (BT-132).
    #[schema(value_type = Option<schema::ShortText>)]
    order_line: Option<String>,
    /// Where the buyer books it (BT-133).
    #[schema(value_type = Option<schema::ShortText>)]
    accounting_reference: Option<String>,
    /// The seller's identifier of the item (BT-155).
    #[schema(value_type = Option<schema::ShortText>)]
    seller_item_id: Option<String>,
    /// The buyer's identifier of the item (BT-156).
    #[schema(value_type = Option<schema::ShortText>)]
    buyer_item_id: Option<String>,
    /// The item's identifier in a registered scheme, such as a GTIN (BT-157).
    #[schema(value_type = Option<schema::ShortText>)]
    standard_item_id: Option<String>,
}

impl From<&LineDetails> for LineDetailsBody {
    fn from(details: &LineDetails) -> Self {
        let LineDetails {
            description,
            note,
            period,
            order_line,
            accounting_reference,
            seller_item_id,
            buyer_item_id,
            standard_item_id,
        } = details.clone();
        Self {
            description,
            note,
            period: period.map(PeriodBody::from),
            order_line,
            accounting_reference,
            seller_item_id,
            buyer_item_id,
            standard_item_id,
        }
    }
}

impl LineDetailsBody {
    fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<LineDetails> {
        let period = match self.period {
            Some(period) => period.read(reader, &at.field("period")).map(Some),
            None => Some(None),
        };
        Some(LineDetails {
            description: self.description,
            note: self.note,
            period: period?,
            order_line: self.order_line,
            accounting_reference: self.accounting_reference,
            seller_item_id: self.seller_item_id,
            buyer_item_id: self.buyer_item_id,
            standard_item_id: self.standard_item_id,
        })
    }
}

/// A line of a document (BG-25).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Line, example = json!({
    "id": "1", "name": "Lamp", "quantity": "3", "unit": "C62", "price": "19.95",
    "taxes": [{"category": "S", "rate": "19"}]
}))]
pub(crate) struct LineBody {
    /// Its identifier, unique in the document (BT-126); its place if not said.
    #[schema(value_type = Option<schema::RequiredText>)]
    id: Option<String>,
    /// The item's name (BT-153).
    #[schema(value_type = schema::RequiredText)]
    name: String,
    /// How much (BT-129).
    #[schema(value_type = schema::Decimal)]
    quantity: String,
    /// The unit of the quantity (BT-130); a piece if not said.
    #[schema(value_type = Option<schema::Unit>)]
    unit: Option<String>,
    /// The price of one (BT-146).
    #[schema(value_type = schema::Decimal)]
    price: String,
    /// How many units the price is for (BT-149).
    #[schema(value_type = Option<schema::Decimal>)]
    base_quantity: Option<String>,
    /// The price before its discount (BT-148), for information.
    #[schema(value_type = Option<schema::Decimal>)]
    gross_price: Option<String>,
    /// The discount in the price (BT-147), for information.
    #[schema(value_type = Option<schema::Decimal>)]
    price_discount: Option<String>,
    /// The taxes (BG-30).
    #[serde(default)]
    #[schema(max_items = 16)]
    taxes: Vec<TaxBody>,
    /// The allowances (BG-27).
    #[serde(default)]
    #[schema(max_items = 1000)]
    allowances: Vec<AdjustmentBody>,
    /// The charges (BG-28).
    #[serde(default)]
    #[schema(max_items = 1000)]
    charges: Vec<AdjustmentBody>,
    /// What it says beyond its figures.
    details: Option<LineDetailsBody>,
}

impl From<&Line> for LineBody {
    fn from(line: &Line) -> Self {
        Self {
            id: Some(line.id().to_owned()),
            name: line.name().to_owned(),
            quantity: line.quantity().to_string(),
            unit: Some(line.unit().to_string()),
            price: line.price().to_string(),
            base_quantity: line.base_quantity().map(|quantity| quantity.to_string()),
            gross_price: line.gross_price().map(|price| price.to_string()),
            price_discount: line.price_discount().map(|price| price.to_string()),
            taxes: line.taxes().iter().map(TaxBody::from).collect(),
            allowances: line.allowances().iter().map(AdjustmentBody::from).collect(),
            charges: line.charges().iter().map(AdjustmentBody::from).collect(),
            details: (!line.details().is_empty()).then(|| line.details().into()),
        }
    }
}

impl LineBody {
    pub(crate) fn read(
        self,
        reader: &mut Reader,
        at: &At<'_>,
        place: usize,
        currency: Option<Currency>,
    ) -> Option<Line> {
        let quantity = reader.parse(&at.field("quantity"), &self.quantity);
        let price = reader.parse(&at.field("price"), &self.price);
        let unit = reader.optional::<UnitCode>(&at.field("unit"), self.unit.as_deref());
        let base = reader.optional(&at.field("base_quantity"), self.base_quantity.as_deref());
        let gross = reader.optional(&at.field("gross_price"), self.gross_price.as_deref());
        let discount = reader.optional(&at.field("price_discount"), self.price_discount.as_deref());
        let taxes = reader.each(&at.field("taxes"), self.taxes, |reader, at, tax| tax.read(reader, at));
        let allowances = reader.each(&at.field("allowances"), self.allowances, |reader, at, body| {
            body.read(reader, at, currency)
        });
        let charges = reader
            .each(&at.field("charges"), self.charges, |reader, at, body| body.read(reader, at, currency));
        let details = match self.details {
            Some(details) => details.read(reader, &at.field("details")),
            None => Some(LineDetails::default()),
        };
        let id = self.id.unwrap_or_else(|| (place + 1).to_string());
        let mut line = reader.check(at, Line::new(id, self.name, quantity?, price?))?;
        if let Some(unit) = unit? {
            line = line.with_unit(unit);
        }
        if let Some(base) = base? {
            line = line.with_base_quantity(base);
        }
        line = line.with_gross_price(gross?, discount?).with_details(details?);
        line = taxes?.into_iter().fold(line, Line::with_tax);
        line = allowances?.into_iter().fold(line, Line::with_allowance);
        Some(charges?.into_iter().fold(line, Line::with_charge))
    }
}

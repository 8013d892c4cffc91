//! The lines of a document, and the allowances and charges on a line or on the whole document.

mod adjustment;
mod period;
mod sealing;
mod unit;

use serde::{Deserialize, Serialize};

pub use adjustment::{Adjustment, AdjustmentValue, DocumentAdjustment};
pub use period::InvoicePeriod;
pub use unit::UnitCode;

use crate::tax::Tax;
use crate::text;
use crate::{BaseQuantity, Code, Quantity, UnitPrice, Violation, Violations};

/// Most taxes on one line, allowance or charge.
pub(crate) const MOST_TAXES: usize = 16;
/// Most allowances, and most charges, on one line.
const MOST_ADJUSTMENTS: usize = 1_000;

/// One line of a document (EN 16931 BG-25): what, how much, at what price, and its taxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    quantity: Quantity,
    price: UnitPrice,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base_quantity: Option<BaseQuantity>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<Tax>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowances: Vec<Adjustment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    charges: Vec<Adjustment>,
    #[serde(deserialize_with = "text::bounded::<_, { text::SHORT }>")]
    id: String,
    #[serde(deserialize_with = "text::bounded::<_, { text::SHORT }>")]
    name: String,
    unit: UnitCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gross_price: Option<UnitPrice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price_discount: Option<UnitPrice>,
    #[serde(default, skip_serializing_if = "LineDetails::is_empty")]
    details: LineDetails,
}

/// What a line may say beyond its figures. All of it is optional.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineDetails {
    /// More about the item than its name (BT-154); at most 10,000 characters.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::optional::<_, { text::LONG }>"
    )]
    pub description: Option<String>,
    /// A note on the line (BT-127); at most 10,000 characters.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::optional::<_, { text::LONG }>"
    )]
    pub note: Option<String>,
    /// The days it was delivered over (BG-26).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<InvoicePeriod>,
    /// The line of the purchase order (BT-132); at most 1,000 characters, as all below.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::optional::<_, { text::SHORT }>"
    )]
    pub order_line: Option<String>,
    /// Where the buyer books it (BT-133).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::optional::<_, { text::SHORT }>"
    )]
    pub accounting_reference: Option<String>,
    /// The seller's identifier of the item (BT-155).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::optional::<_, { text::SHORT }>"
    )]
    pub seller_item_id: Option<String>,
    /// The buyer's identifier of the item (BT-156).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::optional::<_, { text::SHORT }>"
    )]
    pub buyer_item_id: Option<String>,
    /// The item's identifier in a registered scheme, such as a GTIN (BT-157).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::optional::<_, { text::SHORT }>"
    )]
    pub standard_item_id: Option<String>,
}

impl LineDetails {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn collect(&self, found: &mut Violations) {
        text::collect_lines(found, "/details/description", self.description.as_deref(), text::LONG);
        text::collect_lines(found, "/details/note", self.note.as_deref(), text::LONG);
        for (pointer, value) in [
            ("/details/order_line", &self.order_line),
            ("/details/accounting_reference", &self.accounting_reference),
            ("/details/seller_item_id", &self.seller_item_id),
            ("/details/buyer_item_id", &self.buyer_item_id),
            ("/details/standard_item_id", &self.standard_item_id),
        ] {
            text::collect(found, pointer, value.as_deref(), text::SHORT);
        }
    }
}

impl Line {
    /// A line with its identifier (BT-126), the name of the item (BT-153), the quantity (BT-129) and the price of one
    /// (BT-146). The unit is a piece, and everything else is added with the `with_…` methods.
    ///
    /// ```
    /// use invoice_core::line::Line;
    /// use invoice_core::tax::{Tax, TaxCategory};
    ///
    /// let line = Line::new("1", "Screws", "1350".parse()?, "12.3456".parse()?)?
    ///     .with_base_quantity("100".parse()?)
    ///     .with_tax(Tax::vat(TaxCategory::Standard, "19".parse()?));
    /// assert!(line.validate().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        quantity: Quantity,
        price: UnitPrice,
    ) -> Result<Self, Violation> {
        let (id, name) = (id.into(), name.into());
        text::check(&id, text::SHORT).map_err(|wrong| wrong.under("/id"))?;
        text::check(&name, text::SHORT).map_err(|wrong| wrong.under("/name"))?;
        Ok(Self {
            quantity,
            price,
            base_quantity: None,
            taxes: Vec::new(),
            allowances: Vec::new(),
            charges: Vec::new(),
            id,
            name,
            unit: UnitCode::PIECE,
            gross_price: None,
            price_discount: None,
            details: LineDetails::default(),
        })
    }

    /// The same line with another unit (BT-130).
    #[must_use]
    pub fn with_unit(mut self, unit: UnitCode) -> Self {
        self.unit = unit;
        self
    }

    /// The same line, its price being for so many units (BT-149).
    #[must_use]
    pub fn with_base_quantity(mut self, base_quantity: BaseQuantity) -> Self {
        self.base_quantity = Some(base_quantity);
        self
    }

    /// The same line with one more tax.
    #[must_use]
    pub fn with_tax(mut self, tax: Tax) -> Self {
        self.taxes.push(tax);
        self
    }

    /// The same line with one more allowance (BG-27).
    #[must_use]
    pub fn with_allowance(mut self, allowance: Adjustment) -> Self {
        self.allowances.push(allowance);
        self
    }

    /// The same line with one more charge (BG-28).
    #[must_use]
    pub fn with_charge(mut self, charge: Adjustment) -> Self {
        self.charges.push(charge);
        self
    }

    /// The same line with the price before its discount (BT-148) and that discount (BT-147), for information.
    #[must_use]
    pub fn with_gross_price(mut self, gross: Option<UnitPrice>, discount: Option<UnitPrice>) -> Self {
        (self.gross_price, self.price_discount) = (gross, discount);
        self
    }

    /// The same line with these details.
    #[must_use]
    pub fn with_details(mut self, details: LineDetails) -> Self {
        self.details = details;
        self
    }

    /// The same line with another quantity.
    #[must_use]
    pub fn with_quantity(mut self, quantity: Quantity) -> Self {
        self.quantity = quantity;
        self
    }

    /// The identifier, unique in the document (BT-126).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The item's name (BT-153).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The quantity (BT-129).
    #[inline]
    pub fn quantity(&self) -> Quantity {
        self.quantity
    }

    /// The unit of the quantity (BT-130).
    pub fn unit(&self) -> UnitCode {
        self.unit
    }

    /// The price (BT-146): net, or with tax on a document of tax-inclusive prices.
    #[inline]
    pub fn price(&self) -> UnitPrice {
        self.price
    }

    /// How many units the price is for (BT-149); one when absent.
    #[inline]
    pub fn base_quantity(&self) -> Option<BaseQuantity> {
        self.base_quantity
    }

    /// The price before its discount (BT-148).
    pub fn gross_price(&self) -> Option<UnitPrice> {
        self.gross_price
    }

    /// The discount in the price (BT-147).
    pub fn price_discount(&self) -> Option<UnitPrice> {
        self.price_discount
    }

    /// The allowances (BG-27).
    #[inline]
    pub fn allowances(&self) -> &[Adjustment] {
        &self.allowances
    }

    /// The charges (BG-28).
    #[inline]
    pub fn charges(&self) -> &[Adjustment] {
        &self.charges
    }

    /// The taxes (BG-30).
    #[inline]
    pub fn taxes(&self) -> &[Tax] {
        &self.taxes
    }

    /// What it says beyond its figures.
    pub fn details(&self) -> &LineDetails {
        &self.details
    }

    /// Everything wrong with the line by itself: texts too long or with control characters, a name or tax category missing, a tax named
    /// twice, a gross price that does not give the price. Pointers are relative to the line.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        for (pointer, value) in [("/id", &self.id), ("/name", &self.name)] {
            text::collect_required(&mut found, pointer, value, text::SHORT);
        }
        self.details.collect(&mut found);
        for (pointer, adjustments) in [("/allowances", &self.allowances), ("/charges", &self.charges)] {
            if adjustments.len() > MOST_ADJUSTMENTS {
                found.add(pointer, Code::TooLong, format!("more than {MOST_ADJUSTMENTS}"));
            }
        }
        if !self.taxes.iter().any(|tax| !tax.is_withheld()) {
            found.add("/taxes", Code::TaxCategoryRequired, "a line needs a tax category");
        }
        found.absorb("", DocumentAdjustment::check_taxes(&self.taxes));
        if let (Some(gross), Some(discount)) = (self.gross_price, self.price_discount) {
            // Both have at most 19 digits: the difference is exact.
            if gross.get() - discount.get() != self.price.get() {
                let detail = "the gross price less its discount is not the price";
                found.add("/gross_price", Code::Inconsistent, detail);
            }
        }
        found.into_result()
    }
}

#[cfg(test)]
mod tests;

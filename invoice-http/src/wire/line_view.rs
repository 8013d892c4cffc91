//! Lines as answers give them: what [`LineBody`](super::line::LineBody) takes, written from the domain's own values
//! without a copy of them.

use std::marker::PhantomData;

use invoice_core::line::{Adjustment, AdjustmentValue, Line, UnitCode};
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use invoice_core::{BaseQuantity, Percentage, Quantity, TaxRate, UnitPrice};
use serde::{Serialize, Serializer};

use super::amount::Amount;
use super::line::LineDetailsBody;

/// A list, of which each entry becomes its view when it is written.
pub(crate) struct Each<'a, T, V>(&'a [T], PhantomData<fn() -> V>);

impl<'a, T, V> From<&'a [T]> for Each<'a, T, V> {
    fn from(list: &'a [T]) -> Self {
        Self(list, PhantomData)
    }
}

impl<'a, T, V: From<&'a T> + Serialize> Serialize for Each<'a, T, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(V::from))
    }
}

/// A line; its fields are those of the body.
#[derive(Serialize)]
pub(crate) struct LineView<'a> {
    id: &'a str,
    name: &'a str,
    quantity: Quantity,
    unit: UnitCode,
    price: UnitPrice,
    base_quantity: Option<BaseQuantity>,
    gross_price: Option<UnitPrice>,
    price_discount: Option<UnitPrice>,
    taxes: Each<'a, Tax, TaxView<'a>>,
    allowances: Each<'a, Adjustment, AdjustmentView<'a>>,
    charges: Each<'a, Adjustment, AdjustmentView<'a>>,
    details: Option<LineDetailsBody>,
}

impl<'a> From<&'a Line> for LineView<'a> {
    fn from(line: &'a Line) -> Self {
        Self {
            id: line.id(),
            name: line.name(),
            quantity: line.quantity(),
            unit: line.unit(),
            price: line.price(),
            base_quantity: line.base_quantity(),
            gross_price: line.gross_price(),
            price_discount: line.price_discount(),
            taxes: line.taxes().into(),
            allowances: line.allowances().into(),
            charges: line.charges().into(),
            details: (!line.details().is_empty()).then(|| line.details().into()),
        }
    }
}

#[derive(Serialize)]
struct TaxView<'a> {
    scheme: TaxScheme,
    category: Option<TaxCategory>,
    rate: Option<TaxRate>,
    withheld: bool,
    exemption_reason: Option<&'a str>,
    exemption_code: Option<&'a str>,
}

impl<'a> From<&'a Tax> for TaxView<'a> {
    fn from(tax: &'a Tax) -> Self {
        Self {
            scheme: tax.scheme(),
            category: tax.category(),
            rate: tax.rate(),
            withheld: tax.is_withheld(),
            exemption_reason: tax.exemption_reason(),
            exemption_code: tax.exemption_code(),
        }
    }
}

#[derive(Serialize)]
struct AdjustmentView<'a> {
    amount: Option<Amount>,
    percent: Option<Percentage>,
    base: Option<Amount>,
    reason: Option<&'a str>,
    reason_code: Option<&'a str>,
}

impl<'a> From<&'a Adjustment> for AdjustmentView<'a> {
    fn from(adjustment: &'a Adjustment) -> Self {
        let (amount, percent, base) = match adjustment.value() {
            AdjustmentValue::Fixed(money) => (Some(Amount(money)), None, None),
            AdjustmentValue::Percent { percent, base } => (None, Some(percent), base.map(Amount)),
        };
        Self { amount, percent, base, reason: adjustment.reason(), reason_code: adjustment.reason_code() }
    }
}

#[cfg(test)]
mod tests {
    use invoice_core::line::LineDetails;
    use invoice_core::{Currency, Money};

    use super::super::line::LineBody;
    use super::*;

    #[test]
    fn a_line_is_given_as_it_is_taken() {
        let money = |minor| Money::from_minor(minor, Currency::EUR).unwrap();
        let tax = Tax::new(TaxScheme::VAT, TaxCategory::Exempt, Some(TaxRate::ZERO));
        let tax =
            tax.with_exemption_reason("Article 132").unwrap().with_exemption_code("VATEX-EU-132").unwrap();
        let allowance = Adjustment::percent_of("2.5".parse().unwrap(), money(10_000));
        let allowance = allowance.with_reason("Loyalty").unwrap().with_reason_code("95").unwrap();
        let bare = Line::new("1", "Lamp", "3".parse().unwrap(), "19.95".parse().unwrap()).unwrap();
        let full = bare
            .clone()
            .with_unit(UnitCode::HOUR)
            .with_base_quantity("100".parse().unwrap())
            .with_gross_price(Some("21".parse().unwrap()), Some("1.05".parse().unwrap()))
            .with_tax(tax)
            .with_tax(Tax::withheld(TaxScheme::IRPF, "15".parse().unwrap()))
            .with_allowance(allowance)
            .with_charge(Adjustment::fixed(money(-250)))
            .with_details(LineDetails { note: Some("Brass".to_owned()), ..LineDetails::default() });
        for line in [bare, full] {
            let given = serde_json::to_string(&LineView::from(&line)).unwrap();
            assert_eq!(given, serde_json::to_string(&LineBody::from(&line)).unwrap());
        }
    }
}

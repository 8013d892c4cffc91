//! Random documents for the properties.

use invoice_core::line::{Adjustment, DocumentAdjustment, Line};
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use invoice_core::totals::{Input, PayableRounding, PriceMode, Rounding, TaxRounding};
use invoice_core::{BaseQuantity, Currency, Money, Percentage, Quantity, UnitPrice};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// A document that can be calculated, as plain data.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) currency: Currency,
    pub(crate) prices: PriceMode,
    pub(crate) rounding: Rounding,
    pub(crate) tax_rounding: TaxRounding,
    pub(crate) lines: Vec<Line>,
    pub(crate) allowances: Vec<DocumentAdjustment>,
    pub(crate) charges: Vec<DocumentAdjustment>,
    pub(crate) prepaid: Money,
    pub(crate) payable_rounding: PayableRounding,
}

impl Document {
    pub(crate) fn input(&self) -> Input<'_> {
        Input::new(self.currency, &self.lines)
            .with_prices(self.prices)
            .with_rounding(self.rounding)
            .with_tax_rounding(self.tax_rounding)
            .with_allowances(&self.allowances)
            .with_charges(&self.charges)
            .with_prepaid(self.prepaid)
            .with_payable_rounding(self.payable_rounding)
    }
}

/// What the generated numbers look like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) prices: PriceMode,
    /// Lines of both signs.
    pub(crate) returns: bool,
    pub(crate) withheld: bool,
    pub(crate) most_lines: usize,
}

fn decimal(digits: std::ops::Range<i64>, scale: std::ops::Range<u32>) -> impl Strategy<Value = Decimal> {
    (digits, scale).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn tax(shape: Shape) -> impl Strategy<Value = Vec<Tax>> {
    let vat = |category, rate: &str| Tax::vat(category, rate.parse().unwrap());
    let mut sets = vec![
        vec![vat(TaxCategory::Standard, "19")],
        vec![vat(TaxCategory::Standard, "7")],
        vec![vat(TaxCategory::Standard, "8.1")],
        vec![vat(TaxCategory::ZeroRated, "0")],
        vec![vat(TaxCategory::Exempt, "0").with_exemption_reason("Teaching").unwrap()],
        vec![vat(TaxCategory::Exempt, "0").with_exemption_reason("Care").unwrap()],
    ];
    if shape.prices == PriceMode::Net {
        let other = |scheme: &str, rate: &str| {
            Tax::new(TaxScheme::new(scheme).unwrap(), TaxCategory::Standard, Some(rate.parse().unwrap()))
        };
        sets.push(vec![other("GST", "5"), other("PST", "7")]);
        sets.push(vec![other("PST", "7"), other("GST", "5")]);
        sets.push(vec![other("GST", "5")]);
    }
    if shape.prices == PriceMode::Net && shape.withheld {
        let irpf = Tax::withheld(TaxScheme::IRPF, "15".parse().unwrap());
        sets.push(vec![vat(TaxCategory::Standard, "21"), irpf]);
    }
    prop::sample::select(sets)
}

fn adjustment(currency: Currency, most: i64) -> impl Strategy<Value = Adjustment> {
    let money = move |range: std::ops::Range<i64>| {
        range.prop_map(move |units| Money::from_minor(units, currency).unwrap())
    };
    let percent = || decimal(0..3_000, 0..3).prop_map(|percent| Percentage::new(percent).unwrap());
    prop_oneof![
        money(0..most).prop_map(Adjustment::fixed),
        percent().prop_map(Adjustment::percent),
        (percent(), money(0..most)).prop_map(|(percent, base)| Adjustment::percent_of(percent, base)),
    ]
}

fn line(currency: Currency, shape: Shape) -> impl Strategy<Value = Line> {
    let lowest = if shape.returns { -20_000 } else { 1 };
    let small = || prop::collection::vec(adjustment(currency, 500), 0..2);
    let quantity = decimal(lowest..20_000, 0..4);
    let price = decimal(0..2_000_000, 0..6);
    let base = prop::option::weighted(0.2, decimal(1..1_000, 0..3));
    (quantity, price, base, tax(shape), small(), small()).prop_map(
        move |(quantity, price, base, taxes, allowances, charges)| {
            let mut line =
                Line::new("1", "item", Quantity::new(quantity).unwrap(), UnitPrice::new(price).unwrap())
                    .unwrap();
            if let Some(base) = base {
                line = line.with_base_quantity(BaseQuantity::new(base).unwrap());
            }
            line = taxes.into_iter().fold(line, Line::with_tax);
            line = allowances.into_iter().fold(line, Line::with_allowance);
            charges.into_iter().fold(line, Line::with_charge)
        },
    )
}

fn on_document(currency: Currency, shape: Shape) -> impl Strategy<Value = DocumentAdjustment> {
    (adjustment(currency, 2_000), prop::option::of(tax(shape))).prop_map(|(adjustment, taxes)| {
        taxes.into_iter().flatten().fold(DocumentAdjustment::new(adjustment), DocumentAdjustment::with_tax)
    })
}

pub(crate) fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec![Currency::EUR, Currency::JPY, Currency::KWD, Currency::CHF])
}

pub(crate) fn document(shape: Shape) -> impl Strategy<Value = Document> {
    currency().prop_flat_map(move |currency| {
        let money = move |units| Money::from_minor(units, currency).unwrap();
        let lines = prop::collection::vec(line(currency, shape), 1..shape.most_lines);
        let extra = || prop::collection::vec(on_document(currency, shape), 0..3);
        let payable = prop_oneof![
            Just(PayableRounding::None),
            (-50..50_i64).prop_map(move |units| PayableRounding::Amount(money(units))),
            Just(PayableRounding::Increment(money(5))),
        ];
        let tax_rounding = prop_oneof![Just(TaxRounding::HalfAwayFromZero), Just(TaxRounding::Down)];
        (lines, extra(), extra(), 0..1_000_i64, payable, tax_rounding).prop_map(
            move |(lines, allowances, charges, prepaid, payable_rounding, tax_rounding)| Document {
                currency,
                prices: shape.prices,
                rounding: Rounding::Currency,
                tax_rounding,
                lines,
                allowances,
                charges,
                prepaid: money(prepaid),
                payable_rounding,
            },
        )
    })
}

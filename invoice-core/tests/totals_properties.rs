//! What holds for the totals of any document.

#![allow(clippy::unwrap_used, reason = "a test says it by panicking")]

#[path = "support/random.rs"]
mod random;
#[path = "support/reference.rs"]
mod reference;

use invoice_core::credit::{Basis, Credited, Request, plan};
use invoice_core::line::{Adjustment, AdjustmentValue, DocumentAdjustment, Line};
use invoice_core::tax::Tax;
use invoice_core::totals::{
    AdjustmentTotals, LineTotals, PayableRounding, PriceMode, Rounding, TaxRow, Totals, calculate,
};
use invoice_core::{Code, Money};
use proptest::prelude::*;
use random::{Document, Shape, document};
use reference::{Expected, reference};

const NET: Shape = Shape { prices: PriceMode::Net, returns: true, withheld: true, most_lines: 8 };
const INCLUSIVE: Shape = Shape { prices: PriceMode::TaxInclusive, ..NET };

fn any_document() -> impl Strategy<Value = Document> {
    (prop_oneof![document(NET), document(INCLUSIVE)], any::<bool>()).prop_map(|(mut document, precise)| {
        document.rounding = if precise { Rounding::Precise } else { Rounding::Currency };
        document
    })
}

/// The totals, or nothing where an untaxed allowance has nothing to be spread over.
fn totals(document: &Document) -> Option<Totals> {
    match calculate(&document.input()) {
        Ok(totals) => Some(totals),
        Err(wrong) => {
            assert_eq!(wrong.code(), Code::TaxCategoryRequired, "{wrong}");
            None
        }
    }
}

fn figures(totals: &Totals) -> Expected {
    let units = |money: Money| money.minor().into();
    let rows = totals.breakdown().iter().map(|row| {
        let key = (row.is_withheld(), row.scheme(), row.category(), row.rate());
        (key, units(row.taxable()), units(row.tax()))
    });
    Expected {
        lines: totals.lines().map(|line| units(line.net())).collect(),
        line_total: units(totals.line_total()),
        allowance_total: units(totals.allowance_total()),
        charge_total: units(totals.charge_total()),
        tax_exclusive: units(totals.tax_exclusive()),
        tax_total: units(totals.tax_total()),
        withheld_total: units(totals.withheld_total()),
        rows: rows.collect(),
    }
}

fn minor(amounts: impl Iterator<Item = Money>) -> i64 {
    amounts.map(Money::minor).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_second_calculation_gets_the_same_figures(document in any_document()) {
        if let Some(totals) = totals(&document) {
            prop_assert_eq!(figures(&totals), reference(&document));
        }
    }

    #[test]
    fn the_total_is_lines_less_allowances_plus_charges_and_tax(mut document in any_document()) {
        document.rounding = Rounding::Currency;
        let Some(totals) = totals(&document) else { return Ok(()) };
        let lines = minor(totals.lines().map(LineTotals::net));
        let allowances = minor(totals.allowances().map(AdjustmentTotals::net));
        let charges = minor(totals.charges().map(AdjustmentTotals::net));
        let tax = |withheld| minor(totals.breakdown().iter().filter(|row| row.is_withheld() == withheld).map(TaxRow::tax));
        let exclusive = lines - allowances + charges;
        prop_assert_eq!(totals.tax_exclusive().minor(), exclusive);
        prop_assert_eq!(totals.tax_inclusive().minor(), exclusive + tax(false));
        let due = exclusive + tax(false) - tax(true) - document.prepaid.minor();
        prop_assert_eq!(totals.payable().minor(), due + totals.rounding().minor());
        match document.payable_rounding {
            PayableRounding::Increment(step) => {
                prop_assert_eq!(totals.payable().minor() % step.minor(), 0);
                prop_assert!(totals.rounding().minor().abs() * 2 <= step.minor());
            }
            PayableRounding::Amount(amount) => prop_assert_eq!(totals.rounding(), amount),
            PayableRounding::None => prop_assert!(totals.rounding().is_zero()),
        }
    }

    #[test]
    fn a_tax_inclusive_total_is_the_sum_of_the_prices(document in document(INCLUSIVE)) {
        let Some(totals) = totals(&document) else { return Ok(()) };
        let lines = minor(totals.lines().map(|line| line.gross().unwrap()));
        let gross = lines - minor(totals.allowances().map(AdjustmentTotals::amount)) + minor(totals.charges().map(AdjustmentTotals::amount));
        prop_assert_eq!(totals.tax_inclusive().minor(), gross);
    }

    #[test]
    fn a_document_and_its_negation_mirror_each_other(document in any_document()) {
        let Some(totals) = totals(&document) else { return Ok(()) };
        let mirrored = calculate(&negated(&document).input()).unwrap();
        prop_assert_eq!(mirrored.payable(), totals.payable().negated());
        prop_assert_eq!(mirrored.rounding(), totals.rounding().negated());
        prop_assert_eq!(mirrored.tax_inclusive(), totals.tax_inclusive().negated());
        let (mut mirrored, ours) = (figures(&mirrored), figures(&totals));
        let totals = [
            &mut mirrored.line_total, &mut mirrored.allowance_total, &mut mirrored.charge_total,
            &mut mirrored.tax_exclusive, &mut mirrored.tax_total, &mut mirrored.withheld_total,
        ];
        let rows = mirrored.rows.iter_mut().flat_map(|(_, taxable, tax)| [taxable, tax]);
        for units in mirrored.lines.iter_mut().chain(rows).chain(totals) {
            *units = -units.clone();
        }
        prop_assert_eq!(mirrored, ours);
    }

    #[test]
    fn the_order_of_the_lines_never_changes_totals(document in any_document(), seed in any::<u64>()) {
        let mut shuffled = document.clone();
        let mut seed = seed;
        shuffled.lines.sort_by_cached_key(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed >> 33
        });
        // Everything but the lines themselves.
        let shown = |document: &Document| totals(document).map(|totals| {
            let mut json = serde_json::to_value(&totals).unwrap();
            json.as_object_mut().unwrap().remove("lines");
            json
        });
        prop_assert_eq!(shown(&document), shown(&shuffled));
    }

    #[test]
    fn stored_totals_are_read_back_as_they_were(document in any_document()) {
        let Some(totals) = totals(&document) else { return Ok(()) };
        let json = serde_json::to_string(&totals).unwrap();
        prop_assert_eq!(serde_json::from_str::<Totals>(&json).unwrap(), totals);
    }

    #[test]
    fn no_input_however_extreme_panics(document in extreme()) {
        if let Ok(totals) = calculate(&document.input()) {
            let _ = serde_json::to_string(&totals).unwrap();
            if let Ok(basis) = Basis::new(&totals) {
                let half = Money::from_minor(totals.payable().minor() / 2, document.currency).unwrap();
                let _ = plan(&basis, &Credited::default(), &Request::Amount(half));
                let _ = plan(&basis, &Credited::default(), &Request::Full);
            }
        }
    }
}

fn negated(document: &Document) -> Document {
    let adjustment = |adjustment: &Adjustment| match adjustment.value() {
        AdjustmentValue::Fixed(amount) => Adjustment::fixed(amount.negated()),
        AdjustmentValue::Percent { percent, base: Some(base) } => {
            Adjustment::percent_of(percent, base.negated())
        }
        AdjustmentValue::Percent { percent, base: None } => Adjustment::percent(percent),
    };
    let on_document = |one: &DocumentAdjustment| {
        let negated = DocumentAdjustment::new(adjustment(one.adjustment()));
        one.taxes().iter().cloned().fold(negated, DocumentAdjustment::with_tax)
    };
    let line = |line: &Line| {
        let mut negated = Line::new("1", "item", line.quantity().negated(), line.price()).unwrap();
        if let Some(base) = line.base_quantity() {
            negated = negated.with_base_quantity(base);
        }
        negated = line.taxes().iter().cloned().fold(negated, Line::with_tax);
        negated = line.allowances().iter().map(adjustment).fold(negated, Line::with_allowance);
        line.charges().iter().map(adjustment).fold(negated, Line::with_charge)
    };
    Document {
        lines: document.lines.iter().map(line).collect(),
        allowances: document.allowances.iter().map(on_document).collect(),
        charges: document.charges.iter().map(on_document).collect(),
        prepaid: document.prepaid.negated(),
        payable_rounding: match document.payable_rounding {
            PayableRounding::Amount(amount) => PayableRounding::Amount(amount.negated()),
            other => other,
        },
        ..document.clone()
    }
}

/// Numbers at and around their bounds, in every place that takes one.
fn extreme() -> impl Strategy<Value = Document> {
    let number = || {
        let edges = [
            "0",
            "1",
            "-1",
            "0.00000001",
            "-0.00000001",
            "99999999999.99999999",
            "-99999999999.99999999",
            "99999999999",
            "0.5",
            "100",
            "33333333333.33333333",
        ];
        prop::sample::select(edges.to_vec())
    };
    let limit = 1_000_000_000_000_000_000_i64;
    let units =
        move || prop_oneof![Just(0), Just(1), Just(-1), Just(limit - 1), Just(1 - limit), -limit + 1..limit];
    let line = (number(), number(), number(), number(), number(), units(), any::<[bool; 4]>());
    let shape = (
        random::currency(),
        prop::sample::select(vec![PriceMode::Net, PriceMode::TaxInclusive]),
        any::<bool>(),
    );
    (
        shape,
        prop::collection::vec(line, 0..5),
        prop::collection::vec((units(), number(), any::<bool>()), 0..3),
        units(),
        units(),
    )
        .prop_map(|((currency, prices, precise), lines, extra, prepaid, rounding)| {
            let money = |units| Money::from_minor(units, currency).unwrap();
            let tax = |rate: &str| {
                Tax::vat(
                    invoice_core::tax::TaxCategory::Standard,
                    rate.trim_start_matches('-').parse().unwrap(),
                )
            };
            let line = |(quantity, price, base, rate, percent, units, [with_base, taxed, adjusted, of]): (
                _,
                _,
                &str,
                _,
                &str,
                _,
                [bool; 4],
            )| {
                let mut line =
                    Line::new("1", "item", str::parse(quantity).unwrap(), str::parse(price).unwrap())
                        .unwrap();
                if let (true, Ok(base)) = (with_base, base.parse()) {
                    line = line.with_base_quantity(base);
                }
                if taxed {
                    line = line.with_tax(tax(rate));
                }
                if adjusted {
                    line = line.with_allowance(Adjustment::fixed(money(units)));
                    let percent = percent.parse().unwrap();
                    line = line.with_charge(if of {
                        Adjustment::percent_of(percent, money(units))
                    } else {
                        Adjustment::percent(percent)
                    });
                }
                line
            };
            let extra: Vec<_> = extra
                .into_iter()
                .map(|(units, rate, taxed)| {
                    let one = DocumentAdjustment::new(Adjustment::fixed(money(units)));
                    if taxed { one.with_tax(tax(rate)) } else { one }
                })
                .collect();
            Document {
                currency,
                prices,
                rounding: if precise { Rounding::Precise } else { Rounding::Currency },
                tax_rounding: invoice_core::totals::TaxRounding::HalfAwayFromZero,
                lines: lines.into_iter().map(line).collect(),
                allowances: extra.clone(),
                charges: extra,
                prepaid: money(prepaid),
                payable_rounding: PayableRounding::Increment(money(rounding)),
            }
        })
}

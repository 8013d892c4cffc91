//! Totals of 1 to 10,000 lines by the engine, beside a plain `rust_decimal` loop doing the same multiplications and
//! roundings in the same run.
//!
//! `plain` lines are quantity × price under one of three rates. `full` lines have a second tax on every third line, an
//! allowance in percent on every fourth, a fixed charge on every fifth and a price per hundred on every eighth, and the
//! document an allowance and a charge. The loop knows each line's groups beforehand and keeps no figure but the sums.

#![allow(missing_docs, clippy::expect_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use invoice_core::line::{Adjustment, DocumentAdjustment, Line};
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use invoice_core::totals::{Input, calculate};
use invoice_core::{Currency, Money};
use rust_decimal::{Decimal, RoundingStrategy};

/// A line of the loop, whose groups are known by place.
struct PlainLine {
    quantity: Decimal,
    price: Decimal,
    base: Option<Decimal>,
    allowance: Option<Decimal>,
    charge: Option<Decimal>,
    groups: &'static [usize],
}

struct Workload {
    lines: Vec<Line>,
    plain: Vec<PlainLine>,
    allowances: Vec<DocumentAdjustment>,
    charges: Vec<DocumentAdjustment>,
    adjustments: Vec<(Decimal, usize)>,
}

const RATES: [&str; 4] = ["19", "7", "0", "5"];

fn taxes(place: usize, full: bool) -> (Vec<Tax>, &'static [usize]) {
    let vat = |rate: usize| {
        let category = if RATES[rate] == "0" { TaxCategory::ZeroRated } else { TaxCategory::Standard };
        Tax::vat(category, RATES[rate].parse().expect("a rate"))
    };
    let second = || Tax::new(TaxScheme::PST, TaxCategory::Standard, Some("5".parse().expect("a rate")));
    match (place / 4 % 3, full && place.is_multiple_of(3)) {
        (0, false) => (vec![vat(0)], &[0]),
        (1, false) => (vec![vat(1)], &[1]),
        (_, false) => (vec![vat(2)], &[2]),
        (0, true) => (vec![vat(0), second()], &[0, 3]),
        (1, true) => (vec![vat(1), second()], &[1, 3]),
        (_, true) => (vec![vat(2), second()], &[2, 3]),
    }
}

fn workload(count: usize, full: bool) -> Workload {
    let euro = |units| Money::from_minor(units, Currency::EUR).expect("an amount");
    let (mut lines, mut plain) = (Vec::new(), Vec::new());
    for place in 0..count {
        let number = i64::try_from(place).expect("a small number");
        let quantity = Decimal::new(100 + number * 37 % 9_900, 2);
        let price = Decimal::new(8_000 + number * 7_919 % 900_000, 4);
        let (taxes, groups) = taxes(place, full);
        let mut line = Line::new(
            place.to_string(),
            format!("Item {place}"),
            quantity.try_into().expect("a quantity"),
            price.try_into().expect("a price"),
        )
        .expect("a line");
        line = taxes.into_iter().fold(line, Line::with_tax);
        let mut one = PlainLine { quantity, price, base: None, allowance: None, charge: None, groups };
        if full && place % 4 == 1 {
            line = line.with_allowance(Adjustment::percent("3".parse().expect("a percentage")));
            one.allowance = Some(Decimal::from(3));
        }
        if full && place % 5 == 2 {
            line = line.with_charge(Adjustment::fixed(euro(150)));
            one.charge = Some(Decimal::new(150, 2));
        }
        if full && place % 8 == 3 {
            line = line.with_base_quantity("100".parse().expect("a base quantity"));
            one.base = Some(Decimal::ONE_HUNDRED);
        }
        lines.push(line);
        plain.push(one);
    }
    let (mut allowances, mut charges, mut adjustments) = (Vec::new(), Vec::new(), Vec::new());
    if full {
        let vat = || taxes(0, false).0.remove(0);
        allowances.push(DocumentAdjustment::new(Adjustment::fixed(euro(2_500))).with_tax(vat()));
        charges.push(DocumentAdjustment::new(Adjustment::fixed(euro(990))).with_tax(vat()));
        adjustments = vec![(Decimal::new(-2_500, 2), 0), (Decimal::new(990, 2), 0)];
    }
    Workload { lines, plain, allowances, charges, adjustments }
}

fn round(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The same multiplications, divisions and roundings, and nothing else.
fn plain_loop(workload: &Workload) -> Decimal {
    let (mut groups, mut total) = ([Decimal::ZERO; 4], Decimal::ZERO);
    for line in &workload.plain {
        let mut amount = line.quantity * line.price;
        if let Some(base) = line.base {
            amount /= base;
        }
        let full = round(amount);
        let mut net = full;
        if let Some(percent) = line.allowance {
            net -= round(full * percent / Decimal::ONE_HUNDRED);
        }
        if let Some(charge) = line.charge {
            net += charge;
        }
        total += net;
        for group in line.groups {
            groups[*group] += net;
        }
    }
    for (amount, group) in &workload.adjustments {
        total += amount;
        groups[*group] += amount;
    }
    for (taxable, rate) in groups.iter().zip([19, 7, 0, 5]) {
        total += round(taxable * Decimal::from(rate) / Decimal::ONE_HUNDRED);
    }
    total
}

fn engine(workload: &Workload) -> Decimal {
    let input = Input::new(Currency::EUR, &workload.lines)
        .with_allowances(&workload.allowances)
        .with_charges(&workload.charges);
    calculate(&input).expect("totals").payable().amount()
}

fn totals(c: &mut Criterion) {
    for (name, full) in [("plain", false), ("full", true)] {
        let mut group = c.benchmark_group(format!("totals_{name}"));
        for count in [1, 10, 1_000, 10_000] {
            let workload = workload(count, full);
            assert_eq!(engine(&workload), plain_loop(&workload), "both calculate the same");
            group.throughput(Throughput::Elements(u64::try_from(count).expect("a small number")));
            group.bench_with_input(BenchmarkId::new("engine", count), &workload, |b, workload| {
                b.iter(|| engine(black_box(workload)));
            });
            group.bench_with_input(BenchmarkId::new("rust_decimal", count), &workload, |b, workload| {
                b.iter(|| plain_loop(black_box(workload)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, totals);
criterion_main!(benches);

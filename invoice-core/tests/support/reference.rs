//! A second, slow calculation of totals over fractions, written from the rules and sharing nothing with the engine.

use std::collections::BTreeMap;

use invoice_core::TaxRate;
use invoice_core::line::{Adjustment, AdjustmentValue};
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use invoice_core::totals::{PriceMode, Rounding, TaxRounding};
use num_bigint::{BigInt, Sign};
use rust_decimal::Decimal;

use crate::random::Document;

/// A fraction with a positive denominator; never reduced, which is slow and cannot go wrong.
#[derive(Debug, Clone)]
pub(crate) struct Fraction(BigInt, BigInt);

impl Fraction {
    fn whole(units: impl Into<BigInt>) -> Self {
        Self(units.into(), 1.into())
    }

    fn decimal(value: Decimal) -> Self {
        Self(value.mantissa().into(), BigInt::from(10).pow(value.scale()))
    }

    fn plus(&self, other: &Self) -> Self {
        Self(&self.0 * &other.1 + &other.0 * &self.1, &self.1 * &other.1)
    }

    fn negated(&self) -> Self {
        Self(-&self.0, self.1.clone())
    }

    fn times(&self, other: &Self) -> Self {
        Self(&self.0 * &other.0, &self.1 * &other.1)
    }

    fn over(&self, other: &Self) -> Self {
        let (numerator, denominator) = (&self.0 * &other.1, &self.1 * &other.0);
        if denominator.sign() == Sign::Minus {
            Self(-numerator, -denominator)
        } else {
            Self(numerator, denominator)
        }
    }

    fn sign(&self) -> Sign {
        self.0.sign()
    }

    fn truncated(&self) -> BigInt {
        &self.0 / &self.1
    }

    fn rounded(&self) -> BigInt {
        let twice = BigInt::from(2) * &self.0;
        let step = if self.sign() == Sign::Minus { -self.1.clone() } else { self.1.clone() };
        (twice + step) / (BigInt::from(2) * &self.1)
    }

    /// Less, compared by the sign of the difference.
    fn less(&self, other: &Self) -> bool {
        self.plus(&other.negated()).sign() == Sign::Minus
    }
}

type Key = (bool, TaxScheme, Option<TaxCategory>, TaxRate);

fn keys(taxes: &[Tax]) -> Vec<Key> {
    let zero: TaxRate = "0".parse().unwrap();
    let key = |tax: &Tax| (tax.is_withheld(), tax.scheme(), tax.category(), tax.rate().unwrap_or(zero));
    let mut keys: Vec<_> = taxes.iter().map(key).collect();
    keys.sort();
    keys
}

/// Figures in minor units.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) lines: Vec<BigInt>,
    pub(crate) line_total: BigInt,
    pub(crate) allowance_total: BigInt,
    pub(crate) charge_total: BigInt,
    pub(crate) tax_exclusive: BigInt,
    pub(crate) tax_total: BigInt,
    pub(crate) withheld_total: BigInt,
    pub(crate) rows: Vec<(Key, BigInt, BigInt)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Line,
    Allowance,
    Charge,
}

/// Something with a signed amount under a set of taxes.
struct Item {
    kind: Kind,
    signed: Fraction,
    set: Vec<Key>,
    net: BigInt,
}

struct Reference<'a> {
    document: &'a Document,
    minor: Fraction,
}

impl Reference<'_> {
    fn maybe_round(&self, value: &Fraction) -> Fraction {
        match self.document.rounding {
            Rounding::Currency => Fraction::whole(value.rounded()),
            Rounding::Precise => value.clone(),
        }
    }

    fn adjustment(&self, adjustment: &Adjustment, base: &Fraction) -> Fraction {
        match adjustment.value() {
            AdjustmentValue::Fixed(amount) => Fraction::whole(amount.minor()),
            AdjustmentValue::Percent { percent, base: stated } => {
                let base = stated.map_or(base.clone(), |base| Fraction::whole(base.minor()));
                let percent = Fraction::decimal(percent.get()).over(&Fraction::whole(100));
                self.maybe_round(&base.times(&percent))
            }
        }
    }

    fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for line in &self.document.lines {
            let product =
                Fraction::decimal(line.quantity().get()).times(&Fraction::decimal(line.price().get()));
            let base = line.base_quantity().map_or(Fraction::whole(1), |base| Fraction::decimal(base.get()));
            let full = self.maybe_round(&product.over(&base).times(&self.minor));
            let mut amount = full.clone();
            for allowance in line.allowances() {
                amount = amount.plus(&self.adjustment(allowance, &full).negated());
            }
            for charge in line.charges() {
                amount = amount.plus(&self.adjustment(charge, &full));
            }
            items.push(Item { kind: Kind::Line, signed: amount, set: keys(line.taxes()), net: 0.into() });
        }
        let sum = sum(items.iter());
        let mut untaxed = Vec::new();
        let lists = [(Kind::Allowance, &self.document.allowances), (Kind::Charge, &self.document.charges)];
        for (kind, adjustment) in lists.iter().flat_map(|(kind, list)| list.iter().map(|one| (*kind, one))) {
            let amount = self.adjustment(adjustment.adjustment(), &sum);
            let signed = if kind == Kind::Allowance { amount.negated() } else { amount };
            if adjustment.taxes().is_empty() {
                untaxed.push((kind, signed));
            } else {
                items.push(Item { kind, signed, set: keys(adjustment.taxes()), net: 0.into() });
            }
        }
        let spread: Vec<_> =
            untaxed.iter().flat_map(|(kind, amount)| self.spread(*kind, amount, &items)).collect();
        items.extend(spread);
        items
    }

    /// Shares of an amount by what the sets tax; exact when nothing is rounded, otherwise by largest remainder.
    fn spread(&self, kind: Kind, amount: &Fraction, items: &[Item]) -> Vec<Item> {
        let mut sets: BTreeMap<Vec<Key>, Fraction> = BTreeMap::new();
        for item in items {
            let sum = sets.entry(item.set.clone()).or_insert(Fraction::whole(0));
            *sum = sum.plus(&item.signed);
        }
        let whole = sets.values().fold(Fraction::whole(0), |sum, set| sum.plus(set));
        let single = sets.len() == 1;
        let weight = |set: &Fraction| {
            if single {
                Fraction::whole(1)
            } else if whole.sign() == Sign::NoSign || set.sign() == whole.sign() {
                if set.sign() == Sign::Minus { set.negated() } else { set.clone() }
            } else {
                Fraction::whole(0)
            }
        };
        let weights: Vec<_> = sets.values().map(weight).collect();
        let total = weights.iter().fold(Fraction::whole(0), |sum, weight| sum.plus(weight));
        if total.sign() == Sign::NoSign {
            return Vec::new();
        }
        let exact: Vec<_> = weights.iter().map(|weight| amount.times(weight).over(&total)).collect();
        let shares = match self.document.rounding {
            Rounding::Precise => exact,
            Rounding::Currency => level(&exact, &amount.rounded()).into_iter().map(Fraction::whole).collect(),
        };
        let item = |(set, share): (Vec<Key>, Fraction)| Item { kind, signed: share, set, net: 0.into() };
        sets.into_keys().zip(shares).filter(|(_, share)| share.sign() != Sign::NoSign).map(item).collect()
    }

    fn tax(&self, exact: &Fraction) -> BigInt {
        match self.document.tax_rounding {
            TaxRounding::HalfAwayFromZero => exact.rounded(),
            TaxRounding::Down => exact.truncated(),
        }
    }
}

fn sum<'a>(items: impl Iterator<Item = &'a Item>) -> Fraction {
    items.fold(Fraction::whole(0), |sum, item| sum.plus(&item.signed))
}

/// Whole units that add up to `total`: cut toward zero, then the largest rests first, the earlier one on a tie.
fn level(exact: &[Fraction], total: &BigInt) -> Vec<BigInt> {
    let mut shares: Vec<_> = exact.iter().map(Fraction::truncated).collect();
    let rests: Vec<_> =
        exact.iter().zip(&shares).map(|(exact, share)| exact.plus(&Fraction::whole(-share))).collect();
    let mut given = vec![0; shares.len()];
    loop {
        let missing = total - shares.iter().sum::<BigInt>();
        if missing.sign() == Sign::NoSign {
            return shares;
        }
        let up = missing.sign() == Sign::Plus;
        let better = |a: usize, b: usize| {
            let (a_rest, b_rest) = if up { (&rests[b], &rests[a]) } else { (&rests[a], &rests[b]) };
            given[a] < given[b] || (given[a] == given[b] && a_rest.less(b_rest))
        };
        let next =
            (0..shares.len()).reduce(|best, other| if better(other, best) { other } else { best }).unwrap();
        given[next] += 1;
        shares[next] += if up { 1 } else { -1 };
    }
}

pub(crate) fn reference(document: &Document) -> Expected {
    let minor = Fraction::whole(BigInt::from(10).pow(document.currency.minor_units()));
    let reference = Reference { document, minor };
    let mut items = reference.items();
    let mut expected = Expected::default();
    let hundred = Fraction::whole(100);
    let mut rows: BTreeMap<Key, (BigInt, BigInt)> = BTreeMap::new();
    if document.prices == PriceMode::TaxInclusive {
        let mut sets: Vec<_> = items.iter().map(|item| item.set.clone()).collect();
        sets.sort();
        sets.dedup();
        for set in sets {
            let rate = Fraction::decimal(set[0].3.get());
            let members: Vec<_> = items.iter_mut().filter(|item| item.set == set).collect();
            let gross = members.iter().fold(Fraction::whole(0), |sum, item| sum.plus(&item.signed)).rounded();
            let tax = reference.tax(&Fraction::whole(gross.clone()).times(&rate).over(&hundred.plus(&rate)));
            let net = &gross - &tax;
            let exact: Vec<_> =
                members.iter().map(|item| item.signed.times(&hundred).over(&hundred.plus(&rate))).collect();
            for (item, share) in members.into_iter().zip(level(&exact, &net)) {
                item.net = share;
            }
            rows.insert(set[0], (net, tax));
        }
        let total =
            |kind| items.iter().filter(|item| item.kind == kind).map(|item| &item.net).sum::<BigInt>();
        expected.line_total = total(Kind::Line);
        expected.allowance_total = -total(Kind::Allowance);
        expected.charge_total = total(Kind::Charge);
        expected.tax_exclusive = items.iter().map(|item| &item.net).sum();
    } else {
        for item in &mut items {
            item.net = item.signed.rounded();
        }
        let total = |kind| sum(items.iter().filter(|item| item.kind == kind));
        expected.line_total = total(Kind::Line).rounded();
        expected.allowance_total = total(Kind::Allowance).negated().rounded();
        expected.charge_total = total(Kind::Charge).rounded();
        expected.tax_exclusive = sum(items.iter()).rounded();
        let mut groups: Vec<_> = items.iter().flat_map(|item| item.set.clone()).collect();
        groups.sort();
        groups.dedup();
        for key in groups {
            let taxable = sum(items.iter().filter(|item| item.set.contains(&key)));
            let tax = reference.tax(&taxable.times(&Fraction::decimal(key.3.get())).over(&hundred));
            rows.insert(key, (taxable.rounded(), tax));
        }
    }
    expected.lines =
        items.iter().filter(|item| item.kind == Kind::Line).map(|item| item.net.clone()).collect();
    for (key, (taxable, tax)) in rows {
        *if key.0 { &mut expected.withheld_total } else { &mut expected.tax_total } += &tax;
        expected.rows.push((key, taxable, tax));
    }
    expected
}

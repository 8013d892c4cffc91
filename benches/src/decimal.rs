//! The yardstick: the same multiplications and roundings as the engine, written as anyone would with `rust_decimal`.
//!
//! It is given every advantage: groups are known by index, rates are fractions already, no line's figure is kept,
//! nothing is checked, and the answer is one number.

use rust_decimal::{Decimal, RoundingStrategy};

/// A line of a [`Sheet`].
#[derive(Debug, Clone)]
pub struct Row {
    /// How much.
    pub quantity: Decimal,
    /// The price of one.
    pub price: Decimal,
    /// The part taken off, such as 0.05.
    pub allowance: Option<Decimal>,
    /// The amount added.
    pub charge: Option<Decimal>,
    /// Which of the sheet's sets taxes it.
    pub set: usize,
}

/// A tax, and the place of its group.
#[derive(Debug, Clone)]
pub struct Group {
    /// The part of the taxable amount, such as 0.21.
    pub rate: Decimal,
    /// Whether the buyer keeps it back.
    pub withheld: bool,
}

/// A document in plain decimals.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The lines.
    pub rows: Vec<Row>,
    /// The taxes.
    pub groups: Vec<Group>,
    /// For each set of taxes, the places of its groups.
    pub sets: Vec<Vec<usize>>,
    /// The part of the lines' sum taken off the document and spread over the sets.
    pub allowance: Option<Decimal>,
    /// The amount added to the document, and its set.
    pub charge: Option<(Decimal, usize)>,
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

impl Sheet {
    /// What is to be paid when each line has one tax and nothing else: a multiplication and a rounding a line, two sums,
    /// and a multiplication and a rounding a group.
    pub fn plain(&self) -> Decimal {
        let mut taxable = vec![Decimal::ZERO; self.groups.len()];
        let mut payable = Decimal::ZERO;
        for row in &self.rows {
            let net = cents(row.quantity * row.price);
            payable += net;
            if let Some(sum) = taxable.get_mut(row.set) {
                *sum += net;
            }
        }
        for (sum, group) in taxable.iter().zip(&self.groups) {
            payable += cents(*sum * group.rate);
        }
        payable
    }

    /// What is to be paid, with allowances and charges on lines and document, and several taxes a line.
    pub fn full(&self) -> Decimal {
        let mut sums = vec![Decimal::ZERO; self.sets.len()];
        let mut total = Decimal::ZERO;
        for row in &self.rows {
            let amount = cents(row.quantity * row.price);
            let mut net = amount;
            if let Some(part) = row.allowance {
                net -= cents(amount * part);
            }
            if let Some(charge) = row.charge {
                net += charge;
            }
            total += net;
            if let Some(sum) = sums.get_mut(row.set) {
                *sum += net;
            }
        }
        let mut payable = total;
        if let Some((charge, set)) = self.charge {
            payable += charge;
            if let Some(sum) = sums.get_mut(set) {
                *sum += charge;
            }
        }
        if let Some(part) = self.allowance {
            let allowance = cents(total * part);
            payable -= allowance;
            spread(&mut sums, allowance);
        }
        let mut taxable = vec![Decimal::ZERO; self.groups.len()];
        for (sum, groups) in sums.iter().zip(&self.sets) {
            for group in groups {
                if let Some(taxable) = taxable.get_mut(*group) {
                    *taxable += sum;
                }
            }
        }
        for (sum, group) in taxable.iter().zip(&self.groups) {
            let tax = cents(*sum * group.rate);
            if group.withheld {
                payable -= tax;
            } else {
                payable += tax;
            }
        }
        payable
    }
}

/// Takes `allowance` off the sums in proportion to them; what truncation leaves goes to the largest remainders.
fn spread(sums: &mut [Decimal], allowance: Decimal) {
    let whole: Decimal = sums.iter().sum();
    let mut left = allowance;
    let mut rests = Vec::with_capacity(sums.len());
    for (place, sum) in sums.iter_mut().enumerate() {
        let exact = allowance * *sum / whole;
        let share = exact.trunc_with_scale(2);
        rests.push((exact - share, place));
        left -= share;
        *sum -= share;
    }
    rests.sort_unstable_by(|a, b| b.cmp(a));
    let cent = Decimal::new(1, 2);
    for (_, place) in rests {
        if left.is_zero() {
            break;
        }
        left -= cent;
        if let Some(sum) = sums.get_mut(place) {
            *sum -= cent;
        }
    }
}

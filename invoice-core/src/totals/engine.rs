//! The calculation, from lines to sets of taxes to totals.

use super::figure::Figure;
use super::inclusive::{Member, Owner, split};
use super::result::{AdjustmentFigures, LineFigures, SetFigures, Totals};
use super::rows::Rows;
use super::sets::TaxSets;
use super::{Input, PriceMode, settle};
use crate::line::{Adjustment, AdjustmentValue, DocumentAdjustment, Line};
use crate::{Code, MoneyError, Violation};

/// One calculation on its way.
pub(super) struct Run<'a, F> {
    input: &'a Input<'a>,
    digits: u32,
    sets: TaxSets<'a, F>,
    lines: Vec<LineFigures>,
    adjustments: Vec<i64>,
    /// Filled for tax-inclusive prices only.
    members: Vec<Member<F>>,
}

/// An allowance or charge on the document.
pub(super) struct Adjusted<F> {
    amount: F,
    figures: AdjustmentFigures,
    /// Still to be spread over the sets.
    untaxed: bool,
}

fn too_large(pointer: impl Into<String>) -> Violation {
    MoneyError::Overflow.at(pointer)
}

impl<'a, F: Figure> Run<'a, F> {
    pub(super) fn calculate(input: &'a Input<'a>) -> Result<Totals, Violation> {
        let inclusive = input.prices == PriceMode::TaxInclusive;
        let mut run = Self {
            input,
            digits: input.currency.minor_units(),
            sets: TaxSets::new(inclusive),
            lines: Vec::with_capacity(input.lines.len()),
            adjustments: Vec::new(),
            members: Vec::new(),
        };
        let sum = run.lines(inclusive)?;
        let line_total = sum.printed().map_err(|_| too_large("/lines"))?;
        let mut allowances = run.document("/allowances", input.allowances, &sum, true)?;
        let mut charges = run.document("/charges", input.charges, &sum, false)?;
        run.sort();
        run.spread_untaxed(&mut allowances, &mut charges)?;
        run.finish(line_total, sum, allowances, charges)
    }

    fn lines(&mut self, inclusive: bool) -> Result<F, Violation> {
        let input = self.input;
        let mut sum = F::zero();
        for (index, line) in input.lines.iter().enumerate() {
            let amount = self.line(index, line)?;
            sum.add(&amount);
            if inclusive {
                let set = self.lines.last().map_or(0, |line| line.set);
                self.members.push(Member { set, owner: Owner::Line(index), value: amount });
            }
        }
        Ok(sum)
    }

    #[inline]
    fn line(&mut self, index: usize, line: &'a Line) -> Result<F, Violation> {
        let base = line.base_quantity().map(crate::BaseQuantity::plain);
        let full = F::product(line.quantity().plain(), line.price().plain(), base, self.digits)
            .map_err(|error| error.at(format!("/lines/{index}/quantity")))?;
        let mut figures = LineFigures { first: self.adjustments.len(), ..LineFigures::default() };
        let mut amount = full.clone();
        if !line.allowances().is_empty() || !line.charges().is_empty() {
            amount = self
                .adjusted(line, &full, &mut figures)
                .map_err(|wrong| wrong.under(&format!("/lines/{index}")))?;
        }
        let units = amount.printed().map_err(|_| too_large(format!("/lines/{index}")))?;
        (figures.net, figures.gross) = (units, units);
        figures.set =
            self.sets.add(line.taxes(), &amount).map_err(|wrong| wrong.under(&format!("/lines/{index}")))?;
        self.lines.push(figures);
        Ok(amount)
    }

    /// The line less its allowances, plus its charges.
    fn adjusted(&mut self, line: &Line, full: &F, figures: &mut LineFigures) -> Result<F, Violation> {
        let mut amount = full.clone();
        for (index, allowance) in line.allowances().iter().enumerate() {
            let value = self.value("/allowances", index, allowance, full)?;
            amount.subtract(&value);
        }
        for (index, charge) in line.charges().iter().enumerate() {
            let value = self.value("/charges", index, charge, full)?;
            amount.add(&value);
        }
        figures.allowances = line.allowances().len();
        figures.charges = line.charges().len();
        Ok(amount)
    }

    /// One allowance or charge of a line, whose printed figure is kept.
    fn value(&mut self, list: &str, index: usize, of: &Adjustment, full: &F) -> Result<F, Violation> {
        let under = |wrong: Violation| wrong.under(&format!("{list}/{index}"));
        let value = self.amount(of, full).map_err(under)?;
        self.adjustments.push(value.printed().map_err(|error| under(error.at("")))?);
        Ok(value)
    }

    fn amount(&self, adjustment: &Adjustment, default_base: &F) -> Result<F, Violation> {
        let own = |money: crate::Money, pointer: &str| {
            if money.currency() == self.input.currency {
                return Ok(F::of(money.minor()));
            }
            Err(MoneyError::MixedCurrencies.at(pointer))
        };
        match adjustment.value() {
            AdjustmentValue::Fixed(amount) => own(amount, "/amount"),
            AdjustmentValue::Percent { percent, base } => {
                let result = match base {
                    Some(base) => own(base, "/base")?.percent(percent.plain()),
                    None => default_base.percent(percent.plain()),
                };
                result.map_err(|error| error.at("/percent"))
            }
        }
    }

    /// The allowances or charges on the document; those with taxes enter their set.
    fn document(
        &mut self,
        list: &str,
        adjustments: &'a [DocumentAdjustment],
        sum: &F,
        allowance: bool,
    ) -> Result<Vec<Adjusted<F>>, Violation> {
        let mut all = Vec::with_capacity(adjustments.len());
        for (index, adjustment) in adjustments.iter().enumerate() {
            let under = |wrong: Violation| wrong.under(&format!("{list}/{index}"));
            let amount = self.amount(adjustment.adjustment(), sum).map_err(under)?;
            let units = amount.printed().map_err(|error| under(error.at("")))?;
            let untaxed = adjustment.taxes().is_empty();
            if !untaxed {
                let value = signed(&amount, allowance);
                let set = self.sets.add(adjustment.taxes(), &value).map_err(under)?;
                self.member(set, index, allowance, value);
            }
            // With tax-inclusive prices the net amount is the sum of the shares found later.
            let net = if self.input.prices == PriceMode::Net { units } else { 0 };
            let figures = AdjustmentFigures { net, gross: units };
            all.push(Adjusted { amount, figures, untaxed });
        }
        Ok(all)
    }

    fn member(&mut self, set: usize, index: usize, allowance: bool, value: F) {
        if self.input.prices == PriceMode::TaxInclusive {
            let owner = if allowance { Owner::Allowance(index) } else { Owner::Charge(index) };
            self.members.push(Member { set, owner, value });
        }
    }

    fn sort(&mut self) {
        let Some(ranks) = self.sets.sort() else { return };
        let moved = |set: &mut usize| *set = ranks.get(*set).copied().unwrap_or(*set);
        self.lines.iter_mut().map(|line| &mut line.set).for_each(moved);
        self.members.iter_mut().map(|member| &mut member.set).for_each(moved);
    }

    fn spread_untaxed(
        &mut self,
        allowances: &mut [Adjusted<F>],
        charges: &mut [Adjusted<F>],
    ) -> Result<(), Violation> {
        if allowances.iter().chain(charges.iter()).all(|adjusted| !adjusted.untaxed) {
            return Ok(());
        }
        // All are spread by what is taxed before any of them, so that their order does not matter.
        let weights = self.weights()?;
        for (list, adjustments, allowance) in
            [("/allowances", allowances, true), ("/charges", charges, false)]
        {
            for (index, adjusted) in adjustments.iter_mut().enumerate() {
                if !adjusted.untaxed || adjusted.amount == F::zero() {
                    continue;
                }
                let shares = adjusted.amount.spread(&weights).ok_or_else(|| {
                    let detail = "there is nothing taxed to spread it over, so it needs a tax category";
                    Violation::new(format!("{list}/{index}/taxes"), Code::TaxCategoryRequired, detail)
                })?;
                for (place, share) in shares.into_iter().enumerate() {
                    if share == F::zero() {
                        continue;
                    }
                    let value = signed(&share, allowance);
                    if let Some(set) = self.sets.list.get_mut(place) {
                        set.sum.add(&value);
                    }
                    self.member(place, index, allowance, value);
                }
            }
        }
        Ok(())
    }

    /// How much of an untaxed allowance or charge each set takes.
    ///
    /// Sets on the side of the whole (positive or negative) weigh what they tax; a return under another tax takes no
    /// share, because near a total of zero its share would grow without bound. A single set takes all.
    fn weights(&self) -> Result<Vec<F>, Violation> {
        let sets = &self.sets.list;
        let only_untaxed = sets.iter().all(|set| set.rows.is_empty());
        let takes_part = |rows: &Rows| only_untaxed || !rows.is_empty();
        let mut whole = F::zero();
        for set in sets {
            set.sum.printed().map_err(|_| too_large("/lines"))?;
            if takes_part(&set.rows) {
                whole.add(&set.sum);
            }
        }
        let single = sets.iter().filter(|set| takes_part(&set.rows)).count() == 1;
        let zero = F::zero();
        let weight = |sum: &F| {
            if single {
                F::of(1)
            } else if whole == zero || (*sum > zero) == (whole > zero) {
                sum.magnitude()
            } else {
                F::zero()
            }
        };
        Ok(sets.iter().map(|set| if takes_part(&set.rows) { weight(&set.sum) } else { F::zero() }).collect())
    }

    fn finish(
        mut self,
        line_total: i64,
        sum: F,
        mut allowances: Vec<Adjusted<F>>,
        mut charges: Vec<Adjusted<F>>,
    ) -> Result<Totals, Violation> {
        let mut totals = Totals::empty(self.input.currency, self.input.prices);
        let mut included = Vec::new();
        if self.input.prices == PriceMode::TaxInclusive {
            included = split(&self.sets, &self.members, self.input.tax_rounding, |owner, net| match owner {
                Owner::Line(index) => self.lines.get_mut(index).into_iter().for_each(|line| line.net = net),
                Owner::Allowance(index) => add_net(&mut allowances, index, -net),
                Owner::Charge(index) => add_net(&mut charges, index, net),
            })?;
            totals.line_total = total(self.lines.iter().map(|line| line.net), "/lines")?;
            totals.allowance_total = total(allowances.iter().map(|one| one.figures.net), "/allowances")?;
            totals.charge_total = total(charges.iter().map(|one| one.figures.net), "/charges")?;
            totals.tax_exclusive = total(included.iter().map(|set| set.net), "/lines")?;
        } else {
            let (allowance_sum, charge_sum) = (sum_of(&allowances), sum_of(&charges));
            let mut exclusive = sum;
            exclusive.subtract(&allowance_sum);
            exclusive.add(&charge_sum);
            totals.line_total = line_total;
            totals.allowance_total = allowance_sum.printed().map_err(|_| too_large("/allowances"))?;
            totals.charge_total = charge_sum.printed().map_err(|_| too_large("/charges"))?;
            totals.tax_exclusive = exclusive.printed().map_err(|_| too_large("/lines"))?;
        }
        totals.sets.reserve_exact(self.sets.list.len());
        for (place, set) in self.sets.list.iter().enumerate() {
            let taxable = match included.get(place) {
                Some(set) => set.net,
                None => set.sum.printed().map_err(|_| too_large("/lines"))?,
            };
            totals.sets.push(SetFigures { rows: set.rows, taxable });
        }
        totals.lines = self.lines;
        totals.adjustments = self.adjustments;
        totals.allowances = allowances.into_iter().map(|one| one.figures).collect();
        totals.charges = charges.into_iter().map(|one| one.figures).collect();
        settle::groups(&mut totals, &self.sets, &included, self.input.tax_rounding)?;
        settle::payable(&mut totals, self.input)?;
        Ok(totals)
    }
}

fn signed<F: Figure>(amount: &F, negative: bool) -> F {
    if !negative {
        return amount.clone();
    }
    let mut value = F::zero();
    value.subtract(amount);
    value
}

fn sum_of<F: Figure>(adjustments: &[Adjusted<F>]) -> F {
    adjustments.iter().fold(F::zero(), |mut sum, one| {
        sum.add(&one.amount);
        sum
    })
}

/// An allowance or charge that is spread has a net amount in each set.
fn add_net<F>(adjustments: &mut [Adjusted<F>], index: usize, net: i64) {
    if let Some(one) = adjustments.get_mut(index) {
        one.figures.net = one.figures.net.saturating_add(net);
    }
}

/// The sum of printed figures.
pub(super) fn total(units: impl Iterator<Item = i64>, pointer: &str) -> Result<i64, Violation> {
    crate::money::bounded(units.map(i128::from).sum()).map_err(|error| error.at(pointer))
}

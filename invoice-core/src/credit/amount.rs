//! Crediting an amount with tax: how much of each set it takes.

use super::basis::{Basis, share_out};
use super::credited::{Credited, CreditedGroup};
use super::progress;
use crate::MoneyError;

/// Steps from nothing to everything that is left; fine enough for any amount, and products fit 128 bits.
const STEPS: i64 = 1_000_000_000_000_000_000;

/// One try: how much of each set is credited in all, what that makes of the groups, and what it adds.
struct Try {
    sets: Vec<i64>,
    groups: Vec<CreditedGroup>,
    added: i128,
}

struct Search<'a> {
    basis: &'a Basis,
    before: &'a Credited,
    /// Credited before, per set.
    start: Vec<i64>,
    left: Vec<i64>,
}

/// The state after crediting `amount`, more than nothing and less than everything that is left of the parts; `None` if
/// there is no such state within the bounds of all groups.
pub(super) fn credit(basis: &Basis, before: &Credited, amount: i64) -> Result<Option<Credited>, MoneyError> {
    let mut start = vec![0_i64; basis.sets.len()];
    for (place, part) in basis.parts.iter().enumerate() {
        start.get_mut(part.set).into_iter().for_each(|sum| *sum += before.part(place));
    }
    let left = basis.sets.iter().zip(&start).map(|(set, start)| set.net - start).collect();
    let search = Search { basis, before, start, left };
    let Some(found) = search.run(amount.into())? else { return Ok(None) };
    Ok(Some(search.settle(found)?))
}

impl Search<'_> {
    fn run(&self, amount: i128) -> Result<Option<Try>, MoneyError> {
        // All sets advance together: each gives what it has left in the same proportion.
        let (mut low, mut high) = (0, STEPS);
        let mut best = self.at(low)?;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let tried = self.at(middle)?;
            if tried.added <= amount {
                (low, best) = (middle, tried);
            } else {
                high = middle;
            }
        }
        self.fill(&mut best, amount)?;
        Ok((best.added == amount).then_some(best))
    }

    fn at(&self, step: i64) -> Result<Try, MoneyError> {
        let sets = self.start.iter().zip(&self.left).map(|(start, left)| {
            // A part of `left`, which is an amount.
            let share = i128::from(*left) * i128::from(step) / i128::from(STEPS);
            super::basis::fit(i128::from(*start) + share)
        });
        self.evaluate(sets.collect::<Result<_, _>>()?)
    }

    fn evaluate(&self, sets: Vec<i64>) -> Result<Try, MoneyError> {
        let groups = progress::groups(self.basis, self.before, &sets)?;
        let net: i128 =
            sets.iter().zip(&self.start).map(|(now, start)| i128::from(*now) - i128::from(*start)).sum();
        let taxes =
            self.basis.groups.iter().zip(&groups).enumerate().map(|(place, (group, now))| {
                group.signed(now.tax) - group.signed(self.before.group(place).tax)
            });
        let added = net + taxes.sum::<i128>();
        Ok(Try { sets, groups, added })
    }

    /// Gives the units still missing to single sets, first one each, and the last ones to a tax that the next unit would
    /// raise: later credits correct it, because tax is counted from the start.
    fn fill(&self, best: &mut Try, amount: i128) -> Result<(), MoneyError> {
        for place in 0..best.sets.len() {
            self.advance(best, place, 1, amount)?;
        }
        for place in 0..best.sets.len() {
            // Units that cost a whole amount of tax each can leave much to the others: take it in growing steps.
            let mut step = 1;
            while self.advance(best, place, step, amount)? {
                step = (step * 2).min(STEPS);
            }
            while step > 1 {
                step /= 2;
                self.advance(best, place, step, amount)?;
            }
        }
        for place in 0..best.sets.len() {
            if best.added == amount {
                break;
            }
            if let Some(next) = self.further(best, place, 1)? {
                self.raise_taxes(best, &next, amount);
            }
        }
        Ok(())
    }

    /// So many units more of a set, if they bring it closer to the amount.
    fn advance(&self, best: &mut Try, place: usize, units: i64, amount: i128) -> Result<bool, MoneyError> {
        if best.added == amount {
            return Ok(false);
        }
        let Some(next) = self.further(best, place, units)? else { return Ok(false) };
        let closer = best.added < next.added && next.added <= amount;
        if closer {
            *best = next;
        }
        Ok(closer)
    }

    /// So many units more of a set, if that many are left.
    fn further(&self, best: &Try, place: usize, units: i64) -> Result<Option<Try>, MoneyError> {
        let (Some(now), Some(set)) = (best.sets.get(place), self.basis.sets.get(place)) else {
            return Ok(None);
        };
        let left = set.net - now;
        if left.unsigned_abs() < units.unsigned_abs() {
            return Ok(None);
        }
        let mut sets = best.sets.clone();
        if let Some(sum) = sets.get_mut(place) {
            *sum += left.signum() * units;
        }
        self.evaluate(sets).map(Some)
    }

    fn raise_taxes(&self, best: &mut Try, next: &Try, amount: i128) {
        for ((group, now), next) in self.basis.groups.iter().zip(&mut best.groups).zip(&next.groups) {
            let change = next.tax - now.tax;
            let missing = amount - best.added;
            if group.signed(change) > 0 {
                // As much of the raise as is missing.
                let units = i64::try_from(missing).unwrap_or(i64::MAX).min(change.abs());
                now.tax += change.signum() * units;
                best.added += i128::from(units);
            }
        }
    }

    /// Shares what each set gives over its parts.
    fn settle(&self, found: Try) -> Result<Credited, MoneyError> {
        let mut parts: Vec<_> = (0..self.basis.parts.len()).map(|place| self.before.part(place)).collect();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.basis.sets.len()];
        for (place, part) in self.basis.parts.iter().enumerate() {
            members.get_mut(part.set).into_iter().for_each(|members| members.push(place));
        }
        for ((members, now), start) in members.iter().zip(&found.sets).zip(&self.start) {
            let of_part = |place: &usize| self.basis.parts.get(*place).map_or(0, |part| part.net);
            let left: Vec<_> =
                members.iter().map(|place| of_part(place) - self.before.part(*place)).collect();
            for (place, share) in members.iter().zip(share_out(now - start, &left)) {
                parts.get_mut(*place).into_iter().for_each(|part| *part += share);
            }
        }
        let net = found.sets.iter().map(|units| i128::from(*units)).sum();
        Ok(Credited {
            currency: Some(self.basis.currency),
            parts,
            groups: found.groups,
            net: super::basis::fit(net)?,
            rounding: self.before.rounding,
        })
    }
}

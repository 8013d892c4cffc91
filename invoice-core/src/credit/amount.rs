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

    /// Gives the units still missing to single sets, and the last ones to a tax that the next unit would raise: later
    /// credits correct it, because tax is counted from the start.
    fn fill(&self, best: &mut Try, amount: i128) -> Result<(), MoneyError> {
        let mut changed = true;
        while changed && best.added < amount {
            changed = false;
            for place in 0..best.sets.len() {
                let Some(next) = self.one_more(best, place)? else { continue };
                if best.added < next.added && next.added <= amount {
                    *best = next;
                    changed = true;
                }
            }
        }
        for place in 0..best.sets.len() {
            if best.added == amount {
                break;
            }
            if let Some(next) = self.one_more(best, place)? {
                self.raise_taxes(best, &next, amount);
            }
        }
        Ok(())
    }

    fn raise_taxes(&self, best: &mut Try, next: &Try, amount: i128) {
        for ((group, now), next) in self.basis.groups.iter().zip(&mut best.groups).zip(&next.groups) {
            let step = (next.tax - now.tax).signum();
            let gain = group.signed(step);
            if gain > 0 && best.added + gain <= amount {
                now.tax += step;
                best.added += gain;
            }
        }
    }

    /// One unit more of a set, if there is one left.
    fn one_more(&self, best: &Try, place: usize) -> Result<Option<Try>, MoneyError> {
        let (Some(now), Some(set)) = (best.sets.get(place), self.basis.sets.get(place)) else {
            return Ok(None);
        };
        if *now == set.net {
            return Ok(None);
        }
        let mut sets = best.sets.clone();
        if let Some(units) = sets.get_mut(place) {
            *units += (set.net - now).signum();
        }
        self.evaluate(sets).map(Some)
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

//! Lines meet in sets of equal taxes first: there are few of them, and groups follow from them.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::Figure;
use super::rows::Rows;
use crate::line::MOST_TAXES;
use crate::tax::{Tax, TaxKey};
use crate::{Code, Violation};

/// Up to here a scan over all sets, or groups, beats a map; only later ones are in one.
const FEW: usize = 8;

/// Everything taxed by exactly the same taxes.
pub(super) struct TaxSet<'a, F> {
    /// The taxes as the first line of the set gives them.
    given: &'a [Tax],
    /// The place it was found at.
    place: usize,
    /// The groups of its taxes.
    pub(super) rows: Rows,
    /// The amount taxed: lines and charges less allowances.
    pub(super) sum: F,
}

pub(super) struct TaxSets<'a, F> {
    pub(super) list: Vec<TaxSet<'a, F>>,
    /// The groups, and the place each was found at.
    pub(super) groups: Vec<(TaxKey, usize)>,
    last: usize,
    later_sets: BTreeMap<Rows, usize>,
    later_groups: BTreeMap<TaxKey, usize>,
    inclusive: bool,
    pub(super) reasons: Reasons<'a>,
}

#[inline]
fn same(a: &[Tax], b: &[Tax]) -> bool {
    match (a, b) {
        ([a], [b]) => a.shares_group(b),
        _ => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.shares_group(b)),
    }
}

impl<'a, F: Figure> TaxSets<'a, F> {
    pub(super) fn new(inclusive: bool) -> Self {
        Self {
            list: Vec::with_capacity(FEW),
            groups: Vec::with_capacity(FEW),
            last: 0,
            later_sets: BTreeMap::new(),
            later_groups: BTreeMap::new(),
            inclusive,
            reasons: Reasons::default(),
        }
    }

    /// Adds `amount` to the set of these taxes and returns its place. Violations are relative to what has the taxes.
    #[inline]
    pub(super) fn add(&mut self, taxes: &'a [Tax], amount: &F) -> Result<usize, Violation> {
        match self.list.get_mut(self.last) {
            // Neighbours mostly have the same taxes.
            Some(set) if same(set.given, taxes) => set.sum.add(amount),
            _ => {
                self.last = self.find(taxes)?;
                if let Some(set) = self.list.get_mut(self.last) {
                    set.sum.add(amount);
                }
            }
        }
        self.reasons.note(taxes);
        Ok(self.last)
    }

    fn find(&mut self, taxes: &'a [Tax]) -> Result<usize, Violation> {
        if let Some(place) = self.list.iter().take(FEW).position(|set| same(set.given, taxes)) {
            return Ok(place);
        }
        let too_many = || Violation::new("/taxes", Code::TooLong, format!("more than {MOST_TAXES} taxes"));
        if taxes.len() > MOST_TAXES {
            return Err(too_many());
        }
        let rows = Rows::new(taxes.iter().map(|tax| self.group(tax.key()))).ok_or_else(too_many)?;
        let early = self.list.iter().take(FEW).position(|set| set.rows == rows);
        if let Some(place) = early.or_else(|| self.later_sets.get(&rows).copied()) {
            return Ok(place);
        }
        self.check(taxes)?;
        let place = self.list.len();
        if place >= FEW {
            self.later_sets.insert(rows, place);
        }
        self.list.push(TaxSet { given: taxes, place, rows, sum: F::zero() });
        Ok(place)
    }

    fn group(&mut self, key: TaxKey) -> usize {
        let early = self.groups.iter().take(FEW).position(|(known, _)| *known == key);
        early.or_else(|| self.later_groups.get(&key).copied()).unwrap_or_else(|| {
            let place = self.groups.len();
            if place >= FEW {
                self.later_groups.insert(key, place);
            }
            self.groups.push((key, place));
            place
        })
    }

    fn check(&self, taxes: &[Tax]) -> Result<(), Violation> {
        for (index, tax) in taxes.iter().enumerate() {
            if taxes.iter().take(index).any(|earlier| earlier.key() == tax.key()) {
                return Err(Violation::new(format!("/taxes/{index}"), Code::Repeated, "the same tax twice"));
            }
        }
        if self.inclusive && (taxes.len() > 1 || taxes.iter().any(Tax::is_withheld)) {
            let detail = "a price with tax takes one tax, which is not withheld";
            return Err(Violation::new("/taxes", Code::InclusiveTaxes, detail));
        }
        Ok(())
    }

    /// Sorts groups and sets by their taxes, so that nothing depends on the order of the lines any more. Returns where
    /// each set went, if any moved; nothing may be added from here on.
    pub(super) fn sort(&mut self) -> Option<Vec<usize>> {
        if !self.groups.is_sorted() {
            self.groups.sort_unstable();
            let rank = ranks(self.groups.iter().map(|(_, place)| *place));
            for set in &mut self.list {
                let moved = set.rows.iter().map(|place| rank.get(place).copied().unwrap_or(place));
                set.rows = Rows::new(moved).unwrap_or(set.rows);
            }
        }
        if self.list.is_sorted_by_key(|set| set.rows) {
            return None;
        }
        self.list.sort_unstable_by_key(|set| set.rows);
        Some(ranks(self.list.iter().map(|set| set.place)))
    }

    /// The group of a set of a single tax.
    pub(super) fn single(&self, set: &TaxSet<'_, F>) -> Option<TaxKey> {
        self.groups.get(set.rows.iter().next()?).map(|(key, _)| *key)
    }
}

/// Where each place went, from the places in their new order.
fn ranks(order: impl ExactSizeIterator<Item = usize>) -> Vec<usize> {
    let mut ranks: Vec<usize> = std::iter::repeat_n(0, order.len()).collect();
    for (new, old) in order.enumerate() {
        if let Some(rank) = ranks.get_mut(old) {
            *rank = new;
        }
    }
    ranks
}

/// Why nothing is charged, collected per group.
#[derive(Default)]
pub(super) struct Reasons<'a> {
    found: BTreeMap<TaxKey, Reason<'a>>,
    last: Option<&'a Tax>,
}

#[derive(Default)]
pub(super) struct Reason<'a> {
    /// Distinct texts, sorted: the order of the lines must not show.
    texts: BTreeSet<&'a str>,
    codes: BTreeSet<&'a str>,
}

impl<'a> Reasons<'a> {
    #[inline]
    fn note(&mut self, taxes: &'a [Tax]) {
        for tax in taxes {
            if tax.exemption_reason().is_some() || tax.exemption_code().is_some() {
                self.keep(tax);
            }
        }
    }

    fn keep(&mut self, tax: &'a Tax) {
        if self.last == Some(tax) {
            return;
        }
        self.last = Some(tax);
        let reason = self.found.entry(tax.key()).or_default();
        reason.texts.extend(tax.exemption_reason());
        reason.codes.extend(tax.exemption_code());
    }

    pub(super) fn of(&self, key: &TaxKey) -> (Vec<String>, Vec<String>) {
        let Some(reason) = self.found.get(key) else { return Default::default() };
        let owned = |texts: &BTreeSet<&str>| texts.iter().map(|text| (*text).to_owned()).collect();
        (owned(&reason.texts), owned(&reason.codes))
    }
}

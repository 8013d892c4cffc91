//! Lines meet in sets of equal taxes first: there are few of them, and groups follow from them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::figure::Figure;
use crate::line::MOST_TAXES;
use crate::tax::{Tax, TaxKey};
use crate::{Code, Violation};

/// Up to here a scan over all sets beats hashing.
const FEW: usize = 8;

/// Everything taxed by exactly the same taxes.
pub(super) struct TaxSet<'a, F> {
    /// The taxes as the first line of the set gives them.
    given: &'a [Tax],
    /// The same as groups, in order.
    pub(super) keys: Vec<TaxKey>,
    /// The amount taxed: lines and charges less allowances.
    pub(super) sum: F,
}

pub(super) struct TaxSets<'a, F> {
    pub(super) list: Vec<TaxSet<'a, F>>,
    last: usize,
    index: HashMap<Vec<TaxKey>, usize>,
    inclusive: bool,
    pub(super) reasons: Reasons<'a>,
}

#[inline]
fn same(a: &[Tax], b: &[Tax]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.key() == b.key())
}

impl<'a, F: Figure> TaxSets<'a, F> {
    pub(super) fn new(inclusive: bool) -> Self {
        Self { list: Vec::new(), last: 0, index: HashMap::new(), inclusive, reasons: Reasons::default() }
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
        if taxes.len() > MOST_TAXES {
            return Err(Violation::new("/taxes", Code::TooLong, format!("more than {MOST_TAXES} taxes")));
        }
        let mut keys: Vec<_> = taxes.iter().map(Tax::key).collect();
        keys.sort_unstable();
        if let Some(place) = self.index.get(&keys) {
            return Ok(*place);
        }
        self.check(taxes)?;
        let place = self.list.len();
        self.index.insert(keys.clone(), place);
        self.list.push(TaxSet { given: taxes, keys, sum: F::zero() });
        Ok(place)
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

    /// The places of all sets in the order of their taxes, which does not depend on the order of the lines.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.list.len()).collect();
        order.sort_by_key(|place| self.list.get(*place).map(|set| &set.keys));
        order
    }
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
    pub(super) texts: BTreeSet<&'a str>,
    pub(super) codes: BTreeSet<&'a str>,
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

//! Any way of crediting a document in parts adds up to it.

#![allow(clippy::unwrap_used, reason = "a test says it by panicking")]

#[path = "support/random.rs"]
mod random;

use invoice_core::credit::{Basis, CreditFigures, Credited, PartRequest, Request, plan};
use invoice_core::totals::{PriceMode, Rounding, Totals, calculate};
use invoice_core::{Code, Currency, Money};
use proptest::prelude::*;
use random::{Document, Shape, document};

const SALES: Shape = Shape { prices: PriceMode::Net, returns: false, withheld: true, most_lines: 6 };

/// One step of a life of credits: what to ask for, scaled by what is left.
#[derive(Debug, Clone, Copy)]
enum Step {
    Amount(u32),
    Part(usize, u32),
    Left(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..1_001_u32).prop_map(Step::Amount),
        (0..8_usize, 0..1_001_u32).prop_map(|(part, share)| Step::Part(part, share)),
        (0..8_usize).prop_map(Step::Left),
    ];
    prop::collection::vec(step, 0..8)
}

fn share(of: Money, share: u32) -> Money {
    let units = i128::from(of.minor()) * i128::from(share) / 1_000;
    Money::from_minor(i64::try_from(units).unwrap(), of.currency()).unwrap()
}

/// Plays the steps, then credits the rest, and checks every bound on the way. Steps that the rules refuse change
/// nothing; amounts within what is left may never be refused when `amounts_fit`.
fn play(totals: &Totals, steps: &[Step], amounts_fit: bool) -> Result<(), TestCaseError> {
    let basis = Basis::new(totals).unwrap();
    let mut credited = Credited::default();
    let mut notes = Vec::new();
    for step in steps {
        if credited.is_complete(&basis) {
            break;
        }
        let part = |place: usize| place % basis.parts().len();
        let request = match *step {
            Step::Amount(of) => Request::Amount(share(basis.remaining(&credited).unwrap(), of)),
            Step::Part(place, of) => {
                let left = basis.remaining_part(part(place), &credited).unwrap();
                Request::Parts(vec![PartRequest::net(part(place), share(left, of))])
            }
            Step::Left(place) => Request::Parts(vec![PartRequest::left(part(place))]),
        };
        match plan(&basis, &credited, &request) {
            Ok(note) => {
                if let Request::Amount(asked) = request {
                    prop_assert_eq!(note.totals().payable(), asked);
                }
                credited = note.credited().clone();
                let json = serde_json::to_string(&credited).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Credited>(&json).unwrap(), &credited);
                notes.push(note);
            }
            Err(wrong) => {
                let Request::Amount(asked) = request else { continue };
                prop_assert!(
                    !amounts_fit || !asked.is_positive(),
                    "{asked} of {totals:?} after {credited:?}: {wrong}"
                );
            }
        }
    }
    // A document over nothing is complete from the start, and still cancelled once.
    if !credited.is_complete(&basis) || notes.is_empty() {
        match plan(&basis, &credited, &Request::Full) {
            Ok(note) => {
                credited = note.credited().clone();
                notes.push(note);
            }
            // Only a document whose rest is worth less than nothing.
            Err(wrong) => {
                prop_assert_eq!(wrong.code(), Code::NotPositive);
                return Ok(());
            }
        }
    }
    prop_assert!(credited.is_complete(&basis));
    prop_assert_eq!(
        plan(&basis, &credited, &Request::Full).unwrap_err().code(),
        Code::CreditExceedsRemaining
    );
    adds_up(totals, &basis, &notes)
}

fn adds_up(totals: &Totals, basis: &Basis, notes: &[CreditFigures]) -> Result<(), TestCaseError> {
    let sum = |of: &dyn Fn(&Totals) -> Money| {
        Money::checked_sum(notes.iter().map(|note| of(note.totals())), totals.currency()).unwrap()
    };
    prop_assert_eq!(sum(&Totals::tax_exclusive), totals.tax_exclusive());
    prop_assert_eq!(sum(&Totals::tax_total), totals.tax_total());
    prop_assert_eq!(sum(&Totals::tax_inclusive), totals.tax_inclusive());
    prop_assert_eq!(sum(&Totals::withheld_total), totals.withheld_total());
    prop_assert_eq!(sum(&Totals::rounding), totals.rounding());
    for row in totals.breakdown() {
        let of = |totals: &Totals, tax: bool| {
            let same = totals.breakdown().iter().find(|other| {
                (other.scheme(), other.category(), other.rate(), other.is_withheld())
                    == (row.scheme(), row.category(), row.rate(), row.is_withheld())
            });
            same.map_or(Money::zero(totals.currency()), |row| if tax { row.tax() } else { row.taxable() })
        };
        prop_assert_eq!(sum(&|note| of(note, false)), row.taxable());
        prop_assert_eq!(sum(&|note| of(note, true)), row.tax());
    }
    for (place, net) in basis.parts().enumerate() {
        let parts = notes.iter().flat_map(CreditFigures::parts).filter(|part| part.part() == place);
        let credited = Money::checked_sum(parts.map(|part| part.net()), totals.currency()).unwrap();
        prop_assert_eq!(credited, net);
    }
    for note in notes {
        let totals = note.totals();
        prop_assert!(!totals.payable().is_negative());
        let json = serde_json::to_string(totals).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Totals>(&json).unwrap(), totals);
    }
    Ok(())
}

/// Of a document that can be calculated: an adjustment without taxes needs something taxed to be spread over.
fn calculated(document: &Document) -> Option<Totals> {
    match calculate(&document.input()) {
        Ok(totals) => Some(totals),
        Err(wrong) => {
            assert_eq!(wrong.code(), Code::TaxCategoryRequired, "{wrong}");
            None
        }
    }
}

/// Plays the steps with a document that can be calculated.
fn played(document: &Document, steps: &[Step], amounts_fit: bool) -> Result<(), TestCaseError> {
    let Some(totals) = calculated(document) else { return Ok(()) };
    // No set of taxes is below zero, so that every amount can be spread.
    let all_positive = Basis::new(&totals).unwrap().parts().all(|part| !part.is_negative());
    play(&totals, steps, amounts_fit && all_positive)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn credits_of_a_sale_add_up_to_it(document in document(SALES), steps in steps()) {
        played(&document, &steps, true)?;
    }

    #[test]
    fn credits_of_tax_inclusive_prices_add_up(
        document in document(Shape { prices: PriceMode::TaxInclusive, ..SALES }),
        steps in steps(),
    ) {
        played(&document, &steps, true)?;
    }

    #[test]
    fn credits_of_sales_and_returns_add_up(document in document(Shape { returns: true, ..SALES }), steps in steps()) {
        played(&document, &steps, false)?;
    }

    #[test]
    fn credits_of_precise_totals_add_up(mut document in document(SALES), steps in steps()) {
        document.rounding = Rounding::Precise;
        played(&document, &steps, false)?;
    }
}

#[test]
fn nothing_is_credited_in_another_currency() {
    let totals = calculate(&invoice_core::totals::Input::new(Currency::EUR, &[])).unwrap();
    let basis = Basis::new(&totals).unwrap();
    assert!(Credited::default().is_complete(&basis));
}

//! Documents with more different taxes than fit a short search.
#![allow(clippy::unwrap_used, reason = "a test says it by panicking")]

use invoice_core::Currency;
use invoice_core::line::Line;
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use invoice_core::totals::{Input, calculate};

/// A line over 1.00 under VAT at one of many rates and a second tax, named in either order.
fn line(rate: usize, vat_first: bool) -> Line {
    let line = Line::new("1", "Item", "1".parse().unwrap(), "1.00".parse().unwrap()).unwrap();
    let vat = Tax::vat(TaxCategory::Standard, (rate + 1).to_string().parse().unwrap());
    let pst = Tax::new(TaxScheme::PST, TaxCategory::Standard, Some("7".parse().unwrap()));
    let [first, second] = if vat_first { [vat, pst] } else { [pst, vat] };
    line.with_tax(first).with_tax(second)
}

#[test]
fn equal_taxes_meet_in_one_group_however_many_there_are_and_in_whatever_order() {
    for rates in [1, 7, 8, 9, 10, 40] {
        let round = |vat_first| (0..rates).map(move |rate| line(rate, vat_first));
        let lines: Vec<_> = round(true).chain(round(false)).chain(round(true)).collect();
        let totals = calculate(&Input::new(Currency::EUR, &lines)).unwrap();

        let mut found: Vec<_> =
            totals.breakdown().iter().map(|row| (row.rate().to_string(), row.taxable().minor())).collect();
        let (pst, vat) = (found.remove(0), found);
        assert_eq!(pst, ("7".to_owned(), i64::try_from(rates).unwrap() * 300));
        let expected: Vec<_> = (1..=rates).map(|rate| (rate.to_string(), 300)).collect();
        assert_eq!(vat, expected, "{rates} rates");
    }
}

#[test]
fn a_tax_without_a_rate_meets_the_same_tax_at_zero() {
    let line = || Line::new("1", "Item", "1".parse().unwrap(), "1.00".parse().unwrap()).unwrap();
    let zero = |rate: Option<&str>| {
        Tax::new(TaxScheme::VAT, TaxCategory::ZeroRated, rate.map(|rate| rate.parse().unwrap()))
    };
    let lines = [line().with_tax(zero(None)), line().with_tax(zero(Some("0")))];
    let totals = calculate(&Input::new(Currency::EUR, &lines)).unwrap();
    assert_eq!(totals.breakdown().len(), 1);
    assert_eq!(totals.breakdown()[0].taxable().minor(), 200);
}

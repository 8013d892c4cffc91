use super::*;
use crate::line::{Adjustment, DocumentAdjustment, Line};
use crate::tax::{Tax, TaxCategory, TaxScheme};
use crate::totals::{AdvanceDeduction, AdvanceRow, Input, PayableRounding, PriceMode, Totals, calculate};
use crate::{Currency, Quantity};

fn eur(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

fn vat(rate: &str) -> Tax {
    let category = if rate == "0" { TaxCategory::ZeroRated } else { TaxCategory::Standard };
    Tax::vat(category, rate.parse().unwrap())
}

fn line(quantity: &str, price: &str, rate: &str) -> Line {
    Line::new("1", "item", quantity.parse().unwrap(), price.parse().unwrap()).unwrap().with_tax(vat(rate))
}

fn basis(lines: &[Line]) -> Basis {
    Basis::new(&calculate(&Input::new(Currency::EUR, lines)).unwrap()).unwrap()
}

fn shown(totals: &Totals) -> [String; 3] {
    [totals.tax_exclusive(), totals.tax_total(), totals.payable()].map(|money| money.amount().to_string())
}

fn parts(basis: &Basis) -> Vec<String> {
    basis.parts().map(|net| net.amount().to_string()).collect()
}

fn code(plan: Result<CreditFigures, Violation>) -> (String, Code) {
    let wrong = plan.unwrap_err();
    (wrong.pointer().to_owned(), wrong.code())
}

#[test]
fn lines_carry_their_share_of_the_documents_allowances_and_charges() {
    let lines = [line("1", "60", "19"), line("1", "30", "19"), line("1", "40", "7")];
    let allowance = [DocumentAdjustment::new(Adjustment::fixed(eur("10.00"))).with_tax(vat("19"))];
    let charge = [
        DocumentAdjustment::new(Adjustment::fixed(eur("5.00"))).with_tax(vat("0")),
        DocumentAdjustment::new(Adjustment::fixed(eur("4.00"))).with_tax(vat("7")),
    ];
    let input = Input::new(Currency::EUR, &lines).with_allowances(&allowance).with_charges(&charge);
    // 10.00 over 60 and 30: 6.67 and 3.33; freight under a tax no line has is a part of its own.
    assert_eq!(parts(&Basis::new(&calculate(&input).unwrap()).unwrap()), ["53.33", "26.67", "44.00", "5.00"]);
}

#[test]
fn tax_is_counted_from_the_start_so_that_the_last_credit_closes_it() {
    // Three times 0.05 at 19 %: the tax is 0.0285, so 0.03; each third would be 0.01 either way.
    let basis = basis(&[line("3", "0.05", "19")]);
    let mut credited = Credited::default();
    let mut taxes = Vec::new();
    for amount in ["0.05", "0.05"] {
        let note = plan(&basis, &credited, &Request::Parts(vec![PartRequest::net(0, eur(amount))])).unwrap();
        taxes.push(note.totals().tax_total().minor());
        credited = note.credited().clone();
    }
    let last = plan(&basis, &credited, &Request::Full).unwrap();
    taxes.push(last.totals().tax_total().minor());
    assert_eq!(taxes, [1, 1, 1]);
    assert!(last.credited().is_complete(&basis));
}

#[test]
fn an_amount_is_met_exactly_although_no_net_amount_gives_it() {
    // At 19 %: 0.02 + 0.00 = 0.02 and 0.03 + 0.01 = 0.04, so 0.03 needs a cent of tax before its time.
    let basis = basis(&[line("1", "10.00", "19")]);
    let note = plan(&basis, &Credited::default(), &Request::Amount(eur("0.03"))).unwrap();
    assert_eq!(shown(note.totals()), ["0.02", "0.01", "0.03"]);
    // The tax due is then 0.03 × 19 %, and it is credited already.
    let next = plan(&basis, note.credited(), &Request::Amount(eur("0.01"))).unwrap();
    assert_eq!(shown(next.totals()), ["0.01", "0.00", "0.01"]);
}

#[test]
fn an_amount_takes_from_each_tax_by_what_is_left() {
    let basis = basis(&[line("1", "100", "19"), line("1", "100", "7")]);
    let half = plan(&basis, &Credited::default(), &Request::Amount(eur("113.00"))).unwrap();
    assert_eq!(shown(half.totals()), ["100.00", "13.00", "113.00"]);
    let nets: Vec<_> = half.parts().iter().map(|part| part.net().minor()).collect();
    assert_eq!(nets, [5_000, 5_000]);
}

#[test]
fn a_quantity_is_its_share_of_the_line() {
    let basis = basis(&[line("3", "3.335", "19")]);
    let (one, three): (Quantity, Quantity) = ("1".parse().unwrap(), "3".parse().unwrap());
    let request = |part| Request::Parts(vec![part]);
    let note = plan(&basis, &Credited::default(), &request(PartRequest::quantity(0, one, three))).unwrap();
    assert_eq!(shown(note.totals()), ["3.34", "0.63", "3.97"]);
    let all = plan(&basis, note.credited(), &request(PartRequest::left(0))).unwrap();
    assert_eq!(shown(all.totals()), ["6.67", "1.27", "7.94"]);
    let four = "4".parse().unwrap();
    let more = plan(&basis, &Credited::default(), &request(PartRequest::quantity(0, four, three)));
    assert_eq!(code(more), ("/parts/0/quantity".to_owned(), Code::OutOfRange));
}

#[test]
fn more_than_is_left_is_refused_everywhere() {
    let basis = basis(&[line("1", "10", "19"), line("1", "5", "19")]);
    let none = Credited::default();
    let of_part = |amount| Request::Parts(vec![PartRequest::net(1, eur(amount))]);
    assert_eq!(
        code(plan(&basis, &none, &of_part("5.01"))),
        ("/parts/0".to_owned(), Code::CreditExceedsRemaining)
    );
    assert_eq!(
        code(plan(&basis, &none, &of_part("-1"))),
        ("/parts/0".to_owned(), Code::CreditExceedsRemaining)
    );
    assert_eq!(
        code(plan(&basis, &none, &Request::Amount(eur("17.86")))),
        ("/amount".to_owned(), Code::CreditExceedsRemaining)
    );
    let full = plan(&basis, &none, &Request::Amount(eur("17.85"))).unwrap();
    assert!(full.credited().is_complete(&basis));
    assert_eq!(
        code(plan(&basis, full.credited(), &Request::Full)),
        (String::new(), Code::CreditExceedsRemaining)
    );
}

#[test]
fn nothing_negative_and_nothing_twice() {
    let basis = basis(&[line("1", "10", "19")]);
    let none = Credited::default();
    for amount in ["0", "-1"] {
        assert_eq!(code(plan(&basis, &none, &Request::Amount(eur(amount)))).1, Code::NotPositive);
    }
    assert_eq!(code(plan(&basis, &none, &Request::Parts(vec![]))).1, Code::NotPositive);
    let twice = Request::Parts(vec![PartRequest::left(0), PartRequest::left(0)]);
    assert_eq!(code(plan(&basis, &none, &twice)), ("/parts/1".to_owned(), Code::Repeated));
    let absent = Request::Parts(vec![PartRequest::left(1)]);
    assert_eq!(code(plan(&basis, &none, &absent)), ("/parts/0".to_owned(), Code::Unknown));
    let dollars = Request::Amount(Money::parse("1", Currency::USD).unwrap());
    assert_eq!(code(plan(&basis, &none, &dollars)), ("/amount".to_owned(), Code::MixedCurrencies));
}

#[test]
fn a_return_on_the_invoice_is_credited_with_its_sale() {
    let basis = basis(&[line("2", "50", "19"), line("-1", "50", "19")]);
    let left = |part| Request::Parts(vec![PartRequest::left(part)]);
    assert_eq!(code(plan(&basis, &Credited::default(), &left(0))).1, Code::CreditExceedsRemaining);
    assert_eq!(code(plan(&basis, &Credited::default(), &left(1))).1, Code::CreditExceedsRemaining);
    let both = Request::Parts(vec![PartRequest::left(0), PartRequest::left(1)]);
    let note = plan(&basis, &Credited::default(), &both).unwrap();
    assert_eq!(shown(note.totals()), ["50.00", "9.50", "59.50"]);
    assert!(note.credited().is_complete(&basis));
}

#[test]
fn the_rounding_goes_with_the_last_credit() {
    let lines = [line("1", "10.01", "0")];
    let input =
        Input::new(Currency::EUR, &lines).with_payable_rounding(PayableRounding::Increment(eur("0.05")));
    let totals = calculate(&input).unwrap();
    assert_eq!(totals.payable(), eur("10.00"));
    let basis = Basis::new(&totals).unwrap();
    let first = plan(&basis, &Credited::default(), &Request::Amount(eur("9.99"))).unwrap();
    assert_eq!(first.totals().rounding(), eur("0"));
    let last = plan(&basis, first.credited(), &Request::Full).unwrap();
    assert_eq!((last.totals().rounding(), last.totals().payable()), (eur("-0.01"), eur("0.01")));
}

#[test]
fn withheld_tax_lowers_what_can_be_credited() {
    let irpf = Tax::withheld(TaxScheme::IRPF, "15".parse().unwrap());
    let basis = basis(&[line("1", "100", "21").with_tax(irpf)]);
    assert_eq!(basis.total().unwrap(), eur("106.00"));
    let half = plan(&basis, &Credited::default(), &Request::Amount(eur("53.00"))).unwrap();
    assert_eq!(half.totals().withheld_total(), eur("7.50"));
    assert_eq!(shown(half.totals()), ["50.00", "10.50", "53.00"]);
}

#[test]
fn advances_of_a_final_invoice_are_not_credited_with_it() {
    let lines = [line("1", "60", "19"), line("1", "40", "19"), line("1", "50", "7")];
    let row = AdvanceRow::new(&vat("19"), eur("50.00"), eur("9.50"));
    let advances = [AdvanceDeduction::new("ADV-1", eur("50.00"), vec![row]).unwrap()];
    let totals = calculate(&Input::new(Currency::EUR, &lines).with_advances(&advances)).unwrap();
    let basis = Basis::new(&totals).unwrap();
    assert_eq!(parts(&basis), ["30.00", "20.00", "50.00"]);
    assert_eq!(basis.total().unwrap(), totals.payable());
    let note = plan(&basis, &Credited::default(), &Request::Full).unwrap();
    assert_eq!(shown(note.totals()), ["100.00", "13.00", "113.00"]);
}

#[test]
fn tax_that_was_included_is_credited_as_stored() {
    let card = line("1", "0.99", "19");
    let lines = vec![card; 10];
    let input = Input::new(Currency::EUR, &lines).with_prices(PriceMode::TaxInclusive);
    let basis = Basis::new(&calculate(&input).unwrap()).unwrap();
    let note = plan(&basis, &Credited::default(), &Request::Amount(eur("0.99"))).unwrap();
    assert_eq!(shown(note.totals()), ["0.83", "0.16", "0.99"]);
    let rest = plan(&basis, note.credited(), &Request::Full).unwrap();
    // 8.32 + 1.58, not 19 % of anything.
    assert_eq!(shown(rest.totals()), ["7.49", "1.42", "8.91"]);
}

#[test]
fn the_state_is_stored_as_strings() {
    let basis = basis(&[line("1", "10", "19")]);
    assert_eq!(serde_json::to_string(&Credited::default()).unwrap(), "{}");
    let note = plan(&basis, &Credited::default(), &Request::Amount(eur("1.19"))).unwrap();
    let json = serde_json::to_string(note.credited()).unwrap();
    assert_eq!(
        json,
        r#"{"currency":"EUR","parts":["1.00"],"groups":[{"taxable":"1.00","tax":"0.19"}],"net":"1.00","rounding":"0.00"}"#
    );
    assert_eq!(serde_json::from_str::<Credited>(&json).unwrap(), *note.credited());
    assert!(serde_json::from_str::<Credited>(r#"{"parts":["1.00"]}"#).is_err());
}

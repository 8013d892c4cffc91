use super::*;
use crate::tax::TaxCategory;
use crate::{Currency, Money};

fn line() -> Line {
    Line::new("1", "Lamp", "3".parse().unwrap(), "19.95".parse().unwrap())
        .unwrap()
        .with_tax(Tax::vat(TaxCategory::Standard, "8.1".parse().unwrap()))
}

fn found(line: &Line) -> Vec<(String, Code)> {
    let violations = line.validate().unwrap_err();
    violations.iter().map(|wrong| (wrong.pointer().to_owned(), wrong.code())).collect()
}

#[test]
fn a_line_needs_a_tax_that_is_not_withheld() {
    let bare = Line::new("1", "Lamp", "1".parse().unwrap(), "1".parse().unwrap()).unwrap();
    let required = [("/taxes".to_owned(), Code::TaxCategoryRequired)];
    assert_eq!(found(&bare), required);
    let withheld = bare.with_tax(Tax::withheld("IRPF".parse().unwrap(), "15".parse().unwrap()));
    assert_eq!(found(&withheld), required);
    assert!(line().validate().is_ok());
}

#[test]
fn a_tax_named_twice_is_refused_whatever_its_zeros() {
    let twice = line().with_tax(Tax::vat(TaxCategory::Standard, "8.10".parse().unwrap()));
    assert_eq!(found(&twice), [("/taxes/1".to_owned(), Code::Repeated)]);
}

#[test]
fn a_gross_price_less_its_discount_is_the_price() {
    let priced = |gross: &str, discount: &str| {
        line().with_gross_price(Some(gross.parse().unwrap()), Some(discount.parse().unwrap()))
    };
    assert!(priced("20.00", "0.05").validate().is_ok());
    assert_eq!(found(&priced("20", "0.04")), [("/gross_price".to_owned(), Code::Inconsistent)]);
    assert!(line().with_gross_price(Some("20".parse().unwrap()), None).validate().is_ok());
}

#[test]
fn texts_are_bounded_and_free_of_nul() {
    let one: Quantity = "1".parse().unwrap();
    let price: UnitPrice = "1".parse().unwrap();
    let wrong = Line::new("1", "a\0", one, price).unwrap_err();
    assert_eq!((wrong.pointer(), wrong.code()), ("/name", Code::NulCharacter));
    assert_eq!(Line::new("1".repeat(1_001), "a", one, price).unwrap_err().pointer(), "/id");
    let details = LineDetails { note: Some("x".repeat(10_001)), ..LineDetails::default() };
    assert_eq!(found(&line().with_details(details)), [("/details/note".to_owned(), Code::TooLong)]);
    let blank = Line::new(" ", "a", one, price)
        .unwrap()
        .with_tax(Tax::vat(TaxCategory::ZeroRated, "0".parse().unwrap()));
    assert_eq!(found(&blank), [("/id".to_owned(), Code::Required)]);
}

#[test]
fn the_stored_form_round_trips_and_refuses_what_it_does_not_know() {
    let euro = |amount| Money::parse(amount, Currency::EUR).unwrap();
    let full = line()
        .with_unit("KGM".parse().unwrap())
        .with_base_quantity("100".parse().unwrap())
        .with_allowance(
            Adjustment::percent_of("5".parse().unwrap(), euro("10")).with_reason("Volume").unwrap(),
        )
        .with_allowance(Adjustment::percent("-5".parse().unwrap()))
        .with_charge(Adjustment::fixed(euro("2.50")).with_reason_code("FC").unwrap())
        .with_details(LineDetails { note: Some("Fragile".into()), ..LineDetails::default() });
    let json = serde_json::to_string(&full).unwrap();
    assert_eq!(serde_json::from_str::<Line>(&json).unwrap(), full);

    let plain = serde_json::to_string(&line()).unwrap();
    assert_eq!(
        plain,
        r#"{"quantity":"3","price":"19.95","taxes":[{"scheme":"VAT","category":"S","rate":"8.1"}],"id":"1","name":"Lamp","unit":"C62"}"#
    );
    for (from, to) in [
        (r#""3""#, "3"),
        (r#""19.95""#, "19.95"),
        (r#""C62""#, r#""c62""#),
        (r#""Lamp""#, r#""La\u0000mp""#),
        (r#""id""#, r#""identity""#),
        (r#""id":"1""#, r#""id":"1","id":"2""#),
    ] {
        assert!(serde_json::from_str::<Line>(&plain.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn an_adjustment_is_an_amount_or_a_percentage() {
    let amount = r#"{"amount":"1.00","currency":"EUR"}"#;
    for json in [
        format!(r#"{{"amount":{amount},"percent":"5"}}"#),
        format!(r#"{{"amount":{amount},"base":{amount}}}"#),
        r#"{"reason":"none"}"#.to_owned(),
        format!(r#"{{"amount":{amount},"reason_code":"LONG"}}"#),
        format!(r#"{{"amount":{amount},"tax":[]}}"#),
    ] {
        assert!(serde_json::from_str::<Adjustment>(&json).is_err(), "{json}");
        assert!(serde_json::from_str::<DocumentAdjustment>(&json).is_err(), "{json}");
    }
    let taxed = DocumentAdjustment::new(Adjustment::percent("5".parse().unwrap()))
        .with_tax(Tax::vat(TaxCategory::Exempt, "0".parse().unwrap()));
    let json = serde_json::to_string(&taxed).unwrap();
    assert_eq!(serde_json::from_str::<DocumentAdjustment>(&json).unwrap(), taxed);
}

#[test]
fn periods_are_checked_when_read() {
    assert!(serde_json::from_str::<InvoicePeriod>(r#"{"start":"2026-01-01"}"#).is_ok());
    for json in ["{}", r#"{"start":"2026-02-01","end":"2026-01-01"}"#, r#"{"start":"2026-02-30"}"#] {
        assert!(serde_json::from_str::<InvoicePeriod>(json).is_err(), "{json}");
    }
}

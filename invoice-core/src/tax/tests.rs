use super::*;

fn vat(category: TaxCategory, rate: &str) -> Tax {
    Tax::vat(category, rate.parse().unwrap())
}

fn codes(tax: &Tax) -> Vec<(String, Code)> {
    tax.check().iter().map(|found| (found.pointer().to_owned(), found.code())).collect()
}

#[test]
fn a_standard_rate_is_above_zero() {
    assert!(vat(TaxCategory::Standard, "7").check().is_empty());
    assert_eq!(codes(&vat(TaxCategory::Standard, "0")), [("/rate".to_owned(), Code::RateNotAllowed)]);
    assert!(!Tax::new(TaxScheme::VAT, TaxCategory::Standard, None).check().is_empty());
}

#[test]
fn categories_that_charge_nothing_have_no_rate_above_zero() {
    use TaxCategory::{Exempt, Export, IntraCommunity, OutOfScope, ReverseCharge, ZeroRated};
    for category in [ZeroRated, Exempt, ReverseCharge, IntraCommunity, Export, OutOfScope] {
        let charged = vat(category, "5").with_exemption_reason("because").unwrap();
        assert_eq!(codes(&charged), [("/rate".to_owned(), Code::RateNotAllowed)], "{category}");
        let fine = vat(category, "0.00").with_exemption_code("VATEX-EU-O").unwrap();
        assert!(fine.check().is_empty(), "{category}");
    }
}

#[test]
fn an_exemption_says_why() {
    for category in TaxCategory::ALL {
        let silent = codes(&Tax::new(TaxScheme::VAT, category, None));
        let asked = silent.contains(&("/exemption_reason".to_owned(), Code::ExemptionReasonRequired));
        assert_eq!(asked, ["E", "AE", "K", "G", "O"].contains(&category.code()), "{category}");
    }
}

#[test]
fn islands_and_split_payment_take_any_rate_and_withheld_taxes_no_category() {
    for category in [TaxCategory::CanaryIslands, TaxCategory::CeutaMelilla] {
        assert!(vat(category, "0").check().is_empty() && vat(category, "7").check().is_empty());
    }
    assert!(vat(TaxCategory::SplitPayment, "22").check().is_empty());
    assert!(Tax::withheld(TaxScheme::IRPF, "15".parse().unwrap()).check().is_empty());
}

#[test]
fn no_rate_and_zero_belong_to_one_group() {
    let none = Tax::new(TaxScheme::VAT, TaxCategory::OutOfScope, None);
    assert_eq!(none.key(), vat(TaxCategory::OutOfScope, "0.00").key());
    assert_ne!(none.key(), vat(TaxCategory::Exempt, "0").key());
}

#[test]
fn schemes_are_short_capitals() {
    for code in ["", "vat", "VAT ", "THIRTEENCHARS", "V\0T", "MWST-DE", "É"] {
        assert!(TaxScheme::new(code).is_err(), "{code:?}");
    }
    assert_eq!(TaxScheme::new("TWELVECHARS1").unwrap().as_str(), "TWELVECHARS1");
}

#[test]
fn texts_with_nul_or_without_end_are_refused() {
    let tax = vat(TaxCategory::Exempt, "0");
    assert_eq!(tax.clone().with_exemption_reason("a\0b").unwrap_err().code(), Code::NulCharacter);
    assert_eq!(tax.clone().with_exemption_reason("é".repeat(1_001)).unwrap_err().code(), Code::TooLong);
    assert!(tax.clone().with_exemption_reason("é".repeat(1_000)).is_ok());
    assert_eq!(tax.with_exemption_code("vatex").unwrap_err().code(), Code::Malformed);
}

#[test]
fn the_stored_form_is_compact_and_checked() {
    let tax = vat(TaxCategory::Standard, "19.00");
    assert_eq!(serde_json::to_string(&tax).unwrap(), r#"{"scheme":"VAT","category":"S","rate":"19"}"#);
    let full = vat(TaxCategory::Exempt, "0").with_exemption_reason("Art. 132").unwrap();
    let json = serde_json::to_string(&full).unwrap();
    assert_eq!(serde_json::from_str::<Tax>(&json).unwrap(), full);
    for json in [
        r#"{"scheme":"VAT","rate":"19"}"#,
        r#"{"scheme":"VAT","category":"X","rate":"19"}"#,
        r#"{"scheme":"VAT","category":"S","rate":19}"#,
        r#"{"scheme":"VAT","category":"S","rate":"-19"}"#,
        r#"{"scheme":"VAT","category":"S","rates":"19"}"#,
        r#"{"scheme":"VAT","category":"E","exemption_reason":"a\u0000"}"#,
        r#"{"scheme":"VAT","category":"E","exemption_reason":"a","exemption_code":"b"}"#,
    ] {
        assert!(serde_json::from_str::<Tax>(json).is_err(), "{json}");
    }
    assert!(serde_json::from_str::<Tax>(r#"{"scheme":"IRPF","rate":"15","withheld":true}"#).is_ok());
}

use super::*;

fn refused(text: &str) -> NumberError {
    text.parse::<Quantity>().unwrap_err()
}

#[test]
fn only_the_plain_grammar_is_read() {
    for text in [
        "", "-", ".", "1.", ".5", "+1", "1e3", "1_000", " 1", "1 ", "1,5", "--1", "1.2.3", "0x1", "NaN",
        "１", "-.1",
    ] {
        assert_eq!(refused(text), NumberError::BadDecimal, "{text:?}");
    }
}

#[test]
fn trailing_and_leading_zeros_are_not_counted() {
    for (text, shown) in [
        ("158.1250000000", "158.125"),
        ("000000000000001.50", "1.5"),
        ("99999999999.99999999000", "99999999999.99999999"),
        ("-0.00", "0"),
        ("-007", "-7"),
        ("0.00000001", "0.00000001"),
    ] {
        assert_eq!(text.parse::<Quantity>().unwrap().to_string(), shown);
    }
}

#[test]
fn one_digit_too_many_is_refused_on_either_side() {
    assert_eq!(refused("100000000000"), NumberError::TooManyIntegerDigits { max: 11 });
    assert_eq!(refused("0.000000001"), NumberError::TooManyFractionDigits { max: 8 });
    let wide: Decimal = "100000000000".parse().unwrap();
    assert_eq!(Quantity::new(wide), Err(NumberError::TooManyIntegerDigits { max: 11 }));
    let fine: Decimal = "0.000000001".parse().unwrap();
    assert_eq!(Quantity::new(fine), Err(NumberError::TooManyFractionDigits { max: 8 }));
    assert_eq!(Quantity::new(Decimal::MAX), Err(NumberError::TooManyIntegerDigits { max: 11 }));
}

#[test]
fn megabytes_of_digits_are_refused_by_their_start() {
    assert_eq!(refused(&"9".repeat(10_000_000)), NumberError::TooManyIntegerDigits { max: 11 });
    assert_eq!(refused(&"0".repeat(10_000_000)), NumberError::TooLong);
    assert_eq!(refused(&format!("1.{}", "0".repeat(64))), NumberError::TooLong);
    assert_eq!(refused(&"x".repeat(10_000_000)), NumberError::BadDecimal);
    assert_eq!(refused(&"é".repeat(10_000)), NumberError::BadDecimal);
}

#[test]
fn the_widest_number_survives_decimal_and_text() {
    for text in ["99999999999.99999999", "-99999999999.99999999", "12.5", "0", "-0.00000001"] {
        let number: Quantity = text.parse().unwrap();
        assert_eq!(number.get().to_string(), text);
        assert_eq!(Quantity::new(number.get()).unwrap(), number);
    }
}

#[test]
fn equal_values_are_equal_whatever_their_zeros() {
    let short: TaxRate = "19".parse().unwrap();
    let long: TaxRate = "19.0000".parse().unwrap();
    assert_eq!(short, long);
    assert_eq!(Percentage::new(Decimal::new(-50, 1)).unwrap(), "-5".parse().unwrap());
}

#[test]
fn numbers_order_by_value() {
    let sorted = ["-10", "-9.5", "-0.00000001", "0", "0.1", "0.11", "99999999999.99999999"];
    for pair in sorted.windows(2) {
        let [low, high] = pair else { unreachable!() };
        assert!(low.parse::<Quantity>().unwrap() < high.parse::<Quantity>().unwrap(), "{low} < {high}");
    }
}

#[test]
fn each_type_keeps_its_own_range() {
    assert_eq!("0".parse::<BaseQuantity>(), Err(NumberError::NotPositive));
    assert_eq!("-1".parse::<BaseQuantity>(), Err(NumberError::NotPositive));
    assert_eq!("0.0".parse::<ExchangeRate>(), Err(NumberError::NotPositive));
    assert_eq!("-0.01".parse::<TaxRate>(), Err(NumberError::Negative));
    assert!("-0".parse::<TaxRate>().unwrap().is_zero());
    assert!("-5".parse::<Percentage>().is_ok() && "-5".parse::<UnitPrice>().is_ok());
}

#[test]
fn json_takes_strings_and_refuses_numbers() {
    assert_eq!(serde_json::to_string(&"12.50".parse::<UnitPrice>().unwrap()).unwrap(), "\"12.5\"");
    assert_eq!(serde_json::from_str::<UnitPrice>("\"12.50\"").unwrap().to_string(), "12.5");
    for json in ["12.5", "12", "-1", "null", "[\"1\"]", "true", "\"1e2\""] {
        assert!(serde_json::from_str::<UnitPrice>(json).is_err(), "{json}");
    }
    assert!(serde_json::from_str::<BaseQuantity>("\"0\"").is_err());
}

#[test]
fn decimals_are_written_with_all_their_digits() {
    let text = |negative, magnitude, decimals| {
        super::Written::new(negative, magnitude, decimals).as_str().to_owned()
    };
    assert_eq!(text(false, 0, 0), "0");
    assert_eq!(text(false, 0, 2), "0.00");
    assert_eq!(text(true, 5, 2), "-0.05");
    assert_eq!(text(false, 1_995, 2), "19.95");
    assert_eq!(text(false, 100, 0), "100");
    assert_eq!(text(true, 1_000_001, 4), "-100.0001");
    assert_eq!(text(false, u64::MAX, 8), "184467440737.09551615");
}

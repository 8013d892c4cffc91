use super::units::LIMIT;
use super::*;
use crate::NumberError;

fn eur(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

fn refused(amount: &str, currency: Currency) -> MoneyError {
    Money::parse(amount, currency).unwrap_err()
}

#[test]
fn minor_units_follow_iso_4217() {
    let none = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    let three = "BHD IQD JOD KWD LYD OMR TND";
    let two = "EUR USD GBP CHF SEK HUF MGA MRU CZK TRY ZWG XCG VED SLE";
    for (codes, digits) in [(none, 0), (two, 2), (three, 3), ("CLF UYW", 4)] {
        for code in codes.split(' ') {
            assert_eq!(Currency::new(code).unwrap().minor_units(), digits, "{code}");
        }
    }
}

#[test]
fn codes_that_cannot_be_rounded_or_do_not_exist_are_refused() {
    for code in ["XAU", "XXX", "XTS", "XDR", "eur", "EURO", "EU", "", "ABC", "E\0R"] {
        assert_eq!(Currency::new(code), Err(MoneyError::UnknownCurrency), "{code:?}");
    }
}

#[test]
fn a_money_is_two_words() {
    assert_eq!(size_of::<Money>(), 16);
}

#[test]
fn more_decimals_than_the_currency_has_are_refused() {
    assert_eq!(refused("1.005", Currency::EUR), MoneyError::TooManyDecimals { max: 2 });
    assert_eq!(refused("1.5", Currency::JPY), MoneyError::TooManyDecimals { max: 0 });
    assert_eq!(refused("1.0000000001", Currency::KWD), MoneyError::TooManyDecimals { max: 3 });
    assert_eq!(Money::parse("1.5000000", Currency::EUR).unwrap().minor(), 150);
    assert_eq!(Money::parse("7.000", Currency::JPY).unwrap().minor(), 7);
    assert_eq!(Money::new(Decimal::new(1005, 3), Currency::EUR), Err(MoneyError::TooManyDecimals { max: 2 }));
}

#[test]
fn amounts_of_documents_are_bounded_to_eleven_digits() {
    assert_eq!(eur("99999999999.99").minor(), 9_999_999_999_999);
    assert_eq!(
        refused("100000000000", Currency::EUR),
        MoneyError::Number(NumberError::TooManyIntegerDigits { max: 11 })
    );
}

#[test]
fn results_are_bounded_to_eighteen_digits() {
    let most = Money::from_minor(LIMIT - 1, Currency::EUR).unwrap();
    let one = Money::from_minor(1, Currency::EUR).unwrap();
    assert_eq!(most.checked_add(one), Err(MoneyError::Overflow));
    assert_eq!(most.negated().checked_sub(one), Err(MoneyError::Overflow));
    assert_eq!(Money::checked_sum([most, one], Currency::EUR), Err(MoneyError::Overflow));
    assert_eq!(most.percent("100.00000001".parse().unwrap(), RoundingMode::Down), Err(MoneyError::Overflow));
    assert_eq!(Money::new(Decimal::MAX, Currency::EUR), Err(MoneyError::Overflow));
    assert_eq!(
        most.exchange("99999999999.99999999".parse().unwrap(), Currency::KWD, RoundingMode::Down),
        Err(MoneyError::Overflow)
    );
    assert_eq!(Money::checked_sum([most, one, one.negated()], Currency::EUR), Ok(most));
}

#[test]
fn two_currencies_never_meet() {
    let (euro, dollar) = (eur("1"), Money::parse("1", Currency::USD).unwrap());
    assert_eq!(euro.checked_add(dollar), Err(MoneyError::MixedCurrencies));
    assert_eq!(euro.checked_sub(dollar), Err(MoneyError::MixedCurrencies));
    assert_eq!(euro.checked_cmp(dollar), Err(MoneyError::MixedCurrencies));
    assert_eq!(euro.partial_cmp(&dollar), None);
    assert!(euro != dollar && eur("1") < eur("1.01"));
}

#[test]
fn a_half_cent_rounds_away_from_zero() {
    let five: Percentage = "5".parse().unwrap();
    for (amount, percent) in
        [("0.10", "0.01"), ("-0.10", "-0.01"), ("0.09", "0.00"), ("0.30", "0.02"), ("-0.50", "-0.03")]
    {
        assert_eq!(
            eur(amount).percent(five, RoundingMode::HalfAwayFromZero).unwrap(),
            eur(percent),
            "{amount}"
        );
        assert_eq!(
            eur(amount).percent(five.negated(), RoundingMode::HalfAwayFromZero).unwrap(),
            eur(percent).negated()
        );
    }
}

#[test]
fn rounding_down_goes_toward_zero() {
    let ten: Percentage = "10".parse().unwrap();
    assert_eq!(eur("0.19").percent(ten, RoundingMode::Down).unwrap(), eur("0.01"));
    assert_eq!(eur("-0.19").percent(ten, RoundingMode::Down).unwrap(), eur("-0.01"));
}

#[test]
fn an_exchange_scales_between_minor_units() {
    let rate = |text: &str| text.parse::<ExchangeRate>().unwrap();
    let to = |from: Money, text: &str, currency| {
        from.exchange(rate(text), currency, RoundingMode::HalfAwayFromZero).unwrap().to_string()
    };
    assert_eq!(to(eur("0.01"), "0.3355", Currency::KWD), "0.003 KWD");
    assert_eq!(to(Money::parse("1000", Currency::JPY).unwrap(), "0.00615", Currency::EUR), "6.15 EUR");
    assert_eq!(to(eur("-0.01"), "50", Currency::JPY), "-1 JPY");
}

#[test]
fn the_largest_remainders_get_the_missing_units() {
    let minor = |total: i64, weights: &[u64]| by_largest_remainder(total, weights);
    assert_eq!(minor(10, &[1, 2, 3]), Some(vec![2, 3, 5]));
    assert_eq!(minor(-10, &[1, 2, 3]), Some(vec![-2, -3, -5]));
    assert_eq!(minor(2, &[1, 1, 1]), Some(vec![1, 1, 0]));
    assert_eq!(minor(7, &[0, 3, 0]), Some(vec![0, 7, 0]));
    assert_eq!(minor(0, &[5, 5]), Some(vec![0, 0]));
    assert_eq!(minor(5, &[0, 0]), None);
    assert_eq!(minor(5, &[]), None);
    assert_eq!(eur("1").allocate(&[]), Err(MoneyError::NoWeights));
    assert_eq!(minor(LIMIT - 1, &[u64::MAX, u64::MAX]), Some(vec![LIMIT / 2, LIMIT / 2 - 1]));
}

#[test]
fn a_negative_fraction_keeps_its_sign_in_text() {
    assert_eq!(eur("-0.05").to_string(), "-0.05 EUR");
    assert_eq!(format!("{:>12}|", eur("1.5")), "    1.50 EUR|");
    assert_eq!(eur("-0.05").amount().to_string(), "-0.05");
}

#[test]
fn json_is_an_object_of_strings() {
    let json = serde_json::to_string(&eur("12.3")).unwrap();
    assert_eq!(json, r#"{"amount":"12.30","currency":"EUR"}"#);
    assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), eur("12.3"));
    let most = Money::from_minor(-(LIMIT - 1), Currency::JPY).unwrap();
    assert_eq!(serde_json::from_str::<Money>(&serde_json::to_string(&most).unwrap()).unwrap(), most);
    for json in [
        r#"{"amount":12.3,"currency":"EUR"}"#,
        r#"{"amount":12,"currency":"EUR"}"#,
        r#"{"amount":"12.345","currency":"EUR"}"#,
        r#"{"amount":"12.3","currency":"XXX"}"#,
        r#"{"amount":"12.3","currency":978}"#,
        r#"{"amount":"12.3"}"#,
        r#"{"amount":"12.3","currency":"EUR","rate":"1"}"#,
        r#"{"amount":"12.3","amount":"12.3","currency":"EUR"}"#,
        r#"{"amount":"1000000000000000000","currency":"JPY"}"#,
        r#""12.30""#,
    ] {
        assert!(serde_json::from_str::<Money>(json).is_err(), "{json}");
    }
}

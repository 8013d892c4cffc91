//! What holds for any amount.

#![allow(clippy::unwrap_used, reason = "a test says it by panicking")]

use invoice_core::{Currency, Money, MoneyError, Quantity};
use proptest::prelude::*;
use rust_decimal::Decimal;

const LIMIT: i64 = 1_000_000_000_000_000_000;

fn money() -> impl Strategy<Value = Money> {
    let units = prop_oneof![-1_000..1_000_i64, -LIMIT + 1..LIMIT];
    let currency = prop::sample::select(vec![Currency::EUR, Currency::JPY, Currency::KWD]);
    (units, currency).prop_map(|(units, currency)| Money::from_minor(units, currency).unwrap())
}

fn weights() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![0..5_u64, 0..1_000_000_u64, any::<u64>()], 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn allocation_never_loses_or_invents_a_unit(money in money(), weights in weights()) {
        let whole: u128 = weights.iter().copied().map(u128::from).sum();
        let parts = match money.allocate(&weights) {
            Ok(parts) => parts,
            Err(error) => {
                prop_assert_eq!((error, whole), (MoneyError::NoWeights, 0));
                return Ok(());
            }
        };
        prop_assert_eq!(Money::checked_sum(parts.iter().copied(), money.currency()).unwrap(), money);
        for (part, weight) in parts.iter().zip(&weights) {
            // Within one unit of the exact share, on the same side of zero.
            let product = u128::from(money.minor().unsigned_abs()) * u128::from(*weight);
            let low = product / whole;
            let units = u128::from(part.minor().unsigned_abs());
            prop_assert!(units == low || (units == low + 1 && !product.is_multiple_of(whole)));
            prop_assert!(part.is_zero() || part.is_negative() == money.is_negative());
        }
        let mirrored: Vec<_> = money.negated().allocate(&weights).unwrap().into_iter().map(Money::negated).collect();
        prop_assert_eq!(mirrored, parts);
    }

    #[test]
    fn an_amount_survives_decimal_json_and_text(money in money()) {
        prop_assert_eq!(Money::new(money.amount(), money.currency()).unwrap(), money);
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        let text = format!("{} {}", money.amount(), money.currency());
        prop_assert_eq!(money.to_string(), text);
    }

    #[test]
    fn adding_and_subtracting_undo_each_other(a in money(), b in money()) {
        match a.checked_add(b) {
            Ok(sum) => prop_assert_eq!(sum.checked_sub(b).unwrap(), a),
            Err(MoneyError::MixedCurrencies) => prop_assert!(a.currency() != b.currency()),
            Err(error) => {
                prop_assert_eq!(error, MoneyError::Overflow);
                let sum = i128::from(a.minor()) + i128::from(b.minor());
                prop_assert!(sum.abs() >= i128::from(LIMIT));
            }
        }
    }

    #[test]
    fn any_text_is_a_number_or_an_error(text in "\\PC{0,80}|-?[0-9]{0,14}\\.?[0-9]{0,12}") {
        let read = text.parse::<Quantity>();
        let plain = !text.is_empty() && text.split('.').count() <= 2 && text
            .strip_prefix('-').unwrap_or(&text).split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        prop_assert!(plain || read.is_err(), "{text:?}");
        if let Ok(number) = read {
            prop_assert_eq!(number.get(), text.parse::<Decimal>().unwrap());
            prop_assert_eq!(number.to_string().parse::<Quantity>().unwrap(), number);
        }
    }
}

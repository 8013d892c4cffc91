//! Whole numbers. JSON has one kind of number, and JSON Schema calls `30.0` an integer like `30`.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Below this (2^50) neighbouring floats are at most an eighth apart, so that what a float says is whole when what was
/// written is whole, or nearer to it than a float can tell.
const EXACT: f64 = 1_125_899_906_842_624.0;

/// `deserialize_with` for a whole number that is not negative.
pub(super) fn number<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    deserializer.deserialize_u64(Whole(PhantomData))
}

/// The same for one that may be missing or null.
pub(super) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    deserializer.deserialize_option(Optional(PhantomData))
}

struct Whole<T>(PhantomData<T>);

impl<T: TryFrom<u64>> Visitor<'_> for Whole<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As serde says it of its own.
        formatter.write_str(std::any::type_name::<T>())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        let found = u64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self));
        self.visit_u64(found?)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number in this range is kept"
    )]
    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        if number.fract() != 0.0 {
            return Err(E::invalid_type(Unexpected::Float(number), &self));
        }
        if !(0.0..EXACT).contains(&number) {
            return Err(E::invalid_value(Unexpected::Float(number), &self));
        }
        self.visit_u64(number as u64)
    }
}

struct Optional<T>(PhantomData<T>);

impl<'de, T: TryFrom<u64>> Visitor<'de> for Optional<T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visitor::expecting(&Whole(PhantomData::<T>), formatter)
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        number(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Body {
        #[serde(deserialize_with = "super::number")]
        one: u16,
        #[serde(default, deserialize_with = "super::optional")]
        other: Option<u64>,
    }

    #[test]
    fn whole_numbers_are_read_in_each_way_json_writes_them() {
        for (text, one, other) in [
            (r#"{"one": 30}"#, 30, None),
            (r#"{"one": 30.0, "other": null}"#, 30, None),
            (r#"{"one": 3e1, "other": 999999999999.0}"#, 30, Some(999_999_999_999)),
            (r#"{"one": 65535, "other": 18446744073709551615}"#, 65_535, Some(u64::MAX)),
            (r#"{"one": -0.0, "other": 0}"#, 0, Some(0)),
        ] {
            assert_eq!(serde_json::from_str::<Body>(text).unwrap(), Body { one, other }, "{text}");
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::from_value::<Body>(value).unwrap(), Body { one, other }, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for text in ["30.5", "-1", "-1.0", "65536", "65536.0", "1e300", "\"30\"", "null", "true"] {
            let body = format!(r#"{{"one": {text}}}"#);
            let refused = serde_json::from_str::<Body>(&body).unwrap_err().to_string();
            assert!(refused.contains("expected u16"), "{text}: {refused}");
        }
        serde_json::from_str::<Body>(r#"{"one": 1, "other": 1125899906842624.0}"#).unwrap_err();
    }

    #[test]
    fn numbers_out_of_range_are_told_alike_and_those_that_are_not_whole_otherwise() {
        for text in ["65536", "-1", "65536.0", "1e300", "18446744073709551616", "-18446744073709551616"] {
            let refused = serde_json::from_str::<Body>(&format!(r#"{{"one": {text}}}"#)).unwrap_err();
            assert!(refused.to_string().starts_with("invalid value: "), "{text}: {refused}");
        }
        let refused = serde_json::from_str::<Body>(r#"{"one": 30.5}"#).unwrap_err();
        assert!(refused.to_string().starts_with("invalid type: "), "{refused}");
    }

    #[test]
    fn what_no_float_tells_from_a_whole_number_is_that_number() {
        for (text, one) in [("14.000000000000000000001", 14), ("1e-400", 0)] {
            assert_eq!(serde_json::from_str::<Body>(&format!(r#"{{"one": {text}}}"#)).unwrap().one, one);
        }
    }
}

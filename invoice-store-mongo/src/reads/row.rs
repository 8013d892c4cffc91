//! Fields as what they stand for.

use std::fmt::Display;
use std::str::FromStr;

use invoice_core::change::AggregateId;
use invoice_core::ports::StoreError;
use invoice_core::{Counter, CounterKey, Currency, Hash, Money, SeriesId};
use mongodb::bson::Decimal128;
use mongodb::bson::raw::RawBsonRef;

use crate::error::unreadable;
use crate::layout::{Fields, there};

/// A text that names something.
pub(super) fn named<T: FromStr<Err: Display>>(row: Fields<'_>, name: &'static str) -> Result<T, StoreError> {
    there(name, row.text(name)?)?.parse().map_err(|error| unreadable(name, error))
}

/// An amount in minor units.
pub(super) fn money(row: Fields<'_>, name: &'static str, currency: Currency) -> Result<Money, StoreError> {
    let minor = there(name, row.number(name)?)?;
    Money::from_minor(minor, currency).map_err(|error| unreadable(name, error))
}

/// A number that is never negative; nothing, if it is not there.
pub(super) fn count(row: Fields<'_>, name: &'static str) -> Result<u64, StoreError> {
    u64::try_from(row.number(name)?.unwrap_or_default()).map_err(|error| unreadable(name, error))
}

/// SHA-256.
pub(crate) fn hash(bytes: &[u8], name: &'static str) -> Result<Hash, StoreError> {
    bytes.try_into().map(Hash::from_bytes).map_err(|error| unreadable(name, error))
}

/// An aggregate by the fields of its kind and its identifier.
pub(crate) fn aggregate(
    row: Fields<'_>,
    kind: &'static str,
    id: &'static str,
) -> Result<AggregateId, StoreError> {
    Ok(AggregateId::new(named(row, kind)?, there(id, row.uuid(id)?)?))
}

/// A counter.
pub(crate) fn counter(row: Fields<'_>) -> Result<(CounterKey, Counter), StoreError> {
    let series = SeriesId::from_uuid(there("series", row.uuid("series")?)?);
    let next = there("next", row.number("next")?)?;
    let counter = Counter {
        next: u64::try_from(next).map_err(|error| unreadable("next", error))?,
        head: hash(there("head", row.bytes("head")?)?, "head")?,
        last_issue_date: row.date("last_issue_date")?,
    };
    Ok((CounterKey { series, period: named(row, "period")? }, counter))
}

/// A sum of minor units; nothing, if it is not there.
pub(super) fn sum(row: Fields<'_>, name: &'static str) -> Result<i128, StoreError> {
    let value = row.0.get(name).map_err(|error| unreadable(name, error))?;
    let whole = match value {
        None => Some(0),
        Some(RawBsonRef::Decimal128(sum)) => whole(sum),
        Some(_) => None,
    };
    whole.ok_or_else(|| unreadable(name, "it is no sum of minor units"))
}

const EXPONENT_BIAS: u128 = 6_176;

/// The whole number that a decimal of exponent 0 is: a sign, two bits that are never both set in so small a
/// number, the rest of the exponent, and 113 bits of coefficient.
fn whole(sum: Decimal128) -> Option<i128> {
    let bits = u128::from_le_bytes(sum.bytes());
    let coefficient = i128::try_from(bits & ((1 << 113) - 1)).ok()?;
    let exponent = (bits >> 113) & ((1 << 14) - 1);
    let is_negative = bits >> 127 == 1;
    // Infinities and what is no number have both bits set, and may have a coefficient of nothing.
    let is_number = exponent >> 12 != 0b11;
    let is_whole = is_number && (exponent == EXPONENT_BIAS || coefficient == 0);
    is_whole.then_some(if is_negative { -coefficient } else { coefficient })
}

/// An amount out of a sum.
pub(super) fn summed(sum: i128, currency: Currency, name: &'static str) -> Result<Money, StoreError> {
    let minor = i64::try_from(sum).map_err(|error| unreadable(name, error))?;
    Money::from_minor(minor, currency).map_err(|error| unreadable(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_decimals_are_read_with_their_sign_at_any_size() {
        let largest = "9999999999999999999999999999999999";
        for text in ["0", "1", "-1", "12345", "-9223372036854775808", largest] {
            let sum: Decimal128 = text.parse().unwrap();
            assert_eq!(whole(sum), Some(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn fractions_and_what_is_no_number_are_no_sums() {
        for text in ["0.5", "1E+3", "NaN", "Infinity", "-Infinity"] {
            assert_eq!(whole(text.parse().unwrap()), None, "{text}");
        }
    }
}

use std::borrow::Cow;
use std::fmt;

use invoice_core::Money;
use serde::{Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::schema;

/// An amount as it goes over the wire: a text, in the currency that stands beside it.
#[derive(Clone, Copy)]
pub(crate) struct Amount(pub(crate) Money);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Answers are full of amounts: written in one piece, from the back, without the formatter's general ways.
        let mut text = [0_u8; 32];
        let mut free = text.len();
        let mut places = text.iter_mut().rev();
        let mut put = |byte: u8| {
            if let Some(place) = places.next() {
                *place = byte;
                free -= 1;
            }
        };
        let (units, decimals) = (self.0.minor(), self.0.currency().minor_units());
        let (mut rest, mut written) = (units.unsigned_abs(), 0);
        while rest > 0 || written <= decimals {
            if written == decimals && decimals > 0 {
                put(b'.');
            }
            put(b'0' + u8::try_from(rest % 10).unwrap_or(0));
            rest /= 10;
            written += 1;
        }
        if units < 0 {
            put(b'-');
        }
        let text = text.get(free..).and_then(|text| std::str::from_utf8(text).ok());
        f.write_str(text.ok_or(fmt::Error)?)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        schema::Amount::schema()
    }
}

impl ToSchema for Amount {
    fn name() -> Cow<'static, str> {
        schema::Amount::name()
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money)
    }
}

#[cfg(test)]
mod tests {
    use invoice_core::Currency;

    use super::*;

    #[test]
    fn amounts_are_written_as_the_decimal_they_are() {
        for (minor, currency) in
            [(0, Currency::EUR), (-5, Currency::EUR), (1_230, Currency::JPY), (-1_205, Currency::KWD)]
        {
            let money = Money::from_minor(minor, currency).unwrap();
            assert_eq!(Amount(money).to_string(), money.amount().to_string());
        }
    }
}

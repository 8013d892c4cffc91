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
        self.0.amount_text().fmt(f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.amount_text().serialize(serializer)
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

//! Prefixed identifiers over UUIDv7: `inv_0192d3f0c1a47b3e8f7a5d6c4b3a2910`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of the form `{prefix}_` followed by 32 lower-case hexadecimal digits")]
pub struct IdError {
    prefix: &'static str,
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .and_then(crate::hex::decode)
        .map(Uuid::from_bytes)
        .ok_or(IdError { prefix })
}

/// The written form of an identifier: records and answers are full of them, and the formatter's general ways take
/// three times as long.
struct Written {
    text: [u8; Self::LONGEST],
    length: usize,
}

impl Written {
    /// A prefix of four letters, `_` and 32 digits.
    const LONGEST: usize = 37;

    fn new(prefix: &str, id: Uuid) -> Self {
        let mut text = [0; Self::LONGEST];
        let mut digits = [0; 32];
        let digits = id.simple().encode_lower(&mut digits);
        let written = prefix.bytes().chain([b'_']).chain(digits.bytes());
        let mut length = 0;
        for (place, byte) in text.iter_mut().zip(written) {
            *place = byte;
            length += 1;
        }
        Self { text, length }
    }

    fn as_str(&self) -> &str {
        // ASCII by construction.
        self.text.get(..self.length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal;)+) => {$(
        $(#[$doc])*
        ///
        #[doc = concat!("Written `", $prefix, "_` and the 32 hexadecimal digits of its UUID; ids made later sort later.")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            #[doc = concat!("The prefix in the written form, `", $prefix, "`.")]
            pub const PREFIX: &'static str = $prefix;

            /// Takes a UUID made by the application's [`IdGenerator`](crate::ports::IdGenerator).
            ///
            /// ```
            #[doc = concat!("use invoice_core::", stringify!($name), ";")]
            ///
            #[doc = concat!("let id = ", stringify!($name), "::from_uuid(uuid::Uuid::from_u128(10));")]
            #[doc = concat!("assert_eq!(id.to_string(), \"", $prefix, "_0000000000000000000000000000000a\");")]
            #[doc = concat!("assert_eq!(id.to_string().parse::<", stringify!($name), ">(), Ok(id));")]
            /// ```
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, as stores keep it.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Written::new($prefix, self.0).as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(Written::new($prefix, self.0).as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::read(deserializer, str::parse)
            }
        }
    )+};
}

ids! {
    /// A team: one legal entity with its own clients, documents and numbers.
    TeamId, "team";
    /// A person with an account.
    UserId, "usr";
    /// A client: somebody the team invoices.
    ClientId, "cli";
    /// A catalogue item.
    ItemId, "itm";
    /// An invoice.
    InvoiceId, "inv";
    /// A credit note.
    CreditNoteId, "crn";
    /// A quote or pro-forma invoice.
    QuoteId, "quo";
    /// A payment received.
    PaymentId, "pay";
    /// A number series.
    SeriesId, "ser";
    /// One commit: what was written together. Retrying the same change set keeps its id.
    CommitId, "cmt";
    /// An entry of the audit trail.
    AuditId, "aud";
    /// An event in the outbox.
    EventId, "evt";
    /// An invitation to a team.
    InvitationId, "ivt";
    /// A log-in session; its refresh tokens are one family.
    SessionId, "ses";
    /// A one-time token, such as a password reset.
    OneTimeTokenId, "ott";
    /// An API key.
    ApiKeyId, "key";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_kinds_id_upper_case_hyphens_and_trailing_text_are_refused() {
        let client = ClientId::from_uuid(Uuid::from_u128(7)).to_string();
        assert!(client.parse::<ClientId>().is_ok());
        assert!(client.parse::<InvoiceId>().is_err());
        assert!(client.replace("cli_", "").parse::<ClientId>().is_err());
        assert!("cli_0000000000000000000000000000000A".parse::<ClientId>().is_err());
        assert!(format!("{client}0").parse::<ClientId>().is_err());
        assert!("cli_00000000-0000-0000-0000-000000000007".parse::<ClientId>().is_err());
        assert!("cli_000000000000000000000000000000\u{e9}".parse::<ClientId>().is_err());
    }
}

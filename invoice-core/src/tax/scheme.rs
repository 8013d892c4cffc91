use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Code, Violation};

const LONGEST: usize = 12;

/// The name of a tax: 1 to 12 capitals and digits, such as `VAT`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaxScheme {
    /// The code, filled up with zero bytes; so equal codes are equal bytes, and short ones sort first.
    code: [u8; LONGEST],
}

impl TaxScheme {
    /// Value added tax.
    pub const VAT: Self = Self::constant(b"VAT");
    /// Goods and services tax.
    pub const GST: Self = Self::constant(b"GST");
    /// Provincial sales tax of Canada.
    pub const PST: Self = Self::constant(b"PST");
    /// Harmonised sales tax of Canada.
    pub const HST: Self = Self::constant(b"HST");
    /// Income tax withheld in Spain.
    pub const IRPF: Self = Self::constant(b"IRPF");
    /// General indirect tax of the Canary Islands.
    pub const IGIC: Self = Self::constant(b"IGIC");
    /// Tax of Ceuta and Melilla.
    pub const IPSI: Self = Self::constant(b"IPSI");

    const fn constant<const N: usize>(text: &[u8; N]) -> Self {
        let mut code = [0; LONGEST];
        // Const evaluation turns a text that is too long into a compile error.
        let (start, _) = code.split_at_mut(N);
        start.copy_from_slice(text);
        Self { code }
    }

    /// A scheme by its code.
    ///
    /// ```
    /// use invoice_core::tax::TaxScheme;
    ///
    /// assert_eq!(TaxScheme::new("VAT")?, TaxScheme::VAT);
    /// assert!(TaxScheme::new("vat").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(code: &str) -> Result<Self, Violation> {
        let legal = code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let mut bytes = [0; LONGEST];
        match bytes.get_mut(..code.len()) {
            Some(start) if legal && !code.is_empty() => start.copy_from_slice(code.as_bytes()),
            _ => {
                return Err(Violation::new(
                    "",
                    Code::Malformed,
                    "not 1 to 12 capitals and digits, such as VAT",
                ));
            }
        }
        Ok(Self { code: bytes })
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        let used = self.code.split(|byte| *byte == 0).next().unwrap_or_default();
        // ASCII by construction.
        std::str::from_utf8(used).unwrap_or_default()
    }
}

impl FromStr for TaxScheme {
    type Err = Violation;

    fn from_str(code: &str) -> Result<Self, Violation> {
        Self::new(code)
    }
}

impl fmt::Display for TaxScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TaxScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for TaxScheme {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TaxScheme {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodeText;

        impl serde::de::Visitor<'_> for CodeText {
            type Value = TaxScheme;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the code of a tax scheme, such as \"VAT\"")
            }

            fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<TaxScheme, E> {
                TaxScheme::new(code).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(CodeText)
    }
}

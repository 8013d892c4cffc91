use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Code, Violation};

/// A unit of measure, a code of UN/ECE Recommendations 20 and 21 (EN 16931 BT-130): 1 to 3 capitals and digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitCode {
    code: [u8; 3],
}

impl UnitCode {
    /// `C62`: one, a piece.
    pub const PIECE: Self = Self { code: *b"C62" };
    /// `HUR`: an hour.
    pub const HOUR: Self = Self { code: *b"HUR" };

    /// A unit by its code.
    ///
    /// ```
    /// use invoice_core::line::UnitCode;
    ///
    /// assert_eq!(UnitCode::new("KGM")?.as_str(), "KGM");
    /// assert!(UnitCode::new("kg").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(code: &str) -> Result<Self, Violation> {
        let legal = code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let mut bytes = [0; 3];
        match bytes.get_mut(..code.len()) {
            Some(start) if legal && !code.is_empty() => start.copy_from_slice(code.as_bytes()),
            _ => {
                let detail = "not 1 to 3 capitals and digits, such as C62";
                return Err(Violation::new("", Code::Malformed, detail));
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

impl Default for UnitCode {
    fn default() -> Self {
        Self::PIECE
    }
}

impl FromStr for UnitCode {
    type Err = Violation;

    fn from_str(code: &str) -> Result<Self, Violation> {
        Self::new(code)
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for UnitCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for UnitCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, Self::new)
    }
}

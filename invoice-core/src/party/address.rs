//! Postal addresses and ISO 3166 country codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{SHORT, collect};
use crate::{Code, Violation, Violations};

/// An ISO 3166-1 alpha-2 country code, `XI` (Northern Ireland, in EU VAT) or `XK` (Kosovo).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// A country by its code in capital letters.
    ///
    /// ```
    /// use invoice_core::Country;
    ///
    /// assert_eq!(Country::new("SE")?.code(), "SE");
    /// assert!(Country::new("se").is_err());
    /// assert!(Country::new("ZZ").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(code: &str) -> Result<Self, Violation> {
        let listed = matches!(code, "XI" | "XK") || iso_currency::Country::from_str(code).is_ok();
        match <[u8; 2]>::try_from(code.as_bytes()) {
            Ok(bytes) if listed && bytes.iter().all(u8::is_ascii_uppercase) => Ok(Self(bytes)),
            _ => {
                Err(Violation::new("", Code::Unknown, "not an ISO 3166-1 alpha-2 country code, such as `SE`"))
            }
        }
    }

    /// The two letters.
    pub fn code(&self) -> &str {
        // Only capital ASCII letters get in; the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, Self::new)
    }
}

/// A postal address (BG-5, BG-8, BG-15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lines: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subdivision: Option<String>,
    pub(crate) country: Country,
}

impl Address {
    /// An address in a country (BT-40, BT-55, BT-80), the one part that is always needed.
    ///
    /// ```
    /// use invoice_core::{Address, Country};
    ///
    /// let address = Address::new(Country::new("SE")?).with_line("Storgatan 5").with_city("Umeå");
    /// assert_eq!(address.country().code(), "SE");
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(country: Country) -> Self {
        Self { lines: Vec::new(), postal_code: None, city: None, subdivision: None, country }
    }

    /// Adds a line, at most three: street and number first (BT-35, BT-36, BT-162 and their siblings).
    #[must_use]
    pub fn with_line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// The postal code (BT-38, BT-53, BT-78).
    #[must_use]
    pub fn with_postal_code(mut self, code: impl Into<String>) -> Self {
        self.postal_code = Some(code.into());
        self
    }

    /// The city (BT-37, BT-52, BT-77).
    #[must_use]
    pub fn with_city(mut self, city: impl Into<String>) -> Self {
        self.city = Some(city.into());
        self
    }

    /// The state, province or other subdivision (BT-39, BT-54, BT-79).
    #[must_use]
    pub fn with_subdivision(mut self, subdivision: impl Into<String>) -> Self {
        self.subdivision = Some(subdivision.into());
        self
    }

    /// Street lines, first to last.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The postal code.
    pub fn postal_code(&self) -> Option<&str> {
        self.postal_code.as_deref()
    }

    /// The city.
    pub fn city(&self) -> Option<&str> {
        self.city.as_deref()
    }

    /// The subdivision.
    pub fn subdivision(&self) -> Option<&str> {
        self.subdivision.as_deref()
    }

    /// The country.
    pub fn country(&self) -> Country {
        self.country
    }

    pub(crate) fn validate(&self, found: &mut Violations) {
        if self.lines.len() > 3 {
            found.add("/address/lines", Code::TooLong, "an address has at most three street lines");
        }
        for (index, line) in self.lines.iter().enumerate() {
            collect(found, &format!("/address/lines/{index}"), Some(line), SHORT);
        }
        collect(found, "/address/postal_code", self.postal_code.as_deref(), SHORT);
        collect(found, "/address/city", self.city.as_deref(), SHORT);
        collect(found, "/address/subdivision", self.subdivision.as_deref(), SHORT);
    }
}

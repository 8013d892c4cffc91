//! Who invoices whom: parties, the supplier's profile, clients.

mod address;
mod client;
mod supplier;

pub use address::{Address, Country};
pub use client::{Client, ClientData};
pub use supplier::{FiscalYearStart, Regime, SupplierProfile};

use serde::{Deserialize, Serialize};

use crate::text::{SHORT, collect, collect_required, is_format};
use crate::{Code, Violations};

/// A seller or buyer (EN 16931 BG-4, BG-7), as it stands on a document.
///
/// Issuing copies the supplier's and the client's party into the document, so that a later change of
/// address does not change the past. Building one checks nothing; [`Party::validate`] lists all that is
/// wrong at once, and every use case that takes a party calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trading_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vat_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tax_registration: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) legal_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) electronic_address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contact_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
}

impl Party {
    /// A party by its full formal name (BT-27, BT-44).
    ///
    /// ```
    /// use invoice_core::{Address, Country, Party};
    ///
    /// let party = Party::new("Kaffeehaus Sperl KG")
    ///     .with_address(Address::new(Country::new("AT")?).with_city("Wien").with_postal_code("1060"))
    ///     .with_vat_id("ATU12345678");
    /// assert!(party.validate().is_ok());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            trading_name: None,
            address: None,
            vat_id: None,
            tax_registration: None,
            legal_id: None,
            electronic_address: None,
            contact_name: None,
            phone: None,
            email: None,
        }
    }

    /// The name it trades under, if another (BT-28, BT-45).
    #[must_use]
    pub fn with_trading_name(mut self, name: impl Into<String>) -> Self {
        self.trading_name = Some(name.into());
        self
    }

    /// The postal address (BG-5, BG-8).
    #[must_use]
    pub fn with_address(mut self, address: Address) -> Self {
        self.address = Some(address);
        self
    }

    /// The VAT identifier with its country prefix (BT-31, BT-48).
    #[must_use]
    pub fn with_vat_id(mut self, id: impl Into<String>) -> Self {
        self.vat_id = Some(id.into());
        self
    }

    /// The local tax registration number (BT-32).
    #[must_use]
    pub fn with_tax_registration(mut self, id: impl Into<String>) -> Self {
        self.tax_registration = Some(id.into());
        self
    }

    /// The legal registration, such as a company register number (BT-30, BT-47).
    #[must_use]
    pub fn with_legal_id(mut self, id: impl Into<String>) -> Self {
        self.legal_id = Some(id.into());
        self
    }

    /// The address for electronic delivery, such as a Peppol participant id (BT-34, BT-49).
    #[must_use]
    pub fn with_electronic_address(mut self, address: impl Into<String>) -> Self {
        self.electronic_address = Some(address.into());
        self
    }

    /// The person to ask for (BT-41, BT-56).
    #[must_use]
    pub fn with_contact_name(mut self, name: impl Into<String>) -> Self {
        self.contact_name = Some(name.into());
        self
    }

    /// The telephone number (BT-42, BT-57).
    #[must_use]
    pub fn with_phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    /// The e-mail address (BT-43, BT-58).
    #[must_use]
    pub fn with_email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The full formal name (BT-27, BT-44).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name it trades under (BT-28, BT-45).
    pub fn trading_name(&self) -> Option<&str> {
        self.trading_name.as_deref()
    }

    /// The postal address (BG-5, BG-8).
    pub fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// The VAT identifier (BT-31, BT-48).
    pub fn vat_id(&self) -> Option<&str> {
        self.vat_id.as_deref()
    }

    /// The local tax registration number (BT-32).
    pub fn tax_registration(&self) -> Option<&str> {
        self.tax_registration.as_deref()
    }

    /// The legal registration (BT-30, BT-47).
    pub fn legal_id(&self) -> Option<&str> {
        self.legal_id.as_deref()
    }

    /// The address for electronic delivery (BT-34, BT-49).
    pub fn electronic_address(&self) -> Option<&str> {
        self.electronic_address.as_deref()
    }

    /// The person to ask for (BT-41, BT-56).
    pub fn contact_name(&self) -> Option<&str> {
        self.contact_name.as_deref()
    }

    /// The telephone number (BT-42, BT-57).
    pub fn phone(&self) -> Option<&str> {
        self.phone.as_deref()
    }

    /// The e-mail address (BT-43, BT-58).
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Everything wrong with the texts; pointers are relative to the party.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        collect_required(&mut found, "/name", &self.name, SHORT);
        for (pointer, text) in [
            ("/trading_name", &self.trading_name),
            ("/tax_registration", &self.tax_registration),
            ("/legal_id", &self.legal_id),
            ("/electronic_address", &self.electronic_address),
            ("/contact_name", &self.contact_name),
            ("/phone", &self.phone),
            ("/email", &self.email),
        ] {
            collect(&mut found, pointer, text.as_deref(), SHORT);
        }
        if self.email.iter().flat_map(|email| email.chars()).any(|c| c.is_whitespace() || is_format(c)) {
            found.add("/email", Code::Malformed, "white space, or a character that is not to be seen");
        }
        if let Some(id) = &self.vat_id
            && !is_vat_id(id)
        {
            // EN 16931 BR-CO-09: the identifier starts with the code of the country that gave it.
            let detail =
                "a VAT identifier is a country code and then letters and digits, such as `ATU12345678`";
            found.add("/vat_id", Code::Malformed, detail);
        }
        if let Some(address) = &self.address {
            address.validate(&mut found);
        }
        found.into_result()
    }
}

fn is_vat_id(id: &str) -> bool {
    (4..=30).contains(&id.len())
        && id.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'*' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_text_of_a_party_is_named_at_once() {
        let party = Party::new(" ").with_vat_id("12345").with_email("a\0b").with_phone("9".repeat(1_001));
        let violations = party.validate().unwrap_err();
        let found: Vec<_> = violations.iter().map(|v| (v.pointer(), v.code())).collect();
        assert_eq!(
            found,
            [
                ("/name", Code::Required),
                ("/phone", Code::TooLong),
                ("/email", Code::NulCharacter),
                ("/vat_id", Code::Malformed)
            ]
        );
    }
}

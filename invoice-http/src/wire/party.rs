use invoice_core::{Address, Country, Party};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::{At, Reader};
use super::schema;

/// A postal address (BG-5, BG-8, BG-15).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Address, example = json!({
    "lines": ["Gumpendorfer Straße 11"], "postal_code": "1060", "city": "Wien", "country": "AT"
}))]
pub(crate) struct AddressBody {
    /// Street lines, at most three.
    #[serde(default)]
    #[schema(value_type = Vec<schema::ShortText>, max_items = 3)]
    lines: Vec<String>,
    /// The postal code (BT-38, BT-53, BT-78).
    #[schema(value_type = Option<schema::ShortText>)]
    postal_code: Option<String>,
    /// The city (BT-37, BT-52, BT-77).
    #[schema(value_type = Option<schema::ShortText>)]
    city: Option<String>,
    /// The state or province (BT-39, BT-54, BT-79).
    #[schema(value_type = Option<schema::ShortText>)]
    subdivision: Option<String>,
    /// The country (BT-40, BT-55, BT-80).
    #[schema(value_type = schema::CountryCode)]
    country: String,
}

impl From<&Address> for AddressBody {
    fn from(address: &Address) -> Self {
        Self {
            lines: address.lines().to_vec(),
            postal_code: address.postal_code().map(str::to_owned),
            city: address.city().map(str::to_owned),
            subdivision: address.subdivision().map(str::to_owned),
            country: address.country().code().to_owned(),
        }
    }
}

impl AddressBody {
    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<Address> {
        let country = reader.check(&at.field("country"), Country::new(&self.country))?;
        let mut address = self.lines.into_iter().fold(Address::new(country), Address::with_line);
        if let Some(code) = self.postal_code {
            address = address.with_postal_code(code);
        }
        if let Some(city) = self.city {
            address = address.with_city(city);
        }
        if let Some(subdivision) = self.subdivision {
            address = address.with_subdivision(subdivision);
        }
        Some(address)
    }
}

/// A seller or buyer as it stands on documents (BG-4, BG-7).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Party, example = json!({
    "name": "Kaffeehaus Sperl KG",
    "address": {"lines": ["Gumpendorfer Straße 11"], "postal_code": "1060", "city": "Wien", "country": "AT"},
    "vat_id": "ATU12345678",
    "email": "buchhaltung@example.org"
}))]
pub(crate) struct PartyBody {
    /// The full formal name (BT-27, BT-44).
    #[schema(value_type = schema::RequiredText)]
    name: String,
    /// The name it trades under (BT-28, BT-45).
    #[schema(value_type = Option<schema::ShortText>)]
    trading_name: Option<String>,
    /// The postal address (BG-5, BG-8).
    address: Option<AddressBody>,
    /// The VAT identifier with its country (BT-31, BT-48).
    #[schema(pattern = "^[A-Z]{2}[A-Za-z0-9+*.-]{2,28}$")]
    vat_id: Option<String>,
    /// The local tax registration (BT-32).
    #[schema(value_type = Option<schema::ShortText>)]
    tax_registration: Option<String>,
    /// The legal registration (BT-30, BT-47).
    #[schema(value_type = Option<schema::ShortText>)]
    legal_id: Option<String>,
    /// The address for electronic delivery (BT-34, BT-49).
    #[schema(value_type = Option<schema::ShortText>)]
    electronic_address: Option<String>,
    /// The person to ask for (BT-41, BT-56).
    #[schema(value_type = Option<schema::ShortText>)]
    contact_name: Option<String>,
    /// The telephone number (BT-42, BT-57).
    #[schema(value_type = Option<schema::ShortText>)]
    phone: Option<String>,
    /// The e-mail address (BT-43, BT-58).
    #[schema(value_type = Option<schema::ContactEmail>)]
    email: Option<String>,
}

impl From<&Party> for PartyBody {
    fn from(party: &Party) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            name: party.name().to_owned(),
            trading_name: text(party.trading_name()),
            address: party.address().map(AddressBody::from),
            vat_id: text(party.vat_id()),
            tax_registration: text(party.tax_registration()),
            legal_id: text(party.legal_id()),
            electronic_address: text(party.electronic_address()),
            contact_name: text(party.contact_name()),
            phone: text(party.phone()),
            email: text(party.email()),
        }
    }
}

/// Adds a text to a party.
type With = fn(Party, String) -> Party;

impl PartyBody {
    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<Party> {
        let mut party = Party::new(self.name);
        if let Some(address) = self.address {
            party = party.with_address(address.read(reader, &at.field("address"))?);
        }
        let texts: [(Option<String>, With); 8] = [
            (self.trading_name, Party::with_trading_name),
            (self.vat_id, Party::with_vat_id),
            (self.tax_registration, Party::with_tax_registration),
            (self.legal_id, Party::with_legal_id),
            (self.electronic_address, Party::with_electronic_address),
            (self.contact_name, Party::with_contact_name),
            (self.phone, Party::with_phone),
            (self.email, Party::with_email),
        ];
        Some(texts.into_iter().fold(party, |party, (text, with)| match text {
            Some(text) => with(party, text),
            None => party,
        }))
    }
}

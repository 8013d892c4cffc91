use invoice_core::line::UnitCode;
use invoice_core::{Currency, Item, ItemData, Metadata, Timestamp, UnitPrice, UserId, Version, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::{At, Reader};
use super::schema;
use super::tax::TaxBody;
use crate::extract::TextMap;

/// What a user decides about an item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ItemInput, example = json!({
    "code": "L-40", "name": "Lamp", "currency": "EUR", "price": "19.95",
    "taxes": [{"category": "S", "rate": "19"}]
}))]
pub(crate) struct ItemInput {
    /// The seller's own identifier (BT-155), unique among the team's items.
    #[schema(value_type = Option<schema::RequiredText>)]
    code: Option<String>,
    /// The name (BT-153).
    #[schema(value_type = schema::RequiredText)]
    name: String,
    /// More words (BT-154).
    #[schema(value_type = Option<schema::LongText>)]
    description: Option<String>,
    /// The unit the price is for (BT-130).
    #[schema(value_type = Option<schema::Unit>)]
    unit: Option<String>,
    /// The currency of the price.
    #[schema(value_type = schema::CurrencyCode)]
    currency: String,
    /// The price of one unit without tax (BT-146).
    #[schema(value_type = schema::Decimal)]
    price: String,
    /// The taxes on it.
    #[serde(default)]
    #[schema(max_items = 16)]
    taxes: Vec<TaxBody>,
    /// Data of the embedding application.
    #[serde(default)]
    #[schema(value_type = schema::MetadataMap)]
    metadata: TextMap,
}

impl From<&Item> for ItemInput {
    fn from(item: &Item) -> Self {
        Self {
            code: item.code().map(str::to_owned),
            name: item.name().to_owned(),
            description: item.description().map(str::to_owned),
            unit: item.unit().map(|unit| unit.to_string()),
            currency: item.currency().code().to_owned(),
            price: item.price().to_string(),
            taxes: item.taxes().iter().map(TaxBody::from).collect(),
            metadata: item.metadata().into(),
        }
    }
}

impl ItemInput {
    pub(crate) fn read(self) -> Result<ItemData, Violations> {
        let mut reader = Reader::default();
        let data = self.data(&mut reader, &At::Body);
        reader.finish(data)
    }

    fn data(self, reader: &mut Reader, at: &At<'_>) -> Option<ItemData> {
        let unit = reader.optional::<UnitCode>(&at.field("unit"), self.unit.as_deref());
        let currency = reader.parse::<Currency>(&at.field("currency"), &self.currency);
        let price = reader.parse::<UnitPrice>(&at.field("price"), &self.price);
        let taxes = reader.each(&at.field("taxes"), self.taxes, |reader, at, tax| tax.read(reader, at));
        Some(ItemData {
            code: self.code,
            name: self.name,
            description: self.description,
            unit: unit?,
            currency: currency?,
            price: price?,
            taxes: taxes?,
            metadata: self.metadata.into(),
        })
    }
}

/// A catalogue item.
#[derive(Serialize, ToSchema)]
#[schema(as = Item)]
pub(crate) struct ItemView<'a> {
    #[schema(value_type = schema::ItemId)]
    id: invoice_core::ItemId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    /// The seller's own identifier (BT-155).
    code: Option<&'a str>,
    /// The name (BT-153).
    name: &'a str,
    /// More words (BT-154).
    description: Option<&'a str>,
    /// The unit the price is for (BT-130).
    #[schema(value_type = Option<schema::Unit>)]
    unit: Option<UnitCode>,
    /// The currency of the price.
    #[schema(value_type = schema::CurrencyCode)]
    currency: Currency,
    /// The price of one unit without tax (BT-146).
    #[schema(value_type = schema::Decimal)]
    price: UnitPrice,
    /// The taxes on it.
    taxes: Vec<TaxBody>,
    /// Data of the embedding application.
    #[schema(value_type = schema::MetadataMap)]
    metadata: &'a Metadata,
    /// Whether it is out of use.
    archived: bool,
    #[schema(value_type = Option<schema::UserId>)]
    created_by: Option<UserId>,
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
    #[schema(value_type = schema::Instant)]
    updated_at: Timestamp,
}

impl<'a> From<&'a Item> for ItemView<'a> {
    fn from(item: &'a Item) -> Self {
        Self {
            id: item.id(),
            version: item.version(),
            code: item.code(),
            name: item.name(),
            description: item.description(),
            unit: item.unit(),
            currency: item.currency(),
            price: item.price(),
            taxes: item.taxes().iter().map(TaxBody::from).collect(),
            metadata: item.metadata(),
            archived: item.is_archived(),
            created_by: item.created_by(),
            created_at: item.created_at(),
            updated_at: item.updated_at(),
        }
    }
}

//! Catalogue items: what a line can be made from.

use serde::{Deserialize, Serialize};

use crate::document::Metadata;
use crate::line::{DocumentAdjustment, Line, LineDetails, UnitCode};
use crate::tax::Tax;
use crate::text::{LONG, SHORT, collect, collect_lines, collect_required};
use crate::{
    Code, Currency, ItemId, Quantity, TeamId, Timestamp, UnitPrice, UserId, Version, Violation, Violations,
};

/// Something the team sells, with its usual price and taxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub(crate) id: ItemId,
    pub(crate) team: TeamId,
    pub(crate) version: Version,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<UnitCode>,
    pub(crate) currency: Currency,
    pub(crate) price: UnitPrice,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) taxes: Vec<Tax>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub(crate) metadata: Metadata,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) archived_at: Option<Timestamp>,
    pub(crate) created_by: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// What a user decides about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemData {
    /// The seller's own identifier (BT-155), unique among the team's items.
    pub code: Option<String>,
    /// The name (BT-153).
    pub name: String,
    /// More words (BT-154).
    pub description: Option<String>,
    /// The unit the price is for (BT-130).
    pub unit: Option<UnitCode>,
    /// The currency of the price.
    pub currency: Currency,
    /// The price of one unit without tax (BT-146).
    pub price: UnitPrice,
    /// The taxes on it.
    pub taxes: Vec<Tax>,
    /// Data of the embedding application.
    pub metadata: Metadata,
}

impl ItemData {
    /// An item with a name and a price and nothing else.
    ///
    /// ```
    /// use invoice_core::{Currency, ItemData};
    ///
    /// let lamp = ItemData::new("Lamp", Currency::EUR, "19.95".parse()?);
    /// assert_eq!(lamp.name, "Lamp");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(name: impl Into<String>, currency: Currency, price: UnitPrice) -> Self {
        Self {
            code: None,
            name: name.into(),
            description: None,
            unit: None,
            currency,
            price,
            taxes: Vec::new(),
            metadata: Metadata::new(),
        }
    }

    /// Everything wrong with it; pointers are relative to the data.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        collect_required(&mut found, "/name", &self.name, SHORT);
        collect(&mut found, "/code", self.code.as_deref(), SHORT);
        collect_lines(&mut found, "/description", self.description.as_deref(), LONG);
        if self.code.as_deref().is_some_and(str::is_empty) {
            found.push(Violation::new("/code", Code::Required, "leave an unused code out"));
        }
        found.absorb("", DocumentAdjustment::check_taxes(&self.taxes));
        self.metadata.validate("/metadata", &mut found);
        found.into_result()
    }
}

impl Item {
    pub(crate) fn new(
        id: ItemId,
        team: TeamId,
        data: ItemData,
        created_by: Option<UserId>,
        at: Timestamp,
    ) -> Result<Self, Violations> {
        data.validate()?;
        let ItemData { code, name, description, unit, currency, price, taxes, metadata } = data;
        Ok(Self {
            id,
            team,
            version: Version::FIRST,
            code,
            name,
            description,
            unit,
            currency,
            price,
            taxes,
            metadata,
            archived_at: None,
            created_by,
            created_at: at,
            updated_at: at,
        })
    }

    pub(crate) fn replace(&mut self, data: ItemData) -> Result<(), Violations> {
        data.validate()?;
        let ItemData { code, name, description, unit, currency, price, taxes, metadata } = data;
        self.code = code;
        self.name = name;
        self.description = description;
        self.unit = unit;
        self.currency = currency;
        self.price = price;
        self.taxes = taxes;
        self.metadata = metadata;
        Ok(())
    }

    /// A line selling so many of this item, at its price and with its taxes.
    pub fn line(&self, id: impl Into<String>, quantity: Quantity) -> Result<Line, Violation> {
        let details = LineDetails {
            description: self.description.clone(),
            seller_item_id: self.code.clone(),
            ..LineDetails::default()
        };
        let line = Line::new(id, self.name.clone(), quantity, self.price)?.with_details(details);
        let line = self.unit.map_or(line.clone(), |unit| line.with_unit(unit));
        Ok(self.taxes.iter().cloned().fold(line, Line::with_tax))
    }

    /// Its identifier.
    pub fn id(&self) -> ItemId {
        self.id
    }

    /// The team it belongs to.
    pub fn team(&self) -> TeamId {
        self.team
    }

    /// The version in the store.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The seller's own identifier (BT-155), unique among the team's items.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The name (BT-153).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// More words (BT-154).
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The unit the price is for (BT-130).
    pub fn unit(&self) -> Option<UnitCode> {
        self.unit
    }

    /// The currency of the price.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The price of one unit without tax (BT-146).
    pub fn price(&self) -> UnitPrice {
        self.price
    }

    /// The taxes on it.
    pub fn taxes(&self) -> &[Tax] {
        &self.taxes
    }

    /// Data of the embedding application.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Whether it is kept for the past only.
    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Who created it; `None` for the application itself.
    pub fn created_by(&self) -> Option<UserId> {
        self.created_by
    }

    /// When it was created.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it was last written.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }
}

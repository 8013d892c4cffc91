use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Basis;
use crate::money::AmountText;
use crate::{Currency, Money, MoneyError};

/// What the credit notes of a document have credited together; nothing by default. Kept with the document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credited {
    pub(super) currency: Option<Currency>,
    /// Per part; parts at the end without credit may be absent.
    pub(super) parts: Vec<i64>,
    /// Per group, in the order of the breakdown.
    pub(super) groups: Vec<CreditedGroup>,
    pub(super) net: i64,
    pub(super) rounding: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CreditedGroup {
    pub(super) taxable: i64,
    pub(super) tax: i64,
}

impl Credited {
    /// Whether nothing was credited.
    pub fn is_empty(&self) -> bool {
        *self == Self { currency: self.currency, ..Self::default() }
    }

    /// Whether all of the document is credited: every part, every group and its rounding.
    pub fn is_complete(&self, basis: &Basis) -> bool {
        self.parts_are_complete(basis)
            && self.net == basis.net
            && self.rounding == basis.rounding
            && basis.groups.iter().enumerate().all(|(place, group)| {
                let credited = self.group(place);
                credited.taxable == group.taxable && credited.tax == group.tax
            })
    }

    /// The credited total: with tax, less tax withheld, with the rounding.
    pub fn total(&self, basis: &Basis) -> Result<Money, MoneyError> {
        let units = super::basis::fit(self.total_units(basis))?;
        Ok(Money::trusted(units, basis.currency))
    }

    /// The credited tax, withheld tax apart.
    pub(crate) fn tax_total(&self, basis: &Basis) -> Result<Money, MoneyError> {
        let charged = basis.groups.iter().enumerate().filter(|(_, group)| !group.row.is_withheld());
        let units = charged.map(|(place, _)| i128::from(self.group(place).tax)).sum();
        Ok(Money::trusted(super::basis::fit(units)?, basis.currency))
    }

    pub(super) fn parts_are_complete(&self, basis: &Basis) -> bool {
        basis.parts.iter().enumerate().all(|(place, part)| self.part(place) == part.net)
    }

    pub(super) fn part(&self, place: usize) -> i64 {
        self.parts.get(place).copied().unwrap_or_default()
    }

    pub(super) fn group(&self, place: usize) -> CreditedGroup {
        self.groups.get(place).copied().unwrap_or_default()
    }

    pub(super) fn total_units(&self, basis: &Basis) -> i128 {
        let taxes = basis.groups.iter().enumerate().map(|(place, group)| group.signed(self.group(place).tax));
        i128::from(self.net) + taxes.sum::<i128>() + i128::from(self.rounding)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Credited")]
struct Fields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<AmountText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    net: Option<AmountText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounding: Option<AmountText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "CreditedGroup")]
struct GroupFields {
    taxable: AmountText,
    tax: AmountText,
}

impl Serialize for Credited {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = match self.currency {
            None => Fields { currency: None, parts: vec![], groups: vec![], net: None, rounding: None },
            Some(currency) => {
                let text = |units| AmountText::new(units, currency);
                let groups = self.groups.iter();
                Fields {
                    currency: Some(currency),
                    parts: self.parts.iter().map(|units| text(*units)).collect(),
                    groups: groups
                        .map(|group| GroupFields { taxable: text(group.taxable), tax: text(group.tax) })
                        .collect(),
                    net: Some(text(self.net)),
                    rounding: Some(text(self.rounding)),
                }
            }
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Credited {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        let Some(currency) = fields.currency else {
            let empty = fields.parts.is_empty() && fields.groups.is_empty();
            return if empty && fields.net.is_none() && fields.rounding.is_none() {
                Ok(Self::default())
            } else {
                Err(serde::de::Error::missing_field("currency"))
            };
        };
        let units = |text: AmountText| text.in_currency(currency).map_err(serde::de::Error::custom);
        let stated = |text: Option<AmountText>, name| {
            text.ok_or_else(|| serde::de::Error::missing_field(name)).and_then(units)
        };
        let group =
            |group: GroupFields| Ok(CreditedGroup { taxable: units(group.taxable)?, tax: units(group.tax)? });
        Ok(Self {
            currency: Some(currency),
            parts: fields.parts.into_iter().map(units).collect::<Result<_, _>>()?,
            groups: fields.groups.into_iter().map(group).collect::<Result<_, _>>()?,
            net: stated(fields.net, "net")?,
            rounding: stated(fields.rounding, "rounding")?,
        })
    }
}

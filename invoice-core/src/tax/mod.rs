//! Taxes: schemes, categories, rates, and what the standard asks of their combination.

mod category;
mod key;
mod scheme;

use serde::{Deserialize, Deserializer, Serialize};

pub use category::TaxCategory;
pub use scheme::TaxScheme;

pub(crate) use key::TaxKey;

use crate::text;
use crate::{Code, TaxRate, Violation, Violations};

/// One tax on a line, allowance or charge (EN 16931 BG-30, BT-95, BT-102).
///
/// It applies to the net amount by itself, never to another tax. A withheld tax (such as the Spanish IRPF) is kept
/// back by the buyer: it lowers what is payable, not the total with tax.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Tax {
    scheme: TaxScheme,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<TaxCategory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<TaxRate>,
    #[serde(skip_serializing_if = "is_false")]
    withheld: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption_code: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Tax {
    /// A tax charged with its category; no rate counts as 0 %.
    ///
    /// The rate is not compared with the category here, so that any published document can be computed;
    /// [`Tax::check`] does that.
    ///
    /// ```
    /// use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
    ///
    /// let gst = Tax::new(TaxScheme::GST, TaxCategory::Standard, Some("5".parse()?));
    /// assert!(gst.check().is_empty());
    /// # Ok::<(), invoice_core::NumberError>(())
    /// ```
    pub fn new(scheme: TaxScheme, category: TaxCategory, rate: Option<TaxRate>) -> Self {
        Self {
            scheme,
            category: Some(category),
            rate,
            withheld: false,
            exemption_reason: None,
            exemption_code: None,
        }
    }

    /// Value added tax at a rate.
    ///
    /// ```
    /// use invoice_core::tax::{Tax, TaxCategory};
    ///
    /// let vat = Tax::vat(TaxCategory::Standard, "19".parse()?);
    /// assert_eq!(vat.scheme().as_str(), "VAT");
    /// # Ok::<(), invoice_core::NumberError>(())
    /// ```
    pub fn vat(category: TaxCategory, rate: TaxRate) -> Self {
        Self::new(TaxScheme::VAT, category, Some(rate))
    }

    /// A tax the buyer withholds; it needs no category.
    ///
    /// ```
    /// use invoice_core::tax::{Tax, TaxScheme};
    ///
    /// assert!(Tax::withheld(TaxScheme::IRPF, "15".parse()?).is_withheld());
    /// # Ok::<(), invoice_core::NumberError>(())
    /// ```
    pub fn withheld(scheme: TaxScheme, rate: TaxRate) -> Self {
        Self {
            scheme,
            category: None,
            rate: Some(rate),
            withheld: true,
            exemption_reason: None,
            exemption_code: None,
        }
    }

    /// The same tax with a category, for withheld taxes that have one.
    #[must_use]
    pub fn with_category(mut self, category: TaxCategory) -> Self {
        self.category = Some(category);
        self
    }

    /// The same tax with the reason in words why nothing is charged (BT-120); at most 1,000 characters.
    pub fn with_exemption_reason(mut self, reason: impl Into<String>) -> Result<Self, Violation> {
        let reason = reason.into();
        text::check_line(&reason, text::SHORT).map_err(|wrong| wrong.under("/exemption_reason"))?;
        self.exemption_reason = Some(reason);
        Ok(self)
    }

    /// The same tax with the reason as a code of the VATEX list (BT-121): capitals, digits, `-`, `.`, `_`; at most 40.
    pub fn with_exemption_code(mut self, code: impl Into<String>) -> Result<Self, Violation> {
        let code = code.into();
        check_exemption_code(&code)?;
        self.exemption_code = Some(code);
        Ok(self)
    }

    /// The scheme, such as `VAT` (BT-151's scheme).
    pub fn scheme(&self) -> TaxScheme {
        self.scheme
    }

    /// The category (BT-151, BT-95, BT-102); only a withheld tax may have none.
    pub fn category(&self) -> Option<TaxCategory> {
        self.category
    }

    /// The rate in percent (BT-152, BT-96, BT-103); none counts as 0.
    pub fn rate(&self) -> Option<TaxRate> {
        self.rate
    }

    /// Whether the buyer keeps it back.
    pub fn is_withheld(&self) -> bool {
        self.withheld
    }

    /// Why nothing is charged, in words (BT-120).
    pub fn exemption_reason(&self) -> Option<&str> {
        self.exemption_reason.as_deref()
    }

    /// Why nothing is charged, as a code of the VATEX list (BT-121).
    pub fn exemption_code(&self) -> Option<&str> {
        self.exemption_code.as_deref()
    }

    /// What the standard asks of category, rate and reason together, for a document about to be issued: S has a rate
    /// above zero (BR-S-05), Z, E, AE, K and G the rate zero (BR-Z-05 and its siblings), O none (BR-O-05), and E, AE,
    /// K, G and O say why (BR-E-10 and its siblings). Pointers are relative to the tax.
    pub fn check(&self) -> Violations {
        let mut found = Violations::new();
        let Some(category) = self.category.filter(|_| !self.withheld) else { return found };
        let charges = self.rate.is_some_and(|rate| !rate.is_zero());
        if category == TaxCategory::Standard && !charges {
            found.add("/rate", Code::RateNotAllowed, "category S needs a rate above zero");
        } else if category.is_zero_rated() && charges {
            found.add("/rate", Code::RateNotAllowed, format!("category {category} has no rate above zero"));
        }
        if category.needs_reason() && self.exemption_reason.is_none() && self.exemption_code.is_none() {
            let detail = format!("category {category} needs an exemption reason");
            found.add("/exemption_reason", Code::ExemptionReasonRequired, detail);
        }
        found
    }

    /// The group of the tax breakdown it belongs to.
    #[inline]
    pub(crate) fn key(&self) -> TaxKey {
        TaxKey::new(self.withheld, self.scheme, self.category, self.rate.unwrap_or(TaxRate::ZERO))
    }

    /// Whether both belong to one group. Totals ask it of every line, so what differs most often comes first.
    #[inline]
    pub(crate) fn shares_group(&self, other: &Self) -> bool {
        self.rate.unwrap_or(TaxRate::ZERO) == other.rate.unwrap_or(TaxRate::ZERO)
            && self.category == other.category
            && self.withheld == other.withheld
            && self.scheme == other.scheme
    }
}

fn check_exemption_code(code: &str) -> Result<(), Violation> {
    let legal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    if !code.is_empty() && code.len() <= 40 && code.bytes().all(legal) {
        return Ok(());
    }
    Err(Violation::new("/exemption_code", Code::Malformed, "not a code such as VATEX-EU-AE"))
}

/// The stored form, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Tax")]
struct TaxFields {
    scheme: TaxScheme,
    category: Option<TaxCategory>,
    rate: Option<TaxRate>,
    #[serde(default)]
    withheld: bool,
    exemption_reason: Option<String>,
    exemption_code: Option<String>,
}

impl<'de> Deserialize<'de> for Tax {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = TaxFields::deserialize(deserializer)?;
        if fields.category.is_none() && !fields.withheld {
            return Err(serde::de::Error::missing_field("category"));
        }
        let checked = match (&fields.exemption_reason, &fields.exemption_code) {
            (Some(reason), _) if text::check(reason, text::SHORT).is_err() => {
                text::check(reason, text::SHORT)
            }
            (_, Some(code)) => check_exemption_code(code),
            _ => Ok(()),
        };
        checked.map_err(serde::de::Error::custom)?;
        Ok(Self {
            scheme: fields.scheme,
            category: fields.category,
            rate: fields.rate,
            withheld: fields.withheld,
            exemption_reason: fields.exemption_reason,
            exemption_code: fields.exemption_code,
        })
    }
}

#[cfg(test)]
mod tests;

use serde::{Deserialize, Deserializer, Serialize};

use crate::tax::Tax;
use crate::text;
use crate::{Code, Money, Percentage, Violation, Violations};

/// How much an allowance takes off or a charge adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdjustmentValue {
    /// An amount (EN 16931 BT-92, BT-99, BT-136, BT-141).
    Fixed(Money),
    /// A percentage (BT-94, BT-101, BT-138, BT-143) of `base` (BT-93, BT-100, BT-137, BT-142).
    Percent {
        /// 5 means 5 %.
        percent: Percentage,
        /// Without one: quantity × price on a line, the sum of the lines on a document.
        base: Option<Money>,
    },
}

/// An allowance or charge on a line (EN 16931 BG-27, BG-28).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "AdjustmentFields")]
pub struct Adjustment {
    value: AdjustmentValue,
    reason: Option<String>,
    reason_code: Option<String>,
}

impl Adjustment {
    /// A fixed amount.
    ///
    /// ```
    /// use invoice_core::line::Adjustment;
    /// use invoice_core::{Currency, Money};
    ///
    /// let freight = Adjustment::fixed(Money::parse("8.50", Currency::EUR)?).with_reason("Freight")?;
    /// assert_eq!(freight.reason(), Some("Freight"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fixed(amount: Money) -> Self {
        Self { value: AdjustmentValue::Fixed(amount), reason: None, reason_code: None }
    }

    /// A percentage of what it stands on: quantity × price on a line, the sum of the lines on a document.
    ///
    /// ```
    /// let discount = invoice_core::line::Adjustment::percent("5".parse()?);
    /// # Ok::<(), invoice_core::NumberError>(())
    /// ```
    pub fn percent(percent: Percentage) -> Self {
        Self { value: AdjustmentValue::Percent { percent, base: None }, reason: None, reason_code: None }
    }

    /// A percentage of a stated amount.
    ///
    /// ```
    /// use invoice_core::line::Adjustment;
    /// use invoice_core::{Currency, Money};
    ///
    /// let discount = Adjustment::percent_of("5".parse()?, Money::parse("1500", Currency::EUR)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn percent_of(percent: Percentage, base: Money) -> Self {
        Self {
            value: AdjustmentValue::Percent { percent, base: Some(base) },
            reason: None,
            reason_code: None,
        }
    }

    /// The same with its reason in words (BT-97, BT-104, BT-139, BT-144); at most 1,000 characters.
    pub fn with_reason(mut self, reason: impl Into<String>) -> Result<Self, Violation> {
        let reason = reason.into();
        text::check_line(&reason, text::SHORT).map_err(|wrong| wrong.under("/reason"))?;
        self.reason = Some(reason);
        Ok(self)
    }

    /// The same with its reason as a code of UNTDID 5189 or 7161 (BT-98, BT-105, BT-140, BT-145): 1 to 3 letters or
    /// digits.
    pub fn with_reason_code(mut self, code: impl Into<String>) -> Result<Self, Violation> {
        let code = code.into();
        check_reason_code(&code)?;
        self.reason_code = Some(code);
        Ok(self)
    }

    /// How much.
    pub fn value(&self) -> AdjustmentValue {
        self.value
    }

    /// Why, in words.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Why, as a code.
    pub fn reason_code(&self) -> Option<&str> {
        self.reason_code.as_deref()
    }
}

fn check_reason_code(code: &str) -> Result<(), Violation> {
    if (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Violation::new("/reason_code", Code::Malformed, "not 1 to 3 letters or digits, such as 95"))
}

/// An allowance or charge on the whole document (EN 16931 BG-20, BG-21).
///
/// Without taxes it is spread over the taxes of the lines in proportion to what they tax.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "DocumentAdjustmentFields")]
pub struct DocumentAdjustment {
    adjustment: Adjustment,
    taxes: Vec<Tax>,
}

impl DocumentAdjustment {
    /// An allowance or charge that is spread, until taxes are added with [`DocumentAdjustment::with_tax`].
    ///
    /// ```
    /// use invoice_core::line::{Adjustment, DocumentAdjustment};
    /// use invoice_core::tax::{Tax, TaxCategory};
    ///
    /// let freight = DocumentAdjustment::new(Adjustment::percent("2".parse()?))
    ///     .with_tax(Tax::vat(TaxCategory::Standard, "19".parse()?));
    /// assert_eq!(freight.taxes().len(), 1);
    /// # Ok::<(), invoice_core::NumberError>(())
    /// ```
    pub fn new(adjustment: Adjustment) -> Self {
        Self { adjustment, taxes: Vec::new() }
    }

    /// The same with one more tax (BT-95, BT-102).
    #[must_use]
    pub fn with_tax(mut self, tax: Tax) -> Self {
        self.taxes.push(tax);
        self
    }

    /// How much, and why.
    pub fn adjustment(&self) -> &Adjustment {
        &self.adjustment
    }

    /// The taxes on it; none means it is spread.
    pub fn taxes(&self) -> &[Tax] {
        &self.taxes
    }

    /// What is wrong with its texts and taxes; pointers are relative to it.
    pub(crate) fn check_taxes(taxes: &[Tax]) -> Violations {
        let mut found = Violations::new();
        if taxes.len() > super::MOST_TAXES {
            found.add("/taxes", Code::TooLong, format!("more than {} taxes", super::MOST_TAXES));
        }
        for (index, tax) in taxes.iter().enumerate() {
            if taxes.iter().take(index).any(|earlier| earlier.key() == tax.key()) {
                found.add(format!("/taxes/{index}"), Code::Repeated, "the same tax twice");
            }
        }
        found
    }

    /// Whether its taxes are not too many and each named once; pointers are relative to it.
    pub fn validate(&self) -> Result<(), Violations> {
        Self::check_taxes(&self.taxes).into_result()
    }
}

/// The stored form: either `amount`, or `percent` with or without `base`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Adjustment")]
struct AdjustmentFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percent: Option<Percentage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason_code: Option<String>,
}

impl From<Adjustment> for AdjustmentFields {
    fn from(Adjustment { value, reason, reason_code }: Adjustment) -> Self {
        let (amount, percent, base) = match value {
            AdjustmentValue::Fixed(amount) => (Some(amount), None, None),
            AdjustmentValue::Percent { percent, base } => (None, Some(percent), base),
        };
        Self { amount, percent, base, reason, reason_code }
    }
}

impl TryFrom<AdjustmentFields> for Adjustment {
    type Error = Violation;

    fn try_from(fields: AdjustmentFields) -> Result<Self, Violation> {
        let value = match (fields.amount, fields.percent, fields.base) {
            (Some(amount), None, None) => AdjustmentValue::Fixed(amount),
            (None, Some(percent), base) => AdjustmentValue::Percent { percent, base },
            _ => {
                let detail = "either an amount, or a percentage with or without its base";
                return Err(Violation::new("", Code::Inconsistent, detail));
            }
        };
        if let Some(reason) = &fields.reason {
            text::check(reason, text::SHORT).map_err(|wrong| wrong.under("/reason"))?;
        }
        if let Some(code) = &fields.reason_code {
            check_reason_code(code)?;
        }
        Ok(Self { value, reason: fields.reason, reason_code: fields.reason_code })
    }
}

impl<'de> Deserialize<'de> for Adjustment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AdjustmentFields::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "DocumentAdjustment")]
struct DocumentAdjustmentFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percent: Option<Percentage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason_code: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<Tax>,
}

impl From<DocumentAdjustment> for DocumentAdjustmentFields {
    fn from(DocumentAdjustment { adjustment, taxes }: DocumentAdjustment) -> Self {
        let AdjustmentFields { amount, percent, base, reason, reason_code } = adjustment.into();
        Self { amount, percent, base, reason, reason_code, taxes }
    }
}

impl<'de> Deserialize<'de> for DocumentAdjustment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = DocumentAdjustmentFields::deserialize(deserializer)?;
        let DocumentAdjustmentFields { amount, percent, base, reason, reason_code, taxes } = fields;
        let fields = AdjustmentFields { amount, percent, base, reason, reason_code };
        let adjustment = fields.try_into().map_err(serde::de::Error::custom)?;
        Ok(Self { adjustment, taxes })
    }
}

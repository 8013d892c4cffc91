use serde::{Deserialize, Deserializer, Serialize};

use super::Totals;
use crate::tax::{Tax, TaxCategory, TaxKey, TaxScheme};
use crate::text;
use crate::{Code, Money, TaxRate, Violation};

/// An advance invoice that a final invoice deducts: what it taxed, and its tax per group.
///
/// Its net amount is stated beside the groups, because an amount under two taxes is in two groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdvanceDeduction {
    document: String,
    net: Money,
    rows: Vec<AdvanceRow>,
}

/// One tax group of an advance invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdvanceRow {
    scheme: TaxScheme,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<TaxCategory>,
    rate: TaxRate,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    withheld: bool,
    taxable: Money,
    tax: Money,
}

impl AdvanceRow {
    /// The group of `tax` with its taxable amount (BT-116) and tax amount (BT-117).
    ///
    /// ```
    /// use invoice_core::tax::{Tax, TaxCategory};
    /// use invoice_core::totals::AdvanceRow;
    /// use invoice_core::{Currency, Money};
    ///
    /// let tax = Tax::vat(TaxCategory::Standard, "25".parse()?);
    /// let amount = |text| Money::parse(text, Currency::SEK);
    /// let row = AdvanceRow::new(&tax, amount("1000")?, amount("250")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(group: &Tax, taxable: Money, tax: Money) -> Self {
        let key = group.key();
        Self {
            scheme: key.scheme(),
            category: key.category(),
            rate: key.rate(),
            withheld: key.is_withheld(),
            taxable,
            tax,
        }
    }

    /// What is taxed.
    pub fn taxable(&self) -> Money {
        self.taxable
    }

    /// The tax on it.
    pub fn tax(&self) -> Money {
        self.tax
    }

    pub(super) fn key(&self) -> TaxKey {
        TaxKey::new(self.withheld, self.scheme, self.category, self.rate)
    }
}

impl AdvanceDeduction {
    /// The deduction of the advance invoice with this number: its total without tax (BT-109) and its groups.
    ///
    /// ```
    /// use invoice_core::tax::{Tax, TaxCategory};
    /// use invoice_core::totals::{AdvanceDeduction, AdvanceRow};
    /// use invoice_core::{Currency, Money};
    ///
    /// let tax = Tax::vat(TaxCategory::Standard, "25".parse()?);
    /// let amount = |text| Money::parse(text, Currency::SEK);
    /// let row = AdvanceRow::new(&tax, amount("1000")?, amount("250")?);
    /// let advance = AdvanceDeduction::new("ADV-1", amount("1000")?, vec![row])?;
    /// assert_eq!(advance.document(), "ADV-1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(document: impl Into<String>, net: Money, rows: Vec<AdvanceRow>) -> Result<Self, Violation> {
        let document = document.into();
        text::check(&document, text::SHORT).map_err(|wrong| wrong.under("/document"))?;
        for (index, row) in rows.iter().enumerate() {
            let pointer = || format!("/rows/{index}");
            if row.taxable.currency() != net.currency() || row.tax.currency() != net.currency() {
                return Err(Violation::new(pointer(), Code::MixedCurrencies, "amounts of two currencies"));
            }
            if rows.iter().take(index).any(|earlier| earlier.key() == row.key()) {
                return Err(Violation::new(pointer(), Code::Repeated, "the same group twice"));
            }
        }
        Ok(Self { document, net, rows })
    }

    /// The deduction of a whole advance invoice, from its stored totals.
    ///
    /// ```
    /// use invoice_core::totals::{AdvanceDeduction, Input, calculate};
    /// use invoice_core::{Currency, Money};
    ///
    /// let totals = calculate(&Input::new(Currency::SEK, &[]))?;
    /// assert!(AdvanceDeduction::from_totals("ADV-1", &totals)?.net().is_zero());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn from_totals(document: impl Into<String>, totals: &Totals) -> Result<Self, Violation> {
        let rows = totals.breakdown().iter().map(|row| AdvanceRow {
            scheme: row.scheme(),
            category: row.category(),
            rate: row.rate(),
            withheld: row.is_withheld(),
            taxable: row.taxable(),
            tax: row.tax(),
        });
        Self::new(document, totals.tax_exclusive(), rows.collect())
    }

    /// The number of the advance invoice.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// Its total without tax (BT-109).
    pub fn net(&self) -> Money {
        self.net
    }

    /// Its groups.
    pub fn rows(&self) -> &[AdvanceRow] {
        &self.rows
    }
}

impl<'de> Deserialize<'de> for AdvanceDeduction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename = "AdvanceDeduction")]
        struct Fields {
            document: String,
            net: Money,
            rows: Vec<AdvanceRow>,
        }
        let Fields { document, net, rows } = Fields::deserialize(deserializer)?;
        Self::new(document, net, rows).map_err(serde::de::Error::custom)
    }
}

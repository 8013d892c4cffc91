//! The stored form: amounts as strings in the one currency stated beside them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::PriceMode;
use super::result::{AdjustmentFigures, LineFigures, SetFigures, TaxRow, Totals};
use super::rows::Rows;
use crate::money::AmountText;
use crate::tax::{TaxCategory, TaxKey, TaxScheme};
use crate::{Currency, Money, MoneyError, TaxRate};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Totals")]
struct Fields {
    currency: Currency,
    prices: PriceMode,
    lines: Vec<LineFields>,
    sets: Vec<SetFields>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowances: Vec<AdjustmentFields>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    charges: Vec<AdjustmentFields>,
    breakdown: Vec<RowFields>,
    line_total: AmountText,
    allowance_total: AmountText,
    charge_total: AmountText,
    tax_exclusive: AmountText,
    tax_total: AmountText,
    tax_inclusive: AmountText,
    withheld_total: AmountText,
    prepaid: AmountText,
    advance_net: AmountText,
    advance_total: AmountText,
    rounding: AmountText,
    payable: AmountText,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "LineTotals")]
struct LineFields {
    net: AmountText,
    /// Only where it differs from the net amount by meaning: with tax-inclusive prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gross: Option<AmountText>,
    set: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowances: Vec<AmountText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    charges: Vec<AmountText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "TaxSet")]
struct SetFields {
    /// Places in the breakdown.
    rows: Vec<usize>,
    taxable: AmountText,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "AdjustmentTotals")]
struct AdjustmentFields {
    net: AmountText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gross: Option<AmountText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "TaxRow")]
struct RowFields {
    scheme: TaxScheme,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<TaxCategory>,
    rate: TaxRate,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    withheld: bool,
    taxable: AmountText,
    tax: AmountText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advance_taxable: Option<AmountText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advance_tax: Option<AmountText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exemption_reasons: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exemption_codes: Vec<String>,
}

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |units| AmountText::new(units, self.currency);
        let gross = |units| (self.prices == PriceMode::TaxInclusive).then(|| text(units));
        let adjustments = |list: &[AdjustmentFigures]| {
            list.iter().map(|one| AdjustmentFields { net: text(one.net), gross: gross(one.gross) }).collect()
        };
        let lines = self.lines.iter().zip(self.lines()).map(|(figures, line)| LineFields {
            net: text(figures.net),
            gross: gross(figures.gross),
            set: figures.set,
            allowances: line.allowances().map(|amount| text(amount.minor())).collect(),
            charges: line.charges().map(|amount| text(amount.minor())).collect(),
        });
        let sets = self
            .sets
            .iter()
            .map(|set| SetFields { rows: set.rows.iter().collect(), taxable: text(set.taxable) });
        let deducted = |amount: Money| (!amount.is_zero()).then(|| text(amount.minor()));
        let rows = self.breakdown.iter().map(|row| RowFields {
            scheme: row.scheme(),
            category: row.category(),
            rate: row.rate(),
            withheld: row.is_withheld(),
            taxable: text(row.taxable.minor()),
            tax: text(row.tax.minor()),
            advance_taxable: deducted(row.advance_taxable),
            advance_tax: deducted(row.advance_tax),
            exemption_reasons: row.exemption_reasons.clone(),
            exemption_codes: row.exemption_codes.clone(),
        });
        let fields = Fields {
            currency: self.currency,
            prices: self.prices,
            lines: lines.collect(),
            sets: sets.collect(),
            allowances: adjustments(&self.allowances),
            charges: adjustments(&self.charges),
            breakdown: rows.collect(),
            line_total: text(self.line_total),
            allowance_total: text(self.allowance_total),
            charge_total: text(self.charge_total),
            tax_exclusive: text(self.tax_exclusive),
            tax_total: text(self.tax_total),
            tax_inclusive: text(self.tax_inclusive),
            withheld_total: text(self.withheld_total),
            prepaid: text(self.prepaid),
            advance_net: text(self.advance_net),
            advance_total: text(self.advance_total),
            rounding: text(self.rounding),
            payable: text(self.payable),
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Totals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        read(fields).map_err(serde::de::Error::custom)
    }
}

/// Why stored totals are not totals.
#[derive(Debug, thiserror::Error)]
enum StoredError {
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error("a place that does not exist")]
    Place,
    #[error("an amount with tax stands exactly where prices are with tax")]
    Gross,
}

/// The amount with tax, which is the net amount where prices are net.
fn gross(
    stored: Option<AmountText>,
    net: i64,
    prices: PriceMode,
    currency: Currency,
) -> Result<i64, StoredError> {
    match (stored, prices) {
        (Some(gross), PriceMode::TaxInclusive) => Ok(gross.in_currency(currency)?),
        (None, PriceMode::Net) => Ok(net),
        _ => Err(StoredError::Gross),
    }
}

fn read(fields: Fields) -> Result<Totals, StoredError> {
    let currency = fields.currency;
    let units = |text: AmountText| text.in_currency(currency);
    let prices = fields.prices;
    let adjustments = |list: Vec<AdjustmentFields>| -> Result<Vec<_>, StoredError> {
        let read = |one: AdjustmentFields| {
            let net = units(one.net)?;
            Ok(AdjustmentFigures { net, gross: gross(one.gross, net, prices, currency)? })
        };
        list.into_iter().map(read).collect()
    };
    let mut totals = Totals::empty(currency, prices);
    for row in fields.breakdown {
        let money = |text: AmountText| units(text).map(|units| Money::trusted(units, currency));
        let deducted = |text: Option<AmountText>| text.map_or(Ok(Money::zero(currency)), money);
        totals.breakdown.push(TaxRow {
            key: TaxKey::new(row.withheld, row.scheme, row.category, row.rate),
            taxable: money(row.taxable)?,
            tax: money(row.tax)?,
            advance_taxable: deducted(row.advance_taxable)?,
            advance_tax: deducted(row.advance_tax)?,
            exemption_reasons: row.exemption_reasons,
            exemption_codes: row.exemption_codes,
        });
    }
    for set in fields.sets {
        if set.rows.iter().any(|place| *place >= totals.breakdown.len()) {
            return Err(StoredError::Place);
        }
        let rows = Rows::new(set.rows).ok_or(StoredError::Place)?;
        totals.sets.push(SetFigures { rows, taxable: units(set.taxable)? });
    }
    for line in fields.lines {
        if line.set >= totals.sets.len() {
            return Err(StoredError::Place);
        }
        let net = units(line.net)?;
        totals.lines.push(LineFigures {
            net,
            gross: gross(line.gross, net, prices, currency)?,
            set: line.set,
            first: totals.adjustments.len(),
            allowances: line.allowances.len(),
            charges: line.charges.len(),
        });
        for amount in line.allowances.into_iter().chain(line.charges) {
            totals.adjustments.push(units(amount)?);
        }
    }
    totals.allowances = adjustments(fields.allowances)?;
    totals.charges = adjustments(fields.charges)?;
    totals.line_total = units(fields.line_total)?;
    totals.allowance_total = units(fields.allowance_total)?;
    totals.charge_total = units(fields.charge_total)?;
    totals.tax_exclusive = units(fields.tax_exclusive)?;
    totals.tax_total = units(fields.tax_total)?;
    totals.tax_inclusive = units(fields.tax_inclusive)?;
    totals.withheld_total = units(fields.withheld_total)?;
    totals.prepaid = units(fields.prepaid)?;
    totals.advance_net = units(fields.advance_net)?;
    totals.advance_total = units(fields.advance_total)?;
    totals.rounding = units(fields.rounding)?;
    totals.payable = units(fields.payable)?;
    Ok(totals)
}

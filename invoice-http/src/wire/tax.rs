use invoice_core::Code;
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::{At, Reader};
use super::schema;

/// A tax on a line, allowance or charge.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Tax, example = json!({"scheme": "VAT", "category": "S", "rate": "19"}))]
pub(crate) struct TaxBody {
    /// The tax; `VAT` if not said.
    #[schema(value_type = Option<schema::TaxSchemeName>)]
    scheme: Option<String>,
    /// Its category (BT-151); only a withheld tax may have none.
    #[schema(value_type = Option<schema::CategoryCode>)]
    category: Option<String>,
    /// Its rate in percent (BT-152).
    #[schema(value_type = Option<schema::Decimal>)]
    rate: Option<String>,
    /// Whether the buyer keeps it back.
    #[serde(default)]
    withheld: bool,
    /// Why nothing is charged, in words (BT-120).
    #[schema(value_type = Option<schema::ShortText>)]
    exemption_reason: Option<String>,
    /// Why nothing is charged, as a code of the VATEX list (BT-121).
    #[schema(pattern = "^[A-Z0-9._-]{1,40}$")]
    exemption_code: Option<String>,
}

impl From<&Tax> for TaxBody {
    fn from(tax: &Tax) -> Self {
        Self {
            scheme: Some(tax.scheme().to_string()),
            category: tax.category().map(|category| category.code().to_owned()),
            rate: tax.rate().map(|rate| rate.to_string()),
            withheld: tax.is_withheld(),
            exemption_reason: tax.exemption_reason().map(str::to_owned),
            exemption_code: tax.exemption_code().map(str::to_owned),
        }
    }
}

impl TaxBody {
    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<Tax> {
        let scheme = match &self.scheme {
            Some(scheme) => reader.parse(&at.field("scheme"), scheme),
            None => Some(TaxScheme::VAT),
        };
        let category: Option<Option<TaxCategory>> =
            reader.optional(&at.field("category"), self.category.as_deref());
        let rate = reader.optional(&at.field("rate"), self.rate.as_deref());
        let (scheme, category, rate) = (scheme?, category?, rate?);
        let mut tax = match (category, rate, self.withheld) {
            (Some(category), rate, false) => Tax::new(scheme, category, rate),
            (category, Some(rate), true) => {
                let tax = Tax::withheld(scheme, rate);
                category.map_or(tax.clone(), |category| tax.with_category(category))
            }
            (None, _, false) => {
                reader.add(&at.field("category"), Code::TaxCategoryRequired, "a tax has a category");
                return None;
            }
            (_, None, true) => {
                reader.add(&at.field("rate"), Code::Required, "a withheld tax has a rate");
                return None;
            }
        };
        if let Some(reason) = self.exemption_reason {
            tax = reader.check(at, tax.with_exemption_reason(reason))?;
        }
        if let Some(code) = self.exemption_code {
            tax = reader.check(at, tax.with_exemption_code(code))?;
        }
        Some(tax)
    }
}

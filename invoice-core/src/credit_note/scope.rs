//! How much of an invoice to credit.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::credit::{PartRequest, Request};
use crate::line::Line;
use crate::{Code, Money, Quantity, Violation};

/// How much of an invoice to credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value", deny_unknown_fields)]
pub enum CreditScope {
    /// Everything that is left.
    Full,
    /// These lines, each at most once.
    Lines(Vec<CreditLine>),
    /// An amount with tax, spread over the tax groups by what is left of them.
    Amount(Money),
}

/// How much of one line to credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditLine {
    pub(crate) line: String,
    pub(crate) share: CreditShare,
}

/// The part of a line that is credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value", deny_unknown_fields)]
pub enum CreditShare {
    /// All that is left of it.
    Left,
    /// A net amount, with the sign of the line.
    Net(Money),
    /// So many of its quantity.
    Quantity(Quantity),
}

impl CreditLine {
    /// All that is left of the line with this identifier (BT-126).
    ///
    /// ```
    /// use invoice_core::{CreditLine, CreditScope};
    ///
    /// let scope = CreditScope::Lines(vec![CreditLine::left("1"), CreditLine::left("4")]);
    /// ```
    pub fn left(line: impl Into<String>) -> Self {
        Self { line: line.into(), share: CreditShare::Left }
    }

    /// A net amount of the line, with the sign of the line.
    ///
    /// ```
    /// use invoice_core::{CreditLine, Currency, Money};
    ///
    /// let some = CreditLine::net("1", Money::parse("12.50", Currency::EUR)?);
    /// # Ok::<(), invoice_core::MoneyError>(())
    /// ```
    pub fn net(line: impl Into<String>, amount: Money) -> Self {
        Self { line: line.into(), share: CreditShare::Net(amount) }
    }

    /// So many of the line's quantity.
    ///
    /// ```
    /// let one = invoice_core::CreditLine::quantity("1", "1".parse()?);
    /// # Ok::<(), invoice_core::NumberError>(())
    /// ```
    pub fn quantity(line: impl Into<String>, quantity: Quantity) -> Self {
        Self { line: line.into(), share: CreditShare::Quantity(quantity) }
    }

    /// The line's identifier (BT-126).
    pub fn line(&self) -> &str {
        &self.line
    }

    /// How much of it.
    pub const fn share(&self) -> CreditShare {
        self.share
    }
}

impl CreditScope {
    /// The request in terms of the invoice's parts, which start with its lines.
    pub(crate) fn request(&self, lines: &[Line]) -> Result<Request, Violation> {
        let credited = match self {
            Self::Full => return Ok(Request::Full),
            Self::Amount(amount) => return Ok(Request::Amount(*amount)),
            Self::Lines(credited) => credited,
        };
        let places: HashMap<&str, usize> =
            lines.iter().enumerate().map(|(place, line)| (line.id(), place)).collect();
        let parts = credited.iter().enumerate().map(|(index, credit)| {
            let found = places.get(credit.line.as_str()).and_then(|place| Some((*place, lines.get(*place)?)));
            let (place, line) = found.ok_or_else(|| {
                let detail = "the invoice has no line of this identifier";
                Violation::new(format!("/lines/{index}/line"), Code::Unknown, detail)
            })?;
            Ok(match credit.share {
                CreditShare::Left => PartRequest::left(place),
                CreditShare::Net(amount) => PartRequest::net(place, amount),
                CreditShare::Quantity(quantity) => PartRequest::quantity(place, quantity, line.quantity()),
            })
        });
        parts.collect::<Result<_, _>>().map(Request::Parts)
    }
}

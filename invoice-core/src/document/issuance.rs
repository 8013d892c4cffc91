//! What issuing adds to a document: date, snapshots of the parties, number and seal.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::seal::Seal;
use crate::totals::AdvanceDeduction;
use crate::{CounterKey, Currency, ExchangeRate, Money, Party, Timestamp, UserId};

/// What is known of an issue before its number: decided by the use case, frozen with the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueFacts {
    #[serde(deserialize_with = "crate::time::date")]
    pub(crate) issue_date: NaiveDate,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::time::optional_date"
    )]
    pub(crate) due_date: Option<NaiveDate>,
    #[serde(deserialize_with = "crate::time::date")]
    pub(crate) tax_point: NaiveDate,
    pub(crate) supplier: Party,
    pub(crate) customer: Party,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) accounting: Option<AccountingTotal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) advances: Vec<AdvanceDeduction>,
    pub(crate) issued_at: Timestamp,
    pub(crate) issued_by: Option<UserId>,
}

/// The tax total in the currency VAT is accounted in (BT-111), frozen at issue with its rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountingTotal {
    pub(crate) tax_total: Money,
    pub(crate) rate: ExchangeRate,
    pub(crate) rate_date: NaiveDate,
    pub(crate) source: String,
}

impl AccountingTotal {
    /// The tax total in the accounting currency (BT-111).
    pub fn tax_total(&self) -> Money {
        self.tax_total
    }

    /// The accounting currency (BT-6).
    pub fn currency(&self) -> Currency {
        self.tax_total.currency()
    }

    /// Units of it for one unit of the document's currency.
    pub fn rate(&self) -> ExchangeRate {
        self.rate
    }

    /// The day the rate is of.
    pub fn rate_date(&self) -> NaiveDate {
        self.rate_date
    }

    /// Who published the rate.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Where a number came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value", deny_unknown_fields)]
pub enum Origin {
    /// Given by a counter.
    Counter {
        /// The counter.
        counter: CounterKey,
        /// The position in it.
        seq: u64,
    },
    /// Brought along from another system.
    Imported {
        /// The counter of the team's imports, which only keeps them in one chain.
        counter: CounterKey,
        /// The position in it.
        seq: u64,
    },
}

impl Origin {
    /// The counter whose chain the document is in.
    pub const fn counter(&self) -> CounterKey {
        match self {
            Self::Counter { counter, .. } | Self::Imported { counter, .. } => *counter,
        }
    }

    /// The position in that chain.
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Counter { seq, .. } | Self::Imported { seq, .. } => *seq,
        }
    }
}

/// A document's number, dates, parties and seal, from its issue on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    pub(crate) number: String,
    pub(crate) origin: Origin,
    pub(crate) facts: IssueFacts,
    pub(crate) seal: Seal,
}

impl Issued {
    /// The number (BT-1).
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Where the number came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The issue date (BT-2).
    pub fn issue_date(&self) -> NaiveDate {
        self.facts.issue_date
    }

    /// The due date (BT-9).
    pub fn due_date(&self) -> Option<NaiveDate> {
        self.facts.due_date
    }

    /// When VAT becomes accountable (BT-7).
    pub fn tax_point(&self) -> NaiveDate {
        self.facts.tax_point
    }

    /// The seller as it was at the issue (BG-4).
    pub fn supplier(&self) -> &Party {
        &self.facts.supplier
    }

    /// The buyer as it was at the issue (BG-7).
    pub fn customer(&self) -> &Party {
        &self.facts.customer
    }

    /// The tax total in the accounting currency (BT-111), if that is another.
    pub fn accounting(&self) -> Option<&AccountingTotal> {
        self.facts.accounting.as_ref()
    }

    /// The advance invoices deducted.
    pub fn advances(&self) -> &[AdvanceDeduction] {
        &self.facts.advances
    }

    /// When it was issued.
    pub fn issued_at(&self) -> Timestamp {
        self.facts.issued_at
    }

    /// Who issued it; `None` for the application itself.
    pub fn issued_by(&self) -> Option<UserId> {
        self.facts.issued_by
    }

    /// The link in the counter's hash chain.
    pub fn seal(&self) -> Seal {
        self.seal
    }
}

/// How far a document is from having a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Issuance {
    /// Not issued.
    Draft,
    /// Decided in a change set whose commit gives the number. Never stored.
    Pending(Box<IssueFacts>),
    /// Issued.
    Issued(Box<Issued>),
}

impl Issuance {
    /// The issue, once it has happened.
    pub(crate) fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Issued(issued) => Some(issued),
            Self::Draft | Self::Pending(_) => None,
        }
    }

    /// What issuing froze or is about to freeze.
    pub(crate) fn facts(&self) -> Option<&IssueFacts> {
        match self {
            Self::Draft => None,
            Self::Pending(facts) => Some(facts),
            Self::Issued(issued) => Some(&issued.facts),
        }
    }

    pub(crate) const fn is_draft(&self) -> bool {
        matches!(self, Self::Draft)
    }

    /// Turns a pending issue into an issue.
    pub(crate) fn bind(&mut self, number: String, origin: Origin, seal: Seal) {
        *self = match std::mem::replace(self, Self::Draft) {
            Self::Pending(facts) => Self::Issued(Box::new(Issued { number, origin, facts: *facts, seal })),
            other => other,
        };
    }
}

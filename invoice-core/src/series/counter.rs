//! Counters: one per series and period.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Reset;
use crate::seal::Hash;
use crate::{Code, FiscalYearStart, SeriesId, TeamId, Violation};

/// The period a counter counts in: `all`, `2026`, `2026-03` or `FY2026`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeriodKey(Kind);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    All,
    Year(i32),
    Month(i32, u32),
    Fiscal(i32),
}

impl PeriodKey {
    /// The period of a date under a reset rule.
    ///
    /// ```
    /// use invoice_core::{FiscalYearStart, PeriodKey, Reset};
    ///
    /// let date = chrono::NaiveDate::from_ymd_opt(2026, 3, 5).unwrap();
    /// let april = FiscalYearStart::new(4, 1)?;
    /// assert_eq!(PeriodKey::of(Reset::Monthly, april, date).to_string(), "2026-03");
    /// assert_eq!(PeriodKey::of(Reset::FiscalYear, april, date).to_string(), "FY2025");
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn of(reset: Reset, fiscal_year_start: FiscalYearStart, date: NaiveDate) -> Self {
        Self(match reset {
            Reset::Never => Kind::All,
            Reset::Yearly => Kind::Year(date.year()),
            Reset::Monthly => Kind::Month(date.year(), date.month()),
            Reset::FiscalYear => Kind::Fiscal(fiscal_year_start.fiscal_year(date)),
        })
    }

    pub(super) fn year(self) -> Option<i32> {
        match self.0 {
            Kind::All => None,
            Kind::Year(year) | Kind::Month(year, _) | Kind::Fiscal(year) => Some(year),
        }
    }

    pub(super) fn month(self) -> Option<u32> {
        match self.0 {
            Kind::Month(_, month) => Some(month),
            _ => None,
        }
    }
}

impl fmt::Display for PeriodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::All => f.write_str("all"),
            Kind::Year(year) => write!(f, "{year:04}"),
            Kind::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Kind::Fiscal(year) => write!(f, "FY{year:04}"),
        }
    }
}

impl fmt::Debug for PeriodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PeriodKey {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let malformed = || Violation::new("", Code::Malformed, "not the period of a counter");
        let year = |digits: &str| {
            let plain = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse::<i32>().map_err(|_| malformed()) } else { Err(malformed()) }
        };
        if text == "all" {
            return Ok(Self(Kind::All));
        }
        if let Some(rest) = text.strip_prefix("FY") {
            return Ok(Self(Kind::Fiscal(year(rest)?)));
        }
        if text.len() == 7 {
            let month: crate::Month = text.parse()?;
            return Ok(Self(Kind::Month(month.year(), month.month())));
        }
        Ok(Self(Kind::Year(year(text)?)))
    }
}

impl Serialize for PeriodKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PeriodKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, str::parse)
    }
}

/// Which counter: a series and one of its periods, or the imports of a team. Adapters lock several in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterKey {
    /// The series.
    pub series: SeriesId,
    /// The period.
    pub period: PeriodKey,
}

impl CounterKey {
    /// The counter that chains the documents a team imported. It belongs to no series and gives no numbers.
    ///
    /// ```
    /// use invoice_core::{CounterKey, TeamId};
    ///
    /// let team = TeamId::from_uuid(uuid::Uuid::from_u128(1));
    /// assert_eq!(CounterKey::imports(team).period.to_string(), "all");
    /// ```
    pub const fn imports(team: TeamId) -> Self {
        Self { series: SeriesId::from_uuid(team.as_uuid()), period: PeriodKey(Kind::All) }
    }
}

/// The state of a counter: what the next document gets, and the end of its hash chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// The sequence the next document gets.
    pub next: u64,
    /// The hash of the last issued document; of nothing, before the first.
    pub head: Hash,
    /// The issue date of the last issued document: the next one may not lie before it.
    pub last_issue_date: Option<NaiveDate>,
}

impl Counter {
    /// A counter that has counted nothing yet.
    ///
    /// ```
    /// assert_eq!(invoice_core::Counter::starting_at(121).next, 121);
    /// ```
    pub const fn starting_at(first: u64) -> Self {
        Self { next: first, head: Hash::NOTHING, last_issue_date: None }
    }
}

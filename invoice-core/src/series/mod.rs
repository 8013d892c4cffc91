//! Numbers of documents: series, their patterns and their counters.

mod counter;
mod pattern;

pub use counter::{Counter, CounterKey, PeriodKey};
pub use pattern::Pattern;

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::text::{SHORT, collect_required};
use crate::time::collect_date;
use crate::{Code, FiscalYearStart, SeriesId, TeamId, Timestamp, UserId, Version, Violation, Violations};

/// What a series numbers. A number of one type never comes from a series of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentType {
    /// Invoices of every kind.
    Invoice,
    /// Credit notes.
    CreditNote,
    /// Quotes.
    Quote,
    /// Pro-forma invoices.
    ProForma,
}

impl DocumentType {
    /// All types.
    pub const ALL: [Self; 4] = [Self::Invoice, Self::CreditNote, Self::Quote, Self::ProForma];

    /// The name as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
            Self::Quote => "quote",
            Self::ProForma => "pro_forma",
        }
    }
}

impl fmt::Display for DocumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When counting starts again at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// Never.
    Never,
    /// Each calendar year.
    Yearly,
    /// Each month.
    Monthly,
    /// Each fiscal year of the supplier.
    FiscalYear,
}

/// A series: the pattern of its numbers and when its counters start again.
///
/// Its pattern, reset and start never change, so that no issue has to look whether they did;
/// to number differently, archive it and create another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    pub(crate) id: SeriesId,
    pub(crate) team: TeamId,
    pub(crate) version: Version,
    pub(crate) document_type: DocumentType,
    pub(crate) name: String,
    pub(crate) pattern: Pattern,
    pub(crate) reset: Reset,
    pub(crate) fiscal_year_start: FiscalYearStart,
    pub(crate) start: u64,
    pub(crate) from: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) archived_at: Option<Timestamp>,
    pub(crate) created_by: Option<UserId>,
    pub(crate) created_at: Timestamp,
}

/// What a user decides about a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesData {
    /// What it numbers.
    pub document_type: DocumentType,
    /// Its name, unique for the type; documents that choose no series take the one named
    /// [`Series::DEFAULT_NAME`].
    pub name: String,
    /// The pattern, such as `INV-{year}-{seq:05}`.
    pub pattern: Pattern,
    /// When counting starts again.
    pub reset: Reset,
    /// The first number of the period that contains `from`; later periods start at 1.
    pub start: u64,
    /// The first issue date it numbers.
    pub from: NaiveDate,
}

impl Series {
    /// The name of the series taken when a document chooses none.
    pub const DEFAULT_NAME: &'static str = "default";
    /// The highest number a counter reaches.
    pub const MAX_SEQ: u64 = 999_999_999_999;

    /// A new series; pointers of the violations are the fields of [`SeriesData`].
    ///
    /// ```
    /// use invoice_core::{DocumentType, FiscalYearStart, Pattern, Reset, Series, SeriesData, SeriesId, TeamId, Timestamp};
    /// use uuid::Uuid;
    ///
    /// let from = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    /// let data = SeriesData {
    ///     document_type: DocumentType::Invoice,
    ///     name: Series::DEFAULT_NAME.to_owned(),
    ///     pattern: Pattern::new("INV-{year}-{seq:05}")?,
    ///     reset: Reset::Yearly,
    ///     start: 121,
    ///     from,
    /// };
    /// let (id, team) = (SeriesId::from_uuid(Uuid::from_u128(4)), TeamId::from_uuid(Uuid::from_u128(1)));
    /// let series = Series::new(id, team, data, FiscalYearStart::CALENDAR_YEAR, None, Timestamp::from_millis(0))?;
    /// assert_eq!(series.number(from, 121), "INV-2026-00121");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        id: SeriesId,
        team: TeamId,
        data: SeriesData,
        fiscal_year_start: FiscalYearStart,
        created_by: Option<UserId>,
        at: Timestamp,
    ) -> Result<Self, Violations> {
        let SeriesData { document_type, name, pattern, reset, start, from } = data;
        let mut found = Violations::new();
        collect_required(&mut found, "/name", &name, SHORT);
        if start == 0 || start > Self::MAX_SEQ {
            found.add("/start", Code::OutOfRange, format!("a series starts between 1 and {}", Self::MAX_SEQ));
        }
        collect_date(&mut found, "/from", Some(from));
        if let Err(violation) = pattern.check_reset(reset) {
            found.push(violation.under("/pattern"));
        }
        found.into_result()?;
        Ok(Self {
            id,
            team,
            version: Version::FIRST,
            document_type,
            name,
            pattern,
            reset,
            fiscal_year_start,
            start,
            from,
            archived_at: None,
            created_by,
            created_at: at,
        })
    }

    /// Its identifier.
    pub fn id(&self) -> SeriesId {
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

    /// What it numbers.
    pub fn document_type(&self) -> DocumentType {
        self.document_type
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pattern of its numbers.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// When counting starts again.
    pub fn reset(&self) -> Reset {
        self.reset
    }

    /// The first number of the first period.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The first issue date it numbers.
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// The fiscal year it counts by, if it resets with the fiscal year.
    pub fn fiscal_year_start(&self) -> FiscalYearStart {
        self.fiscal_year_start
    }

    /// Whether it numbers nothing any more.
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

    /// The period a document of this date is counted in.
    pub fn period(&self, issue_date: NaiveDate) -> PeriodKey {
        PeriodKey::of(self.reset, self.fiscal_year_start, issue_date)
    }

    /// The counter a document of this date is counted by.
    pub fn counter(&self, issue_date: NaiveDate) -> CounterKey {
        CounterKey { series: self.id, period: self.period(issue_date) }
    }

    /// The first number of a period's counter.
    pub fn first_seq(&self, period: PeriodKey) -> u64 {
        if period == self.period(self.from) { self.start } else { 1 }
    }

    /// The number with sequence `seq` of a document of this date.
    pub fn number(&self, issue_date: NaiveDate, seq: u64) -> String {
        self.pattern.format(issue_date, self.fiscal_year_start.fiscal_year(issue_date), seq)
    }

    /// Refuses dates that this series does not number.
    pub(crate) fn check_date(&self, issue_date: NaiveDate) -> Result<(), Violation> {
        if issue_date < self.from {
            let detail = format!("the series `{}` numbers documents from {} on", self.name, self.from);
            return Err(Violation::new("/issue_date", Code::OutOfRange, detail));
        }
        Ok(())
    }

    /// Whether this series could still give `number` to a document: then no other may carry it.
    pub fn reserves(&self, number: &str) -> bool {
        if self.is_archived() {
            return false;
        }
        self.pattern.parse(number).is_some_and(|parsed| {
            // With what the text tells of its period, a number before the first one is free.
            let year = if self.reset == Reset::FiscalYear { parsed.fiscal_year } else { parsed.year };
            let first_year = match self.reset {
                Reset::FiscalYear => {
                    PeriodKey::of(Reset::FiscalYear, self.fiscal_year_start, self.from).year()
                }
                _ => PeriodKey::of(Reset::Yearly, self.fiscal_year_start, self.from).year(),
            };
            let first_month = PeriodKey::of(Reset::Monthly, self.fiscal_year_start, self.from).month();
            match self.reset {
                Reset::Never => parsed.seq >= self.start,
                Reset::Yearly | Reset::FiscalYear => {
                    year > first_year || (year == first_year && parsed.seq >= self.start)
                }
                Reset::Monthly => {
                    let period = (year, parsed.month);
                    let first = (first_year, first_month);
                    period > first || (period == first && parsed.seq >= self.start)
                }
            }
        })
    }
}

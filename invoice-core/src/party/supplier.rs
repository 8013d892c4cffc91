//! The team's own profile.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::Party;
use crate::document::{PaymentInstruction, PaymentTerms};
use crate::text::{SHORT, collect_required};
use crate::{Code, Currency, TeamId, TimeZone, Timestamp, Version, Violation, Violations};

/// How the team is taxed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value", deny_unknown_fields)]
pub enum Regime {
    /// Charges VAT as its lines say.
    #[default]
    Standard,
    /// A small business exempt from VAT (Directive 2006/112/EC art. 282 ff.): every line is of category E
    /// with this reason.
    SmallBusiness {
        /// The text the law asks for (BT-120).
        reason: String,
    },
}

/// The day a fiscal year starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct FiscalYearStart {
    month: u32,
    day: u32,
}

impl FiscalYearStart {
    /// The first of January.
    pub const CALENDAR_YEAR: Self = Self { month: 1, day: 1 };

    /// A month and a day that every year has: 29 February is refused.
    ///
    /// ```
    /// use invoice_core::FiscalYearStart;
    ///
    /// let start = FiscalYearStart::new(4, 6)?;
    /// let date = chrono::NaiveDate::from_ymd_opt(2026, 4, 5).unwrap();
    /// assert_eq!(start.fiscal_year(date), 2025);
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(month: u32, day: u32) -> Result<Self, Violation> {
        // 2025 has no 29 February.
        NaiveDate::from_ymd_opt(2025, month, day)
            .map(|_| Self { month, day })
            .ok_or_else(|| Violation::new("", Code::OutOfRange, "not a day that every year has"))
    }

    /// The calendar year in which the fiscal year of `date` started.
    pub fn fiscal_year(self, date: NaiveDate) -> i32 {
        if (date.month(), date.day()) < (self.month, self.day) { date.year() - 1 } else { date.year() }
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u32 {
        self.month
    }

    /// The day of the month.
    pub const fn day(self) -> u32 {
        self.day
    }
}

impl From<FiscalYearStart> for (u32, u32) {
    fn from(start: FiscalYearStart) -> Self {
        (start.month, start.day)
    }
}

impl TryFrom<(u32, u32)> for FiscalYearStart {
    type Error = Violation;

    fn try_from((month, day): (u32, u32)) -> Result<Self, Violation> {
        Self::new(month, day)
    }
}

/// What a team says of itself: the party on its documents, its time zone, regime and defaults.
///
/// One per team. A team without one can't issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplierProfile {
    pub(crate) team: TeamId,
    pub(crate) version: Version,
    pub(crate) party: Party,
    pub(crate) time_zone: TimeZone,
    pub(crate) fiscal_year_start: FiscalYearStart,
    pub(crate) regime: Regime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tax_currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_terms: Option<PaymentTerms>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) default_instructions: Vec<PaymentInstruction>,
    pub(crate) updated_at: Timestamp,
}

impl SupplierProfile {
    /// A profile with the calendar year as fiscal year, the standard regime and no defaults.
    ///
    /// ```
    /// use invoice_core::{Party, SupplierProfile, TeamId, TimeZone};
    ///
    /// let team = TeamId::from_uuid(uuid::Uuid::from_u128(1));
    /// let profile = SupplierProfile::new(team, Party::new("Oy Ab"), TimeZone::new("Europe/Helsinki")?);
    /// assert_eq!(profile.party().name(), "Oy Ab");
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(team: TeamId, party: Party, time_zone: TimeZone) -> Self {
        Self {
            team,
            version: Version::FIRST,
            party,
            time_zone,
            fiscal_year_start: FiscalYearStart::CALENDAR_YEAR,
            regime: Regime::Standard,
            tax_currency: None,
            default_terms: None,
            default_instructions: Vec::new(),
            updated_at: Timestamp::from_millis(0),
        }
    }

    /// The fiscal year's first day.
    #[must_use]
    pub fn with_fiscal_year_start(mut self, start: FiscalYearStart) -> Self {
        self.fiscal_year_start = start;
        self
    }

    /// How the team is taxed.
    #[must_use]
    pub fn with_regime(mut self, regime: Regime) -> Self {
        self.regime = regime;
        self
    }

    /// The currency VAT is accounted in (BT-6). Documents in other currencies then need a rate.
    #[must_use]
    pub fn with_tax_currency(mut self, currency: Currency) -> Self {
        self.tax_currency = Some(currency);
        self
    }

    /// Payment terms for documents that name none.
    #[must_use]
    pub fn with_default_terms(mut self, terms: PaymentTerms) -> Self {
        self.default_terms = Some(terms);
        self
    }

    /// Adds a payment instruction for documents that name none.
    #[must_use]
    pub fn with_default_instruction(mut self, instruction: PaymentInstruction) -> Self {
        self.default_instructions.push(instruction);
        self
    }

    /// The team.
    pub fn team(&self) -> TeamId {
        self.team
    }

    /// The version in the store.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The party as it stands on documents (BG-4).
    pub fn party(&self) -> &Party {
        &self.party
    }

    /// The zone whose calendar the team lives by.
    pub fn time_zone(&self) -> TimeZone {
        self.time_zone
    }

    /// The fiscal year's first day.
    pub fn fiscal_year_start(&self) -> FiscalYearStart {
        self.fiscal_year_start
    }

    /// How the team is taxed.
    pub fn regime(&self) -> &Regime {
        &self.regime
    }

    /// The currency VAT is accounted in (BT-6), if stated.
    pub fn tax_currency(&self) -> Option<Currency> {
        self.tax_currency
    }

    /// Payment terms for documents that name none.
    pub fn default_terms(&self) -> Option<&PaymentTerms> {
        self.default_terms.as_ref()
    }

    /// Payment instructions for documents that name none.
    pub fn default_instructions(&self) -> &[PaymentInstruction] {
        &self.default_instructions
    }

    /// When it was last written.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Everything wrong with it; pointers are relative to the profile.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        if let Err(violations) = self.party.validate() {
            found.absorb("/party", violations);
        }
        if let Regime::SmallBusiness { reason } = &self.regime {
            collect_required(&mut found, "/regime/reason", reason, SHORT);
        }
        if let Some(terms) = &self.default_terms {
            terms.validate("/default_terms", &mut found);
        }
        for (index, instruction) in self.default_instructions.iter().enumerate() {
            instruction.validate(&format!("/default_instructions/{index}"), &mut found);
        }
        found.into_result()
    }
}

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};

use crate::time::check_date;
use crate::{Code, Violation};

/// The days something was delivered over (EN 16931 BG-14, BG-26): a start, an end, or both, in the years
/// 1970 to 9998.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct InvoicePeriod {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<NaiveDate>,
}

impl InvoicePeriod {
    /// At least one of the two days, and the end not before the start (BR-CO-19, BR-CO-20, BR-29, BR-30).
    ///
    /// ```
    /// use chrono::NaiveDate;
    /// use invoice_core::line::InvoicePeriod;
    ///
    /// let (first, last) = (NaiveDate::from_ymd_opt(2026, 1, 1), NaiveDate::from_ymd_opt(2026, 1, 31));
    /// assert!(InvoicePeriod::new(first, last).is_ok());
    /// assert!(InvoicePeriod::new(last, first).is_err());
    /// assert!(InvoicePeriod::new(None, None).is_err());
    /// ```
    pub fn new(start: Option<NaiveDate>, end: Option<NaiveDate>) -> Result<Self, Violation> {
        for (pointer, date) in [("/start", start), ("/end", end)] {
            date.map_or(Ok(()), check_date).map_err(|wrong| wrong.under(pointer))?;
        }
        match (start, end) {
            (None, None) => Err(Violation::new("", Code::Required, "a period has a start or an end")),
            (Some(start), Some(end)) if end < start => {
                Err(Violation::new("/end", Code::Inconsistent, "the end is before the start"))
            }
            _ => Ok(Self { start, end }),
        }
    }

    /// The first day (BT-73, BT-134).
    pub fn start(self) -> Option<NaiveDate> {
        self.start
    }

    /// The last day (BT-74, BT-135).
    pub fn end(self) -> Option<NaiveDate> {
        self.end
    }
}

impl<'de> Deserialize<'de> for InvoicePeriod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename = "InvoicePeriod")]
        struct Fields {
            start: Option<NaiveDate>,
            end: Option<NaiveDate>,
        }
        let Fields { start, end } = Fields::deserialize(deserializer)?;
        Self::new(start, end).map_err(serde::de::Error::custom)
    }
}

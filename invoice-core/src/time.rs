//! Instants, calendar dates and a team's time zone.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeZone as _, Timelike as _, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Code, Violation, Violations};

/// An instant with millisecond precision, written in RFC 3339 with `Z`.
///
/// Milliseconds are what every store keeps exactly, so a stored instant equals the one in memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Milliseconds at 9999-12-31T23:59:59.999Z, the latest instant.
    const MAX_MILLIS: i64 = 253_402_300_799_999;

    /// From milliseconds since 1970-01-01T00:00:00Z, brought into the years 1970 to 9999.
    ///
    /// ```
    /// use invoice_core::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_millis(1_500).to_string(), "1970-01-01T00:00:01.500Z");
    /// ```
    pub const fn from_millis(millis: i64) -> Self {
        let millis = if millis < 0 { 0 } else { millis };
        Self(if millis > Self::MAX_MILLIS { Self::MAX_MILLIS } else { millis })
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant plus a duration in milliseconds, within the years 1970 to 9999.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }

    fn written(self) -> Written {
        let mut text = Written(*b"1970-01-01T00:00:00.000Z");
        let utc = self.to_utc();
        text.put(0..4, utc.year().unsigned_abs());
        text.put(5..7, utc.month());
        text.put(8..10, utc.day());
        text.put(11..13, utc.hour());
        text.put(14..16, utc.minute());
        text.put(17..19, utc.second());
        text.put(20..23, utc.timestamp_subsec_millis());
        text
    }
}

/// An instant as text, which has the same length in all the years there are. Every record has some, and a formatter
/// that takes any form takes several times as long.
struct Written([u8; 24]);

impl Written {
    fn put(&mut self, place: Range<usize>, mut number: u32) {
        for digit in self.0.get_mut(place).unwrap_or_default().iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
    }

    fn as_str(&self) -> &str {
        // ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self::from_millis(instant.timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.written().as_str())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, |text| match stored(text) {
            Some(instant) => Ok(instant.into()),
            None => DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc().into()),
        })
    }
}

/// An instant in the one form that is stored. The parser of all forms takes several times as long.
fn stored(text: &str) -> Option<DateTime<Utc>> {
    let (date, time) = (text.get(..10)?, text.get(10..)?);
    let &[b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.', f1, f2, f3, b'Z'] = time.as_bytes() else {
        return None;
    };
    let (hour, minute, second) = (number([h1, h2])?, number([m1, m2])?, number([s1, s2])?);
    let instant = stored_date(date)?.and_hms_milli_opt(hour, minute, second, number([f1, f2, f3])?)?;
    Some(instant.and_utc())
}

/// A date in the one form that is stored, `2026-03-01`.
fn stored_date(text: &str) -> Option<NaiveDate> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let year = i32::try_from(number([y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number([m1, m2])?, number([d1, d2])?)
}

fn number<const N: usize>(digits: [u8; N]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u32::from(digit.wrapping_sub(b'0')))
    })
}

/// `deserialize_with` for a date: as chrono reads it, sooner in the form that is stored.
pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    crate::text::read(deserializer, |text| stored_date(text).map_or_else(|| text.parse(), Ok))
}

/// `deserialize_with` for a date that may be absent.
pub(crate) fn optional_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NaiveDate>, D::Error> {
    #[derive(Deserialize)]
    struct Dated(#[serde(deserialize_with = "date")] NaiveDate);

    Ok(Option::<Dated>::deserialize(deserializer)?.map(|Dated(date)| date))
}

/// An IANA time zone, such as `Europe/Vienna`: what decides a team's today, its year and its overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeZone(chrono_tz::Tz);

impl TimeZone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(chrono_tz::UTC);

    /// A zone by its IANA name.
    ///
    /// ```
    /// use invoice_core::TimeZone;
    ///
    /// assert_eq!(TimeZone::new("Pacific/Auckland")?.name(), "Pacific/Auckland");
    /// assert!(TimeZone::new("Middle-earth/Shire").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(name: &str) -> Result<Self, Violation> {
        chrono_tz::Tz::from_str(name).map(Self).map_err(|_| {
            Violation::new("", Code::Unknown, "not the name of a time zone, such as `Europe/Vienna`")
        })
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The calendar date in this zone at an instant.
    ///
    /// ```
    /// use invoice_core::{TimeZone, Timestamp};
    ///
    /// let late = Timestamp::from_millis(1_767_223_800_000); // 2025-12-31T23:30:00Z
    /// assert_eq!(TimeZone::UTC.date_at(late).to_string(), "2025-12-31");
    /// assert_eq!(TimeZone::new("Europe/Paris")?.date_at(late).to_string(), "2026-01-01");
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn date_at(self, instant: Timestamp) -> NaiveDate {
        self.0.from_utc_datetime(&instant.to_utc().naive_utc()).date_naive()
    }
}

impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, Self::new)
    }
}

/// A calendar month, written `2026-03`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// A month of the years 1 to 9999; January is 1.
    ///
    /// ```
    /// use invoice_core::Month;
    ///
    /// assert_eq!(Month::new(2026, 3)?.to_string(), "2026-03");
    /// assert!(Month::new(2026, 13).is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(year: i32, month: u32) -> Result<Self, Violation> {
        if (1..=9999).contains(&year) && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(Violation::new("", Code::OutOfRange, "not a month of the years 1 to 9999"))
        }
    }

    /// The month a date lies in.
    ///
    /// ```
    /// use invoice_core::Month;
    ///
    /// let date = chrono::NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
    /// assert_eq!(Month::of(date).to_string(), "2026-03");
    /// ```
    pub fn of(date: NaiveDate) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u32 {
        self.month
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let malformed = || Violation::new("", Code::Malformed, "not a month of the form `2026-03`");
        let (year, month) = text.split_once('-').ok_or_else(malformed)?;
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(malformed());
        }
        let year = year.parse().map_err(|_| malformed())?;
        Self::new(year, month.parse().map_err(|_| malformed())?)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, str::parse)
    }
}

/// Refuses dates outside the years a document's dates may lie in; four digits keep numbers and sort orders
/// of one width. Pointers are relative to the date.
pub(crate) fn check_date(date: NaiveDate) -> Result<(), Violation> {
    if (1970..=9998).contains(&date.year()) {
        return Ok(());
    }
    Err(Violation::new("", Code::OutOfRange, "a date of the years 1970 to 9998"))
}

/// Adds what [`check_date`] finds in a date that may be absent, at `pointer`.
pub(crate) fn collect_date(found: &mut Violations, pointer: &str, date: Option<NaiveDate>) {
    if let Some(Err(violation)) = date.map(check_date) {
        found.push(violation.under(pointer));
    }
}

/// `date` plus days, staying within chrono's calendar.
pub(crate) fn plus_days(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX)
}

/// The last day of the month of `date`.
pub(crate) fn end_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1)
        .and_then(|first| first.checked_add_months(Months::new(1)))
        .and_then(|next| next.pred_opt())
        .unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_a_json_round_trip_to_the_millisecond() {
        let instant = Timestamp::from_millis(1_767_223_800_123);
        let json = serde_json::to_string(&instant).unwrap();
        assert_eq!(json, "\"2025-12-31T23:30:00.123Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), instant);
    }

    #[test]
    fn instants_and_dates_are_read_in_every_form_that_chrono_reads() {
        #[derive(Deserialize)]
        struct Day(#[serde(deserialize_with = "date")] NaiveDate);

        let instants = [
            ["2026-03-01T23:59:59.999Z", "2026-03-01T23:59:60.500Z", "2026-02-29T00:00:00.000Z"],
            ["2026-03-01t23:59:59.999z", "2026-03-01T23:59:59.9Z", "2026-03-01T23:59:59.123456Z"],
            ["2026-03-01T23:59:59.999+05:30", "2026-03-01T24:00:00.000Z", "2026-03-01 23:59:59.999Z"],
            ["1969-12-31T23:59:59.999Z", "0000-01-01T00:00:00.000Z", "2026-03-01T23:59:59.9\u{e9}Z"],
        ];
        for text in instants.as_flattened() {
            let usual = DateTime::parse_from_rfc3339(text).ok().map(|it| Timestamp::from(it.to_utc()));
            assert_eq!(serde_json::from_value::<Timestamp>((*text).into()).ok(), usual, "{text}");
        }
        let dates = [
            ["2026-03-01", "2024-02-29", "2026-02-29", "2026-3-1", "0000-01-01"],
            ["+2026-03-01", "-2026-03-01", "12026-03-01", " 2026-03-01", "2026-03-01x"],
        ];
        for text in dates.as_flattened() {
            let read = serde_json::from_value::<Day>((*text).into()).ok().map(|Day(date)| date);
            assert_eq!(read, text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn extreme_instants_stay_in_the_calendar() {
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_millis(1).plus_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        let date = NaiveDate::from_ymd_opt(2028, 2, 3).unwrap();
        assert_eq!(end_of_month(date).to_string(), "2028-02-29");
        assert_eq!(end_of_month(NaiveDate::from_ymd_opt(2026, 12, 31).unwrap()).to_string(), "2026-12-31");
    }

    #[test]
    fn months_with_signs_or_missing_digits_are_refused() {
        for text in ["2026-3", "+026-03", "2026-+3", "2026", "202-603", "2026-00", "0000-01"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}

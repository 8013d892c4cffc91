use chrono::NaiveDate;

/// The first day that both dialects keep. What is stored lies after it.
pub const FIRST_DAY: NaiveDate = day(1, 1, 1);

/// The last day that both dialects keep. What is stored lies before it.
pub const LAST_DAY: NaiveDate = day(9999, 12, 31);

/// The nearest day that both dialects keep, to compare with what is stored.
///
/// ```
/// use chrono::NaiveDate;
/// use invoice_store_common::lists::{LAST_DAY, kept_day};
///
/// assert_eq!(kept_day(NaiveDate::MAX), LAST_DAY);
/// ```
pub fn kept_day(day: NaiveDate) -> NaiveDate {
    day.clamp(FIRST_DAY, LAST_DAY)
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

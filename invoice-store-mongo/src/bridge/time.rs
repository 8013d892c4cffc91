//! Dates and instants between their texts and milliseconds since 1970.

use chrono::{Datelike as _, NaiveDate};

use super::text::{Text, number};

const MILLIS_A_DAY: i64 = 86_400_000;
/// 1970-01-01, in days from the common era.
const EPOCH: i32 = 719_163;

/// Midnight UTC of a date written `2026-03-01`.
pub(super) fn parse_date(text: &str) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let month = u32::try_from(number(&[m1, m2])?).ok()?;
    let day = u32::try_from(number(&[d1, d2])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(i64::from(date.num_days_from_ce() - EPOCH) * MILLIS_A_DAY)
}

/// The milliseconds of an instant written `2026-03-01T09:00:00.000Z`.
pub(super) fn parse_instant(text: &str) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let [b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.', f1, f2, f3, b'Z'] = *time.as_bytes() else {
        return None;
    };
    let (hours, minutes, seconds) = (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let millis = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + number(&[f1, f2, f3])?;
    Some(parse_date(date)? + i64::try_from(millis).ok()?)
}

/// The date at a midnight UTC of the years 0 to 9999.
pub(super) fn show_date(millis: i64) -> Option<Text> {
    let mut text = Text::new();
    (millis.rem_euclid(MILLIS_A_DAY) == 0).then(|| put_date(&mut text, millis)).flatten()?;
    Some(text)
}

/// The instant, in the years 0 to 9999.
pub(super) fn show_instant(millis: i64) -> Option<Text> {
    let mut text = Text::new();
    let time = u64::try_from(millis.rem_euclid(MILLIS_A_DAY)).ok()?;
    text.put(b'Z');
    text.put_digits(time % 1_000, 3);
    text.put(b'.');
    text.put_digits(time / 1_000 % 60, 2);
    text.put(b':');
    text.put_digits(time / 60_000 % 60, 2);
    text.put(b':');
    text.put_digits(time / 3_600_000, 2);
    text.put(b'T');
    put_date(&mut text, millis)?;
    Some(text)
}

fn put_date(text: &mut Text, millis: i64) -> Option<()> {
    let days = i32::try_from(millis.div_euclid(MILLIS_A_DAY)).ok()?.checked_add(EPOCH)?;
    let date = NaiveDate::from_num_days_from_ce_opt(days)?;
    let year = u64::try_from(date.year()).ok().filter(|year| *year <= 9_999)?;
    text.put_digits(date.day().into(), 2);
    text.put(b'-');
    text.put_digits(date.month().into(), 2);
    text.put(b'-');
    text.put_digits(year, 4);
    Some(())
}

//! Single values: what becomes of a text under a key.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use mongodb::bson::{Bson, DateTime, Decimal128, Document, RawDocumentBuf, doc};
use proptest::prelude::*;

use crate::bridge::{decimal, from_bson, time, to_bson};

type Texts = BTreeMap<String, String>;

/// What is written for a text under a key, which has to read back as the same text.
#[track_caller]
fn written(kind: &str, key: &str, text: &str) -> Bson {
    let record = Texts::from([(key.to_owned(), text.to_owned())]);
    let written = to_bson(kind, &record).unwrap();
    assert_eq!(from_bson::<Texts>(kind, &written).unwrap(), record);
    Document::try_from(written).unwrap().remove(key).unwrap()
}

/// The text that is read of a value under a key, if it has one.
fn read(key: &str, value: impl Into<Bson>) -> Option<String> {
    let document = RawDocumentBuf::try_from(&doc! { key: value }).unwrap();
    from_bson::<Texts>("invoice", &document).ok()?.remove(key)
}

fn stays(kind: &str, key: &str, text: &str) {
    assert_eq!(written(kind, key, text), Bson::String(text.to_owned()), "{key}: {text}");
}

#[test]
fn amounts_keep_their_scale() {
    for text in ["0", "0.00", "-0.02", "1.50", "1.5", "12345678901234567890.1234", "-0.00", "0.0000000001"] {
        let decimal = text.parse::<Decimal128>().unwrap();
        assert_eq!(written("invoice", "amount", text), Bson::Decimal128(decimal), "{text}");
    }
    let longest = "9".repeat(34);
    assert!(matches!(written("invoice", "net", &longest), Bson::Decimal128(_)));
    let longest = format!("-0.{}", "9".repeat(33));
    assert!(matches!(written("invoice", "net", &longest), Bson::Decimal128(_)));
}

#[test]
fn what_is_no_decimal_in_plain_notation_stays_a_text() {
    let long = "9".repeat(35);
    let small = format!("0.{}", "0".repeat(34));
    let texts = [
        "", "-", ".", "1.", ".5", "+1", "01", "00.5", "1e5", "1E-2", "NaN", "Infinity", "1_000", "1,5",
        "1.2.3", "--1", "1-", " 1", "1 ", "٣", "1:0", &long, &small,
    ];
    for text in texts {
        stays("invoice", "amount", text);
    }
}

#[test]
fn decimals_of_others_are_read_in_plain_notation() {
    let shown = |text: &str| read("amount", text.parse::<Decimal128>().unwrap());
    assert_eq!(shown("12E3").as_deref(), Some("12000"));
    assert_eq!(shown("-1E-5").as_deref(), Some("-0.00001"));
    assert_eq!(shown("0E+3").as_deref(), Some("0"));
    for text in ["NaN", "Infinity", "-Infinity", "1E+6000", "1E-6000", "1E+40"] {
        assert_eq!(shown(text), None, "{text}");
    }
    // A coefficient of 10^34, one more than there may be.
    let bits = 6_176_u128 << 113 | 10_u128.pow(34);
    assert!(decimal::show(bits.to_le_bytes()).is_none());
}

#[test]
fn dates_are_midnights_and_instants_keep_their_milliseconds() {
    let date = |text| Bson::DateTime(DateTime::parse_rfc3339_str(text).unwrap());
    assert_eq!(written("invoice", "issue_date", "2028-02-29"), date("2028-02-29T00:00:00Z"));
    assert_eq!(written("invoice", "date", "1969-12-31"), date("1969-12-31T00:00:00Z"));
    let instant = "2026-03-15T23:59:59.999Z";
    assert_eq!(written("invoice", "created_at", instant), date(instant));
    assert_eq!(written("invoice", "at", "1969-12-31T23:59:59.001Z"), date("1969-12-31T23:59:59.001Z"));
}

#[test]
fn what_is_no_date_or_instant_in_the_one_form_stays_a_text() {
    let dates =
        ["2026-02-29", "2026-13-01", "2026-1-1", "+2026-01-01", "2026-01-01 ", "12026-01-01", "2026/01/01"];
    for text in dates {
        stays("invoice", "due_date", text);
    }
    let instants = [
        "2026-03-15T24:00:00.000Z",
        "2026-03-15T12:60:00.000Z",
        "2026-03-15T12:00:60.000Z",
        "2026-03-15T12:00:00Z",
        "2026-03-15T12:00:00.000000Z",
        "2026-03-15T12:00:00.000+00:00",
        "2026-03-15t12:00:00.000Z",
        "2026-02-30T12:00:00.000Z",
        "2026-03-15",
    ];
    for text in instants {
        stays("invoice", "created_at", text);
    }
    stays("invoice", "due_date", "2026-03-15T12:00:00.000Z");
}

#[test]
fn a_date_that_is_no_midnight_and_instants_far_away_are_not_read() {
    assert_eq!(read("due_date", DateTime::from_millis(1)), None);
    assert_eq!(read("due_date", DateTime::from_millis(0)).as_deref(), Some("1970-01-01"));
    for millis in [i64::MIN, i64::MAX, 253_402_300_800_000, -62_167_219_200_001] {
        assert_eq!(read("created_at", DateTime::from_millis(millis)), None, "{millis}");
    }
}

#[test]
fn texts_stay_texts_whatever_they_look_like() {
    let looks = [
        "2026-03-15",
        "2026-03-15T12:00:00.000Z",
        "12.50",
        "inv_019cf15e120070008000000000000019",
        "cli_019cf15e120070008000000000000015",
    ];
    for text in looks {
        for key in
            ["name", "reason", "number", "text", "internal_notes", "postal_code", "document", "line", "k"]
        {
            stays("invoice", key, text);
        }
    }
}

#[test]
fn an_identifier_is_a_uuid_only_with_the_prefix_of_its_key() {
    let digits = "019cf15e120070008000000000000015";
    let is_uuid = |kind: &str, key: &str, prefix: &str| {
        matches!(written(kind, key, &format!("{prefix}_{digits}")), Bson::Binary(_))
    };
    assert!(is_uuid("invoice", "client", "cli"));
    assert!(!is_uuid("invoice", "client", "inv"));
    assert!(is_uuid("invoice", "id", "inv"));
    assert!(is_uuid("credit_note", "id", "crn"));
    assert!(!is_uuid("credit_note", "id", "inv"));
    assert!(!is_uuid("supplier", "id", "team"));
    for text in [
        "cli_019CF15E120070008000000000000015",
        "cli_019cf15e12007000800000000000001",
        "cli_019cf15e1200700080000000000000155",
        "cli-019cf15e120070008000000000000015",
        "cli_019cf15e-1200-7000-8000-000000000015",
    ] {
        stays("invoice", "client", text);
    }
}

#[test]
fn only_a_record_s_own_id_is_one() {
    let id = "inv_019cf15e120070008000000000000019";
    let line = Texts::from([("id".to_owned(), id.to_owned())]);
    let record = BTreeMap::from([("lines".to_owned(), vec![line])]);
    let document = to_bson("invoice", &record).unwrap();
    assert_eq!(from_bson::<BTreeMap<String, Vec<Texts>>>("invoice", &document).unwrap(), record);
    assert_eq!(Document::try_from(document).unwrap(), doc! { "lines": [{ "id": id }] });
}

proptest! {
    #[test]
    fn any_decimal_is_kept(negative: bool, digits in 1_usize..=34, coefficient in 0..10_u128.pow(34), scale in 0_usize..34) {
        let coefficient = coefficient % 10_u128.pow(u32::try_from(digits).unwrap());
        let scale = scale.min(digits);
        let text = format!("{coefficient:0>width$}", width = scale + 1);
        let (whole, fraction) = text.split_at(text.len() - scale);
        let sign = if negative { "-" } else { "" };
        let text = if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
        prop_assume!(whole.len() + fraction.len() <= 34);
        let bytes = decimal::parse(&text).unwrap();
        prop_assert_eq!(bytes, text.parse::<Decimal128>().unwrap().bytes());
        let shown = decimal::show(bytes).unwrap();
        prop_assert_eq!(shown.get(), Some(text.as_str()));
    }

    #[test]
    fn any_bytes_show_as_a_decimal_or_not_at_all(bytes: [u8; 16]) {
        if let Some(text) = decimal::show(bytes) {
            let text = text.get().unwrap().to_owned();
            prop_assert!(text.parse::<Decimal128>().is_ok(), "{text}");
        }
    }

    #[test]
    fn any_date_and_any_instant_are_kept(days in 0..3_652_424_i32, time in 0..86_400_000_i64) {
        // From the year 0.
        let date = NaiveDate::from_ymd_opt(0, 1, 1).unwrap() + chrono::Days::new(days.unsigned_abs().into());
        let text = date.to_string();
        let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        prop_assert_eq!(time::parse_date(&text), Some(midnight));
        let shown = time::show_date(midnight).unwrap();
        prop_assert_eq!(shown.get(), Some(text.as_str()));
        let instant = chrono::DateTime::from_timestamp_millis(midnight + time).unwrap();
        let text = instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        prop_assert_eq!(time::parse_instant(&text), Some(midnight + time));
        let shown = time::show_instant(midnight + time).unwrap();
        prop_assert_eq!(shown.get(), Some(text.as_str()));
    }

    #[test]
    fn any_text_under_any_key_is_kept(key in "amount|date|at|client|id|value|name", text in "\\PC*|[-0-9.]{0,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}") {
        written("client", &key, &text);
    }
}

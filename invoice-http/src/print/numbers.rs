//! Numbers and days as a language writes them.

use std::fmt::Display;
use std::iter::repeat_n;

use chrono::NaiveDate;
use invoice_core::{Currency, Money};

use crate::problem::Locale;
use crate::wire::amount::Amount;

/// An amount, without its currency.
pub(super) fn amount(locale: Locale, money: Money) -> String {
    number(locale, Amount(money))
}

/// A price: with its currency's decimals, and more where it has more.
pub(super) fn price(locale: Locale, price: impl Display, currency: Currency) -> String {
    let mut text = price.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let missing = usize::try_from(currency.minor_units()).unwrap_or(0).saturating_sub(decimals);
    if missing > 0 && decimals == 0 {
        text.push('.');
    }
    text.extend(repeat_n('0', missing));
    number(locale, text)
}

/// A percentage.
pub(super) fn percent(locale: Locale, percent: impl Display) -> String {
    let space = match locale {
        Locale::En => "",
        Locale::De | Locale::Fr => "\u{a0}",
    };
    format!("{}{space}%", number(locale, percent))
}

/// A day. In English its month is a word: 2/3 is another day in Boston than in London.
pub(super) fn day(locale: Locale, day: NaiveDate) -> String {
    let format = match locale {
        Locale::En => "%-d %b %Y",
        Locale::De => "%d.%m.%Y",
        Locale::Fr => "%d/%m/%Y",
    };
    day.format(format).to_string()
}

/// A plain decimal.
pub(super) fn number(locale: Locale, decimal: impl Display) -> String {
    let (point, separator) = match locale {
        Locale::En => ('.', ','),
        Locale::De => (',', '.'),
        Locale::Fr => (',', '\u{202f}'),
    };
    let decimal = decimal.to_string();
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", &*decimal), |digits| ("\u{2212}", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(separator);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_a_language_writes_them() {
        assert_eq!(number(Locale::En, "1234567.50"), "1,234,567.50");
        assert_eq!(number(Locale::De, "-1234.5"), "\u{2212}1.234,5");
        assert_eq!(number(Locale::Fr, "999"), "999");
        assert_eq!(number(Locale::Fr, "1000"), "1\u{202f}000");
    }

    #[test]
    fn prices_have_the_decimals_of_their_currency_or_more() {
        assert_eq!(price(Locale::De, "1999.9", Currency::EUR), "1.999,90");
        assert_eq!(price(Locale::En, "80", Currency::EUR), "80.00");
        assert_eq!(price(Locale::En, "0.0125", Currency::EUR), "0.0125");
        assert_eq!(price(Locale::En, "1230", Currency::JPY), "1,230");
        assert_eq!(price(Locale::En, "1.5", Currency::KWD), "1.500");
    }

    #[test]
    fn days_are_written_as_a_language_writes_them() {
        let date = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let written = [Locale::En, Locale::De, Locale::Fr].map(|locale| day(locale, date));
        assert_eq!(written, ["2 Mar 2026", "02.03.2026", "02/03/2026"]);
    }
}

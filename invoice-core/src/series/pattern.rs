//! Patterns of document numbers, such as `INV-{year}-{seq:05}`.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Reset;
use crate::{Code, Violation};

/// A pattern of document numbers: text with exactly one `{seq}` (or `{seq:05}` for at least five digits),
/// and `{year}`, `{month}` and `{fiscal_year}` of the issue date.
///
/// Only `{seq}` varies in width, so two sequences of one period never give the same number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Text(String),
    Year,
    Month,
    FiscalYear,
    Seq { width: usize },
}

/// What a number says when read by a pattern.
pub(super) struct Parsed {
    pub(super) seq: u64,
    pub(super) year: Option<i32>,
    pub(super) fiscal_year: Option<i32>,
    pub(super) month: Option<u32>,
}

impl Pattern {
    /// Longest pattern, in characters.
    pub const MAX_LEN: usize = 50;
    /// Widest zero-padding of `{seq}`.
    pub const MAX_WIDTH: usize = 12;

    /// Reads a pattern.
    ///
    /// ```
    /// use invoice_core::Pattern;
    ///
    /// let pattern = Pattern::new("{year}/{month}-{seq:04}")?;
    /// let date = chrono::NaiveDate::from_ymd_opt(2026, 3, 5).unwrap();
    /// assert_eq!(pattern.format(date, 2026, 17), "2026/03-0017");
    /// assert!(Pattern::new("INV-{year}").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(text: &str) -> Result<Self, Violation> {
        let bad = |detail: &str| Violation::new("", Code::BadPattern, detail);
        if text.chars().count() > Self::MAX_LEN {
            return Err(bad("a pattern has at most 50 characters"));
        }
        if text.chars().any(char::is_control) || text.trim() != text {
            return Err(bad("a pattern has no control characters and no space at its ends"));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let (before, tail) = rest.split_at(open);
            let (name, after) = tail
                .strip_prefix('{')
                .and_then(|tail| tail.split_once('}'))
                .ok_or_else(|| bad("a brace without its partner"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::new(name).ok_or_else(|| {
                bad("braces hold `year`, `month`, `fiscal_year`, `seq` or `seq:` and a width such as `05`")
            })?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if parts.iter().filter(|part| matches!(part, Part::Seq { .. })).count() != 1 {
            return Err(bad("a pattern has exactly one `{seq}`"));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The pattern's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What every number starts with, whatever its date and sequence.
    pub(crate) fn literal_prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// The number of a document with this issue date, fiscal year and sequence.
    pub fn format(&self, date: NaiveDate, fiscal_year: i32, seq: u64) -> String {
        let mut number = String::with_capacity(self.text.len() + 8);
        for part in &self.parts {
            // Writing to a String can't fail.
            let _ = match part {
                Part::Text(text) => number.write_str(text),
                Part::Year => write!(number, "{:04}", date.year()),
                Part::Month => write!(number, "{:02}", date.month()),
                Part::FiscalYear => write!(number, "{fiscal_year:04}"),
                Part::Seq { width } => write!(number, "{seq:0width$}"),
            };
        }
        number
    }

    /// Refuses a pattern that would give one number in two periods of the reset rule.
    pub(super) fn check_reset(&self, reset: Reset) -> Result<(), Violation> {
        let has = |wanted: &Part| self.parts.contains(wanted);
        let (enough, detail) = match reset {
            Reset::Never => (true, ""),
            Reset::Yearly => (has(&Part::Year), "a series that starts again each year needs `{year}`"),
            Reset::Monthly => (
                has(&Part::Year) && has(&Part::Month),
                "a series that starts again each month needs `{year}` and `{month}`",
            ),
            Reset::FiscalYear => (
                has(&Part::FiscalYear),
                "a series that starts again each fiscal year needs `{fiscal_year}`, which a calendar year can't replace",
            ),
        };
        if enough { Ok(()) } else { Err(Violation::new("", Code::BadPattern, detail)) }
    }

    /// Whether some number could come from both patterns.
    ///
    /// ```
    /// use invoice_core::Pattern;
    ///
    /// let short = Pattern::new("INV-{seq}")?;
    /// assert!(short.overlaps(&Pattern::new("INV-{seq:05}")?));
    /// assert!(!short.overlaps(&Pattern::new("CN-{seq}")?));
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn overlaps(&self, other: &Self) -> bool {
        // Both patterns are regular languages; walk the pairs of positions that a common text can reach.
        let (left, right) = (self.symbols(), other.symbols());
        let mut seen = vec![false; (left.len() + 1) * (right.len() + 1)];
        let mut open = vec![(0, 0)];
        while let Some((i, j)) = open.pop() {
            match seen.get_mut(i * (right.len() + 1) + j) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let (a, b) = (left.get(i), right.get(j));
            if a.is_none() && b.is_none() {
                return true;
            }
            if let Some(Symbol::Digits) = a {
                open.push((i + 1, j));
            }
            if let Some(Symbol::Digits) = b {
                open.push((i, j + 1));
            }
            if let (Some(a), Some(b)) = (a, b)
                && a.meets(*b)
            {
                let step = |symbol: &Symbol| usize::from(!matches!(symbol, Symbol::Digits));
                open.push((i + step(a), j + step(b)));
            }
        }
        false
    }

    fn symbols(&self) -> Vec<Symbol> {
        let mut symbols = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => symbols.extend(text.chars().map(Symbol::Char)),
                Part::Year | Part::FiscalYear => symbols.extend([Symbol::Digit; 4]),
                Part::Month => symbols.extend([Symbol::Digit; 2]),
                Part::Seq { width } => {
                    symbols.extend(std::iter::repeat_n(Symbol::Digit, (*width).max(1)));
                    symbols.push(Symbol::Digits);
                }
            }
        }
        symbols
    }

    /// Reads a number back; `None` if this pattern never gives it.
    pub(super) fn parse(&self, number: &str) -> Option<Parsed> {
        let mut parsed = Parsed { seq: 0, year: None, fiscal_year: None, month: None };
        let mut rest = number;
        let mut parts = self.parts.iter();
        let mut width = 0;
        for part in parts.by_ref() {
            if let Part::Seq { width: padded } = part {
                width = *padded;
                break;
            }
            rest = parsed.read(part, rest)?;
        }
        // All that follows `{seq}` has a fixed width, so the rest splits from its end.
        let after: usize = parts.clone().map(Part::fixed_width).sum();
        let (digits, mut tail) = rest.split_at_checked(rest.len().checked_sub(after)?)?;
        for part in parts {
            tail = parsed.read(part, tail)?;
        }
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        let padded = digits.len() == width.max(1) || !digits.starts_with('0');
        if !plain || digits.len() < width.max(1) || !padded {
            return None;
        }
        parsed.seq = digits.parse().ok()?;
        (parsed.seq > 0).then_some(parsed)
    }
}

impl Part {
    fn new(name: &str) -> Option<Self> {
        Some(match name {
            "year" => Self::Year,
            "month" => Self::Month,
            "fiscal_year" => Self::FiscalYear,
            "seq" => Self::Seq { width: 0 },
            _ => {
                let width = name.strip_prefix("seq:0")?;
                if !matches!(width.len(), 1 | 2) || !width.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                let width = width.parse().ok()?;
                (1..=Pattern::MAX_WIDTH).contains(&width).then_some(Self::Seq { width })?
            }
        })
    }

    /// Bytes of every text this part gives; `{seq}` has no fixed width.
    fn fixed_width(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Year | Self::FiscalYear => 4,
            Self::Month => 2,
            Self::Seq { .. } => 0,
        }
    }
}

impl Parsed {
    /// Reads one part of fixed width off the front.
    fn read<'a>(&mut self, part: &Part, text: &'a str) -> Option<&'a str> {
        if let Part::Text(expected) = part {
            return text.strip_prefix(expected.as_str());
        }
        let (digits, rest) = text.split_at_checked(part.fixed_width())?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        match part {
            Part::Year => self.year = Some(digits.parse().ok()?),
            Part::FiscalYear => self.fiscal_year = Some(digits.parse().ok()?),
            Part::Month => self.month = Some(digits.parse().ok()?),
            Part::Text(_) | Part::Seq { .. } => {}
        }
        Some(rest)
    }
}

#[derive(Clone, Copy)]
enum Symbol {
    Char(char),
    /// One digit.
    Digit,
    /// Any count of digits, none included.
    Digits,
}

impl Symbol {
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(a), Self::Char(b)) => a == b,
            (Self::Char(c), _) | (_, Self::Char(c)) => c.is_ascii_digit(),
            _ => true,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl FromStr for Pattern {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::new(text)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap()
    }

    #[test]
    fn patterns_without_one_sequence_or_with_strange_braces_are_refused() {
        for text in [
            "",
            "INV",
            "{year}",
            "{seq}{seq}",
            "{seq",
            "seq}",
            "{}",
            "{SEQ}",
            "{seq:5}",
            "{seq:00}",
            "{seq:013}",
            "{seq:0+5}",
            "{day}{seq}",
            " {seq}",
            "{seq}\n",
            "{{seq}}",
        ] {
            assert_eq!(Pattern::new(text).unwrap_err().code(), Code::BadPattern, "{text:?}");
        }
        assert!(Pattern::new(&format!("{}{{seq}}", "x".repeat(46))).is_err());
    }

    #[test]
    fn a_reset_asks_for_the_fields_that_tell_its_periods_apart() {
        let ok = |text, reset| pattern(text).check_reset(reset).is_ok();
        assert!(ok("{seq}", Reset::Never));
        assert!(!ok("{seq}", Reset::Yearly));
        assert!(ok("{year}{seq}", Reset::Yearly));
        assert!(!ok("{year}-{seq}", Reset::Monthly));
        assert!(!ok("{month}-{seq}", Reset::Monthly));
        assert!(ok("{seq}-{month}{year}", Reset::Monthly));
        assert!(!ok("{year}-{seq}", Reset::FiscalYear));
        assert!(ok("{fiscal_year}-{seq}", Reset::FiscalYear));
    }

    #[test]
    fn a_number_reads_back_only_by_the_pattern_that_gave_it() {
        let date = NaiveDate::from_ymd_opt(2026, 3, 5).unwrap();
        for text in
            ["{seq}", "INV-{year}-{seq:05}", "{seq:03}{month}{year}", "№{seq}/{fiscal_year}", "1{seq}2"]
        {
            let pattern = pattern(text);
            for seq in [1, 9, 99, 100_000, 123_456_789] {
                let number = pattern.format(date, 2025, seq);
                assert_eq!(pattern.parse(&number).unwrap().seq, seq, "{text} {number}");
            }
        }
        let padded = pattern("INV-{seq:03}");
        for number in ["INV-1", "INV-0001", "INV-000", "INV-", "inv-001", "INV-001x", "INV-٣٣٣"] {
            assert!(padded.parse(number).is_none(), "{number}");
        }
    }

    #[test]
    fn overlap_is_found_across_padding_literal_digits_and_dates() {
        let overlaps = |a: &str, b: &str| {
            let (a, b) = (pattern(a), pattern(b));
            assert_eq!(a.overlaps(&b), b.overlaps(&a));
            a.overlaps(&b)
        };
        assert!(overlaps("{seq}", "{year}{seq}"));
        assert!(overlaps("INV-{year}-{seq:05}", "INV-2026-{seq}"));
        assert!(overlaps("{seq}1", "1{seq}"));
        assert!(!overlaps("A{seq}", "B{seq}"));
        assert!(!overlaps("INV-{seq}", "INV-{year}-{seq}"));
        assert!(!overlaps("{seq}-A", "{seq}-B"));
    }
}

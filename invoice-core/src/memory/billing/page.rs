//! Keyset paging: rows are in the order of a key and their identifier, and a cursor names one such position.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use crate::ports::{Cursor, Direction, InvoiceQuery, Page, PageRequest, StoreError};
use crate::{Code, Timestamp, Violation};

/// What a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    pub(super) fn date(date: NaiveDate) -> Self {
        Self::Number(date.num_days_from_ce().into())
    }

    pub(super) fn instant(at: Timestamp) -> Self {
        Self::Number(at.as_millis())
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Text(InvoiceQuery::sort_text(text).to_owned())
    }
}

/// A row's place in a list.
pub(super) type Position = (Key, Uuid);

/// The order of a list; its name is part of its cursors, so that another list refuses them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) name: &'static str,
    pub(super) direction: Direction,
}

impl Order {
    pub(super) const fn descending(name: &'static str) -> Self {
        Self { name, direction: Direction::Descending }
    }

    pub(super) const fn ascending(name: &'static str) -> Self {
        Self { name, direction: Direction::Ascending }
    }

    /// The page that a request asks for, of rows in any order.
    pub(super) fn page<'a, R: 'a, T>(
        self,
        rows: impl Iterator<Item = (Position, &'a R)>,
        request: &PageRequest,
        answer: impl Fn(&R) -> T,
    ) -> Result<Page<T>, StoreError> {
        let after = request.cursor().map(|cursor| self.position(cursor)).transpose()?;
        let compare = |one: &Position, other: &Position| match self.direction {
            Direction::Ascending => one.cmp(other),
            Direction::Descending => other.cmp(one),
        };
        let is_later = |position: &Position| after.as_ref().is_none_or(|it| compare(position, it).is_gt());
        let mut rows: Vec<_> = rows.filter(|(position, _)| is_later(position)).collect();
        // Sorting the page is enough; one row more tells whether it is the last.
        if rows.len() > request.limit() + 1 {
            rows.select_nth_unstable_by(request.limit(), |one, other| compare(&one.0, &other.0));
            rows.truncate(request.limit() + 1);
        }
        rows.sort_unstable_by(|one, other| compare(&one.0, &other.0));
        let page = Page::from_overfull(rows, request, |(position, _)| self.cursor(position))?;
        Ok(Page { items: page.items.into_iter().map(|(_, row)| answer(row)).collect(), next: page.next })
    }

    fn cursor(self, (key, id): &Position) -> Result<Cursor, StoreError> {
        let mut text = format!("{}~{}~", self.name, id.simple());
        match key {
            Key::Number(number) => text.push_str(&number.to_string()),
            Key::Text(key) => {
                text.push('x');
                for byte in key.bytes() {
                    // Writing to a string does not fail.
                    let _ = write!(text, "{byte:02x}");
                }
            }
        }
        Cursor::new(text).map_err(StoreError::Refused)
    }

    fn position(self, cursor: &Cursor) -> Result<Position, StoreError> {
        let read = || {
            let rest = cursor.as_str().strip_prefix(self.name)?.strip_prefix('~')?;
            let (id, key) = rest.split_once('~')?;
            let key = match key.strip_prefix('x') {
                Some(digits) => Key::Text(from_hex(digits)?),
                None => Key::Number(key.parse().ok()?),
            };
            Some((key, Uuid::try_parse(id).ok()?))
        };
        read().ok_or_else(foreign_cursor)
    }
}

pub(super) fn foreign_cursor() -> StoreError {
    StoreError::Refused(Violation::new("/cursor", Code::Malformed, "not a cursor of this list"))
}

fn from_hex(digits: &str) -> Option<String> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let byte = |pair: &[u8]| match pair {
        &[high, low] => Some(value(high)? << 4 | value(low)?),
        _ => None,
    };
    let bytes = digits.as_bytes().chunks(2).map(byte).collect::<Option<Vec<_>>>()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Order = Order::ascending("things.name");

    fn rows(names: &[&'static str]) -> Vec<(Position, &'static str)> {
        let id = |index| Uuid::from_u128(u128::try_from(index).unwrap());
        names.iter().enumerate().map(|(index, name)| ((Key::text(name), id(index)), *name)).collect()
    }

    fn page(names: &[&'static str], request: &PageRequest) -> Page<String> {
        let rows = rows(names);
        ORDER.page(rows.iter().map(|(at, row)| (at.clone(), row)), request, |row| (*row).to_owned()).unwrap()
    }

    #[test]
    fn positions_survive_their_cursors() {
        let longest = "\u{10ffff}".repeat(1_000);
        let ids = [Uuid::nil(), Uuid::from_u128(7), Uuid::max()];
        let keys = [
            Key::Number(i64::MIN),
            Key::Number(0),
            Key::Number(i64::MAX),
            Key::text(""),
            Key::text("a~b \"$\u{0}"),
            Key::text("м\u{2028}漢字😀"),
            Key::text(&longest),
        ];
        for position in keys.into_iter().flat_map(|key| ids.map(|id| (key.clone(), id))) {
            let cursor = ORDER.cursor(&position).unwrap();
            assert_eq!(ORDER.position(&cursor).unwrap(), position);
        }
    }

    #[test]
    fn cursors_of_other_lists_and_damaged_ones_are_refused() {
        let cursor = ORDER.cursor(&(Key::text("b"), Uuid::from_u128(7))).unwrap();
        assert!(Order::ascending("things").position(&cursor).is_err());
        assert!(Order::ascending("others.name").position(&cursor).is_err());
        for text in ["things.name", "things.name~", "things.name~7~x62", "x~y~z", "things.name~~x6"] {
            assert!(ORDER.position(&Cursor::new(text).unwrap()).is_err(), "{text}");
        }
        let odd = Cursor::new(format!("{cursor}6")).unwrap();
        let not_utf8 = Cursor::new(format!("{cursor}ff")).unwrap();
        assert!(ORDER.position(&odd).is_err());
        assert!(ORDER.position(&not_utf8).is_err());
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition() {
        let names = ["d", "a", "c", "a", "e", "b"];
        for limit in 1..=7 {
            let mut request = PageRequest::first(limit).unwrap();
            let mut seen = Vec::new();
            for _ in &names {
                let page = page(&names, &request);
                seen.extend(page.items);
                let Some(next) = page.next else { break };
                request = request.after(next);
            }
            assert_eq!(seen, ["a", "a", "b", "c", "d", "e"], "{limit} a page");
        }
    }

    #[test]
    fn a_row_that_comes_before_the_cursor_later_does_not_move_the_next_page() {
        let request = PageRequest::first(2).unwrap();
        let first = page(&["d", "b", "c"], &request);
        let second = page(&["d", "b", "c", "a"], &request.after(first.next.unwrap()));
        assert_eq!(second.items, ["d"]);
        assert_eq!(second.next, None);
    }
}

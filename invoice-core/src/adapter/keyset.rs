//! Keyset paging: rows are in the order of a key and their identifier, and a cursor names one such position.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use crate::ports::{Cursor, Direction, InvoiceQuery, InvoiceSort, PageRequest, StoreError};
use crate::{Code, Timestamp, Violation};

/// What a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Days, milliseconds or minor units.
    Number(i64),
    /// The part of a text that lists are sorted by.
    Text(String),
}

impl Key {
    /// A date, by its day.
    pub fn date(date: NaiveDate) -> Self {
        Self::Number(date.num_days_from_ce().into())
    }

    /// An instant, by its millisecond.
    pub fn instant(at: Timestamp) -> Self {
        Self::Number(at.as_millis())
    }

    /// A text, by its first 100 characters.
    pub fn text(text: &str) -> Self {
        Self::Text(InvoiceQuery::sort_text(text).to_owned())
    }
}

/// A row's place in a list.
pub type Position = (Key, Uuid);

/// The order of a list; its name is part of its cursors, so that another list refuses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    name: &'static str,
    direction: Direction,
}

impl Order {
    /// Credit notes, by creation.
    pub const CREDIT_NOTES: Self = Self::descending("credit_notes");
    /// Quotes, by creation.
    pub const QUOTES: Self = Self::descending("quotes");
    /// Payments, by creation.
    pub const PAYMENTS: Self = Self::descending("payments");
    /// Clients, by creation.
    pub const CLIENTS: Self = Self::descending("clients.created");
    /// Clients, by name.
    pub const CLIENTS_BY_NAME: Self = Self::ascending("clients.name");
    /// Items, by creation.
    pub const ITEMS: Self = Self::descending("items.created");
    /// Items, by name.
    pub const ITEMS_BY_NAME: Self = Self::ascending("items.name");

    /// Invoices, as the query wants them.
    pub const fn of_invoices(query: &InvoiceQuery) -> Self {
        let name = match query.sort {
            InvoiceSort::Created => "invoices.created",
            InvoiceSort::IssueDate => "invoices.issued",
            InvoiceSort::DueDate => "invoices.due",
            InvoiceSort::Amount => "invoices.amount",
            InvoiceSort::Number => "invoices.number",
            InvoiceSort::Customer => "invoices.customer",
        };
        Self { name, direction: query.direction }
    }

    const fn descending(name: &'static str) -> Self {
        Self { name, direction: Direction::Descending }
    }

    const fn ascending(name: &'static str) -> Self {
        Self { name, direction: Direction::Ascending }
    }

    /// Which way the list goes.
    pub const fn direction(self) -> Direction {
        self.direction
    }

    /// Where the request starts: the position its cursor names, after which the rows come.
    ///
    /// ```
    /// use invoice_core::adapter::{Key, Order};
    /// use invoice_core::ports::PageRequest;
    ///
    /// let position = (Key::Number(7), uuid::Uuid::from_u128(1));
    /// let cursor = Order::QUOTES.cursor(&position)?;
    /// let request = PageRequest::first(50)?.after(cursor);
    /// assert_eq!(Order::QUOTES.start(&request)?, Some(position));
    /// assert!(Order::PAYMENTS.start(&request).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start(self, request: &PageRequest) -> Result<Option<Position>, StoreError> {
        request.cursor().map(|cursor| self.position(cursor)).transpose()
    }

    /// The cursor of a page that ends at a position.
    pub fn cursor(self, (key, id): &Position) -> Result<Cursor, StoreError> {
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
                Some(digits) => Key::Text(from_hex(digits).filter(|text| !text.contains('\0'))?),
                None => Key::Number(key.parse().ok()?),
            };
            Some((key, Uuid::try_parse(id).ok()?))
        };
        read().ok_or_else(foreign_cursor)
    }
}

/// The answer to a cursor that this list did not write.
pub fn foreign_cursor() -> StoreError {
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

    #[test]
    fn positions_survive_their_cursors() {
        let longest = "\u{10ffff}".repeat(1_000);
        let ids = [Uuid::nil(), Uuid::from_u128(7), Uuid::max()];
        let keys = [
            Key::Number(i64::MIN),
            Key::Number(0),
            Key::Number(i64::MAX),
            Key::text(""),
            Key::text("a~b \"$"),
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
        let nul = Cursor::new(format!("{cursor}00")).unwrap();
        let not_utf8 = Cursor::new(format!("{cursor}ff")).unwrap();
        assert!(ORDER.position(&odd).is_err());
        assert!(ORDER.position(&nul).is_err());
        assert!(ORDER.position(&not_utf8).is_err());
    }
}

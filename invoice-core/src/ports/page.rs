//! Keyset paging: a page ends with a cursor, and the next page starts after it, at any depth equally fast.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use super::StoreError;
use crate::{Code, Violation};

/// Where a page ended: opaque text that the store wrote and only the same query reads back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// Longest cursor taken, in bytes.
    pub const MAX_LEN: usize = 1_024;

    /// Wraps a cursor's text: 1 to 1,024 visible ASCII characters.
    ///
    /// ```
    /// use invoice_core::ports::Cursor;
    ///
    /// assert!(Cursor::new("2026-01-31~0190").is_ok());
    /// assert!(Cursor::new("not a cursor").is_err());
    /// ```
    pub fn new(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Violation::new("", Code::Malformed, "not a cursor that a page ended with"));
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::new(text)
    }
}

/// How much of a list to read, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    limit: NonZeroU16,
    after: Option<Cursor>,
}

impl PageRequest {
    /// Most rows in one page.
    pub const MAX_LIMIT: u16 = 200;

    /// The first `limit` rows, 1 to 200.
    ///
    /// ```
    /// use invoice_core::ports::PageRequest;
    ///
    /// assert_eq!(PageRequest::first(50)?.limit(), 50);
    /// assert!(PageRequest::first(0).is_err());
    /// assert!(PageRequest::first(201).is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn first(limit: u16) -> Result<Self, Violation> {
        match NonZeroU16::new(limit) {
            Some(limit) if limit.get() <= Self::MAX_LIMIT => Ok(Self { limit, after: None }),
            _ => Err(Violation::new(
                "/limit",
                Code::OutOfRange,
                format!("a page has 1 to {} rows", Self::MAX_LIMIT),
            )),
        }
    }

    /// The rows after `cursor`.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Most rows wanted.
    pub fn limit(&self) -> usize {
        usize::from(self.limit.get())
    }

    /// Where the page before ended.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    /// Where the page before ended, for lists whose cursors are written by `T`'s `Display`, such as an
    /// identifier's; another list's cursor is refused at `/cursor`.
    ///
    /// ```
    /// use invoice_core::TeamId;
    /// use invoice_core::ports::{Cursor, PageRequest};
    ///
    /// let team = TeamId::from_uuid(uuid::Uuid::from_u128(1));
    /// let request = PageRequest::first(50)?.after(Cursor::new(team.to_string())?);
    /// assert_eq!(request.position::<TeamId>().ok(), Some(Some(team)));
    /// assert!(request.position::<u64>().is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn position<T: FromStr>(&self) -> Result<Option<T>, StoreError> {
        let parse = |cursor: &Cursor| {
            cursor.as_str().parse().map_err(|_| {
                StoreError::Refused(Violation::new("/cursor", Code::Malformed, "not a cursor of this list"))
            })
        };
        self.cursor().map(parse).transpose()
    }
}

/// Some rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the order of the query.
    pub items: Vec<T>,
    /// Where the next page starts; `None` at the end of the list.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page out of one row more than was asked for, which tells whether there is a next page.
    ///
    /// ```
    /// use invoice_core::ports::{Cursor, Page, PageRequest};
    ///
    /// let request = PageRequest::first(2)?;
    /// let page = Page::from_overfull(vec![1, 2, 3], &request, |row| Cursor::new(row.to_string()))?;
    /// assert_eq!(page.items, [1, 2]);
    /// assert_eq!(page.next, Some(Cursor::new("2")?));
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn from_overfull<E>(
        mut rows: Vec<T>,
        request: &PageRequest,
        cursor: impl FnOnce(&T) -> Result<Cursor, E>,
    ) -> Result<Self, E> {
        let more = rows.len() > request.limit();
        rows.truncate(request.limit());
        let next = match rows.last() {
            Some(last) if more => Some(cursor(last)?),
            _ => None,
        };
        Ok(Self { items: rows, next })
    }
}

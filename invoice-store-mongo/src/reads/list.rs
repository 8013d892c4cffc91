//! Lists: an index is walked from where the page before ended, so that every page costs the same.

use chrono::NaiveDate;
use invoice_core::adapter::{Key, Order, foreign_cursor};
use invoice_core::change::AggregateKind;
use invoice_core::ports::{DateRange, Direction, InvoiceQuery, PageRequest, StoreError};
use invoice_core::{TeamId, Timestamp};
use invoice_store_common::lists::{end_of_prefix, metadata_pair};
use mongodb::bson::{Bson, DateTime, Document, doc};
use uuid::Uuid;

use super::{Question, overfull};
use crate::layout::{bytes, date, uuid};

/// What the type of the order's field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sorted {
    Instant,
    Date,
    Number,
    Text,
}

/// A list while it is put together.
pub(super) struct List {
    index: &'static str,
    key: (&'static str, Sorted),
    equal: Document,
    one_of: Option<(&'static str, Vec<Bson>)>,
    within: Vec<Bson>,
    is_empty: bool,
}

impl List {
    /// The documents of a kind along an index that is sorted by `key` and then by identifier.
    pub(super) fn new(
        team: TeamId,
        kind: AggregateKind,
        index: &'static str,
        key: (&'static str, Sorted),
    ) -> Self {
        let equal = doc! { "team": uuid(team.as_uuid()), "kind": kind.as_str() };
        Self { index, key, equal, one_of: None, within: Vec::new(), is_empty: false }
    }

    /// A filter for equality.
    pub(super) fn equal(&mut self, field: &str, value: Option<impl Into<Bson>>) {
        if let Some(value) = value {
            self.equal.insert(field, value);
        }
    }

    /// The same for an identifier.
    pub(super) fn of(&mut self, field: &str, id: Option<Uuid>) {
        self.equal(field, id.map(uuid));
    }

    /// A filter for one of several values, which the index has before its key: what each leads to is read
    /// beside the others, so that nothing is sorted.
    pub(super) fn one_of(&mut self, field: &'static str, values: impl IntoIterator<Item: Into<Bson>>) {
        self.one_of = Some((field, values.into_iter().map(Into::into).collect()));
    }

    /// Any other filter on one field.
    pub(super) fn that(&mut self, field: &str, condition: Document) {
        self.within.push(Bson::Document(doc! { field: condition }));
    }

    /// Only those with a metadata pair.
    pub(super) fn has_pair(&mut self, pair: Option<&(String, String)>) {
        self.equal("pairs", pair.map(|(key, value)| bytes(metadata_pair(key, value))));
    }

    /// No document is such: nobody need look.
    pub(super) const fn nothing(&mut self) {
        self.is_empty = true;
    }

    /// From a day to a day.
    pub(super) fn days(&mut self, field: &str, range: Option<DateRange>) {
        let Some(DateRange { from, to }) = range else { return };
        if let Some(from) = from {
            self.that(field, doc! { "$gte": date(from) });
        }
        if let Some(to) = to {
            self.that(field, doc! { "$lte": date(to) });
        }
    }

    /// Texts that begin with a prefix: those in `sort`, of which only the beginning is kept, and, where the
    /// prefix is longer than that, those in `key`.
    pub(super) fn begins(&mut self, prefix: &str, sort: &str, key: &str) {
        let kept = InvoiceQuery::sort_text(prefix);
        self.between(sort, kept);
        if kept.len() < prefix.len() {
            self.between(key, prefix);
        }
    }

    fn between(&mut self, field: &str, prefix: &str) {
        if prefix.is_empty() {
            return;
        }
        let mut range = doc! { "$gte": prefix };
        if let Some(end) = end_of_prefix(prefix) {
            range.insert("$lt", end);
        }
        self.that(field, range);
    }

    /// The index and the whole filter; none, if nothing can be found.
    pub(super) fn filter(self) -> Option<(&'static str, Document)> {
        (!self.is_empty).then(|| (self.index, conditions(self.equal, self.within)))
    }

    /// The documents after the request's cursor, in order, one more than a page; none, if there are none.
    ///
    /// What comes after a position is what has its key and a later identifier, and what has a later key: each
    /// is one range of the index, and the server reads the two one after the other.
    pub(super) fn page(self, order: Order, request: &PageRequest) -> Result<Option<Question>, StoreError> {
        let (after, direction) = match order.direction() {
            Direction::Ascending => ("$gt", 1),
            Direction::Descending => ("$lt", -1),
        };
        let (key, sorted) = self.key;
        let start = match order.start(request)? {
            None => vec![None],
            Some((at, last)) => {
                let at = value_of(at, sorted).ok_or_else(foreign_cursor)?;
                let alike = doc! { key: at.clone(), "id": { after: uuid(last) } };
                vec![Some(alike), Some(doc! { key: { after: at } })]
            }
        };
        let Self { index, equal, one_of, within, is_empty, .. } = self;
        let equal = match one_of {
            None => vec![equal],
            Some((field, values)) => {
                let with = |value: Bson| {
                    let mut equal = equal.clone();
                    equal.insert(field, value);
                    equal
                };
                values.into_iter().map(with).collect()
            }
        };
        let mut ranges: Vec<Document> = Vec::with_capacity(equal.len() * start.len());
        for equal in &equal {
            for start in &start {
                let mut within = within.clone();
                within.extend(start.clone().map(Bson::Document));
                ranges.push(conditions(equal.clone(), within));
            }
        }
        let filter = match <[Document; 1]>::try_from(ranges) {
            Ok([only]) => only,
            Err(ranges) => doc! { "$or": ranges },
        };
        let question = Question::over(index, filter)
            .sorted(doc! { key: direction, "id": direction })
            .first(overfull(request));
        Ok((!is_empty).then_some(question))
    }
}

fn conditions(mut equal: Document, within: Vec<Bson>) -> Document {
    if !within.is_empty() {
        equal.insert("$and", within);
    }
    equal
}

/// The key of a cursor as a value of the field; `None` if it can't be one.
fn value_of(key: Key, sorted: Sorted) -> Option<Bson> {
    match (key, sorted) {
        (Key::Number(millis), Sorted::Instant) => {
            let at = Timestamp::from_millis(millis);
            (at.as_millis() == millis).then(|| DateTime::from_millis(millis).into())
        }
        (Key::Number(days), Sorted::Date) => {
            NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?).map(|day| date(day).into())
        }
        (Key::Number(number), Sorted::Number) => Some(Bson::Int64(number)),
        (Key::Text(text), Sorted::Text) => Some(Bson::String(text)),
        _ => None,
    }
}

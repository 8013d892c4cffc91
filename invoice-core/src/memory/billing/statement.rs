//! A client's statement, put together from documents and payments.

use super::reports::add;
use super::state::Ledger;
use crate::Money;
use crate::adapter::statement::{self, Entry};
use crate::change::AggregateId;
use crate::ports::{Page, PageRequest, Statement, StatementEntry, StatementQuery, StoreError};

impl Ledger {
    pub(super) fn statement(
        &self,
        query: &StatementQuery,
        request: &PageRequest,
    ) -> Result<Statement, StoreError> {
        let after = statement::start(request)?;
        let mut entries = self.entries(query);
        entries.sort_unstable_by(|one, other| one.place.cmp(&other.place));

        let (from, to) = (query.range.from, query.range.to);
        let is_past = |entry: &Entry<'_>| {
            from.is_some_and(|from| entry.place.0 < from)
                || after.as_ref().is_some_and(|it| entry.place <= *it)
        };
        let mut opening = Money::zero(query.currency);
        let mut rows = Vec::new();
        for entry in entries {
            if is_past(&entry) {
                add(&mut opening, entry.amount)?;
            } else if to.is_none_or(|to| entry.place.0 <= to) {
                rows.push(entry);
            }
        }
        let page = Page::from_overfull(rows, request, |entry| statement::cursor(&entry.place))?;
        let mut balance = opening;
        let mut entries = Vec::with_capacity(page.items.len());
        for Entry { place: (date, kind, _), reference, amount } in page.items {
            add(&mut balance, amount)?;
            entries.push(StatementEntry {
                date,
                kind,
                reference: reference.map(str::to_owned),
                amount,
                balance,
            });
        }
        Ok(Statement { opening, entries, closing: balance, next: page.next })
    }

    fn entries(&self, query: &StatementQuery) -> Vec<Entry<'_>> {
        let of_client = self.referrers(AggregateId::Client(query.client));
        let all = of_client.flat_map(|record| statement::entries(record));
        all.filter(|entry| entry.amount.currency() == query.currency).collect()
    }
}

//! The trail, the counters and the chains.

use async_trait::async_trait;
use invoice_core::change::{AggregateId, AuditEntry, Record};
use invoice_core::ports::{ChainDocument, Page, PageRequest, StoreError, Trail};
use invoice_core::{Counter, CounterKey, TeamId};

use super::{Broken, Fault, Filter, Read};

#[async_trait]
impl Trail for Broken {
    async fn audit(
        &self,
        team: TeamId,
        subject: Option<AggregateId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let asked = subject.filter(|_| !self.has(Fault::Ignores(Filter::AuditSubject)));
        let ask = |team, page| -> super::Answer<'_, Page<AuditEntry>> {
            Box::pin(async move { self.inner.audit(team, asked, &page).await })
        };
        let mut found = self.page(Read::Audit, team, page, ask).await?;
        match (self.fault, subject) {
            (Fault::ForgetsNumbersInTheTrail, _) => {
                found.items.iter_mut().for_each(|entry| entry.number = None);
            }
            (Fault::ReversesTheTrail, _) => found.items.reverse(),
            (Fault::ForgetsTheDead, Some(subject)) if self.current(team, subject).await?.is_none() => {
                found.items.clear();
            }
            _ => {}
        }
        Ok(found)
    }

    async fn counters(&self, team: TeamId) -> Result<Vec<(CounterKey, Counter)>, StoreError> {
        self.answer(Read::Counters, team, |team| self.inner.counters(team)).await
    }

    async fn counter(&self, team: TeamId, key: CounterKey) -> Result<Option<Counter>, StoreError> {
        self.answer(Read::Counter, team, |team| self.inner.counter(team, key)).await
    }

    async fn chain(
        &self,
        team: TeamId,
        key: CounterKey,
        from: u64,
        limit: u16,
    ) -> Result<Vec<ChainDocument>, StoreError> {
        let from = if self.has(Fault::StartsChainsAtTheirBeginning) { 1 } else { from };
        let limit = if self.has(Fault::ReadsChainsToTheirEnd) { u16::MAX } else { limit };
        if self.has(Fault::ReadsChainsFromACopy) {
            let seen = self.seen();
            let own = seen.issued.iter().filter(|(of, counter, _)| (*of, *counter) == (team, key));
            let documents = own.filter_map(|(_, _, record)| match record.clone() {
                Record::Invoice(invoice) => Some(ChainDocument::Invoice(invoice)),
                Record::CreditNote(note) => Some(ChainDocument::CreditNote(note)),
                Record::Quote(quote) => Some(ChainDocument::Quote(quote)),
                _ => None,
            });
            let wanted = documents.filter(|it| it.seq().is_some_and(|seq| seq >= from));
            return Ok(wanted.take(limit.into()).collect());
        }
        self.answer(Read::Chain, team, |team| self.inner.chain(team, key, from, limit)).await
    }
}

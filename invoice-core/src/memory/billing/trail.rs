//! The audit trail, the counters and their chains.

use async_trait::async_trait;

use super::MemoryBilling;
use crate::change::{AggregateId, AuditEntry, Record};
use crate::ports::{ChainDocument, Cursor, Page, PageRequest, StoreError, Trail};
use crate::series::{Counter, CounterKey};
use crate::{AuditId, TeamId};

#[async_trait]
impl Trail for MemoryBilling {
    async fn audit(
        &self,
        team: TeamId,
        subject: Option<AggregateId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let before = page.position::<AuditId>()?;
        let rows = self.read(team, |ledger| {
            let newest_first = ledger.audit.values().rev();
            newest_first
                .filter(|entry| before.is_none_or(|before| entry.id < before))
                .filter(|entry| subject.is_none_or(|subject| entry.subject == subject))
                .take(page.limit() + 1)
                .cloned()
                .collect()
        });
        Page::from_overfull(rows, page, |entry: &AuditEntry| {
            Cursor::new(entry.id.to_string()).map_err(StoreError::Refused)
        })
    }

    async fn counters(&self, team: TeamId) -> Result<Vec<(CounterKey, Counter)>, StoreError> {
        Ok(self.read(team, |ledger| ledger.counters.iter().map(|(key, counter)| (*key, *counter)).collect()))
    }

    async fn counter(&self, team: TeamId, key: CounterKey) -> Result<Option<Counter>, StoreError> {
        Ok(self.read(team, |ledger| ledger.counters.get(&key).copied()))
    }

    async fn chain(
        &self,
        team: TeamId,
        key: CounterKey,
        from: u64,
        limit: u16,
    ) -> Result<Vec<ChainDocument>, StoreError> {
        Ok(self.read(team, |ledger| {
            let documents = ledger.chain(key, from).filter_map(|record| match &**record {
                Record::Invoice(invoice) => Some(ChainDocument::Invoice(invoice.clone())),
                Record::CreditNote(note) => Some(ChainDocument::CreditNote(note.clone())),
                Record::Quote(quote) => Some(ChainDocument::Quote(quote.clone())),
                _ => None,
            });
            documents.take(limit.into()).collect()
        }))
    }
}

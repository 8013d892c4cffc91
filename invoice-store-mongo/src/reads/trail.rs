use async_trait::async_trait;
use invoice_core::change::{AggregateId, AuditEntry};
use invoice_core::ports::{ChainDocument, Page, PageRequest, StoreError, Trail};
use invoice_core::{AuditId, CommitId, Counter, CounterKey, EventKind, TeamId, UserId, Version};
use invoice_store_common::pages;
use mongodb::bson::raw::{RawBsonRef, RawDocument, RawDocumentBuf};
use mongodb::bson::{Bson, doc};

use super::row::{aggregate, count, counter};
use super::{BY_ID, Question, overfull, record};
use crate::MongoStore;
use crate::error::unreadable;
use crate::layout::{Fields, counter_key, kind, there, uuid};

#[async_trait]
impl Trail for MongoStore {
    async fn audit(
        &self,
        team: TeamId,
        subject: Option<AggregateId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let before = page.position::<AuditId>()?;
        let mut filter = doc! { "kind": kind::AUDIT };
        let mut index = "audit_newest";
        if let Some(subject) = subject {
            filter.insert("subject_kind", subject.kind().as_str());
            filter.insert("subject", uuid(subject.as_uuid()));
            index = "audit_subject";
        }
        if let Some(before) = before {
            filter.insert("id", doc! { "$lt": uuid(before.as_uuid()) });
        }
        let question = Question::new(team, index, filter).sorted(doc! { "id": -1 }).first(overfull(page));
        let rows = self.find_all(question).await?;
        let entries = rows.iter().map(|row| entry(team, row)).collect::<Result<_, _>>()?;
        pages::page(entries, page, |entry: &AuditEntry| entry.id)
    }

    async fn counters(&self, team: TeamId) -> Result<Vec<(CounterKey, Counter)>, StoreError> {
        // All identifiers of counters of the team: what begins like them and goes on in any way.
        let from = doc! { "team": uuid(team.as_uuid()), "kind": kind::COUNTER };
        let mut to = from.clone();
        to.insert("series", Bson::MaxKey);
        let question = Question::new(team, BY_ID, doc! { "_id": { "$gt": from, "$lt": to } });
        let rows = self.find_all(question).await?;
        let mut counters = rows.iter().map(|row| counter(Fields(row))).collect::<Result<Vec<_>, _>>()?;
        counters.sort_unstable_by_key(|(key, _)| *key);
        Ok(counters)
    }

    async fn counter(&self, team: TeamId, key: CounterKey) -> Result<Option<Counter>, StoreError> {
        let question = self.by_id(team, &counter_key(team, key))?;
        let row = self.find_one(question).await?;
        row.map(|row| counter(Fields(&row)).map(|(_, counter)| counter)).transpose()
    }

    async fn chain(
        &self,
        team: TeamId,
        key: CounterKey,
        from: u64,
        limit: u16,
    ) -> Result<Vec<ChainDocument>, StoreError> {
        // No sequence is beyond what the field holds; and a limit of 0 is none to the server.
        let (Ok(from), 1..) = (i64::try_from(from), limit) else { return Ok(Vec::new()) };
        let filter = doc! {
            "series": uuid(key.series.as_uuid()),
            "period": key.period.to_string(),
            "seq": { "$gte": from },
        };
        let question = Question::new(team, "document_place", filter)
            .sorted(doc! { "seq": 1 })
            .first(limit.into())
            .only(&["kind", "record"]);
        let rows = self.find_all(question).await?;
        rows.iter().map(|row| document(row)).collect()
    }
}

fn entry(team: TeamId, row: &RawDocumentBuf) -> Result<AuditEntry, StoreError> {
    let actions = row.get_array("actions").map_err(|error| unreadable("actions", error))?;
    let action = |value: mongodb::bson::error::Result<RawBsonRef<'_>>| {
        let text = value.ok().and_then(RawBsonRef::as_str);
        let found = EventKind::ALL.iter().find(|kind| Some(kind.as_str()) == text);
        found.copied().ok_or_else(|| unreadable("actions", "one of them is unknown"))
    };
    let actions = actions.into_iter().map(action).collect::<Result<_, _>>()?;
    let row = Fields(row);
    Ok(AuditEntry {
        id: AuditId::from_uuid(there("id", row.uuid("id")?)?),
        commit: CommitId::from_uuid(there("commit", row.uuid("commit")?)?),
        team,
        at: there("at", row.instant("at")?)?,
        actor: row.uuid("actor")?.map(UserId::from_uuid),
        subject: aggregate(row, "subject_kind", "subject")?,
        version: Version::new(count(row, "version")?),
        actions,
        number: row.text("document_number")?.map(str::to_owned),
        reason: row.text("reason")?.map(str::to_owned),
    })
}

fn document(row: &RawDocument) -> Result<ChainDocument, StoreError> {
    use invoice_core::change::AggregateKind::{CreditNote, Invoice, Quote};
    Ok(match there("kind", Fields(row).text("kind")?)? {
        "invoice" => ChainDocument::Invoice(record(Invoice, row)?),
        "credit_note" => ChainDocument::CreditNote(record(CreditNote, row)?),
        _ => ChainDocument::Quote(record(Quote, row)?),
    })
}

//! A numbered invoice as it is usually written: three documents in a transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt as _;
use invoice_store_mongo::mongodb::bson::{Bson, Document, doc};
use invoice_store_mongo::mongodb::options::{IndexOptions, ReturnDocument};
use invoice_store_mongo::mongodb::{ClientSession, Collection, IndexModel};

use super::server::{Server, transactions};
use crate::measure::Sample;
use crate::{Wrong, run};

const DATABASE: &str = "naive";

/// One series, its counter, its invoices and their events in three collections.
#[derive(Clone)]
pub(super) struct Naive {
    counters: Collection<Document>,
    invoices: Collection<Document>,
    events: Collection<Document>,
    /// What every invoice and every event says but for its identifier and number.
    invoice: Arc<Document>,
    event: Arc<Document>,
    tries: Arc<AtomicU64>,
}

impl Naive {
    pub(super) async fn new(server: &Server, invoice: Document, event: Document) -> Result<Self, Wrong> {
        let collection = |name| server.collection::<Document>(DATABASE, name);
        let this = Self {
            counters: collection("counters"),
            invoices: collection("invoices"),
            events: collection("events"),
            invoice: Arc::new(invoice),
            event: Arc::new(event),
            tries: Arc::default(),
        };
        let unique = IndexOptions::builder().unique(true).build();
        this.invoices
            .create_index(IndexModel::builder().keys(doc! { "seq": 1 }).options(unique).build())
            .await?;
        this.counters.insert_one(doc! { "_id": "series", "next": 0_i64 }).await?;
        this.events.insert_one(doc! { "_id": 0 }).await?;
        Ok(this)
    }

    /// So many from so many tasks, and how often each was tried.
    pub(super) async fn run(
        &self,
        server: &Server,
        tasks: usize,
        count: usize,
    ) -> Result<(Sample, u64), Wrong> {
        let before = self.tries.load(Ordering::Relaxed);
        let mut inputs = Vec::with_capacity(count);
        for _ in 0..count {
            let id = Bson::ObjectId(invoice_store_mongo::mongodb::bson::oid::ObjectId::new());
            let with_id = |document: &Document| {
                let mut document = document.clone();
                document.insert("_id", id.clone());
                document
            };
            inputs.push((with_id(&self.invoice), with_id(&self.event)));
        }
        let (client, this) = (server.client.clone(), self.clone());
        let sample = run::each(tasks, inputs, Some(server.process), move |(invoice, event)| {
            let (client, this) = (client.clone(), this.clone());
            async move {
                let mut session = client.start_session().await?;
                let transaction = session.start_transaction().with_options(transactions());
                let context = (this, invoice, event);
                transaction
                    .and_run(context, |session, (this, invoice, event)| {
                        this.issue(session, invoice, event).boxed()
                    })
                    .await?;
                Ok(())
            }
        })
        .await?;
        Ok((sample, self.tries.load(Ordering::Relaxed) - before))
    }

    async fn issue(
        &self,
        session: &mut ClientSession,
        invoice: &mut Document,
        event: &mut Document,
    ) -> invoice_store_mongo::mongodb::error::Result<()> {
        self.tries.fetch_add(1, Ordering::Relaxed);
        let counter = self
            .counters
            .find_one_and_update(doc! { "_id": "series" }, doc! { "$inc": { "next": 1_i64 } })
            .return_document(ReturnDocument::After)
            .session(&mut *session)
            .await?
            .unwrap_or_default();
        let seq = counter.get("next").cloned().unwrap_or(Bson::Null);
        for document in [&mut *invoice, &mut *event] {
            document.insert("seq", seq.clone());
        }
        self.invoices.insert_one(&*invoice).session(&mut *session).await?;
        self.events.insert_one(&*event).session(&mut *session).await?;
        Ok(())
    }

    /// Fails unless its numbers are 1, 2, 3, ….
    pub(super) async fn check(&self) -> Result<usize, Wrong> {
        gapless(&self.invoices, doc! {}).await
    }
}

/// How many there are; fails unless their sequences are 1, 2, 3, ….
pub(super) async fn gapless(invoices: &Collection<Document>, of: Document) -> Result<usize, Wrong> {
    let find = invoices.find(of).projection(doc! { "_id": 0, "seq": 1 }).sort(doc! { "seq": 1 });
    let (mut cursor, mut count) = (find.await?, 0);
    while cursor.advance().await? {
        count += 1;
        let seq = match cursor.deserialize_current()?.get("seq") {
            Some(Bson::Int64(seq)) => *seq,
            Some(Bson::Int32(seq)) => i64::from(*seq),
            _ => return Err("an invoice without a number".into()),
        };
        if seq != i64::try_from(count)? {
            return Err(format!("the invoice at place {count} has the number {seq}").into());
        }
    }
    Ok(count)
}

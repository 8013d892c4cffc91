//! A team that several processes serve, and what its books must be like.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use invoice_core::adapter::Postings;
use invoice_core::change::{ChangeSet, Record};
use invoice_core::line::Line;
use invoice_core::ports::{BillingPorts, CommitsExt as _, MonthRange};
use invoice_core::service::Billing;
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::testing::{BillingFixtures, day};
use invoice_core::{Actor, Client, DocumentType, Month, Series};
use invoice_store_mongo::mongodb::bson::{Bson, Document, doc};
use invoice_store_mongo::{MongoStore, Settings};

use crate::support;

/// A team with a client and a series, and two processes that serve it.
pub(crate) struct Desk {
    pub(crate) name: String,
    pub(crate) one: MongoStore,
    pub(crate) two: MongoStore,
    pub(crate) make: BillingFixtures,
    pub(crate) client: Client,
    pub(crate) series: Series,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn patient(millis: u64) -> Self {
        let mut settings = Settings::default();
        settings.patience = Duration::from_millis(millis);
        Self::with(settings).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let name = support::a_database();
        let uri = uri(&name);
        let one = MongoStore::connect(&uri, &name).await.unwrap();
        one.migrate().await.unwrap();
        let two = MongoStore::connect(&uri, &name).await.unwrap();
        let (one, two) = (one.with_settings(settings.clone()), two.with_settings(settings));
        let make = BillingFixtures::new();
        let (client, series) = (make.client("Café Jelinek"), make.series(DocumentType::Invoice));
        let change = make.change().insert(client.clone()).insert(series.clone()).insert(make.supplier());
        let change = change.insert(make.series(DocumentType::CreditNote));
        one.commit(change.build()).await.unwrap();
        Self { name, one, two, make, client, series }
    }

    /// By which the server knows what is of this desk.
    pub(crate) fn uri(&self) -> String {
        uri(&self.name)
    }

    pub(crate) fn issue(&self) -> ChangeSet {
        let draft = self.make.draft(&self.client, "100");
        self.make.change().issue(draft, &self.series, &self.client, day("2026-03-02")).build()
    }

    /// A draft of so many lines of 4 kB each.
    pub(crate) fn large(&self, lines: usize) -> invoice_core::Invoice {
        let text = "𝄞".repeat(1_000);
        let mut content = self.make.content(&self.client, "1");
        for i in 0..lines {
            let (one, rate) = ("1".parse().unwrap(), "20".parse().unwrap());
            let line = Line::new((i + 2).to_string(), text.clone(), one, "1".parse().unwrap()).unwrap();
            content = content.with_line(line.with_tax(Tax::vat(TaxCategory::Standard, rate)));
        }
        self.make.invoice(content)
    }

    pub(crate) fn store(&self, i: usize) -> MongoStore {
        if i.is_multiple_of(2) { self.one.clone() } else { self.two.clone() }
    }

    /// Makes commands of this desk fail.
    pub(crate) async fn fail(&self, mode: impl Into<Bson>, mut how: Document) {
        how.insert("appName", &self.name);
        self.set(doc! { "configureFailPoint": "failCommand", "mode": mode.into(), "data": how }).await;
    }

    pub(crate) async fn heal(&self) {
        self.set(doc! { "configureFailPoint": "failCommand", "mode": "off" }).await;
    }

    async fn set(&self, command: Document) {
        let admin = self.one.client().database("admin");
        if let Err(error) = admin.run_command(command).await {
            panic!(
                "the server in INVOICE_TEST_MONGO_URI takes no fail points: start it with \
                 --setParameter enableTestCommands=1, as `cargo xtask test` does ({error})"
            );
        }
    }

    pub(crate) fn billing(&self, store: MongoStore) -> Billing {
        let ports = BillingPorts::from_store(&Arc::new(store));
        Billing::new(ports, Arc::new(SystemClock), Arc::new(RandomIds::new()))
    }

    /// All issued documents, after it was made sure that the books are sound.
    pub(crate) async fn audit(&self) -> Vec<Record> {
        let billing = self.billing(self.one.clone());
        let team = self.make.team();
        for counter in billing.verify(&Actor::system(team)).await.unwrap() {
            assert_eq!(counter.report.fault, None, "{:?}", counter.counter);
        }
        let ports = billing.ports();
        let mut records = Vec::new();
        let mut sequences = BTreeMap::<String, BTreeSet<u64>>::new();
        for (key, counter) in ports.trail.counters(team).await.unwrap() {
            let mut from = 1;
            while from < counter.next {
                let batch = ports.trail.chain(team, key, from, 200).await.unwrap();
                assert!(!batch.is_empty(), "{from} is missing in {key:?}");
                for document in batch {
                    assert_eq!(document.seq(), Some(from), "{key:?}");
                    assert!(sequences.entry(format!("{key:?}")).or_default().insert(from));
                    from += 1;
                }
            }
        }
        let filter = doc! { "kind": { "$in": ["invoice", "credit_note"] }, "number": { "$exists": true } };
        let rows = self.one.database().collection::<Document>("billing");
        let mut cursor = rows.find(filter).await.unwrap();
        let mut revenue = BTreeMap::<(Month, &str), [i64; 4]>::new();
        while cursor.advance().await.unwrap() {
            let row = cursor.deserialize_current().unwrap();
            let id = match row.get("id") {
                Some(Bson::Binary(binary)) => uuid::Uuid::from_slice(&binary.bytes).unwrap(),
                other => panic!("{other:?}"),
            };
            let record = if row.get_str("kind").is_ok_and(|kind| kind == "invoice") {
                Record::from(
                    ports
                        .invoices
                        .invoice(team, invoice_core::InvoiceId::from_uuid(id))
                        .await
                        .unwrap()
                        .unwrap(),
                )
            } else {
                Record::from(
                    ports
                        .documents
                        .credit_note(team, invoice_core::CreditNoteId::from_uuid(id))
                        .await
                        .unwrap()
                        .unwrap(),
                )
            };
            let void = matches!(&record, Record::Invoice(invoice) if invoice.voided_at().is_some());
            if !void {
                let posted = Postings::of(&record).unwrap().unwrap().revenue;
                let sum = revenue.entry((posted.month, posted.invoiced.currency().code())).or_default();
                sum[0] += posted.invoiced.minor();
                sum[1] += posted.credited.minor();
                sum[2] += i64::try_from(posted.invoices).unwrap();
                sum[3] += i64::try_from(posted.credit_notes).unwrap();
            }
            records.push(record);
        }
        let months = MonthRange::new("2020-01".parse().unwrap(), "2029-12".parse().unwrap()).unwrap();
        let told = ports.reports.revenue_by_month(team, months).await.unwrap();
        let told: BTreeMap<_, _> = told
            .iter()
            .map(|row| {
                let sums = [
                    row.invoiced.minor(),
                    row.credited.minor(),
                    i64::try_from(row.invoices).unwrap(),
                    i64::try_from(row.credit_notes).unwrap(),
                ];
                ((row.month, row.invoiced.currency().code()), sums)
            })
            .collect();
        revenue.retain(|_, sums| *sums != [0; 4]);
        let told: BTreeMap<_, _> = told.into_iter().filter(|(_, sums)| *sums != [0; 4]).collect();
        assert_eq!(told, revenue, "the sums of months are those of the documents");
        self.no_dangling_references().await;
        records
    }

    pub(crate) async fn no_dangling_references(&self) {
        let rows = self.one.database().collection::<Document>("billing");
        for (field, kind) in [("client", "client"), ("invoice", "invoice"), ("invoices", "invoice")] {
            let ids = rows.distinct("id", doc! { "kind": kind }).await.unwrap();
            let lost = doc! { field: { "$exists": true, "$nin": ids }, "kind": { "$in": ["invoice", "quote", "credit_note", "payment"] } };
            let lost = if field == "invoices" {
                let ids = lost.get_document(field).unwrap().get_array("$nin").unwrap().clone();
                doc! { "kind": "payment", "invoices": { "$elemMatch": { "$nin": ids } } }
            } else {
                lost
            };
            assert_eq!(rows.find_one(lost).await.unwrap(), None, "a {field} that is gone");
        }
    }
}

fn uri(name: &str) -> String {
    format!("{}&appName={name}", support::uri())
}

//! Hostile texts, failing servers, callers that go away: what was acknowledged is there once, and nothing else.
//!
//! The server must be one that fails on demand: `--setParameter enableTestCommands=1`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that can't begin fails")]
#![allow(clippy::too_many_lines, clippy::unused_self, reason = "each is one story")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use invoice_core::adapter::Postings;
use invoice_core::change::{ChangeSet, IdempotencyKey, Record};
use invoice_core::line::Line;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{
    BillingPorts, ClientQuery, CommitsExt as _, CreditNoteQuery, Cursor, InvoiceQuery, InvoiceSort,
    ItemQuery, MonthRange, PageRequest, PaymentQuery, QuoteQuery, StoreError,
};
use invoice_core::service::{Billing, Call, PayData};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::testing::{BillingFixtures, day, euros, run};
use invoice_core::{
    Actor, Client, ClientData, Code, CreditNoteData, CreditScope, DocumentType, InvoiceData, Metadata, Month,
    PaymentData, Series,
};
use invoice_store_mongo::mongodb::bson::{Bson, Document, doc};
use invoice_store_mongo::mongodb::options::ReadConcern;
use invoice_store_mongo::{MongoStore, Settings};

/// Fail points are the server's, so tests that set some do not run beside each other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A team with a client and a series, and two processes that serve it.
struct Desk {
    name: String,
    one: MongoStore,
    two: MongoStore,
    make: BillingFixtures,
    client: Client,
    series: Series,
}

impl Desk {
    async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    async fn patient(millis: u64) -> Self {
        let mut settings = Settings::default();
        settings.patience = Duration::from_millis(millis);
        Self::with(settings).await
    }

    async fn with(settings: Settings) -> Self {
        let name = support::a_database();
        let uri = format!("{}&appName={name}", support::uri());
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

    fn issue(&self) -> ChangeSet {
        let draft = self.make.draft(&self.client, "100");
        self.make.change().issue(draft, &self.series, &self.client, day("2026-03-02")).build()
    }

    /// A draft of so many lines of 4 kB each.
    fn large(&self, lines: usize) -> invoice_core::Invoice {
        let text = "𝄞".repeat(1_000);
        let mut content = self.make.content(&self.client, "1");
        for i in 0..lines {
            let (one, rate) = ("1".parse().unwrap(), "20".parse().unwrap());
            let line = Line::new((i + 2).to_string(), text.clone(), one, "1".parse().unwrap()).unwrap();
            content = content.with_line(line.with_tax(Tax::vat(TaxCategory::Standard, rate)));
        }
        self.make.invoice(content)
    }

    fn store(&self, i: usize) -> MongoStore {
        if i.is_multiple_of(2) { self.one.clone() } else { self.two.clone() }
    }

    /// Makes commands of this desk fail.
    async fn fail(&self, mode: impl Into<Bson>, mut how: Document) {
        how.insert("appName", &self.name);
        self.set(doc! { "configureFailPoint": "failCommand", "mode": mode.into(), "data": how }).await;
    }

    async fn heal(&self) {
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

    fn billing(&self, store: MongoStore) -> Billing {
        let ports = BillingPorts::from_store(Arc::new(store));
        Billing::new(ports, Arc::new(SystemClock), Arc::new(RandomIds::new()))
    }

    /// All issued documents, after it was made sure that the books are sound.
    async fn audit(&self) -> Vec<Record> {
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

    async fn no_dangling_references(&self) {
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

#[test]
fn a_client_is_not_deleted_while_somebody_pays_for_it() {
    let _alone = alone();
    run(async {
        for how in ["payment", "invoice"] {
            let desk = Desk::open().await;
            let client = desk.make.client("Soon gone");
            desk.one.commit(desk.make.change().insert(client.clone()).build()).await.unwrap();
            // The deletion has looked, and is about to write.
            let block = doc! { "failCommands": ["update"], "blockConnection": true, "blockTimeMS": 1_500 };
            desk.fail(doc! { "times": 1 }, block).await;
            let (store, change) = (desk.one.clone(), desk.make.change().delete(client.clone()).build());
            let deletion = tokio::spawn(async move { store.commit(change).await });
            tokio::time::sleep(Duration::from_millis(500)).await;
            let change = if how == "payment" {
                desk.make.change().insert(desk.make.payment(&client, "10")).build()
            } else {
                let draft = desk.make.draft(&client, "100");
                desk.make.change().issue(draft, &desk.series, &client, day("2026-03-02")).build()
            };
            let second = desk.two.commit(change).await.map(drop);
            let first = deletion.await.unwrap().map(drop);
            desk.heal().await;
            assert!(first.is_err() || second.is_err(), "{how}: both landed");
            desk.no_dangling_references().await;
        }
    });
}

#[test]
fn the_last_that_waits_is_answered_in_time() {
    let _alone = alone();
    run(async {
        let desk = Desk::patient(300).await;
        let storm = doc! { "failCommands": ["update"], "errorCode": 112, "errorLabels": ["TransientTransactionError"] };
        desk.fail("alwaysOn", storm).await;
        let tasks: Vec<_> = (0..21)
            .map(|_| {
                let (store, change) = (desk.one.clone(), desk.issue());
                tokio::spawn(async move {
                    let start = Instant::now();
                    (store.commit(change).await.map(drop), start.elapsed())
                })
            })
            .collect();
        let mut slowest = Duration::ZERO;
        for task in tasks {
            let (answer, took) = task.await.unwrap();
            assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
            slowest = slowest.max(took);
        }
        desk.heal().await;
        assert_eq!(desk.audit().await.len(), 0);
        eprintln!("slowest of 21 with patience of 300 ms: {slowest:?}");
        assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    });
}

#[test]
fn a_group_whose_commit_was_not_answered_is_not_called_unavailable() {
    let _alone = alone();
    run(async {
        let desk = Desk::patient(800).await;
        let unanswered = doc! { "failCommands": ["commitTransaction"], "writeConcernError": { "code": 64, "errmsg": "late" } };
        desk.fail("alwaysOn", unanswered).await;
        let changes: Vec<_> = (0..5).map(|_| desk.issue()).collect();
        let tasks: Vec<_> = changes
            .iter()
            .cloned()
            .map(|change| {
                let store = desk.one.clone();
                tokio::spawn(async move { store.commit(change).await.map(drop) })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        let dead = doc! { "failCommands": ["commitTransaction", "update", "find"], "closeConnection": true };
        desk.fail("alwaysOn", dead).await;
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        desk.heal().await;
        let there = desk.audit().await.len();
        eprintln!("{there} are there: {answers:?}");
        let refused = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Unavailable))).count();
        assert!(there + refused <= changes.len(), "{there} are there, {refused} are said not to be");
        for change in changes {
            desk.two.commit(change).await.unwrap();
        }
        assert_eq!(desk.audit().await.len(), 5);
    });
}

#[test]
fn a_draft_waits_out_a_read_that_fails() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        desk.fail(doc! { "times": 3 }, doc! { "failCommands": ["find"], "closeConnection": true }).await;
        let change = desk.make.change().insert(desk.make.draft(&desk.client, "1")).build();
        let answer = desk.one.commit(change).await.map(drop);
        desk.heal().await;
        answer.expect("it passed");
    });
}

#[test]
fn a_snapshot_that_is_not_to_be_had_is_waited_for() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let draft = desk.make.draft(&desk.client, "1");
        desk.one.commit(desk.make.change().insert(draft.clone()).build()).await.unwrap();
        desk.fail(doc! { "times": 1 }, doc! { "failCommands": ["find"], "errorCode": 246 }).await;
        let answer = desk.one.commit(desk.make.change().delete(draft).build()).await.map(drop);
        desk.heal().await;
        answer.expect("it passed");
    });
}

#[test]
fn an_index_may_be_built_while_the_team_works() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let database = desk.one.database().clone();
        let building = tokio::spawn(async move {
            for _ in 0..30 {
                let index = doc! { "key": { "record.note": 1 }, "name": "operators_own" };
                database.run_command(doc! { "createIndexes": "billing", "indexes": [index] }).await.unwrap();
                database
                    .run_command(doc! { "dropIndexes": "billing", "index": "operators_own" })
                    .await
                    .unwrap();
            }
        });
        while !building.is_finished() {
            let draft = desk.make.draft(&desk.client, "1");
            desk.one.commit(desk.make.change().insert(draft.clone()).build()).await.unwrap();
            desk.two.commit(desk.make.change().delete(draft).build()).await.unwrap();
            desk.one.commit(desk.issue()).await.unwrap();
        }
        building.await.unwrap();
        desk.audit().await;
    });
}

#[test]
fn a_server_that_stands_still_is_not_waited_for_longer_than_patience() {
    let _alone = alone();
    run(async {
        let desk = Desk::patient(300).await;
        let status = desk.one.database().run_command(doc! { "serverStatus": 1 }).await.unwrap();
        let pid = status.get_i64("pid").unwrap().to_string();
        let change = desk.issue();
        let going_on = pid.clone();
        let signal = |name: &str, pid: &str| {
            assert!(Command::new("kill").args([name, pid]).status().unwrap().success());
        };
        signal("-STOP", &pid);
        let later = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(6));
            signal("-CONT", &going_on);
        });
        let start = Instant::now();
        let answer = desk.one.commit(change.clone()).await.map(drop);
        let took = start.elapsed();
        later.join().unwrap();
        eprintln!("stopped for 6 s, patience 300 ms: {answer:?} after {took:?}");
        desk.two.commit(change).await.expect("it goes on");
        assert_eq!(desk.audit().await.len(), 1);
        assert!(took < Duration::from_secs(3), "{took:?}");
    });
}

#[test]
fn more_than_a_message_holds_is_refused_too() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let change = desk.make.change().insert(desk.large(6_000)).build();
        match desk.one.commit(change).await {
            Err(StoreError::Refused(violation)) => assert_eq!(violation.code(), Code::TooLong),
            other => panic!("{:?}", other.map(drop)),
        }
        desk.one.commit(desk.issue()).await.expect("the next one lands");
    });
}

#[test]
fn more_than_a_document_holds_is_refused_and_the_next_one_lands() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        for lines in [1_000, 2_050, 4_200] {
            let start = Instant::now();
            let answer =
                desk.one.commit(desk.make.change().insert(desk.large(lines)).build()).await.map(drop);
            eprintln!("{lines} lines of 4 kB: {:?} after {:?}", answer, start.elapsed());
            match answer {
                Ok(()) => assert!(lines < 4_200),
                Err(StoreError::Refused(violation)) => assert_eq!(violation.code(), Code::TooLong),
                other => panic!("{lines}: {other:?}"),
            }
            desk.one.commit(desk.issue()).await.expect("the next one lands");
        }
        // One too large for all, among those that would land, and some that are too large together.
        let mut changes: Vec<_> =
            (0..8).map(|_| desk.make.change().insert(desk.large(600)).build()).collect();
        changes.insert(3, desk.make.change().insert(desk.large(4_500)).build());
        changes.push(desk.issue());
        let tasks: Vec<_> = changes
            .into_iter()
            .map(|change| {
                let store = desk.one.clone();
                tokio::spawn(async move { store.commit(change).await.map(drop) })
            })
            .collect();
        let mut refused = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => {}
                Err(StoreError::Refused(_)) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(refused, 1);
        desk.audit().await;
    });
}

#[test]
fn whatever_fails_each_acknowledged_commit_is_there_once() {
    let _alone = alone();
    run(async {
        let again = "TransientTransactionError";
        let plans = [
            (1, doc! { "failCommands": ["commitTransaction"], "closeConnection": true }),
            (3, doc! { "failCommands": ["commitTransaction"], "closeConnection": true }),
            (3, doc! { "failCommands": ["commitTransaction"], "errorCode": 11_602 }),
            (1, doc! { "failCommands": ["commitTransaction"], "errorCode": 91 }),
            (3, doc! { "failCommands": ["commitTransaction"], "errorCode": 50 }),
            (3, doc! { "failCommands": ["commitTransaction"], "errorCode": 64 }),
            (3, doc! { "failCommands": ["commitTransaction"], "errorCode": 10_107, "errorLabels": [] }),
            (
                3,
                doc! { "failCommands": ["commitTransaction"], "writeConcernError": { "code": 64, "errmsg": "x" } },
            ),
            (
                1,
                doc! { "failCommands": ["commitTransaction"], "writeConcernError": { "code": 91, "errmsg": "x" } },
            ),
            (
                3,
                doc! { "failCommands": ["commitTransaction"], "writeConcernError": { "code": 11_602, "errmsg": "x" } },
            ),
            (2, doc! { "failCommands": ["commitTransaction"], "errorCode": 251, "errorLabels": [again] }),
            (2, doc! { "failCommands": ["commitTransaction"], "errorCode": 112, "errorLabels": [again] }),
            (3, doc! { "failCommands": ["update"], "closeConnection": true }),
            (20, doc! { "failCommands": ["update"], "errorCode": 112, "errorLabels": [again] }),
            (3, doc! { "failCommands": ["update"], "errorCode": 11_602, "errorLabels": [again] }),
            (
                9,
                doc! { "failCommands": ["update", "commitTransaction", "abortTransaction"], "closeConnection": true },
            ),
            (9, doc! { "failCommands": ["update", "commitTransaction", "find"], "errorCode": 189 }),
        ];
        let desk = Desk::open().await;
        let mut expected = 0;
        for (times, how) in plans {
            let changes: Vec<_> = (0..6).map(|_| desk.issue()).collect();
            desk.fail(doc! { "times": times }, how.clone()).await;
            let start = Instant::now();
            let tasks: Vec<_> = changes
                .iter()
                .cloned()
                .enumerate()
                .map(|(i, change)| {
                    let store = desk.store(i);
                    tokio::spawn(async move { store.commit(change).await })
                })
                .collect();
            let mut receipts = Vec::new();
            for task in tasks {
                receipts.push(task.await.unwrap().unwrap_or_else(|error| panic!("{how}: {error:?}")));
            }
            let took = start.elapsed();
            desk.heal().await;
            for (change, receipt) in changes.into_iter().zip(receipts) {
                assert_eq!(desk.two.commit(change).await.unwrap(), receipt, "{how}");
            }
            expected += 6;
            assert_eq!(desk.audit().await.len(), expected, "{how}");
            eprintln!("{took:?} {how}");
        }
    });
}

#[test]
fn callers_that_go_away_leave_whole_books() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let changes: Vec<_> = (0..200).map(|_| desk.issue()).collect();
        let mut tasks = Vec::new();
        for (i, change) in changes.iter().cloned().enumerate() {
            let store = desk.store(i);
            tasks.push(tokio::spawn(async move { store.commit(change).await.map(drop) }));
            if i % 3 == 2 {
                let random = u64::from(desk.make.uuid().as_bytes()[15]);
                tokio::time::sleep(Duration::from_micros(random * 37 % 4_000)).await;
                tasks[i - usize::try_from(random % 3).unwrap()].abort();
            }
        }
        let mut gone = 0;
        for task in tasks {
            match task.await {
                Ok(answer) => answer.expect("it was not aborted"),
                Err(error) => {
                    assert!(error.is_cancelled());
                    gone += 1;
                }
            }
        }
        let before = desk.audit().await.len();
        eprintln!("{gone} of 200 went away, {before} landed");
        assert!(before >= 200 - gone);
        for change in changes {
            desk.two.commit(change).await.unwrap();
        }
        assert_eq!(desk.audit().await.len(), 200);
    });
}

#[test]
fn an_application_s_transaction_goes_on_after_a_refusal_and_takes_all_with_it() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let orders = desk.one.database().collection::<Document>("orders");
        desk.one.database().create_collection("orders").await.unwrap();
        let mut session = desk.one.client().start_session().await.unwrap();
        // What stands against it leaves the transaction as it was.
        let (first, second) = (desk.issue(), desk.issue());
        let taken = desk.make.change().insert(desk.client.clone()).build();
        session.start_transaction().read_concern(ReadConcern::snapshot()).await.unwrap();
        orders.insert_one(doc! { "n": 1 }).session(&mut session).await.unwrap();
        assert!(desk.one.commit_in(&mut session, &taken).await.is_err());
        let nobody = desk.make.client("Nobody");
        assert!(desk.one.commit_in(&mut session, &desk.make.change().update(nobody).build()).await.is_err());
        desk.one.commit_in(&mut session, &first).await.unwrap();
        desk.one.commit_in(&mut session, &second).await.unwrap();
        assert_eq!(desk.one.commit_in(&mut session, &first).await.unwrap().commit, first.id);
        session.commit_transaction().await.unwrap();
        assert_eq!(desk.audit().await.len(), 2);
        desk.one.commit(desk.issue()).await.unwrap();
        desk.two.commit(desk.issue()).await.unwrap();
        // Rolled back.
        let third = desk.issue();
        session.start_transaction().read_concern(ReadConcern::snapshot()).await.unwrap();
        orders.insert_one(doc! { "n": 2 }).session(&mut session).await.unwrap();
        desk.one.commit_in(&mut session, &third).await.unwrap();
        session.abort_transaction().await.unwrap();
        desk.one.commit(desk.issue()).await.unwrap();
        assert_eq!(desk.audit().await.len(), 5);
        desk.one.commit(third).await.unwrap();
        assert_eq!(desk.audit().await.len(), 6);
        assert_eq!(orders.count_documents(doc! {}).await.unwrap(), 1);
        // Somebody else is in the way: this one is over, and says so.
        session.start_transaction().read_concern(ReadConcern::snapshot()).await.unwrap();
        orders.insert_one(doc! { "n": 3 }).session(&mut session).await.unwrap();
        desk.two.commit(desk.issue()).await.unwrap();
        let answer = desk.one.commit_in(&mut session, &desk.issue()).await.map(drop);
        assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        let _ = session.commit_transaction().await;
        assert_eq!(orders.count_documents(doc! {}).await.unwrap(), 1, "nothing of it landed");
        assert_eq!(desk.audit().await.len(), 7);
    });
}

#[test]
fn a_session_that_is_in_no_transaction_is_not_written_through() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let mut session = desk.one.client().start_session().await.unwrap();
        let answer = desk.one.commit_in(&mut session, &desk.issue()).await.map(drop);
        assert!(answer.is_err(), "it would land in pieces");
    });
}

const HOSTILE: [&str; 17] = [
    "$gt",
    "$where",
    "$",
    "a.b",
    ".",
    "__proto__",
    "constructor",
    "{\"$ne\": null}",
    "^.*",
    "$regex",
    "\u{10ffff}",
    "\u{feff}x",
    "ß",
    "İ",
    "a\u{301}",
    "kind",
    "_id",
];

#[test]
fn hostile_texts_are_data_as_in_memory() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let make = desk.make.another_team();
        let memory = BillingPorts::from_store(Arc::new(MemoryBilling::new()));
        let mongo = BillingPorts::from_store(Arc::new(desk.one.clone()));
        let both = async |change: ChangeSet| {
            let (a, b) =
                (memory.commits.commit(change.clone()).await, mongo.commits.commit(change.clone()).await);
            assert_eq!(format!("{a:?}"), format!("{b:?}"));
        };
        let series = make.series(DocumentType::Invoice);
        both(make.change().insert(series.clone()).build()).await;
        for (i, text) in HOSTILE.iter().enumerate() {
            let mut data = ClientData::new(make.party(text));
            data.metadata = HOSTILE.iter().map(|key| (*key, *text)).collect::<Metadata>();
            let client = make.client_of(data);
            let mut content = InvoiceData::new(make.content(&client, "1"));
            content.metadata = Metadata::new().with(*text, HOSTILE[(i + 1) % HOSTILE.len()]);
            let draft = make.invoice(content);
            let change = make.change().insert(client.clone()).insert(make.item(text));
            let change = if IdempotencyKey::new(*text).is_ok() { change.idempotent(text, 1) } else { change };
            both(change.build()).await;
            both(make.change().import(draft, text, &client, day("2026-03-02")).build()).await;
            let mut payment = PaymentData::new(client.id(), euros("1"), day("2026-03-02"));
            payment.external_reference = Some((*text).to_owned());
            both(make.change().insert(make.payment_of(payment)).build()).await;
            both(make.change().insert(make.series_named(DocumentType::Quote, text, "Q-{seq}")).build()).await;
        }
        let (team, page) = (make.team(), PageRequest::first(50).unwrap());
        for text in HOSTILE {
            let some = || Some(text.to_owned());
            let pair = Some((text.to_owned(), "$where".to_owned()));
            for (a, b) in [(&memory, &mongo)] {
                let query = |number_prefix, customer_prefix, metadata, sort| {
                    let mut query = InvoiceQuery::new();
                    (query.number_prefix, query.customer_prefix, query.metadata, query.sort) =
                        (number_prefix, customer_prefix, metadata, sort);
                    query
                };
                for query in [
                    query(some(), None, None, InvoiceSort::Number),
                    query(some(), None, None, InvoiceSort::Created),
                    query(None, some(), None, InvoiceSort::Created),
                    query(None, None, pair.clone(), InvoiceSort::Created),
                ] {
                    let (a, b) = (
                        a.invoices.invoices(team, &query, &page).await,
                        b.invoices.invoices(team, &query, &page).await,
                    );
                    assert_eq!(format!("{a:?}"), format!("{b:?}"), "{query:?}");
                }
                for query in [
                    ClientQuery { name_prefix: some(), ..ClientQuery::default() },
                    ClientQuery { metadata: pair.clone(), ..ClientQuery::default() },
                ] {
                    let (a, b) = (
                        a.catalog.clients(team, &query, &page).await,
                        b.catalog.clients(team, &query, &page).await,
                    );
                    assert_eq!(format!("{a:?}"), format!("{b:?}"), "{query:?}");
                }
                let query = ItemQuery { name_prefix: some(), ..ItemQuery::default() };
                let (x, y) =
                    (a.catalog.items(team, &query, &page).await, b.catalog.items(team, &query, &page).await);
                assert_eq!(format!("{x:?}"), format!("{y:?}"), "{query:?}");
                let (x, y) = (
                    a.payments.payment_by_reference(team, text).await,
                    b.payments.payment_by_reference(team, text).await,
                );
                assert!(matches!(x, Ok(Some(_))));
                assert_eq!(format!("{x:?}"), format!("{y:?}"));
                let (x, y) = (
                    a.invoices.invoice_by_number(team, text).await,
                    b.invoices.invoice_by_number(team, text).await,
                );
                assert!(matches!(x, Ok(Some(_))));
                assert_eq!(format!("{x:?}"), format!("{y:?}"));
                let Ok(key) = IdempotencyKey::new(text) else { continue };
                let (x, y) =
                    (a.commits.idempotency(team, &key).await, b.commits.idempotency(team, &key).await);
                assert!(matches!(x, Ok(Some(_))));
                assert_eq!(format!("{x:?}"), format!("{y:?}"));
            }
        }
        // Cursors that nobody gave out, and those of other lists.
        let short = PageRequest::first(1).unwrap();
        let of_invoices =
            mongo.invoices.invoices(team, &InvoiceQuery::new(), &short).await.unwrap().next.unwrap();
        let mut cursors: Vec<Cursor> = HOSTILE.iter().filter_map(|text| Cursor::new(*text).ok()).collect();
        cursors.push(of_invoices.clone());
        for length in 1..of_invoices.as_str().len() {
            cursors.extend(of_invoices.as_str().get(..length).and_then(|text| Cursor::new(text).ok()));
        }
        for cursor in cursors {
            let page = PageRequest::first(1).unwrap().after(cursor);
            let mut sorted = InvoiceQuery::new();
            sorted.sort = InvoiceSort::Number;
            let clients = ClientQuery { name_prefix: Some("$".to_owned()), ..ClientQuery::default() };
            for (a, b) in [(&memory, &mongo)] {
                let told = [
                    (
                        format!("{:?}", a.invoices.invoices(team, &InvoiceQuery::new(), &page).await),
                        format!("{:?}", b.invoices.invoices(team, &InvoiceQuery::new(), &page).await),
                    ),
                    (
                        format!("{:?}", a.invoices.invoices(team, &sorted, &page).await),
                        format!("{:?}", b.invoices.invoices(team, &sorted, &page).await),
                    ),
                    (
                        format!("{:?}", a.catalog.clients(team, &clients, &page).await),
                        format!("{:?}", b.catalog.clients(team, &clients, &page).await),
                    ),
                    (
                        format!("{:?}", a.payments.payments(team, &PaymentQuery::default(), &page).await),
                        format!("{:?}", b.payments.payments(team, &PaymentQuery::default(), &page).await),
                    ),
                    (
                        format!("{:?}", a.documents.quotes(team, &QuoteQuery::default(), &page).await),
                        format!("{:?}", b.documents.quotes(team, &QuoteQuery::default(), &page).await),
                    ),
                    (
                        format!(
                            "{:?}",
                            a.documents.credit_notes(team, &CreditNoteQuery::default(), &page).await
                        ),
                        format!(
                            "{:?}",
                            b.documents.credit_notes(team, &CreditNoteQuery::default(), &page).await
                        ),
                    ),
                ];
                for (in_memory, here) in told {
                    assert_eq!(in_memory, here, "{page:?}");
                    assert!(!here.contains("Backend"), "{here}");
                }
            }
        }
    });
}

#[test]
fn sixty_four_issuers_on_one_series_through_two_stores() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let start = Instant::now();
        let tasks: Vec<_> = (0..64)
            .map(|i| {
                let (store, changes) = (desk.store(i), (0..8).map(|_| desk.issue()).collect::<Vec<_>>());
                tokio::spawn(async move {
                    for change in changes {
                        store.commit(change).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let took = start.elapsed();
        assert_eq!(desk.audit().await.len(), 512);
        eprintln!("64 issuers, two stores: 512 in {took:?}");
    });
}

#[test]
fn two_processes_that_do_everything_at_once_keep_whole_books() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let desk = Arc::new(desk);
        let tasks: Vec<_> = (0..12)
            .map(|i| {
                let desk = Arc::clone(&desk);
                tokio::spawn(async move {
                    let billing = desk.billing(desk.store(i));
                    let call = Call::new(Actor::system(desk.make.team()));
                    let mut outcomes = BTreeMap::<String, u32>::new();
                    for round in 0..6 {
                        let mut count = |what: &str, answer: Result<(), invoice_core::service::Error>| {
                            let text = match answer {
                                Ok(()) => format!("{what} ok"),
                                Err(error) => format!("{what} {error}"),
                            };
                            *outcomes.entry(text).or_default() += 1;
                        };
                        let data = ClientData::new(desk.make.party("Gasthaus"));
                        let client = billing.create_client(&call, data).await.unwrap();
                        let content = || InvoiceData::new(desk.make.content(&client, "10"));
                        let draft = billing.create_invoice(&call, content()).await.unwrap();
                        let invoice = billing.create_and_issue_invoice(&call, content()).await.unwrap();
                        let other = desk.billing(desk.store(i + 1));
                        let part = PayData { amount: Some(euros("2.50")), ..PayData::default() };
                        let note = CreditNoteData::new(CreditScope::Full, "Returned");
                        let (void, paid, credited, gone, issued) = tokio::join!(
                            async {
                                if round % 2 == 0 {
                                    billing.void_invoice(&call, invoice.id(), "Wrong").await.map(drop)
                                } else {
                                    Ok(())
                                }
                            },
                            other.pay_invoice(&call, invoice.id(), part),
                            billing.credit_invoice(&call, invoice.id(), note),
                            other.delete_client(&call, client.id()),
                            billing.issue_invoice(&call, draft.id()),
                        );
                        count("void", void);
                        count("pay", paid.map(drop));
                        count("credit", credited.map(drop));
                        count("delete client", gone);
                        count("issue", issued.map(drop));
                        let spare = billing
                            .create_client(&call, ClientData::new(desk.make.party("Spare")))
                            .await
                            .unwrap();
                        let content = InvoiceData::new(desk.make.content(&spare, "10"));
                        let draft = billing.create_invoice(&call, content.clone()).await.unwrap();
                        let (gone, client_gone, made) = tokio::join!(
                            billing.delete_invoice(&call, draft.id()),
                            other.delete_client(&call, spare.id()),
                            other.create_and_issue_invoice(&call, content),
                        );
                        count("delete draft", gone);
                        count("delete spare client", client_gone);
                        count("issue for spare", made.map(drop));
                    }
                    outcomes
                })
            })
            .collect();
        let mut all = BTreeMap::<String, u32>::new();
        for task in tasks {
            for (what, count) in task.await.unwrap() {
                *all.entry(what).or_default() += count;
            }
        }
        let issued = desk.audit().await.len();
        eprintln!("{issued} documents; {all:#?}");
        assert!(all.keys().all(|what| !what.contains("unavailable") && !what.contains("failed")), "{all:#?}");
    });
}

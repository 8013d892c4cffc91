//! Servers that stand still: they are not waited for without limit, and what they do later does no harm.

use std::time::{Duration, Instant};

use invoice_core::identity::IdentityChange;
use invoice_core::ports::identity::{Housekeeping as _, IdentityCommits as _, Users as _};
use invoice_core::ports::{Commits as _, CommitsExt as _, StoreError};
use invoice_core::testing::{IdentityFixtures, run};
use invoice_store_mongo::mongodb::bson::{Document, doc};
use invoice_store_mongo::mongodb::options::ReadConcern;
use invoice_store_mongo::{MongoStore, Settings};

use super::alone;
use super::desk::Desk;
use super::support;
use super::wire::Wire;

/// What a command has, at the least.
const A_SECOND: Duration = Duration::from_secs(1);

fn settings(patience: Duration, answer: Duration) -> Settings {
    let mut settings = Settings::default();
    (settings.patience, settings.answer) = (patience, answer);
    settings
}

/// What the server counts.
async fn server(store: &MongoStore) -> Document {
    store.database().run_command(doc! { "serverStatus": 1 }).await.unwrap()
}

/// How many commands of a name it ran.
async fn ran(store: &MongoStore, name: &str) -> i64 {
    let status = server(store).await;
    let commands = status.get_document("metrics").unwrap().get_document("commands").unwrap();
    commands.get_document(name).unwrap().get_i64("total").unwrap()
}

/// How many transactions are open.
async fn open(store: &MongoStore) -> i64 {
    server(store).await.get_document("transactions").unwrap().get_i64("currentOpen").unwrap()
}

/// Whether the server is at an `update` that a desk sent.
async fn is_busy(desk: &Desk) -> bool {
    let of_desk = doc! { "$match": { "appName": &desk.name, "command.update": { "$exists": true } } };
    let admin = desk.one.client().database("admin");
    let mut found = admin.aggregate([doc! { "$currentOp": {} }, of_desk]).await.unwrap();
    found.advance().await.unwrap()
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_server_that_stands_still_is_waited_for_no_longer_than_patience() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let wire = Wire::default();
        let store = wire.store(&support::uri(), &desk.one).await;
        let store = store.with_settings(settings(Duration::from_millis(300), Duration::from_secs(10)));
        store.commit(desk.issue()).await.unwrap();
        wire.hold(true);
        let (change, start) = (desk.issue(), Instant::now());
        let answer = store.commit(change.clone()).await.map(drop);
        let took = start.elapsed();
        assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        assert!(took < A_SECOND * 2, "{took:?}");
        wire.hold(false);
        desk.two.commit(change).await.expect("it is in nobody's way");
        assert_eq!(desk.audit().await.len(), 2);
    });
}

#[test]
fn what_was_said_to_a_server_that_stood_still_is_in_nobody_s_way_when_it_goes_on() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let wire = Wire::default();
        let store = wire.store(&support::uri(), &desk.one).await;
        let store = store.with_settings(settings(Duration::from_millis(300), Duration::from_secs(10)));
        store.commit(desk.issue()).await.unwrap();
        let before = ran(&desk.one, "update").await;
        wire.hold(true);
        let answer = store.commit(desk.issue()).await.map(drop);
        assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        wire.hold(false);
        // The `update` of which nobody wants to know any more begins a transaction, and nobody ends it.
        until("the command arrives", async || ran(&desk.one, "update").await > before).await;
        until("its transaction is ended", async || open(&desk.one).await == 0).await;
        let start = Instant::now();
        desk.two.commit(desk.issue()).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(desk.audit().await.len(), 2, "what was called unavailable did not land");
    });
}

#[test]
fn a_write_that_is_not_answered_is_tried_again_within_patience() {
    let _alone = alone();
    run(async {
        let desk = Desk::with(settings(Duration::from_secs(30), A_SECOND)).await;
        for _ in 0..2 {
            let block = doc! { "failCommands": ["update"], "blockConnection": true, "blockTimeMS": 6_000 };
            desk.fail(doc! { "times": 1 }, block).await;
            let start = Instant::now();
            desk.one.commit(desk.issue()).await.unwrap();
            let took = start.elapsed();
            assert!(took >= A_SECOND && took < Duration::from_secs(5), "{took:?}");
        }
        assert!(is_busy(&desk).await);
        until("those that were blocked go on", async || !is_busy(&desk).await).await;
        until("nothing is open", async || open(&desk.one).await == 0).await;
        desk.heal().await;
        desk.two.commit(desk.issue()).await.unwrap();
        assert_eq!(desk.audit().await.len(), 3);
    });
}

#[test]
fn an_end_that_is_not_answered_is_asked_for_again_within_patience() {
    let _alone = alone();
    run(async {
        let desk = Desk::with(settings(Duration::from_secs(30), A_SECOND)).await;
        let block =
            doc! { "failCommands": ["commitTransaction"], "blockConnection": true, "blockTimeMS": 6_000 };
        desk.fail(doc! { "times": 1 }, block).await;
        let (change, start) = (desk.issue(), Instant::now());
        let receipt = desk.one.commit(change.clone()).await.unwrap();
        let took = start.elapsed();
        assert!(took >= A_SECOND && took < Duration::from_secs(5), "{took:?}");
        desk.heal().await;
        assert_eq!(desk.two.commit(change).await.unwrap(), receipt);
        assert_eq!(desk.audit().await.len(), 1);
    });
}

#[test]
fn an_end_that_nobody_answers_is_an_unknown_outcome_and_one_write_when_it_is_asked_for_again() {
    let _alone = alone();
    run(async {
        for group in [1, 5] {
            let desk = Desk::patient(300).await;
            let block =
                doc! { "failCommands": ["commitTransaction"], "blockConnection": true, "blockTimeMS": 4_000 };
            desk.fail("alwaysOn", block).await;
            let changes: Vec<_> = (0..group).map(|_| desk.issue()).collect();
            let start = Instant::now();
            let answers = desk.one.commit_all(changes.iter().cloned().map(Into::into).collect()).await;
            let took = start.elapsed();
            for answer in answers {
                assert!(matches!(answer, Err(StoreError::UnknownOutcome)), "{answer:?}");
            }
            assert!(took < Duration::from_secs(4), "{took:?}");
            desk.heal().await;
            let again = desk.two.with_settings(Settings::default());
            for change in changes {
                again.commit(change).await.unwrap();
            }
            assert_eq!(desk.audit().await.len(), group);
        }
    });
}

#[test]
fn an_end_whose_answer_was_lost_is_looked_for_before_its_outcome_is_called_unknown() {
    let _alone = alone();
    run(async {
        for group in [1, 5] {
            let desk = Desk::patient(300).await;
            // It is done, and then called late; that it was done can be seen.
            let late = doc! {
                "failCommands": ["commitTransaction"], "writeConcernError": { "code": 64, "errmsg": "late" },
            };
            desk.fail("alwaysOn", late).await;
            let changes = (0..group).map(|_| desk.issue().into()).collect();
            for answer in desk.one.commit_all(changes).await {
                answer.expect("a majority has it");
            }
            desk.heal().await;
            assert_eq!(desk.audit().await.len(), group);
        }
    });
}

#[test]
fn nobody_waits_in_a_long_queue_before_a_server_that_stands_still() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let wire = Wire::default();
        let store = wire.store(&support::uri(), &desk.one).await;
        let mut settings = settings(Duration::from_millis(500), A_SECOND);
        settings.together = 2;
        let store = store.with_settings(settings);
        wire.hold(true);
        let start = Instant::now();
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (store, change) = (store.clone(), desk.issue());
                tokio::spawn(async move { store.commit(change).await.map(drop) })
            })
            .collect();
        for task in tasks {
            let answer = task.await.unwrap();
            assert!(
                matches!(answer, Err(StoreError::Unavailable | StoreError::UnknownOutcome)),
                "{answer:?}"
            );
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        wire.hold(false);
        until("those that were left in it are done", async || open(&desk.one).await == 0).await;
        desk.two.commit(desk.issue()).await.unwrap();
        desk.audit().await;
    });
}

#[test]
fn an_application_s_transaction_is_given_up_when_nobody_answers() {
    let _alone = alone();
    run(async {
        let desk = Desk::patient(300).await;
        let mut session = desk.one.client().start_session().await.unwrap();
        session.start_transaction().read_concern(ReadConcern::snapshot()).await.unwrap();
        let block = doc! { "failCommands": ["update"], "blockConnection": true, "blockTimeMS": 4_000 };
        desk.fail(doc! { "times": 1 }, block).await;
        let start = Instant::now();
        let answer = desk.one.commit_in(&mut session, &desk.issue()).await.map(drop);
        assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        assert!(session.commit_transaction().await.is_err(), "it is over");
        assert!(is_busy(&desk).await);
        until("the one that was blocked goes on", async || !is_busy(&desk).await).await;
        until("nothing is open", async || open(&desk.one).await == 0).await;
        desk.heal().await;
        desk.two.commit(desk.issue()).await.expect("it is in nobody's way");
        assert_eq!(desk.audit().await.len(), 1);
    });
}

#[test]
fn accounts_are_not_waited_for_without_limit_either() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let wire = Wire::default();
        let through = wire.store(&support::uri(), &desk.one).await;
        let short = through.with_settings(settings(Duration::from_millis(300), A_SECOND));
        let make = IdentityFixtures::new();
        let (ada, ben) = (make.user("Ada"), make.user("Ben"));
        let insert = |user| -> IdentityChange { make.change().insert(user) };
        let change = insert(ada.clone());
        wire.hold(true);
        let start = Instant::now();
        let answer = short.commit_identity(change.clone()).await;
        assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        wire.hold(false);
        desk.two.commit_identity(change).await.unwrap();
        assert!(desk.one.user(ada.id()).await.unwrap().is_some());
        // The end of it is done, and nobody hears of it.
        let store = desk.one.with_settings(settings(Duration::from_millis(300), A_SECOND));
        let late = doc! {
            "failCommands": ["commitTransaction"], "writeConcernError": { "code": 64, "errmsg": "late" },
        };
        desk.fail("alwaysOn", late).await;
        let answer = store.commit_identity(insert(ben.clone())).await;
        desk.heal().await;
        answer.expect("a majority has it");
        assert!(desk.two.user(ben.id()).await.unwrap().is_some());
    });
}

#[test]
fn what_is_swept_up_is_swept_up_in_spite_of_passing_trouble() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let make = IdentityFixtures::new();
        desk.one.commit_identity(make.change().insert(make.user("Ada"))).await.unwrap();
        let trouble = doc! { "failCommands": ["delete"], "closeConnection": true };
        desk.fail(doc! { "times": 4 }, trouble).await;
        let later = make.now().plus_millis(1_000_000_000_000);
        let answer = desk.one.purge(later).await;
        desk.heal().await;
        answer.expect("it passed");
    });
}

//! Servers that stand still: they are not waited for without limit, and what they do later does no harm.

use std::time::{Duration, Instant};

use invoice_core::identity::IdentityChange;
use invoice_core::ports::identity::{Housekeeping as _, IdentityCommits as _, Users as _};
use invoice_core::ports::{Commits as _, CommitsExt as _, StoreError};
use invoice_core::testing::{IdentityFixtures, run};
use invoice_store_mongo::mongodb::bson::{Bson, Document, doc};
use invoice_store_mongo::mongodb::options::ReadConcern;
use invoice_store_mongo::{MongoStore, Settings};

use super::alone;
use super::desk::Desk;
use super::wire::Wire;

/// What a command has, at the least.
const A_SECOND: Duration = Duration::from_secs(1);
/// The patience of who does not want to wait.
const SHORT: Duration = Duration::from_millis(300);

fn settings(patience: Duration, answer: Duration) -> Settings {
    let mut settings = Settings::default();
    (settings.patience, settings.answer) = (patience, answer);
    settings
}

/// How many commands of a name the server ran.
async fn ran(store: &MongoStore, name: &str) -> i64 {
    let status = store.database().run_command(doc! { "serverStatus": 1 }).await.unwrap();
    let commands = status.get_document("metrics").unwrap().get_document("commands").unwrap();
    commands.get_document(name).unwrap().get_i64("total").unwrap()
}

/// Whether the server is at something of a desk.
async fn is_there(desk: &Desk, mut what: Document) -> bool {
    what.insert("appName", &desk.name);
    let admin = desk.one.client().database("admin");
    let all = doc! { "$currentOp": { "idleSessions": true } };
    admin.aggregate([all, doc! { "$match": what }]).await.unwrap().advance().await.unwrap()
}

/// Whether it is at an `update`.
async fn is_busy(desk: &Desk) -> bool {
    is_there(desk, doc! { "command.update": { "$exists": true } }).await
}

/// Whether a transaction is open, of which it does something or waits for more. Not one of other tests: those may leave
/// some to the server.
async fn is_open(desk: &Desk) -> bool {
    is_there(desk, doc! { "transaction": { "$exists": true } }).await
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The mode of a fail point that is for the next command alone.
fn once() -> Document {
    doc! { "times": 1 }
}

/// Lets commands of a name go on only after a while: those that the mode says.
async fn block(desk: &Desk, command: &str, mode: impl Into<Bson>, blocked: Duration) {
    let millis = i64::try_from(blocked.as_millis()).unwrap();
    let block = doc! { "failCommands": [command], "blockConnection": true, "blockTimeMS": millis };
    desk.fail(mode, block).await;
}

/// Every end of a transaction is done, and then called late: a majority has it, which can be seen.
async fn call_ends_late(desk: &Desk) {
    let late = doc! {
        "failCommands": ["commitTransaction"], "writeConcernError": { "code": 64, "errmsg": "late" },
    };
    desk.fail("alwaysOn", late).await;
}

/// Waits for the `update` that is blocked, and for what it leaves behind; then nothing is blocked any more.
async fn go_on(desk: &Desk) {
    assert!(is_busy(desk).await);
    until("those that were blocked go on", async || !is_busy(desk).await).await;
    until("nothing is open", async || !is_open(desk).await).await;
    desk.heal().await;
}

/// A store on a wire that can be held.
async fn on_a_wire(desk: &Desk, settings: Settings) -> (Wire, MongoStore) {
    let wire = Wire::default();
    let store = wire.store(&desk.uri(), &desk.one).await.with_settings(settings);
    (wire, store)
}

/// Nobody answered in time, and it was said.
fn assert_unavailable<T>(answer: Result<T, StoreError>, start: Instant, most: Duration) {
    let answer = answer.map(drop);
    assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
    assert!(start.elapsed() < most, "{:?}", start.elapsed());
}

#[test]
fn a_server_that_stands_still_is_waited_for_no_longer_than_patience() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let (wire, store) = on_a_wire(&desk, settings(SHORT, Duration::from_secs(10))).await;
        store.commit(desk.issue()).await.unwrap();
        wire.hold(true);
        let (change, start) = (desk.issue(), Instant::now());
        assert_unavailable(store.commit(change.clone()).await, start, A_SECOND * 2);
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
        let (wire, store) = on_a_wire(&desk, settings(SHORT, Duration::from_secs(10))).await;
        store.commit(desk.issue()).await.unwrap();
        let before = ran(&desk.one, "insert").await;
        wire.hold(true);
        let answer = store.commit(desk.issue()).await;
        assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        wire.hold(false);
        // The `insert` of which nobody wants to know any more begins a transaction, and nobody ends it.
        until("the command arrives", async || ran(&desk.one, "insert").await > before).await;
        until("its transaction is ended", async || !is_open(&desk).await).await;
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
            block(&desk, "update", once(), Duration::from_secs(6)).await;
            let start = Instant::now();
            desk.one.commit(desk.issue()).await.unwrap();
            let took = start.elapsed();
            assert!(took >= A_SECOND && took < Duration::from_secs(5), "{took:?}");
        }
        go_on(&desk).await;
        desk.two.commit(desk.issue()).await.unwrap();
        assert_eq!(desk.audit().await.len(), 3);
    });
}

#[test]
fn an_end_that_is_not_answered_is_asked_for_again_within_patience() {
    let _alone = alone();
    run(async {
        let desk = Desk::with(settings(Duration::from_secs(30), A_SECOND)).await;
        block(&desk, "commitTransaction", once(), Duration::from_secs(6)).await;
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
            block(&desk, "commitTransaction", "alwaysOn", Duration::from_secs(4)).await;
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
            call_ends_late(&desk).await;
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
        let mut settings = settings(Duration::from_millis(500), A_SECOND);
        settings.together = 2;
        let (wire, store) = on_a_wire(&desk, settings).await;
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
        // They come one after another, and between two of them nothing is open.
        let mut quiet = 0;
        until("those that were left in it are done", async || {
            quiet = if is_open(&desk).await { 0 } else { quiet + 1 };
            quiet == 25
        })
        .await;
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
        block(&desk, "update", once(), Duration::from_secs(4)).await;
        let start = Instant::now();
        let answer = desk.one.commit_in(&mut session, &desk.issue()).await;
        assert_unavailable(answer, start, Duration::from_secs(3));
        assert!(session.commit_transaction().await.is_err(), "it is over");
        go_on(&desk).await;
        desk.two.commit(desk.issue()).await.expect("it is in nobody's way");
        assert_eq!(desk.audit().await.len(), 1);
    });
}

#[test]
fn accounts_are_not_waited_for_without_limit_either() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let (wire, short) = on_a_wire(&desk, settings(SHORT, A_SECOND)).await;
        let make = IdentityFixtures::new();
        let (ada, ben) = (make.user("Ada"), make.user("Ben"));
        let insert = |user| -> IdentityChange { make.change().insert(user) };
        let change = insert(ada.clone());
        wire.hold(true);
        let start = Instant::now();
        assert_unavailable(short.commit_identity(change.clone()).await, start, Duration::from_secs(3));
        wire.hold(false);
        desk.two.commit_identity(change).await.unwrap();
        assert!(desk.one.user(ada.id()).await.unwrap().is_some());
        // The end of it is done, and nobody hears of it.
        let store = desk.one.with_settings(settings(SHORT, A_SECOND));
        call_ends_late(&desk).await;
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

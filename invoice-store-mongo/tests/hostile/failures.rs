//! Servers that fail, that refuse, and that answer late.

use std::time::{Duration, Instant};

use invoice_core::Code;
use invoice_core::ports::{CommitsExt as _, StoreError};
use invoice_core::testing::run;
use invoice_store_mongo::mongodb::bson::doc;

use super::alone;
use super::desk::Desk;

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
            (3, doc! { "failCommands": ["insert"], "closeConnection": true }),
            (20, doc! { "failCommands": ["insert"], "errorCode": 112, "errorLabels": [again] }),
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

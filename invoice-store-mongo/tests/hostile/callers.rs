//! Callers that go away, and applications that bring a transaction of their own.

use std::time::Duration;

use invoice_core::ports::{CommitsExt as _, StoreError};
use invoice_core::testing::run;
use invoice_store_mongo::mongodb::bson::{Document, doc};
use invoice_store_mongo::mongodb::options::ReadConcern;

use super::alone;
use super::desk::Desk;

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

//! Many at once, and in each other's way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use invoice_core::ports::CommitsExt as _;
use invoice_core::service::{Call, PayData};
use invoice_core::testing::{day, euros, run};
use invoice_core::{Actor, ClientData, CreditNoteData, CreditScope, InvoiceData};
use invoice_store_mongo::mongodb::bson::doc;

use super::alone;
use super::desk::Desk;

#[test]
fn a_client_is_not_deleted_while_somebody_pays_for_it() {
    let _alone = alone();
    run(async {
        for how in ["payment", "invoice"] {
            let desk = Desk::open().await;
            let client = desk.make.client("Soon gone");
            desk.one.commit(desk.make.change().insert(client.clone()).build()).await.unwrap();
            // The deletion has looked, and is about to write.
            let block = doc! { "failCommands": ["insert"], "blockConnection": true, "blockTimeMS": 1_500 };
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

//! An application's test can replace one trait of the port and assert on the change set itself.
#![allow(clippy::unwrap_used, reason = "a test says it by panicking")]

use std::sync::Arc;

use invoice_core::change::{AggregateKind, Receipt, Write};
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, MockCommits, StoreError};
use invoice_core::service::{Billing, Call, Error};
use invoice_core::testing::{FixedClock, SequentialIds};
use invoice_core::{Actor, ClientData, EventKind, Party, TeamId, Timestamp};
use uuid::Uuid;

fn billing(commits: MockCommits) -> Billing {
    let mut ports = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
    ports.commits = Arc::new(commits);
    let clock = Arc::new(FixedClock::new(Timestamp::from_millis(1_000)));
    Billing::new(ports, clock, Arc::new(SequentialIds::new()))
}

fn call() -> Call {
    Call::new(Actor::system(TeamId::from_uuid(Uuid::from_u128(1))))
}

#[tokio::test]
async fn creating_a_client_commits_one_insert_one_audit_entry_and_one_event() {
    let mut commits = MockCommits::new();
    commits.expect_commit_all().times(1).returning(|changes| {
        let change = &changes[0];
        let [Write::Insert(record)] = change.writes.as_slice() else { panic!("{:?}", change.writes) };
        assert_eq!(record.id().kind(), AggregateKind::Client);
        assert_eq!(change.audit[0].subject, record.id());
        assert_eq!(change.events[0].kind, EventKind::ClientCreated);
        assert_eq!((change.audit.len(), change.events.len()), (1, 1));
        vec![Ok(Receipt { commit: change.id, records: vec![record.clone()], replayed: false })]
    });
    let client = billing(commits).create_client(&call(), ClientData::new(Party::new("Sperl"))).await.unwrap();
    assert_eq!(client.party().name(), "Sperl");
}

#[tokio::test]
async fn an_unknown_outcome_is_committed_again_as_the_very_same_change_set() {
    let mut commits = MockCommits::new();
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = seen.clone();
    commits.expect_commit_all().times(2).returning(move |changes| {
        let change = &changes[0];
        let mut log = log.lock().unwrap();
        log.push(Arc::clone(change));
        if log.len() == 1 {
            return vec![Err(StoreError::UnknownOutcome)];
        }
        let records = change.writes.iter().filter_map(Write::record).cloned().collect();
        vec![Ok(Receipt { commit: change.id, records, replayed: true })]
    });
    billing(commits).create_client(&call(), ClientData::new(Party::new("Sperl"))).await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_store_that_stays_silent_is_reported_as_an_unknown_outcome_after_a_few_tries() {
    let mut commits = MockCommits::new();
    commits.expect_commit_all().times(3).returning(|_| vec![Err(StoreError::UnknownOutcome)]);
    let outcome = billing(commits).create_client(&call(), ClientData::new(Party::new("Sperl"))).await;
    assert!(matches!(outcome, Err(Error::Store(StoreError::UnknownOutcome))), "{outcome:?}");
}

#[tokio::test]
async fn an_unreachable_store_is_not_asked_twice() {
    let mut commits = MockCommits::new();
    commits.expect_commit_all().times(1).returning(|_| vec![Err(StoreError::Unavailable)]);
    let outcome = billing(commits).create_client(&call(), ClientData::new(Party::new("Sperl"))).await;
    assert!(matches!(outcome, Err(Error::Store(StoreError::Unavailable))), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_without_the_written_records_is_an_error_and_no_panic() {
    let mut commits = MockCommits::new();
    commits.expect_commit_all().returning(|changes| {
        vec![Ok(Receipt { commit: changes[0].id, records: Vec::new(), replayed: false })]
    });
    let outcome = billing(commits).create_client(&call(), ClientData::new(Party::new("Sperl"))).await;
    assert!(matches!(outcome, Err(Error::Store(StoreError::Backend(_)))), "{outcome:?}");
}

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use crate::stage::{Stage, keys};

const HERE: &str = "192.0.2.1";
const QUARTER: Duration = Duration::from_mins(15);

/// Another customer's address each time.
fn address(number: u16) -> String {
    format!("2001:db8:0:{number:x}::1")
}

pub(crate) async fn five_attempts_are_free_and_then_each_waits_twice_as_long(stage: &Stage) {
    stage.fails(1, HERE, 5).await;
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        let wait = stage.attempt(1, HERE).await.unwrap_err();
        assert!(stage.is(wait, seconds), "{wait:?} instead of {seconds} s");
        stage.pass(wait).await;
        stage.fails(1, HERE, 1).await;
    }
}

pub(crate) async fn a_refused_attempt_is_not_counted(stage: &Stage) {
    for number in 0..5 {
        stage.fails(1, &address(number), 1).await;
    }
    for _ in 0..50 {
        let wait = stage.attempt(1, HERE).await.unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
    }
    // Refused for the account, they are not counted for the address either.
    stage.fails(2, HERE, 5).await;
}

pub(crate) async fn of_attempts_at_the_same_time_only_the_free_ones_get_through(stage: &Stage) {
    let attempts = (0..100).map(|_| {
        let throttle = Arc::clone(&stage.throttle);
        tokio::spawn(async move { throttle.attempt(&keys(1, HERE)).await })
    });
    let through = join_all(attempts).await.into_iter().filter(|attempt| matches!(attempt, Ok(Ok(()))));
    assert_eq!(through.count(), 5);
}

pub(crate) async fn an_account_is_protected_from_all_addresses_together(stage: &Stage) {
    for number in 0..5 {
        stage.fails(1, &address(number), 1).await;
    }
    assert!(stage.attempt(1, &address(99)).await.is_err());
    assert!(stage.attempt(2, &address(99)).await.is_ok());
}

pub(crate) async fn an_address_is_limited_over_all_accounts_together(stage: &Stage) {
    for account in 0..5 {
        stage.fails(account, &format!("2001:db8:0:1::{account:x}"), 1).await;
    }
    assert!(stage.attempt(99, "2001:db8:0:1:ffff::").await.is_err());
    assert!(stage.attempt(99, "2001:db8:0:2::").await.is_ok());
}

pub(crate) async fn a_success_forgets_the_accounts_failures(stage: &Stage) {
    for number in 0..5 {
        stage.fails(1, &address(number), 1).await;
    }
    assert!(stage.attempt(1, HERE).await.is_err());
    stage.pass(Duration::from_secs(1)).await;
    stage.fails(1, HERE, 1).await;
    stage.succeeded(1, HERE).await;
    stage.fails(1, HERE, 5).await;
}

pub(crate) async fn a_success_does_not_forget_the_addresss_failures(stage: &Stage) {
    // An attacker with an account of their own.
    for account in 2..6 {
        stage.fails(account, HERE, 1).await;
        stage.fails(1, HERE, 1).await;
        stage.succeeded(1, HERE).await;
    }
    stage.fails(6, HERE, 1).await;
    let wait = stage.attempt(1, HERE).await.unwrap_err();
    assert!(stage.is(wait, 1), "{wait:?}");
    stage.pass(wait).await;
    stage.fails(1, HERE, 1).await;
    stage.succeeded(1, HERE).await;
    // As before: five failures, the last of them a second ago.
    stage.fails(7, HERE, 1).await;
    let wait = stage.attempt(1, HERE).await.unwrap_err();
    assert!(stage.is(wait, 2), "{wait:?}");
}

pub(crate) async fn people_behind_one_address_who_all_succeed_never_wait(stage: &Stage) {
    for account in 0..200 {
        stage.fails(account, HERE, 1).await;
        stage.succeeded(account, HERE).await;
    }
    stage.fails(300, HERE, 5).await;
}

pub(crate) async fn whoever_waits_is_told_for_how_long_exactly(stage: &Stage) {
    stage.fails(1, HERE, 5).await;
    for seconds in [1, 2, 4, 8, 16, 32] {
        stage.pass(Duration::from_secs(seconds)).await;
        stage.fails(1, HERE, 1).await;
    }
    // The sixth wait is of 64 s. Others' waits are not ours.
    stage.pass(Duration::from_mins(1)).await;
    let wait = stage.attempt(1, HERE).await.unwrap_err();
    assert!(stage.is(wait, 4), "{wait:?}");
    assert!(stage.attempt(2, &address(1)).await.is_ok());
    stage.pass(wait).await;
    assert!(stage.attempt(1, HERE).await.is_ok());
}

pub(crate) async fn a_quarter_of_an_hour_takes_back_one_failure(stage: &Stage) {
    stage.fails(1, HERE, 5).await;
    stage.pass(2 * QUARTER).await;
    stage.fails(1, HERE, 2).await;
    assert!(stage.attempt(1, HERE).await.is_err());
}

pub(crate) async fn all_is_forgotten_after_a_quiet_time(stage: &Stage) {
    stage.fails(1, HERE, 5).await;
    for _ in 0..20 {
        let wait = stage.attempt(1, HERE).await.unwrap_err();
        stage.pass(wait).await;
        stage.fails(1, HERE, 1).await;
    }
    stage.pass(15 * QUARTER).await;
    stage.fails(1, HERE, 5).await;
    assert!(stage.attempt(1, HERE).await.is_err());
}

pub(crate) async fn an_attempt_taken_back_was_never_made_but_those_before_it_were(stage: &Stage) {
    stage.fails(1, HERE, 4).await;
    for _ in 0..20 {
        stage.fails(1, HERE, 1).await;
        stage.take_back(1, HERE).await;
    }
    stage.fails(1, HERE, 1).await;
    let wait = stage.attempt(1, HERE).await.unwrap_err();
    assert!(stage.is(wait, 1), "{wait:?}");
}

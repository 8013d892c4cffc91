//! Limits on failed attempts, counted in this process and in Redis alike.

#![expect(clippy::unwrap_used, reason = "what can't be done fails its test")]

mod away;
mod stage;
mod stories;
mod windows;

macro_rules! on_both {
    ($($story:ident)*) => {
        mod memory { $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)] async fn $story() {
            crate::stories::$story(&crate::stage::memory()).await;
        })* }
        mod redis { $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)] async fn $story() {
            crate::stories::$story(&crate::stage::redis(stringify!($story)).await).await;
        })* }
    };
}

on_both! {
    five_attempts_are_free_and_then_each_waits_twice_as_long
    a_refused_attempt_is_not_counted
    of_attempts_at_the_same_time_only_the_free_ones_get_through
    an_account_is_protected_from_all_addresses_together
    an_address_is_limited_over_all_accounts_together
    a_success_forgets_the_accounts_failures
    a_success_does_not_forget_the_addresss_failures
    people_behind_one_address_who_all_succeed_never_wait
    whoever_waits_is_told_for_how_long_exactly
    a_quarter_of_an_hour_takes_back_one_failure
    all_is_forgotten_after_a_quiet_time
    an_attempt_taken_back_was_never_made_but_those_before_it_were
}

//! The same random trace on every store: each answer is the same, and so is everything there is at the end.
//!
//! `INVOICE_TRACE_SEED` repeats a trace, `INVOICE_TRACE_STEPS` says how long it is.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says it by panicking"
)]

mod changes;
mod data;
mod lists;
mod player;
mod state;
mod steps;
mod trace;

use std::env;
use std::hash::{BuildHasher, RandomState};

use trace::Trace;

const STEPS: u64 = 10_000;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test]
async fn every_store_answers_alike_and_ends_alike() {
    let seed = number("INVOICE_TRACE_SEED").unwrap_or_else(|| RandomState::new().hash_one(0_u8) >> 32);
    let steps = number("INVOICE_TRACE_STEPS").unwrap_or(STEPS);
    println!("INVOICE_TRACE_SEED={seed} INVOICE_TRACE_STEPS={steps}");
    let (players, _kept) = player::all().await;
    let mut trace = Trace::new(seed, players);
    if let Err(wrong) = trace.play(steps).await {
        panic!("seed {seed}, step {}: {}\n{wrong}", trace.count(), trace.last());
    }
    println!("{}", trace.summary());
    trace.assert_that_much_happened(steps);
}

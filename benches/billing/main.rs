//! `cargo xtask bench billing`: an invoice's way through the engine, without a disk or a network.
#![expect(clippy::expect_used, reason = "a benchmark whose setup fails says so and ends")]

mod world;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use invoice_core::change::resolve;
use invoice_core::ports::ChainDocument;
use invoice_core::{CreditLine, CreditScope, Currency, Hash, Invoice, Money};
use tokio::runtime::Runtime;
use world::World;

/// A store gets no fuller than this, so that a long run measures the same as a short one.
const FULL: u64 = 5_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    issue(&mut criterion, &runtime);
    bind(&mut criterion, &runtime);
    seal(&mut criterion, &runtime);
    json(&mut criterion, &runtime);
    credit(&mut criterion, &runtime);
    criterion.final_summary();
}

/// An issued invoice of so many lines.
fn issued(runtime: &Runtime, lines: usize) -> Invoice {
    runtime.block_on(async { World::new(1, lines).await?.issue(0).await }).expect("a sound invoice is issued")
}

/// Create and issue in one commit: checks, totals, snapshot, number, seal, audit, events, and the store.
fn issue(criterion: &mut Criterion, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("issue");
    for teams in [1, 1_000] {
        group.bench_function(BenchmarkId::new("teams", teams), |b| {
            b.iter_custom(|rounds| runtime.block_on(issue_rounds(teams, rounds)));
        });
    }
    group.finish();
}

async fn issue_rounds(teams: usize, mut rounds: u64) -> Duration {
    let mut spent = Duration::ZERO;
    while rounds > 0 {
        let world = World::new(teams, 5).await.expect("teams can be set up");
        let now = rounds.min(FULL);
        let turns = 0..usize::try_from(now).expect("at most `FULL`");
        let start = Instant::now();
        for turn in turns {
            black_box(world.issue(turn).await.expect("a sound invoice is issued"));
        }
        spent += start.elapsed();
        rounds -= now;
    }
    spent
}

/// Binding the number of one change set, the part that an adapter may have to do again.
fn bind(criterion: &mut Criterion, runtime: &Runtime) {
    let change = runtime.block_on(async {
        let world = World::watched(5).await.expect("a team can be set up");
        world.issue(0).await.expect("a sound invoice is issued");
        world.last_change().expect("something was committed")
    });
    criterion.bench_function("resolve", |b| b.iter(|| resolve(black_box(&change), &BTreeMap::new())));
}

/// The hash over the canonical bytes of an invoice.
fn seal(criterion: &mut Criterion, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("seal");
    for lines in [5, 1_000] {
        let document = ChainDocument::Invoice(Box::new(issued(runtime, lines)));
        group.bench_function(BenchmarkId::new("lines", lines), |b| {
            b.iter(|| -> Option<Hash> { black_box(&document).recompute_hash() });
        });
    }
    group.finish();
}

/// The stored form of an issued invoice of five lines.
fn json(criterion: &mut Criterion, runtime: &Runtime) {
    let invoice = issued(runtime, 5);
    let text = serde_json::to_vec(&invoice).expect("every invoice has a stored form");
    let mut group = criterion.benchmark_group("json");
    group.throughput(criterion::Throughput::Bytes(text.len() as u64));
    group.bench_function("write", |b| b.iter(|| serde_json::to_vec(black_box(&invoice))));
    group.bench_function("read", |b| b.iter(|| serde_json::from_slice::<Invoice>(black_box(&text))));
    group.finish();
}

/// The figures of a credit note over an invoice of five lines.
fn credit(criterion: &mut Criterion, runtime: &Runtime) {
    let invoice = issued(runtime, 5);
    let scopes = [
        ("full", CreditScope::Full),
        ("line", CreditScope::Lines(vec![CreditLine::left("2")])),
        ("amount", CreditScope::Amount(Money::from_minor(500, Currency::EUR).expect("5.00 EUR"))),
    ];
    let mut group = criterion.benchmark_group("credit");
    for (name, scope) in scopes {
        invoice.plan_credit(&scope).expect("that much is left");
        group.bench_function(name, |b| b.iter(|| invoice.plan_credit(black_box(&scope))));
    }
    group.finish();
}

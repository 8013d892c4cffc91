//! `cargo xtask bench totals`: the engine beside a plain decimal loop, then the ratios of the two.
#![expect(clippy::expect_used, reason = "a benchmark whose input is wrong says so and ends")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use invoice_benches::documents::{Document, LENGTHS};
use invoice_benches::paired::permille;
use invoice_core::totals::{Input, PriceMode, Rounding, Totals, calculate};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    plain(&mut criterion);
    full(&mut criterion);
    modes(&mut criterion);
    criterion.final_summary();
    // Without the first, cargo only checks that everything runs; with the second, somebody profiles one of the above.
    let asked = |flag| std::env::args().any(|arg| arg == flag);
    if asked("--bench") && !asked("--profile-time") {
        ratios();
    }
}

fn totals(input: &Input<'_>) -> Totals {
    calculate(black_box(input)).expect("the document is sound")
}

fn document(made: Result<Document, Box<dyn std::error::Error>>) -> Document {
    made.expect("the document can be made")
}

fn lines(length: usize) -> Throughput {
    Throughput::Elements(u64::try_from(length).unwrap_or(u64::MAX))
}

/// The engine on what the loop of a few lines can do.
fn plain(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plain");
    for length in LENGTHS {
        let document = document(Document::plain(length));
        group.throughput(lines(length));
        group.bench_function(BenchmarkId::new("engine", length), |b| b.iter(|| totals(&document.input())));
        group.bench_function(BenchmarkId::new("loop", length), |b| {
            b.iter(|| black_box(document.sheet()).plain());
        });
    }
    group.finish();
}

/// Allowances, charges, several groups and several taxes, with the same steps in the loop.
fn full(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("full");
    for length in LENGTHS {
        let document = document(Document::full(length));
        group.throughput(lines(length));
        group.bench_function(BenchmarkId::new("engine", length), |b| b.iter(|| totals(&document.input())));
        group.bench_function(BenchmarkId::new("loop", length), |b| {
            b.iter(|| black_box(document.sheet()).full());
        });
    }
    group.finish();
}

/// The other ways to calculate, for information.
fn modes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("modes");
    for length in LENGTHS {
        let (plain, full) = (document(Document::plain(length)), document(Document::full(length)));
        group.throughput(lines(length));
        group.bench_function(BenchmarkId::new("inclusive", length), |b| {
            b.iter(|| totals(&plain.input().with_prices(PriceMode::TaxInclusive)));
        });
        group.bench_function(BenchmarkId::new("precise", length), |b| {
            b.iter(|| totals(&full.input().with_rounding(Rounding::Precise)));
        });
    }
    group.finish();
}

/// Engine ÷ loop, measured turn by turn, as rows of a table.
fn ratios() {
    println!(
        "\n| lines | plain ÷ loop | full ÷ its loop | full ÷ plain loop | inclusive ÷ plain loop | precise ÷ its loop |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    for length in LENGTHS {
        let (plain, full) = (document(Document::plain(length)), document(Document::full(length)));
        let (plain_loop, full_loop) =
            (|| black_box(plain.sheet()).plain(), || black_box(full.sheet()).full());
        let inclusive = plain.input().with_prices(PriceMode::TaxInclusive);
        let precise = full.input().with_rounding(Rounding::Precise);
        let columns = [
            permille(|| totals(&plain.input()), plain_loop),
            permille(|| totals(&full.input()), full_loop),
            permille(|| totals(&full.input()), plain_loop),
            permille(|| totals(&inclusive), plain_loop),
            permille(|| totals(&precise), full_loop),
        ];
        let columns: Vec<_> =
            columns.iter().map(|ratio| format!("{}.{:02}", ratio / 1_000, ratio % 1_000 / 10)).collect();
        println!("| {length} | {} |", columns.join(" | "));
    }
}

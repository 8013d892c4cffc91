//! `cargo xtask bench stores`: each store beside the limit of what it stands on, in turns of one and the other.
//!
//! Names choose parts: `cargo xtask bench stores -- issue hot`, and after `mongo` those of MongoDB; `--short` only
//! tries whether everything runs.

mod mongo;
mod postgres;
mod run;
mod sqlite;
mod world;

use std::process::ExitCode;

pub(crate) use invoice_benches::{Wrong, cpu, machine, measure, table};
use measure::Sample;
use table::Report;

/// How long to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Full,
    /// Only to see that everything runs.
    Short,
}

impl Length {
    /// Pairs of samples.
    pub(crate) fn turns(self) -> usize {
        match self {
            Self::Full => 5,
            Self::Short => 1,
        }
    }

    /// Operations that take about as long as a sample shall, going by what some took.
    pub(crate) fn count(self, tried: &Sample) -> Result<usize, Wrong> {
        let millis = match self {
            Self::Full => 2_000,
            Self::Short => 200,
        };
        Ok(usize::try_from(tried.rate() * millis / 1_000)?.max(64))
    }

    /// Operations of one sample.
    pub(crate) fn operations(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Short => (full / 10).max(16),
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let length = if arguments.iter().any(|it| it == "--short") { Length::Short } else { Length::Full };
    let parts: Vec<&str> = arguments.iter().map(String::as_str).filter(|it| !it.starts_with('-')).collect();
    // Cargo itself starts it without `--bench` to see whether it runs at all.
    if !arguments.iter().any(|it| it == "--bench") {
        return ExitCode::SUCCESS;
    }
    match measure(&parts, length) {
        Ok(report) => {
            println!("{}", report.text());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("stores: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(parts: &[&str], length: Length) -> Result<Report, Wrong> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report::default();
    report.note(&format!("Measured on {}.", machine::describe()));
    let asked = |part: &str| parts.is_empty() || parts.contains(&part);
    runtime.block_on(async {
        if let Some(("mongo", parts)) = parts.split_first().map(|(first, rest)| (*first, rest)) {
            return mongo::measure(&mut report, parts, length).await;
        }
        if asked("sqlite") {
            sqlite::measure(&mut report, length).await?;
        }
        if parts.is_empty() || postgres::PARTS.iter().any(|part| parts.contains(part)) {
            postgres::measure(&mut report, parts, length).await?;
        }
        if parts.is_empty() {
            mongo::measure(&mut report, parts, length).await?;
        }
        Ok::<_, Wrong>(())
    })?;
    Ok(report)
}

//! `cargo xtask bench http`: the API under load, beside bare handlers and beside what a user would build instead.
//!
//! Names choose parts: `cargo xtask bench http -- handlers tokens`; `--short` only tries whether everything runs.

mod bare;
mod client;
mod database;
mod engine;
mod handlers;
mod memory;
mod peer;
mod process;
mod statement;
mod team;
mod tokens;
mod wrk;

use std::process::ExitCode;
use std::time::Duration;

use invoice_benches::table::Report;
use invoice_benches::{Wrong, machine};

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

    /// How long a sample takes.
    pub(crate) fn sample(self) -> Duration {
        Duration::from_secs(match self {
            Self::Full => 3,
            Self::Short => 1,
        })
    }

    /// So many of something, or a small part.
    pub(crate) fn count(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Short => (full / 50).max(2),
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
    let mut report = Report::default();
    let measured = measure(&mut report, &parts, length);
    println!("{}", report.text());
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("http: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(report: &mut Report, parts: &[&str], length: Length) -> Result<(), Wrong> {
    const PARTS: [&str; 4] = ["handlers", "tokens", "memory", "peer"];
    if let Some(other) = parts.iter().find(|part| !PARTS.contains(part)) {
        return Err(format!("no part {other}; there are {}", PARTS.join(", ")).into());
    }
    let asked = |part: &str| parts.is_empty() || parts.contains(&part);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    report.note(&format!("Measured on {}.", machine::describe()));
    runtime.block_on(async {
        if asked("handlers") {
            handlers::measure(report, length).await?;
        }
        if asked("tokens") {
            tokens::measure(report, length).await?;
        }
        if asked("memory") {
            memory::measure(report, length).await?;
        }
        if asked("peer") {
            peer::measure(report, length).await?;
        }
        Ok(())
    })
}

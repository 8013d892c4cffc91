//! `cargo xtask bench stores`: each store beside the limit of what it stands on, in turns of one and the other.
//!
//! Names choose parts: `cargo xtask bench stores -- issue hot`; `--short` only tries whether everything runs.

mod cpu;
mod machine;
mod measure;
mod run;
mod table;
mod world;

use std::process::ExitCode;

use table::Report;

/// What a benchmark gives up with.
pub(crate) type Wrong = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match measure() {
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

fn measure() -> Result<Report, Wrong> {
    Ok(Report::default())
}

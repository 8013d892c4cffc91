//! The project's own tasks: `cargo xtask ci|test|crash|bench`. `cargo xtask` alone explains them.
//!
//! Arguments are read by hand: a few commands are not worth the time a parser crate adds to the first build.

mod bench;
mod ci;
mod command;
mod crash;
mod docs_page;
mod features;
mod provision;
mod readme;
mod schemathesis;
mod test;
mod types;
mod words;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask ci [STEP…]           every check, or only the named steps
cargo xtask ci --skip STEP       every check but this one (repeatable)
cargo xtask test [ARGS…]         provisions what the tests need, then runs all of them; ARGS go to `cargo test`
cargo xtask crash [OPTIONS]      kills stores while they work: --store sqlite|postgres|mongo --rounds N --issues N --seed N
cargo xtask schemathesis [OPTIONS] tries the API against its OpenAPI document: --requests N --seed N
cargo xtask docs-page            visits the API's documentation with a browser and works with it
cargo xtask types                writes the TypeScript types of the API anew
cargo xtask bench [NAME] [ARGS…] all benchmarks, or one file of benches/; ARGS go to it
cargo xtask bench http -- --peer FOLDER  the API under load, beside bare handlers and the program in that folder";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let (task, rest) = args.split_first().map_or(("help", args), |(task, rest)| (task.as_str(), rest));
    match task {
        "ci" => ci::run(rest),
        "test" => test::run(rest),
        "crash" => crash::run(rest),
        "docs-page" => docs_page::run(),
        "types" => types::write(),
        "schemathesis" => schemathesis::run(rest),
        "bench" => bench::run(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}\n\nsteps of ci, in order: {}", ci::step_names());
            Ok(())
        }
        other => bail!("no task `{other}`\n{USAGE}"),
    }
}

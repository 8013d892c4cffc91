//! `cargo xtask bench`: the benchmarks of `benches/`, with the server some of them need.

use anyhow::Result;

use crate::command::{cargo, run as run_command};
use crate::provision::{POSTGRES_BIN, POSTGRES_URL, Server, Settings};

/// Runs all benchmarks, or the file named first; the other `args` go to criterion.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut benches = cargo();
    benches.args(arguments(args));
    let postgres = if needs_postgres(args) { Some(Server::postgres(&settings())?) } else { None };
    if let Some(server) = &postgres {
        benches.env(POSTGRES_URL, server.url());
        if let Some(server) = server.ours() {
            benches.env(POSTGRES_BIN, server.bin_dir());
        }
    }
    run_command(&mut benches)
}

/// Durable, with memory for what is measured and no checkpoint in the middle of it.
fn settings() -> Settings {
    Settings::durable()
        .with("shared_buffers", "1GB")
        .with("max_wal_size", "16GB")
        .with("checkpoint_timeout", "1h")
        .with("track_io_timing", "off")
}

/// Whether what is asked for includes a benchmark of PostgreSQL.
fn needs_postgres(args: &[String]) -> bool {
    match args.split_first() {
        Some((name, rest)) if name == "stores" => {
            let mut parts = rest.iter().filter(|arg| !arg.starts_with('-')).peekable();
            parts.peek().is_none() || parts.any(|part| part != "sqlite")
        }
        Some((name, _)) => name.starts_with('-') || name.contains('*'),
        None => true,
    }
}

/// Bench targets are always named: cargo would else also start the library's test harness, which refuses
/// criterion's arguments.
fn arguments(args: &[String]) -> Vec<&str> {
    let (target, rest) = match args.split_first() {
        Some((name, rest)) if !name.starts_with('-') => (name.as_str(), rest),
        _ => ("*", args),
    };
    let rest = rest.iter().map(String::as_str).filter(|arg| *arg != "--");
    ["bench", "-p", "invoice-benches", "--bench", target, "--"].into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(args: &[&str]) -> String {
        arguments(&args.iter().map(ToString::to_string).collect::<Vec<_>>()).join(" ")
    }

    #[test]
    fn without_a_name_every_benchmark_runs() {
        assert_eq!(line(&[]), "bench -p invoice-benches --bench * --");
        assert_eq!(line(&["--quick"]), "bench -p invoice-benches --bench * -- --quick");
    }

    #[test]
    fn a_name_picks_one_file_and_the_rest_goes_to_criterion() {
        assert_eq!(
            line(&["totals", "--", "--save-baseline", "before"]),
            "bench -p invoice-benches --bench totals -- --save-baseline before"
        );
    }

    #[test]
    fn a_server_is_started_for_the_stores_unless_sqlite_alone_is_asked_for() {
        let needs = |args: &[&str]| needs_postgres(&args.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(needs(&[]) && needs(&["--quick"]) && needs(&["*"]));
        assert!(needs(&["stores"]) && needs(&["stores", "--", "--short"]));
        assert!(needs(&["stores", "--", "sqlite", "get"]));
        assert!(!needs(&["stores", "--", "sqlite", "--short"]) && !needs(&["totals"]));
    }
}

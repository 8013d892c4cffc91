//! `cargo xtask bench`: the benchmarks of `benches/`, with the server some of them need.

mod http;

use anyhow::Result;

use http::Http;

use crate::command::{cargo, run as run_command};
use crate::provision::{MONGO_URI, MongoSettings, POSTGRES_BIN, POSTGRES_URL, Server, Settings};

/// Runs all benchmarks, or the file named first; the other `args` go to criterion. `mongo` is that part of the
/// stores.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut benches = cargo();
    let needs = match args.split_first() {
        Some((name, rest)) if name == "http" => {
            let http = Http::read(rest)?;
            let line: Vec<String> = std::iter::once(name).chain(&http.rest).cloned().collect();
            benches.args(arguments(&line));
            http.prepare(&mut benches)?;
            Needs { postgres: http.needs("handlers") || http.needs("peer"), mongo: http.needs("peer") }
        }
        _ => {
            benches.args(arguments(args));
            Needs::of(args)
        }
    };
    let mongo = if needs.mongo { Some(Server::mongo(&MongoSettings::durable())?) } else { None };
    if let Some(server) = &mongo {
        benches.env(MONGO_URI, server.url());
    }
    let postgres = if needs.postgres { Some(Server::postgres(&settings())?) } else { None };
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

/// Which servers what is asked for takes.
#[derive(Debug, PartialEq, Eq)]
struct Needs {
    postgres: bool,
    mongo: bool,
}

impl Needs {
    fn of(args: &[String]) -> Self {
        let part = |arg: &&str| !arg.starts_with('-');
        let mut args = args.iter().map(String::as_str);
        match args.next() {
            Some("mongo") => Self { postgres: false, mongo: true },
            Some("stores") => {
                let parts: Vec<_> = args.filter(part).collect();
                let mongo = parts.first().is_none_or(|part| *part == "mongo");
                let postgres = parts.is_empty() || !mongo && parts.iter().any(|part| *part != "sqlite");
                Self { postgres, mongo }
            }
            Some(name) => {
                let all = name.starts_with('-') || name.contains('*');
                Self { postgres: all, mongo: all }
            }
            None => Self { postgres: true, mongo: true },
        }
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
    let (target, part) = if target == "mongo" { ("stores", Some(target)) } else { (target, None) };
    let features: &[&str] = if target == "http" { &["--features", "http"] } else { &[] };
    let line = ["bench", "-p", "invoice-benches", "--bench", target].into_iter();
    line.chain(features.iter().copied()).chain(["--"]).chain(part).chain(rest).collect()
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
    fn the_benchmark_of_the_api_runs_only_when_it_is_named() {
        assert_eq!(
            line(&["http", "--short"]),
            "bench -p invoice-benches --bench http --features http -- --short"
        );
        assert!(!line(&[]).contains("features"));
    }

    #[test]
    fn mongo_is_a_part_of_the_stores_with_parts_of_its_own() {
        assert_eq!(
            line(&["mongo", "--", "hot", "--short"]),
            "bench -p invoice-benches --bench stores -- mongo hot --short"
        );
    }

    #[test]
    fn the_servers_of_what_is_asked_for_are_started_and_no_others() {
        let needs = |args: &[&str]| {
            let Needs { postgres, mongo } =
                Needs::of(&args.iter().map(ToString::to_string).collect::<Vec<_>>());
            (postgres, mongo)
        };
        for both in [&[][..], &["--quick"], &["*"], &["stores"], &["stores", "--", "--short"]] {
            assert_eq!(needs(both), (true, true), "{both:?}");
        }
        assert_eq!(needs(&["stores", "--", "sqlite", "get"]), (true, false));
        assert_eq!(needs(&["stores", "--", "sqlite", "--short"]), (false, false));
        assert_eq!(needs(&["stores", "--", "mongo", "get"]), (false, true));
        assert_eq!(needs(&["mongo", "--", "get"]), (false, true));
        assert_eq!(needs(&["totals"]), (false, false));
    }
}

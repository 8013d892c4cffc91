//! `cargo xtask test`: all tests, with whatever they need running.

use anyhow::{Result, anyhow};

use crate::command::{cargo, run as run_command};
use crate::features::users_of;
use crate::provision::{
    MONGO_URI, MONGOD, MongoSettings, POSTGRES_URL, REDIS_SERVER, REDIS_URL, Server, Settings, mongod,
    redis_server,
};

/// Whose tests, and those of everything above it, need a PostgreSQL.
const NEEDS_POSTGRES: &str = "invoice-store-postgres";
/// Whose tests, and those of everything above it, need a MongoDB.
const NEEDS_MONGO: &str = "invoice-store-mongo";
/// Whose tests, and those of everything above it, need a Redis.
const NEEDS_REDIS: &str = "invoice-auth";

/// Provisions, then runs unit, integration and documentation tests; `args` go to `cargo test`.
///
/// A service that tests need is started here, by its own file in `provision/`, and one that cannot be started fails
/// the run.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let needs_postgres = needed(args, &users_of(NEEDS_POSTGRES)?);
    let needs_mongo = needed(args, &users_of(NEEDS_MONGO)?);
    // Before the others start: what is missing is said at once.
    let redis = if needed(args, &users_of(NEEDS_REDIS)?) {
        // Of a server that a user brings, the program is not known, and the tests need it even so.
        let program = redis_server()?;
        Some((Server::redis()?, program))
    } else {
        None
    };
    // At the same time: each takes its seconds to start.
    let (postgres, mongo) = std::thread::scope(|scope| {
        let mongo = scope.spawn(|| {
            if !needs_mongo {
                return Ok(None);
            }
            // Of a server that a user brings, the program is not known, and the tests need it even so.
            let program = mongod()?;
            Ok(Some((Server::mongo(&MongoSettings::single())?, program)))
        });
        let postgres = needs_postgres.then(|| Server::postgres(&Settings::fast())).transpose();
        let mongo = mongo.join().unwrap_or_else(|_| Err(anyhow!("the start of MongoDB panicked")));
        (postgres, mongo)
    });
    let (postgres, mongo) = (postgres?, mongo?);
    let mut tests = cargo();
    tests.args(arguments(args));
    if let Some(server) = &postgres {
        tests.env(POSTGRES_URL, server.url());
    }
    if let Some((server, program)) = &mongo {
        tests.env(MONGO_URI, server.url()).env(MONGOD, program);
    }
    if let Some((server, program)) = &redis {
        tests.env(REDIS_URL, server.url()).env(REDIS_SERVER, program);
    }
    run_command(&mut tests)
}

/// Cargo lets `--workspace` win over `-p`, so it is left out when packages are named.
fn arguments(args: &[String]) -> Vec<&str> {
    let scope = if chosen(args) == Chosen::All { &["--workspace"][..] } else { &[][..] };
    ["test"]
        .iter()
        .chain(scope)
        .chain(&["--all-features", "--no-fail-fast"])
        .copied()
        .chain(args.iter().map(String::as_str))
        .collect()
}

/// Whether the tests asked for are, or may be, those of one of these packages.
fn needed(args: &[String], packages: &[String]) -> bool {
    match chosen(args) {
        Chosen::All | Chosen::Manifest => true,
        // A pattern may mean anything.
        Chosen::Named(names) => {
            names.iter().any(|name| name.contains('*') || packages.iter().any(|package| package == name))
        }
    }
}

/// Which packages the arguments choose.
#[derive(Debug, PartialEq, Eq)]
enum Chosen<'a> {
    All,
    Named(Vec<&'a str>),
    /// Those of a manifest, whatever they are.
    Manifest,
}

fn chosen(args: &[String]) -> Chosen<'_> {
    let mut names = Vec::new();
    let mut args = args.iter().map(String::as_str).take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        if arg.starts_with("--manifest-path") {
            return Chosen::Manifest;
        } else if arg == "-p" || arg == "--package" {
            names.extend(args.next());
        } else if let Some(name) = arg.strip_prefix("--package=").or_else(|| arg.strip_prefix("-p")) {
            names.push(name);
        }
    }
    if names.is_empty() { Chosen::All } else { Chosen::Named(names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(args: &[&str]) -> Vec<String> {
        args.iter().map(ToString::to_string).collect()
    }

    fn line(args: &[&str]) -> String {
        arguments(&words(args)).join(" ")
    }

    #[test]
    fn everything_is_tested_unless_told_otherwise() {
        assert_eq!(line(&[]), "test --workspace --all-features --no-fail-fast");
    }

    #[test]
    fn arguments_reach_cargo_in_their_order() {
        assert_eq!(
            line(&["--doc", "--", "--nocapture"]),
            "test --workspace --all-features --no-fail-fast --doc -- --nocapture"
        );
    }

    #[test]
    fn a_named_package_is_tested_alone() {
        assert_eq!(line(&["-p", "invoice-core"]), "test --all-features --no-fail-fast -p invoice-core");
        assert!(!line(&["--package=invoice-core"]).contains("--workspace"));
        assert!(!line(&["--manifest-path", "xtask/Cargo.toml"]).contains("--workspace"));
    }

    #[test]
    fn what_follows_the_dashes_belongs_to_the_tests() {
        assert!(line(&["--", "-p"]).contains("--workspace"));
    }

    #[test]
    fn a_server_is_started_for_whoever_needs_it_and_for_nobody_else() {
        let needed = |args: &[&str]| needed(&words(args), &words(&["store", "app"]));
        assert!(needed(&[]) && needed(&["--doc"]) && needed(&["--manifest-path=x"]));
        for args in [&["-p", "store"][..], &["-papp"], &["--package", "core", "--package=app"], &["-p", "s*"]]
        {
            assert!(needed(args), "{args:?}");
        }
        assert!(!needed(&["-p", "core", "store"]));
        assert!(!needed(&["-p", "core", "--", "-p", "store"]));
    }
}

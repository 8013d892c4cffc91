//! `cargo xtask test`: all tests, with whatever they need running.

use anyhow::Result;

use crate::command::{cargo, run as run_command};

/// Provisions, then runs unit, integration and documentation tests; `args` go to `cargo test`.
///
/// Today's tests need cargo alone. A service that a later crate's tests need is started here, by its own file in
/// `provision/`, and one that cannot be started fails the run.
pub(crate) fn run(args: &[String]) -> Result<()> {
    run_command(cargo().args(arguments(args)))
}

/// Cargo lets `--workspace` win over `-p`, so it is left out when packages are named.
fn arguments(args: &[String]) -> Vec<&str> {
    let named = args.iter().take_while(|arg| *arg != "--").any(|arg| {
        arg.starts_with("-p") || arg.starts_with("--package") || arg.starts_with("--manifest-path")
    });
    let scope = if named { &[][..] } else { &["--workspace"][..] };
    ["test"]
        .iter()
        .chain(scope)
        .chain(&["--all-features", "--no-fail-fast"])
        .copied()
        .chain(args.iter().map(String::as_str))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(args: &[&str]) -> String {
        arguments(&args.iter().map(ToString::to_string).collect::<Vec<_>>()).join(" ")
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
    }

    #[test]
    fn what_follows_the_dashes_belongs_to_the_tests() {
        assert!(line(&["--", "-p"]).contains("--workspace"));
    }
}

//! `cargo xtask bench`: the criterion benchmarks of `benches/`.

use anyhow::Result;

use crate::command::{cargo, run as run_command};

/// Runs all benchmarks, or the file named first; the other `args` go to criterion.
pub(crate) fn run(args: &[String]) -> Result<()> {
    run_command(cargo().args(arguments(args)))
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
}

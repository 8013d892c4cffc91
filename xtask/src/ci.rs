//! `cargo xtask ci`: every check, each runnable alone.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run as run_command};
use crate::{crash, docs_page, features, readme, schemathesis, test, types, words};

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Words,
    Fmt,
    Deny,
    Clippy,
    Features,
    Doc,
    Examples,
    Types,
    DocsPage,
    Schemathesis,
    Crash,
    Test,
}

/// How a step that did not fail ended.
enum Outcome {
    Ok,
    /// Not checked, and why: never to be mistaken for a pass.
    NotRun(&'static str),
}

impl Step {
    /// Cheap first; the tests last, so that their own closing lines end the output.
    const ALL: [Self; 12] = [
        Self::Words,
        Self::Fmt,
        Self::Deny,
        Self::Clippy,
        Self::Features,
        Self::Doc,
        Self::Examples,
        Self::Types,
        Self::DocsPage,
        Self::Schemathesis,
        Self::Crash,
        Self::Test,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Fmt => "fmt",
            Self::Deny => "deny",
            Self::Clippy => "clippy",
            Self::Features => "features",
            Self::Doc => "doc",
            Self::Examples => "examples",
            Self::Types => "types",
            Self::DocsPage => "docs-page",
            Self::Schemathesis => "schemathesis",
            Self::Crash => "crash",
            Self::Test => "test",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|step| step.name() == name)
            .with_context(|| format!("no step `{name}`; there are {}", step_names()))
    }

    fn run(self) -> Result<Outcome> {
        match self {
            Self::Words => words::run()?,
            Self::Fmt => run_command(cargo().args(["fmt", "--all", "--check"]))?,
            Self::Deny => return deny(),
            Self::Clippy => run_command(cargo().args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]))?,
            Self::Features => features::run()?,
            Self::Doc => doc()?,
            Self::Examples => readme::run()?,
            Self::Types => types::check()?,
            Self::DocsPage => docs_page::run()?,
            Self::Schemathesis => schemathesis::short()?,
            Self::Crash => crash::short()?,
            Self::Test => test::run(&[])?,
        }
        Ok(Outcome::Ok)
    }
}

/// The steps' names in the order they run.
pub(crate) fn step_names() -> String {
    Step::ALL.map(Step::name).join(" ")
}

/// Runs the steps that `args` choose and stops at the first that fails.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let steps = choose(args)?;
    let mut summary = String::from("\n");
    let mut failed = None;
    for step in steps {
        eprintln!("\n==> {}", step.name());
        let start = Instant::now();
        let result = step.run().with_context(|| format!("step {}", step.name()));
        summary.push_str(&line(step, &result, start.elapsed()));
        summary.push('\n');
        if result.is_err() {
            failed = Some(result.map(drop));
            break;
        }
    }
    eprint!("{summary}");
    failed.unwrap_or(Ok(()))
}

/// The named steps as given, or all but the skipped ones.
fn choose(args: &[String]) -> Result<Vec<Step>> {
    let mut chosen = Vec::new();
    let mut skipped = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "--skip" {
            skipped.push(Step::parse(args.next().context("--skip needs the name of a step")?)?);
        } else {
            chosen.push(Step::parse(arg)?);
        }
    }
    if chosen.is_empty() {
        chosen.extend(Step::ALL);
    } else if !skipped.is_empty() {
        bail!("name the steps to run or the steps to skip, not both");
    }
    chosen.retain(|step| !skipped.contains(step));
    Ok(chosen)
}

/// Each crate with its default features, alone as a user builds it: a link to what another feature brings is found
/// broken. Then all of them with everything, which is what stays in `target/doc`.
fn doc() -> Result<()> {
    for package in features::packages()? {
        run_command(rustdoc().args(["--quiet", "-p", &package]))?;
    }
    run_command(rustdoc().args(["--workspace", "--all-features"]))
}

fn rustdoc() -> Command {
    let mut command = cargo();
    command.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--no-deps"]);
    command
}

/// Licences, bans and sources of the dependencies. Advisories are left out: they change without the code, and need
/// the network.
fn deny() -> Result<Outcome> {
    let mut version = cargo();
    version.args(["deny", "--version"]);
    let installed = version.output().context("cannot start cargo")?.status.success();
    if !installed {
        return Ok(Outcome::NotRun("cargo-deny is not installed: cargo install cargo-deny --locked"));
    }
    run_command(cargo().args(["deny", "--all-features", "check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Ok)
}

/// One line of the summary.
fn line(step: Step, result: &Result<Outcome>, took: Duration) -> String {
    let verdict = match result {
        Ok(Outcome::Ok) => "ok".to_owned(),
        Ok(Outcome::NotRun(reason)) => format!("NOT RUN ({reason})"),
        Err(_) => "FAILED".to_owned(),
    };
    let (seconds, tenths) = (took.as_secs(), took.subsec_millis() / 100);
    format!("ci: {:<13}{seconds:>5}.{tenths} s  {verdict}", step.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(args: &[&str]) -> Result<Vec<&'static str>> {
        let args: Vec<_> = args.iter().map(ToString::to_string).collect();
        Ok(choose(&args)?.into_iter().map(Step::name).collect())
    }

    #[test]
    fn without_a_name_every_step_runs_and_the_tests_are_last() {
        let steps = chosen(&[]).unwrap();
        assert_eq!(steps.len(), Step::ALL.len());
        assert_eq!(steps.last(), Some(&"test"));
    }

    #[test]
    fn named_steps_run_as_given() {
        assert_eq!(chosen(&["doc", "fmt"]).unwrap(), ["doc", "fmt"]);
    }

    #[test]
    fn a_skipped_step_alone_is_left_out() {
        let steps = chosen(&["--skip", "test"]).unwrap();
        assert_eq!(steps.len(), Step::ALL.len() - 1);
        assert!(!steps.contains(&"test"));
    }

    #[test]
    fn an_unknown_step_is_refused_and_the_known_ones_are_listed() {
        let error = chosen(&["lint"]).unwrap_err().to_string();
        assert!(error.contains("`lint`") && error.contains("clippy"), "{error}");
        assert!(chosen(&["--skip"]).is_err());
        assert!(chosen(&["fmt", "--skip", "test"]).is_err());
    }

    #[test]
    fn a_step_that_was_not_run_does_not_read_like_a_pass() {
        let line = |result| line(Step::Deny, &result, Duration::from_millis(61_250));
        assert_eq!(line(Ok(Outcome::Ok)), "ci: deny            61.2 s  ok");
        assert_eq!(line(Ok(Outcome::NotRun("no tool"))), "ci: deny            61.2 s  NOT RUN (no tool)");
        assert_eq!(line(Err(anyhow::anyhow!("found"))), "ci: deny            61.2 s  FAILED");
    }
}

//! `cargo xtask schemathesis`: the API against its own OpenAPI document, by Schemathesis with all of its checks.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::command::{output, program, root, run as run_command};
use crate::features::target;
use crate::provision::{Engine, random};

/// Where what belongs to it is, below the root.
const HERE: &str = "xtask/src/schemathesis";
/// Limits on requests are not what is tested, and would hide the rest. Log-ins that must succeed say that they come
/// from somewhere else than those that fail.
const SETTINGS: [&str; 6] =
    ["--anonymous-limit", "1000000/1", "--actor-limit", "1000000/1", "--trusted-proxies", "127.0.0.1"];

/// A run that is the same each time, and short: about a minute.
pub(crate) fn short() -> Result<()> {
    Options { requests: 0, seed: 1, phases: "examples,coverage" }.run()
}

/// As it is asked for.
pub(crate) fn run(args: &[String]) -> Result<()> {
    Options::read(args)?.run()
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// At least so many requests, in as many rounds as it takes.
    requests: u64,
    seed: u64,
    phases: &'static str,
}

impl Options {
    fn read(args: &[String]) -> Result<Self> {
        let phases = "examples,coverage,fuzzing,stateful";
        let mut options = Self { requests: 20_000, seed: random() >> 32, phases };
        let mut args = args.iter();
        while let Some(name) = args.next() {
            let value = args.next().with_context(|| format!("{name} needs a value"))?;
            let number = value.parse().with_context(|| format!("{name} takes a number, not `{value}`"))?;
            match name.as_str() {
                "--requests" => options.requests = number,
                "--seed" => options.seed = number,
                _ => bail!("no option {name}; there are --requests and --seed"),
            }
        }
        Ok(options)
    }

    fn run(&self) -> Result<()> {
        let tool = install()?;
        let engine = Engine::start(&Engine::build()?, &SETTINGS)?;
        let here = root().join(HERE);
        let document = engine.folder().join("openapi.json");
        fs::write(&document, output(engine.program().arg("openapi"))?)?;
        run_command(program(tool.with_file_name("python")).arg(here.join("examples.py")).arg(&document))?;
        let mut seed = self.seed;
        let mut total = 0;
        while total == 0 || total < self.requests {
            run_command(
                program(&tool)
                    .current_dir(engine.folder())
                    .env("INVOICE_URL", engine.url())
                    .env("INVOICE_SERVER", engine.executable())
                    .env("SCHEMATHESIS_HOOKS", "hooks")
                    .env("PYTHONPATH", &here)
                    .env("PYTHONDONTWRITEBYTECODE", "1")
                    .arg("--config-file")
                    .arg(here.join("schemathesis.toml"))
                    .args(["run", "--no-color", "--phases", self.phases, "--seed", &seed.to_string()])
                    .arg(format!("{}/openapi.json", engine.url())),
            )?;
            let answered = engine.answered()?;
            total = answered.values().sum();
            let counts: Vec<_> =
                answered.iter().map(|(status, count)| format!("{status}: {count}")).collect();
            eprintln!("{total} requests since the start, by status: {}", counts.join(", "));
            seed += 1;
        }
        Ok(())
    }
}

/// The program, in a Python environment of its own that is made when it is not there.
fn install() -> Result<PathBuf> {
    let wanted = root().join(HERE).join("requirements.txt");
    let wanted = fs::read_to_string(wanted).context("cannot read requirements.txt")?;
    let folder = target()?.join("tools").join("schemathesis");
    let (python, tool, mark) =
        (folder.join("bin/python"), folder.join("bin/schemathesis"), folder.join("installed.txt"));
    if fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return Ok(tool);
    }
    run_command(program("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run_command(
        program(python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(root().join(HERE).join("requirements.txt")),
    )?;
    fs::write(mark, wanted)?;
    Ok(tool)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        Options::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_run_by_hand_is_long_and_differs_each_time() {
        let (one, other) = (read("").unwrap(), read("").unwrap());
        assert_eq!(one.requests, 20_000);
        assert_ne!(one.seed, other.seed);
    }

    #[test]
    fn a_run_is_repeated_by_its_seed() {
        let options = read("--seed 7 --requests 100").unwrap();
        assert_eq!((options.seed, options.requests), (7, 100));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["--requests", "--requests many", "--speed 1"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}

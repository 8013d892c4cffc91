//! The TypeScript types of the API: made from its OpenAPI document, committed, and compiled with a program that uses them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command::{output, program, root, run as run_command};
use crate::features::target;
use crate::provision::{Engine, npm_install};

/// Where they are, below the root.
const HERE: &str = "clients/typescript";
const TYPES: &str = "api.ts";

/// Whether the committed types are those of the document, and compile.
pub(crate) fn check() -> Result<()> {
    let folder = root().join(HERE);
    let made = make(&folder)?;
    let kept = fs::read_to_string(folder.join(TYPES)).unwrap_or_default();
    if made != kept {
        bail!("{HERE}/{TYPES} is not what the OpenAPI document gives: `cargo xtask types` writes it anew");
    }
    compile(&folder)
}

/// Writes the types anew.
pub(crate) fn write() -> Result<()> {
    let folder = root().join(HERE);
    fs::write(folder.join(TYPES), make(&folder)?)?;
    compile(&folder)
}

fn make(folder: &Path) -> Result<String> {
    npm_install(folder)?;
    // Nothing in our environment is a setting of the server's.
    let document = output(program(Engine::build()?).env_clear().arg("openapi"))?;
    let scratch = target()?.join("tools");
    fs::create_dir_all(&scratch)?;
    let (from, to) = (scratch.join("openapi.json"), scratch.join(TYPES));
    fs::write(&from, document)?;
    let mut tool = program("npx");
    tool.current_dir(folder).args(["--no-install", "openapi-typescript"]).arg(&from).arg("-o").arg(&to);
    run_command(tool.arg("--alphabetize"))?;
    fs::read_to_string(to).context("cannot read the types that were made")
}

fn compile(folder: &Path) -> Result<()> {
    run_command(program("npx").current_dir(folder).args(["--no-install", "tsc", "--project", "."]))
}

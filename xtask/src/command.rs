//! Running other programs from the repository's root.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The repository's root, wherever the task was started from.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The cargo that started this task, so that a chosen toolchain stays chosen.
pub(crate) fn cargo() -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    // What cargo tells a task about its own package. Build scripts that look at it (ring's does) would run anew, and what
    // stands above them be compiled anew, whenever `cargo` follows `cargo xtask` or the other way round.
    for (name, _) in std::env::vars_os() {
        let is_ours = |prefix| name.to_str().is_some_and(|name| name.starts_with(prefix));
        if is_ours("CARGO_PKG_") || is_ours("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// Any other program.
pub(crate) fn program(name: impl Into<OsString>) -> Command {
    let mut command = Command::new(name.into());
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs it with its output left alone; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    eprintln!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// What it prints on stdout; anything but success is an error.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let line = describe(command);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed: {}", output.status);
    }
    Ok(output.stdout)
}

/// The command as a reader would type it.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_where_the_lock_file_is() {
        assert!(root().join("Cargo.lock").is_file());
    }

    #[test]
    fn cargo_is_told_nothing_of_this_package() {
        let mut echo = cargo();
        let removed = |name: &str| echo.get_envs().any(|(found, value)| found == name && value.is_none());
        assert!(removed("CARGO_MANIFEST_DIR") && removed("CARGO_PKG_NAME"));
        assert!(!removed("CARGO"));
        assert!(output(echo.arg("--version")).is_ok());
    }

    #[test]
    fn a_command_is_described_without_the_folder_of_its_program() {
        assert_eq!(describe(program("/usr/bin/git").args(["ls-files", "-z"])), "git ls-files -z");
    }

    #[test]
    fn a_program_that_fails_or_is_not_there_is_an_error() {
        let mut differ = program("git");
        differ.args(["diff", "--no-index", "--quiet", "Cargo.toml", "Cargo.lock"]);
        assert!(run(&mut differ).is_err());
        assert!(output(&mut differ).is_err());
        assert!(output(&mut program("no-such-program-here")).is_err());
    }
}

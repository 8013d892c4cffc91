//! The README's commands must work: what it tells a new user to `cargo run` is run as written.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::command::{program, root, run as run_command};
use crate::provision::{MONGO_URI, MongoSettings, POSTGRES_URL, Server, Settings};

/// Runs every `cargo run` line of the README's `sh` blocks through the shell, with a server for those that name the
/// variable of its URL.
pub(crate) fn run() -> Result<()> {
    let text = fs::read_to_string(root().join("README.md")).context("cannot read README.md")?;
    let commands = commands(&text);
    if commands.is_empty() {
        bail!("README.md has no `cargo run` line in an `sh` block");
    }
    let named = |variable| commands.iter().any(|command| command.contains(variable));
    let postgres = named(POSTGRES_URL).then(|| Server::postgres(&Settings::fast())).transpose()?;
    let mongo = named(MONGO_URI).then(|| Server::mongo(&MongoSettings::single())).transpose()?;
    for command in &commands {
        let mut shell = program("sh");
        if let Some(server) = &postgres {
            shell.env(POSTGRES_URL, server.url());
        }
        if let Some(server) = &mongo {
            shell.env(MONGO_URI, server.url());
        }
        run_command(shell.args(["-c", command]))?;
    }
    Ok(())
}

/// The `cargo run` lines inside blocks fenced as `sh`. A block of another kind (`text`, `console`) is not run: that is
/// how the README shows a command that needs the reader's own file.
fn commands(markdown: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut fence: Option<bool> = None;
    let mut pending = String::new();
    for line in markdown.lines().map(str::trim) {
        if let Some(info) = line.strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(info.trim() == "sh") };
            pending.clear();
        } else if fence == Some(true) {
            if let Some(start) = line.strip_suffix('\\') {
                pending.push_str(start);
                continue;
            }
            pending.push_str(line);
            let command = std::mem::take(&mut pending);
            if command.starts_with("cargo run ") {
                commands.push(command);
            }
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_lines_of_sh_blocks_are_taken_in_order() {
        let readme =
            "# Title\n\n```sh\ncargo run --example quickstart\ncargo run --example totals -- a.json\n```\n";
        assert_eq!(
            commands(readme),
            ["cargo run --example quickstart", "cargo run --example totals -- a.json"]
        );
    }

    #[test]
    fn other_commands_and_other_blocks_are_left_alone() {
        let readme = "cargo run --example prose\n\n```sh\ncargo xtask test # all tests\n```\n\n\
                      ```text\ncargo run --example totals -- YOURS.json\n```\n\n```rust\ncargo run --x\n```\n";
        assert!(commands(readme).is_empty());
    }

    #[test]
    fn text_after_a_block_is_prose_again() {
        let readme = "```sh\ncargo run --example a\n```\ncargo run --example b\n";
        assert_eq!(commands(readme), ["cargo run --example a"]);
    }

    #[test]
    fn a_continued_line_is_one_command() {
        let readme = "```sh\ncargo run --example totals -- \\\n  a.json \\\n  b.json\n```\n";
        assert_eq!(commands(readme), ["cargo run --example totals -- a.json b.json"]);
    }
}

//! The README's commands must work: what it tells a new user to `cargo run` is run as written, and so is its session
//! with the server.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::command::{output, program, root, run as run_command};
use crate::provision::{Engine, MONGO_URI, MongoSettings, POSTGRES_URL, Server, Settings};

/// Where the server listens that a reader has started.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// Runs every `cargo run` line of the README's `sh` blocks through the shell, with a server for those that name the
/// variable of its URL, and then its session.
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
    play(&session(&text).context("README.md has no session with the server and its output")?)
}

/// What is typed while the server runs, and what is printed.
#[derive(Debug, PartialEq, Eq)]
struct Session {
    script: String,
    printed: String,
}

/// Plays it with a new server, at whose address everything else is as written.
fn play(session: &Session) -> Result<()> {
    let engine = Engine::start(&Engine::build()?, &[])?;
    let script = session.script.replace(ADDRESS, &engine.url());
    let printed = String::from_utf8(output(program("sh").args(["-euc", &script]))?)?;
    if printed.trim() != session.printed.trim() {
        bail!("the README's session printed\n{printed}instead of\n{}", session.printed);
    }
    Ok(())
}

/// The first `sh` block that talks to the server, and the `text` block after it.
fn session(markdown: &str) -> Option<Session> {
    let blocks = blocks(markdown);
    let mut pairs = blocks.iter().zip(blocks.iter().skip(1));
    let ((_, script), (_, printed)) = pairs.find(|((language, script), (after, _))| {
        language == "sh" && script.contains(ADDRESS) && after == "text"
    })?;
    Some(Session { script: script.clone(), printed: printed.clone() })
}

/// The `cargo run` lines inside blocks fenced as `sh`. A block of another kind (`text`, `console`) is not run: that is
/// how the README shows a command that needs the reader's own file.
fn commands(markdown: &str) -> Vec<String> {
    let scripts = blocks(markdown).into_iter().filter(|(language, _)| language == "sh");
    let lines = scripts.map(|(_, script)| script.replace("\\\n", "")).collect::<String>();
    lines.lines().filter(|line| line.starts_with("cargo run ")).map(words).collect()
}

/// A command with one space between its words.
fn words(command: &str) -> String {
    command.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each fenced block: its language, and its lines.
fn blocks(markdown: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in markdown.lines() {
        match (line.trim().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(language), None) => open = Some((language.trim().to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
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

    #[test]
    fn the_session_is_what_is_typed_at_the_server_with_what_it_prints() {
        let readme = "```sh\ncargo run --example a\n```\n```text\n1\n```\n\
                      ```sh\ncurl http://127.0.0.1:8080/x\n  more\n```\nprints\n```text\n71.82\n```\n";
        let expected = Session {
            script: "curl http://127.0.0.1:8080/x\n  more\n".to_owned(),
            printed: "71.82\n".to_owned(),
        };
        assert_eq!(session(readme), Some(expected));
    }

    #[test]
    fn a_session_without_its_output_is_none() {
        assert_eq!(session("```sh\ncurl http://127.0.0.1:8080/x\n```\n```rust\n1\n```\n"), None);
    }
}

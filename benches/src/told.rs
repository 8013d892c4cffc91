//! Statements with their values, as a server was told them: read from the server's log.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::Wrong;

/// One statement, and the values of `$1`, `$2`, ….
#[derive(Debug, Clone)]
pub struct Told {
    /// The statement.
    pub text: String,
    /// Its values, as texts.
    pub values: Vec<Option<String>>,
}

/// What a server writes into its log from now on.
#[derive(Debug)]
pub struct Log(File);

impl Log {
    /// Begins to listen.
    pub fn at_end(path: &Path) -> Result<Self, Wrong> {
        let mut log = File::open(path)?;
        log.seek(SeekFrom::End(0))?;
        Ok(Self(log))
    }

    /// What was executed with values since then.
    pub fn told(mut self) -> Result<Vec<Told>, Wrong> {
        let mut text = String::new();
        self.0.read_to_string(&mut text)?;
        entries(&text)
    }
}

/// What was executed, out of lines such as `LOG:  duration: 0.1 ms  execute s1: SELECT $1` and
/// `DETAIL:  parameters: $1 = '2', $2 = NULL`; lines that go on begin with a tab.
fn entries(log: &str) -> Result<Vec<Told>, Wrong> {
    let log = log.replace("\n\t", "\n\u{1}");
    let mut told: Vec<Told> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for line in log.lines() {
        match (line.strip_prefix('\u{1}'), lines.last_mut()) {
            (Some(more), Some(last)) => {
                last.push('\n');
                last.push_str(more);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    let mut is_open = false;
    for line in &lines {
        if let Some((_, executed)) = line.split_once("  execute ") {
            let (_, text) = executed.split_once(": ").ok_or("a statement without a name")?;
            told.push(Told { text: text.to_owned(), values: Vec::new() });
            is_open = true;
        } else if let Some((_, values)) = line.split_once("DETAIL:  parameters: ")
            && let Some(last) = told.last_mut()
            && is_open
        {
            last.values = parameters(values)?;
            is_open = false;
        } else {
            is_open = false;
        }
    }
    Ok(told)
}

fn parameters(mut text: &str) -> Result<Vec<Option<String>>, Wrong> {
    let mut values = Vec::new();
    while let Some((_, rest)) = text.split_once(" = ") {
        if let Some(rest) = rest.strip_prefix("NULL") {
            values.push(None);
            text = rest;
            continue;
        }
        let mut rest = rest.strip_prefix('\'').ok_or("a value without quotes")?;
        let mut value = String::new();
        loop {
            let (part, after) = rest.split_once('\'').ok_or("an open value")?;
            value.push_str(part);
            let Some(quoted) = after.strip_prefix('\'') else {
                text = after;
                break;
            };
            value.push('\'');
            rest = quoted;
        }
        values.push(Some(value));
    }
    Ok(values)
}

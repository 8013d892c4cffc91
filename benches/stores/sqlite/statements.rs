//! The statements of a commit with their values, as SQLite itself was told them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use invoice_core::change::ChangeSet;
use invoice_store_sqlite::SqliteStore;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior};

use crate::Wrong;

thread_local! {
    /// What ran on this thread: texts, and the same with the values in the places of the parameters.
    static RAN: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

fn note(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(statement, _) = event
        && let Some(expanded) = statement.expanded_sql()
    {
        RAN.with_borrow_mut(|ran| ran.push((statement.sql().into_owned(), expanded)));
    }
}

/// One statement, and what to bind to it, by place.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) text: Rc<str>,
    pub(super) values: Vec<(usize, Value)>,
}

/// Watches commits on a connection of its own.
pub(super) struct Watched {
    connection: Connection,
    /// The places of the parameters in each text.
    known: HashMap<String, (Rc<str>, Vec<usize>)>,
}

impl Watched {
    pub(super) fn new(connection: Connection) -> Self {
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note));
        Self { connection, known: HashMap::new() }
    }

    /// Commits, and tells which statements that took, but for those around the transaction.
    pub(super) fn commit(&mut self, change: &ChangeSet) -> Result<Vec<Step>, Wrong> {
        RAN.take();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        SqliteStore::commit_in(&transaction, change)?;
        transaction.commit()?;
        let around = ["BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "--"];
        let ran = RAN.take().into_iter();
        ran.filter(|(text, _)| !around.iter().any(|word| text.trim_start().starts_with(word)))
            .map(|(text, expanded)| self.step(&text, &expanded))
            .collect()
    }

    fn step(&mut self, text: &str, expanded: &str) -> Result<Step, Wrong> {
        let (names, values) = bound(text, expanded)?;
        if !self.known.contains_key(text) {
            let statement = self.connection.prepare_cached(text)?;
            let places: Result<Vec<usize>, Wrong> = names
                .iter()
                .map(|name| Ok(statement.parameter_index(name)?.ok_or("an unknown parameter")?))
                .collect();
            self.known.insert(text.to_owned(), (text.into(), places?));
        }
        let (text, places) = self.known.get(text).ok_or("a statement that was just kept")?;
        let mut values: Vec<_> = places.iter().copied().zip(values).collect();
        values.sort_unstable_by_key(|(place, _)| *place);
        values.dedup_by_key(|(place, _)| *place);
        Ok(Step { text: Rc::clone(text), values })
    }
}

/// The parameters in a text in their order, and what stands in their places.
fn bound<'a>(text: &'a str, expanded: &str) -> Result<(Vec<&'a str>, Vec<Value>), Wrong> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    let (mut text, mut expanded) = (text, expanded);
    let mut quoted = false;
    while let Some(first) = text.chars().next() {
        quoted ^= first == '\'';
        let rest = text.get(1..).unwrap_or_default();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = rest.bytes().take_while(is_name).count();
        if quoted || !matches!(first, '?' | ':') || length == 0 {
            text = text.get(first.len_utf8()..).unwrap_or_default();
            expanded = expanded.strip_prefix(first).ok_or("texts that differ outside their values")?;
            continue;
        }
        names.push(text.get(..=length).unwrap_or_default());
        text = rest.get(length..).unwrap_or_default();
        let (value, after) = literal(expanded)?;
        values.push(value);
        expanded = after;
    }
    Ok((names, values))
}

/// A value as SQLite writes it, and what follows it.
fn literal(text: &str) -> Result<(Value, &str), Wrong> {
    if let Some(rest) = text.strip_prefix("NULL") {
        return Ok((Value::Null, rest));
    }
    if let Some(rest) = text.strip_prefix("x'") {
        let (digits, rest) = rest.split_once('\'').ok_or("an open blob")?;
        let bytes = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| Ok::<_, Wrong>(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?));
        return Ok((Value::Blob(bytes.collect::<Result<_, _>>()?), rest));
    }
    if let Some(mut rest) = text.strip_prefix('\'') {
        let mut value = String::new();
        loop {
            let (part, after) = rest.split_once('\'').ok_or("an open text")?;
            value.push_str(part);
            match after.strip_prefix('\'') {
                Some(after) => {
                    value.push('\'');
                    rest = after;
                }
                None => return Ok((Value::Text(value), after)),
            }
        }
    }
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '-').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    Ok((Value::Integer(number.parse()?), rest))
}

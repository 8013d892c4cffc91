//! What a worker set out to do and what was acknowledged, one line each.
//!
//! A line is written before anything follows from it. It survives the worker: what was written belongs to the operating
//! system.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use invoice_core::{Invoice, InvoiceId};

use crate::plan::Order;

/// What was acknowledged for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: String,
}

impl Acknowledged {
    /// What an order came to.
    pub fn of(invoice: &Invoice) -> Result<Self> {
        let number = invoice.number().context("an issued invoice has no number")?;
        Ok(Self { invoice: invoice.id(), number: number.to_owned() })
    }
}

/// All that a worker's journal says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// What it set out to do.
    pub begun: BTreeSet<Order>,
    /// What was acknowledged; only that it was, by a worker that did not wait for the answer.
    pub done: BTreeMap<Order, Option<Acknowledged>>,
}

impl History {
    /// What a journal says so far; nothing if there is none.
    pub fn read(path: &Path) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let mut history = Self::default();
        for line in text.split_inclusive('\n') {
            // A kill in the middle of the write left half a line: nothing followed from it yet.
            if let Some(line) = line.strip_suffix('\n') {
                history.take(line).with_context(|| format!("a journal says {line:?}"))?;
            }
        }
        Ok(history)
    }

    fn take(&mut self, line: &str) -> Result<()> {
        let words: Vec<_> = line.split('\t').collect();
        match words.as_slice() {
            ["begin", order] => {
                self.begun.insert(order.parse()?);
            }
            ["done", order, invoice, number] => {
                let invoice: InvoiceId = invoice.parse()?;
                let number = (*number).to_owned();
                self.done.insert(order.parse()?, Some(Acknowledged { invoice, number }));
            }
            ["done", order] => {
                self.done.insert(order.parse()?, None);
            }
            _ => anyhow::bail!("that is no line of a journal"),
        }
        Ok(())
    }

    /// What was begun and has no known outcome.
    pub fn open(&self) -> Vec<Order> {
        self.begun.iter().filter(|order| !self.done.contains_key(order)).copied().collect()
    }
}

/// The journal being written.
#[derive(Debug)]
pub struct Journal(File);

impl Journal {
    /// Where the journal of a worker is.
    pub fn path(folder: &Path, worker: u64) -> PathBuf {
        folder.join(format!("worker-{worker}"))
    }

    /// Opens it to be continued.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let text = fs::read(path)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        // Half a line, should there be one, would spoil the next.
        file.set_len(u64::try_from(whole)?)?;
        Ok(Self(file))
    }

    /// The worker sets out to do this.
    pub fn begin(&self, order: Order) -> Result<()> {
        self.line(&format!("begin\t{order}\n"))
    }

    /// This was acknowledged.
    pub fn done(&self, order: Order, done: Option<&Acknowledged>) -> Result<()> {
        match done {
            Some(done) => self.line(&format!("done\t{order}\t{}\t{}\n", done.invoice, done.number)),
            None => self.line(&format!("done\t{order}\n")),
        }
    }

    /// In one write, so that lines of several tasks do not mix.
    fn line(&self, line: &str) -> Result<()> {
        (&self.0).write_all(line.as_bytes()).context("cannot write the journal")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ORDERS: [Order; 2] = [Order { worker: 1, count: 0 }, Order { worker: 1, count: 1 }];

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Journal::path(folder.path(), 1);
        (folder, path)
    }

    #[test]
    fn what_was_begun_and_not_acknowledged_is_open() {
        let (_folder, path) = file();
        let journal = Journal::open(&path).unwrap();
        let done =
            Acknowledged { invoice: InvoiceId::from_uuid(Uuid::from_u128(9)), number: "S-1".to_owned() };
        journal.begin(ORDERS[0]).unwrap();
        journal.begin(ORDERS[1]).unwrap();
        journal.done(ORDERS[0], Some(&done)).unwrap();
        let history = History::read(&path).unwrap();
        assert_eq!(history.open(), [ORDERS[1]]);
        assert_eq!(history.done.get(&ORDERS[0]), Some(&Some(done)));
    }

    #[test]
    fn half_a_line_counts_for_nothing_and_spoils_nothing() {
        let (_folder, path) = file();
        Journal::open(&path).unwrap().begin(ORDERS[0]).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"begin\t1-").unwrap();
        assert_eq!(History::read(&path).unwrap().open(), [ORDERS[0]]);
        Journal::open(&path).unwrap().begin(ORDERS[1]).unwrap();
        assert_eq!(History::read(&path).unwrap().open(), ORDERS);
    }

    #[test]
    fn a_worker_without_a_journal_has_done_nothing() {
        let (folder, _) = file();
        assert_eq!(History::read(&folder.path().join("none")).unwrap(), History::default());
    }
}

//! What is printed at the end.

use std::fmt::Write as _;
use std::time::Duration;

use crate::measure::{Pairs, Sample};

/// What a ratio shall be, in thousandths.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// So much or more.
    AtLeast(u128),
    /// So much or less.
    AtMost(u128),
    /// None: for information.
    None,
}

impl Goal {
    fn is_met(self, ratio: u128) -> bool {
        match self {
            Self::AtLeast(goal) => ratio >= goal,
            Self::AtMost(goal) => ratio <= goal,
            Self::None => true,
        }
    }

    /// The goal, and whether it was missed.
    pub fn text(self, ratio: u128) -> String {
        let missed = if self.is_met(ratio) { "" } else { ", **missed**" };
        match self {
            Self::AtLeast(goal) => format!("≥ {}{missed}", decimal(goal)),
            Self::AtMost(goal) => format!("≤ {}{missed}", decimal(goal)),
            Self::None => String::new(),
        }
    }
}

/// The rows of tables, under headings of their own.
#[derive(Debug, Default)]
pub struct Report {
    text: String,
    /// What follows the rows of this table.
    notes: String,
}

impl Report {
    /// Starts a table.
    pub fn heading(&mut self, heading: &str) {
        self.text.push_str(&std::mem::take(&mut self.notes));
        let _ = write!(
            self.text,
            "\n### {heading}\n\n\
             | | a second | limit, a second | ratio (range) | goal | CPU µs each | of the limit | p99 |\n\
             | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |\n"
        );
        eprintln!("\n{heading}");
    }

    /// Starts a table with other columns.
    pub fn table(&mut self, heading: &str, columns: &[&str]) {
        self.text.push_str(&std::mem::take(&mut self.notes));
        let _ = write!(self.text, "\n### {heading}\n\n");
        eprintln!("\n{heading}");
        self.cells(columns);
        self.text.push_str("| --- |");
        self.text.push_str(&" ---: |".repeat(columns.len().saturating_sub(1)));
        self.text.push('\n');
    }

    /// Adds a line to it.
    pub fn cells(&mut self, cells: &[&str]) {
        let line = format!("| {} |", cells.join(" | "));
        self.line(&line);
    }

    /// Adds a line that says how fast ours is for each of the limit's.
    pub fn speed(&mut self, what: &str, pairs: &Pairs, goal: Goal) {
        self.row(what, pairs, pairs.speed(), goal);
    }

    /// Adds a line that says how long ours takes for each of the limit's.
    pub fn time(&mut self, what: &str, pairs: &Pairs, goal: Goal) {
        self.row(what, pairs, pairs.time(), goal);
    }

    fn row(&mut self, what: &str, pairs: &Pairs, [lowest, ratio, highest]: [u128; 3], goal: Goal) {
        let (ours, limit) = (pairs.ours(), pairs.limit());
        let p99 = ours.p99.map(millis).unwrap_or_default();
        let line = format!(
            "| {what} | {} | {} | **{}** ({}–{}) | {} | {} | {} | {p99} |",
            thousands(ours.rate()),
            thousands(limit.rate()),
            decimal(ratio),
            decimal(lowest),
            decimal(highest),
            goal.text(ratio),
            cpu(&ours),
            cpu(&limit),
        );
        self.line(&line);
    }

    /// Adds anything else below the table.
    pub fn note(&mut self, text: &str) {
        let _ = write!(self.notes, "\n{text}\n");
        eprintln!("{text}");
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{line}");
        eprintln!("{line}");
    }

    /// All of it.
    pub fn text(&self) -> String {
        format!("{}{}", self.text, self.notes)
    }
}

/// Processor time of each operation: of the client, and of the server if there is one.
fn cpu(sample: &Sample) -> String {
    let each = |spent: Duration| spent.as_micros() / u128::from(sample.operations.max(1));
    let (client, server) = (each(sample.cpu.client), each(sample.cpu.server));
    if sample.cpu.server.is_zero() { client.to_string() } else { format!("{client} + {server}") }
}

/// Thousandths with two decimals, rounded to the nearest.
pub fn decimal(thousandths: u128) -> String {
    let hundredths = (thousandths + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Milliseconds with two decimals.
pub fn millis(time: Duration) -> String {
    format!("{} ms", decimal(time.as_micros()))
}

/// With commas, as English has them.
pub fn thousands(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

//! The totals as a table for people.

use invoice_core::Money;
use invoice_core::totals::{Totals, calculate};

use super::Problem;
use super::document::Document;

/// Longest item name in the table.
const NAME: usize = 40;

/// Cells, of which some columns are numbers and stand to the right.
struct Table {
    rows: Vec<Vec<String>>,
    right: &'static [bool],
}

impl Table {
    fn new(right: &'static [bool], heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(|head| (*head).to_owned()).collect()], right }
    }

    fn print(&self, into: &mut String) {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..self.right.len()).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).zip(self.right).map(|((cell, width), right)| {
                if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            into.push_str(line.trim_end());
            into.push('\n');
        }
    }
}

fn name(text: &str) -> String {
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME).collect();
    if text.chars().nth(NAME).is_some() {
        shown.push('…');
    }
    shown
}

fn amount(money: Money) -> String {
    money.amount().to_string()
}

/// Lines, tax breakdown and totals.
pub(super) fn table(document: &Document) -> Result<String, Problem> {
    let totals = calculate(&document.input_in_cash())?;
    let mut text = heading(document);
    lines(document, &totals).print(&mut text);
    text.push('\n');
    breakdown(&totals).print(&mut text);
    text.push('\n');
    sums(&totals).print(&mut text);
    Ok(text)
}

fn heading(document: &Document) -> String {
    let mut text = name(&document.title);
    let parties: Vec<_> = document.parties.iter().flatten().map(|party| name(party)).collect();
    if !parties.is_empty() {
        text = format!("{text}  {}", parties.join(" → "));
    }
    format!("{}  {}\n\n", text.trim(), document.currency).trim_start().to_owned()
}

fn lines(document: &Document, totals: &Totals) -> Table {
    let heads = ["line", "item", "quantity", "unit", "price", "per", "allowances", "charges", "tax", "net"];
    let mut table =
        Table::new(&[false, false, true, false, true, true, true, true, true, true, true], &heads);
    let inclusive = totals.lines().any(|line| line.gross().is_some());
    if inclusive {
        table.rows.iter_mut().for_each(|heads| heads.push("with tax".to_owned()));
    }
    let sum = |amounts: Vec<Money>| {
        let sum = Money::checked_sum(amounts.iter().copied(), totals.currency());
        if amounts.is_empty() { String::new() } else { sum.map_or_else(|_| "…".to_owned(), amount) }
    };
    for ((line, stated), figures) in document.lines.iter().zip(&document.stated_lines).zip(totals.lines()) {
        let taxes = line.taxes().iter().map(|tax| {
            let category = tax.category().map_or("", |category| category.code());
            format!("{}{category}", tax.rate().map_or(String::new(), |rate| format!("{rate}% ")))
        });
        let mut row = vec![
            name(line.id()),
            name(line.name()),
            line.quantity().to_string(),
            name(&stated.unit),
            line.price().to_string(),
            line.base_quantity().map_or(String::new(), |base| base.to_string()),
            sum(figures.allowances().collect()),
            sum(figures.charges().collect()),
            taxes.map(|tax| tax.trim().to_owned()).collect::<Vec<_>>().join(", "),
            amount(figures.net()),
        ];
        row.extend(figures.gross().map(amount));
        table.rows.push(row);
    }
    table
}

fn breakdown(totals: &Totals) -> Table {
    let heads = ["tax", "category", "rate %", "taxable", "tax amount", ""];
    let mut table = Table::new(&[false, false, true, true, true, false], &heads);
    for row in totals.breakdown() {
        let withheld = row.is_withheld().then(|| "withheld".to_owned());
        table.rows.push(vec![
            row.scheme().to_string(),
            row.category().map_or(String::new(), |category| category.to_string()),
            row.rate().to_string(),
            amount(row.taxable()),
            amount(row.tax()),
            withheld.or_else(|| row.exemption_reason()).map_or(String::new(), |text| name(&text)),
        ]);
    }
    table
}

fn sums(totals: &Totals) -> Table {
    let mut table = Table::new(&[false, true], &["total", totals.currency().code()]);
    for (label, money, always) in [
        ("lines", totals.line_total(), true),
        ("allowances", totals.allowance_total(), false),
        ("charges", totals.charge_total(), false),
        ("without tax", totals.tax_exclusive(), true),
        ("tax", totals.tax_total(), true),
        ("with tax", totals.tax_inclusive(), true),
        ("withheld", totals.withheld_total(), false),
        ("prepaid", totals.prepaid(), false),
        ("advances", totals.advance_total(), false),
        ("rounding", totals.rounding(), false),
        ("payable", totals.payable(), true),
    ] {
        if always || !money.is_zero() {
            table.rows.push(vec![label.to_owned(), amount(money)]);
        }
    }
    table
}

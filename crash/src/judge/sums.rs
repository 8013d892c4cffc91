//! Reports: what was kept along with the commits is what the documents add up to.

use std::collections::BTreeMap;
use std::fmt::Debug;

use anyhow::{Context, Result};
use chrono::{Days, NaiveDate};
use invoice_core::ports::MonthRange;
use invoice_core::service::Billing;
use invoice_core::{Currency, Invoice, Issued, Month};

use super::Finding;
use super::documents::Found;
use crate::world::Team;

/// Rows by their texts, with their figures in minor units.
type Rows = BTreeMap<String, Vec<i64>>;

fn add(rows: &mut Rows, key: String, figures: &[i64]) {
    let sums = rows.entry(key).or_insert_with(|| vec![0; figures.len()]);
    sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
}

fn live(invoices: &[Invoice]) -> impl Iterator<Item = (&Invoice, &Issued)> {
    let live = invoices.iter().filter(|invoice| invoice.voided_at().is_none());
    live.filter_map(|invoice| Some((invoice, invoice.issued()?)))
}

/// The three reports, each recounted.
pub(super) async fn added_up(billing: &Billing, teams: &[Team], found: &Found) -> Result<[Finding; 3]> {
    let mut taxes = Finding::new("tax summaries are what the documents add up to");
    let mut revenue = Finding::new("revenue by month is what the documents add up to");
    let mut aging = Finding::new("receivables by age are what the documents add up to");
    for team in teams {
        let invoices = found.of(team);
        for month in months(invoices) {
            let range = MonthRange::new(month, month)?;
            let rows = billing.tax_summary(&team.actor(), range).await?;
            let rows = rows.iter().map(|row| {
                let key = (row.taxable.currency(), row.scheme, row.category, row.rate, row.withheld);
                (tax_key(&key), vec![row.taxable.minor(), row.tax.minor()])
            });
            compare(&mut taxes, &(team.id, month), &rows.collect(), &recount_taxes(invoices, month));

            let rows = billing.revenue_by_month(&team.actor(), range).await?;
            let rows = rows.iter().map(|row| {
                let figures =
                    [row.invoiced.minor(), row.credited.minor(), i64::try_from(row.invoices).unwrap_or(-1)];
                (row.invoiced.currency().to_string(), figures.to_vec())
            });
            compare(&mut revenue, &(team.id, month), &rows.collect(), &recount_revenue(invoices, month));
        }
        for as_of in dates(invoices)? {
            let rows = billing.aging(&team.actor(), as_of, None).await?;
            let rows = rows.iter().map(|row| {
                let figures =
                    [row.current, row.days_1_to_30, row.days_31_to_60, row.days_61_to_90, row.over_90_days];
                (row.current.currency().to_string(), figures.map(invoice_core::Money::minor).to_vec())
            });
            compare(&mut aging, &(team.id, as_of), &rows.collect(), &recount_aging(invoices, as_of));
        }
    }
    Ok([taxes, revenue, aging])
}

fn compare(finding: &mut Finding, what: &impl Debug, rows: &Rows, expected: &Rows) {
    finding.check(rows == expected, || format!("{what:?}: {rows:?}, should be {expected:?}"));
}

fn tax_key(key: &impl Debug) -> String {
    format!("{key:?}")
}

/// The months of issue and of tax points, and one before them all.
fn months(invoices: &[Invoice]) -> Vec<Month> {
    let dates = live(invoices).flat_map(|(_, issued)| [issued.issue_date(), issued.tax_point()]);
    let mut months: Vec<_> = dates.map(Month::of).chain([Month::of(NaiveDate::default())]).collect();
    months.sort_unstable();
    months.dedup();
    months
}

/// Days on which the amounts fall into different ages.
fn dates(invoices: &[Invoice]) -> Result<Vec<NaiveDate>> {
    let Some(first) = live(invoices).map(|(_, issued)| issued.issue_date()).min() else {
        return Ok(Vec::new());
    };
    let day = |days| first.checked_add_days(Days::new(days)).context("a date beyond all dates");
    [0, 15, 40, 75, 120, 400].into_iter().map(day).collect()
}

fn recount_taxes(invoices: &[Invoice], month: Month) -> Rows {
    let mut rows = Rows::new();
    for (invoice, _) in live(invoices).filter(|(_, issued)| Month::of(issued.tax_point()) == month) {
        for row in invoice.totals().breakdown() {
            let key = (row.taxable().currency(), row.scheme(), row.category(), row.rate(), row.is_withheld());
            let figures = [row.taxable_after_advances().minor(), row.tax_after_advances().minor()];
            add(&mut rows, tax_key(&key), &figures);
        }
    }
    rows
}

fn recount_revenue(invoices: &[Invoice], month: Month) -> Rows {
    let mut rows = Rows::new();
    for (invoice, _) in live(invoices).filter(|(_, issued)| Month::of(issued.issue_date()) == month) {
        let totals = invoice.totals();
        let invoiced = totals.tax_exclusive().minor() - totals.advance_net().minor();
        add(&mut rows, totals.currency().to_string(), &[invoiced, 0, 1]);
    }
    rows
}

fn recount_aging(invoices: &[Invoice], as_of: NaiveDate) -> Rows {
    let mut rows = Rows::new();
    for (invoice, issued) in live(invoices).filter(|(_, issued)| issued.issue_date() <= as_of) {
        let due = invoice.due();
        let days = issued.due_date().map_or(0, |due_date| (as_of - due_date).num_days());
        let place = match days {
            ..=0 => 0,
            1..=30 => 1,
            31..=60 => 2,
            61..=90 => 3,
            _ => 4,
        };
        let figures: Vec<_> = (0..5).map(|at| if at == place { due.minor() } else { 0 }).collect();
        let currency: Currency = due.currency();
        if due.is_positive() {
            add(&mut rows, currency.to_string(), &figures);
        }
    }
    rows
}

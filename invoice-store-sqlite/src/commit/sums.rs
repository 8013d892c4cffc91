//! The sums that reports read, kept by each commit.

use invoice_core::adapter::{OpenItem, Postings};
use invoice_core::change::Record;
use invoice_core::ports::{RevenueRow, StoreError};
use rusqlite::Connection;
use uuid::Uuid;

use super::rows::execute;
use crate::reads::reports::NO_DUE_DATE;
use crate::values::{Day, split};

/// Whether amounts are added or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Add,
    TakeBack,
}

impl Sign {
    const fn one(self) -> i64 {
        match self {
            Self::Add => 1,
            Self::TakeBack => -1,
        }
    }

    /// The parts of an amount; taken apart first, because the smallest amount can't be negated.
    fn parts(self, units: i64) -> (i64, i64) {
        let (billions, rest) = split(units);
        (self.one() * billions, self.one() * rest)
    }
}

/// Adds what an issued document adds to the reports, or takes it back.
pub(super) fn post(connection: &Connection, record: &Record, sign: Sign) -> Result<(), StoreError> {
    let postings = Postings::of(record).map_err(StoreError::backend)?;
    let Some(Postings { taxes, revenue }) = postings else { return Ok(()) };
    let team = record.team().as_uuid();
    for posting in taxes {
        let row = posting.row;
        let (taxable_billions, taxable_rest) = sign.parts(row.taxable.minor());
        let (tax_billions, tax_rest) = sign.parts(row.tax.minor());
        let key = (
            team,
            posting.month.to_string(),
            row.taxable.currency().code(),
            row.scheme.as_str(),
            row.category.map_or("", |category| category.code()),
            row.rate.get().normalize().to_string(),
            row.withheld,
        );
        execute(
            connection,
            "INSERT INTO monthly_taxes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, max(?12, 0))
             ON CONFLICT DO UPDATE SET
                 taxable_billions = taxable_billions + ?8, taxable_rest = taxable_rest + ?9,
                 tax_billions = tax_billions + ?10, tax_rest = tax_rest + ?11, documents = documents + ?12",
            (
                key.0,
                &key.1,
                key.2,
                key.3,
                key.4,
                &key.5,
                key.6,
                taxable_billions,
                taxable_rest,
                tax_billions,
                tax_rest,
                sign.one(),
            ),
        )?;
        if sign == Sign::TakeBack {
            execute(
                connection,
                "DELETE FROM monthly_taxes WHERE team = ?1 AND month = ?2 AND currency = ?3 AND scheme = ?4
                     AND category = ?5 AND rate = ?6 AND withheld = ?7 AND documents = 0",
                key,
            )?;
        }
    }
    post_revenue(connection, team, &revenue, sign)
}

fn post_revenue(
    connection: &Connection,
    team: Uuid,
    revenue: &RevenueRow,
    sign: Sign,
) -> Result<(), StoreError> {
    let RevenueRow { month, invoiced, credited, invoices, credit_notes } = *revenue;
    let (invoiced_billions, invoiced_rest) = sign.parts(invoiced.minor());
    let (credited_billions, credited_rest) = sign.parts(credited.minor());
    let count = |documents: u64| sign.one() * i64::from(documents > 0);
    let month = month.to_string();
    execute(
        connection,
        "INSERT INTO monthly_revenue VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, max(?8, 0), max(?9, 0))
         ON CONFLICT DO UPDATE SET
             invoiced_billions = invoiced_billions + ?4, invoiced_rest = invoiced_rest + ?5,
             credited_billions = credited_billions + ?6, credited_rest = credited_rest + ?7,
             invoices = invoices + ?8, credit_notes = credit_notes + ?9",
        (
            team,
            &month,
            invoiced.currency().code(),
            invoiced_billions,
            invoiced_rest,
            credited_billions,
            credited_rest,
            count(invoices),
            count(credit_notes),
        ),
    )?;
    if sign == Sign::TakeBack {
        execute(
            connection,
            "DELETE FROM monthly_revenue
             WHERE team = ?1 AND month = ?2 AND currency = ?3 AND invoices = 0 AND credit_notes = 0",
            (team, &month, invoiced.currency().code()),
        )?;
    }
    Ok(())
}

/// Moves what is due from what was open to what is.
pub(super) fn move_receivable(
    connection: &Connection,
    team: Uuid,
    before: Option<OpenItem>,
    after: Option<OpenItem>,
) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    if let Some(item) = after {
        change_receivable(connection, team, &item, Sign::Add)?;
    }
    if let Some(item) = before {
        change_receivable(connection, team, &item, Sign::TakeBack)?;
        execute(
            connection,
            "DELETE FROM receivables
             WHERE team = ?1 AND currency = ?2 AND due_date = ?3 AND issue_date = ?4 AND documents = 0",
            (team, item.currency().code(), due_date(&item), Day(item.issue_date)),
        )?;
    }
    Ok(())
}

fn change_receivable(
    connection: &Connection,
    team: Uuid,
    item: &OpenItem,
    sign: Sign,
) -> Result<(), StoreError> {
    let (billions, rest) = sign.parts(item.amount.minor());
    execute(
        connection,
        "INSERT INTO receivables VALUES (?1, ?2, ?3, ?4, ?5, ?6, max(?7, 0))
         ON CONFLICT DO UPDATE SET
             due_billions = due_billions + ?5, due_rest = due_rest + ?6, documents = documents + ?7",
        (team, item.currency().code(), due_date(item), Day(item.issue_date), billions, rest, sign.one()),
    )?;
    Ok(())
}

fn due_date(item: &OpenItem) -> String {
    item.due_date.map_or_else(|| NO_DUE_DATE.to_owned(), |day| Day(day).text())
}

//! Reports, read from the sums that every commit keeps.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use invoice_core::adapter::in_order;
use invoice_core::ports::{
    AgingRow, MonthRange, PageRequest, Reports, RevenueRow, Statement, StatementQuery, StoreError,
    TaxSummaryRow,
};
use invoice_core::tax::{TaxCategory, TaxScheme};
use invoice_core::{ClientId, Currency, Money, Month, TaxRate, TeamId};
use rusqlite::{Connection, Row};

use super::statement;
use crate::SqliteStore;
use crate::error::Stored as _;
use crate::values::{Day, joined, parsed};

/// What stands for no due date.
pub(crate) const NO_DUE_DATE: &str = "9999-12-31";

/// What is due of all clients, by bucket.
pub(super) const AGING: &str = "
    SELECT currency, CASE WHEN due_date >= ?2 THEN 0 WHEN due_date >= ?3 THEN 1 WHEN due_date >= ?4 THEN 2
        WHEN due_date >= ?5 THEN 3 ELSE 4 END AS bucket, sum(due_billions), sum(due_rest)
    FROM receivables WHERE team = ?1 AND issue_date <= ?2 GROUP BY currency, bucket";

/// What is due of one client; few enough invoices to add up.
pub(super) const AGING_OF_CLIENT: &str = "
    SELECT currency, CASE WHEN due_date IS NULL OR due_date >= ?2 THEN 0 WHEN due_date >= ?3 THEN 1
        WHEN due_date >= ?4 THEN 2 WHEN due_date >= ?5 THEN 3 ELSE 4 END AS bucket,
        sum(due / 1000000000), sum(due % 1000000000)
    FROM documents
    WHERE team = ?1 AND client = ?6 AND kind = 'invoice' AND live AND due > 0 AND issue_date <= ?2
    GROUP BY currency, bucket";

pub(super) const TAXES: &str = "
    SELECT currency, scheme, category, rate, withheld, sum(taxable_billions), sum(taxable_rest),
        sum(tax_billions), sum(tax_rest)
    FROM monthly_taxes WHERE team = ?1 AND month BETWEEN ?2 AND ?3
    GROUP BY currency, scheme, category, rate, withheld";

pub(super) const REVENUE: &str = "
    SELECT currency, month, invoiced_billions, invoiced_rest, credited_billions, credited_rest, invoices,
        credit_notes
    FROM monthly_revenue WHERE team = ?1 AND month BETWEEN ?2 AND ?3";

#[async_trait]
impl Reports for SqliteStore {
    async fn aging(
        &self,
        team: TeamId,
        as_of: NaiveDate,
        client: Option<ClientId>,
    ) -> Result<Vec<AgingRow>, StoreError> {
        self.scan(move |it| aging(it, team, as_of, client)).await
    }

    async fn tax_summary(&self, team: TeamId, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError> {
        self.scan(move |it| tax_summary(it, team, months)).await
    }

    async fn revenue_by_month(
        &self,
        team: TeamId,
        months: MonthRange,
    ) -> Result<Vec<RevenueRow>, StoreError> {
        self.scan(move |it| revenue(it, team, months)).await
    }

    async fn statement(
        &self,
        team: TeamId,
        query: &StatementQuery,
        page: &PageRequest,
    ) -> Result<Statement, StoreError> {
        let (query, page) = (*query, page.clone());
        self.scan(move |it| statement::statement(it, team, &query, &page)).await
    }
}

/// An amount out of its two parts, in neighbouring columns.
fn amount(row: &Row<'_>, index: usize, currency: Currency) -> Result<Money, StoreError> {
    joined(row.get(index).stored()?, row.get(index + 1).stored()?, currency)
}

fn aging(
    connection: &Connection,
    team: TeamId,
    as_of: NaiveDate,
    client: Option<ClientId>,
) -> Result<Vec<AgingRow>, StoreError> {
    let past = |days| Day(as_of.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN));
    let text = if client.is_some() { AGING_OF_CLIENT } else { AGING };
    let mut statement = connection.prepare_cached(text).stored()?;
    let (team, today) = (team.as_uuid(), Day(as_of));
    let mut found = match client {
        Some(client) => statement.query((team, today, past(30), past(60), past(90), client.as_uuid())),
        None => statement.query((team, today, past(30), past(60), past(90))),
    }
    .stored()?;
    let mut rows: BTreeMap<Currency, AgingRow> = BTreeMap::new();
    while let Some(row) = found.next().stored()? {
        let currency: Currency = parsed(row, 0).stored()?;
        let due = amount(row, 2, currency)?;
        let of_currency = rows.entry(currency).or_insert_with(|| AgingRow::nothing(currency));
        *match row.get::<_, u8>(1).stored()? {
            0 => &mut of_currency.current,
            1 => &mut of_currency.days_1_to_30,
            2 => &mut of_currency.days_31_to_60,
            3 => &mut of_currency.days_61_to_90,
            _ => &mut of_currency.over_90_days,
        } = due;
    }
    Ok(rows.into_values().collect())
}

fn tax_summary(
    connection: &Connection,
    team: TeamId,
    months: MonthRange,
) -> Result<Vec<TaxSummaryRow>, StoreError> {
    let mut statement = connection.prepare_cached(TAXES).stored()?;
    let range = (team.as_uuid(), months.from().to_string(), months.to().to_string());
    let mut found = statement.query(range).stored()?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().stored()? {
        let currency: Currency = parsed(row, 0).stored()?;
        let is_plain = row.get_ref(2).and_then(|it| Ok(it.as_str()?.is_empty())).stored()?;
        rows.push(TaxSummaryRow {
            scheme: parsed::<TaxScheme>(row, 1).stored()?,
            category: if is_plain { None } else { Some(parsed::<TaxCategory>(row, 2).stored()?) },
            rate: parsed::<TaxRate>(row, 3).stored()?,
            withheld: row.get(4).stored()?,
            taxable: amount(row, 5, currency)?,
            tax: amount(row, 7, currency)?,
        });
    }
    in_order(&mut rows);
    Ok(rows)
}

fn revenue(connection: &Connection, team: TeamId, months: MonthRange) -> Result<Vec<RevenueRow>, StoreError> {
    let mut statement = connection.prepare_cached(REVENUE).stored()?;
    let range = (team.as_uuid(), months.from().to_string(), months.to().to_string());
    let mut found = statement.query(range).stored()?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().stored()? {
        let currency: Currency = parsed(row, 0).stored()?;
        let count = |index| row.get::<_, i64>(index).map(i64::unsigned_abs).stored();
        rows.push(RevenueRow {
            month: parsed::<Month>(row, 1).stored()?,
            invoiced: amount(row, 2, currency)?,
            credited: amount(row, 4, currency)?,
            invoices: count(6)?,
            credit_notes: count(7)?,
        });
    }
    rows.sort_by_key(|row| (row.month, row.invoiced.currency()));
    Ok(rows)
}

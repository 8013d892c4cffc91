//! Reports read sums that every commit keeps, so that they cost the same however many documents there are.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;
use invoice_core::adapter::in_order;
use invoice_core::ports::{
    AgingRow, MonthRange, PageRequest, Reports, RevenueRow, Statement, StatementQuery, StoreError,
    TaxSummaryRow,
};
use invoice_core::tax::TaxCategory;
use invoice_core::{ClientId, Currency, Month, TeamId};
use invoice_store_common::lists::{Value, kept_day};
use sqlx::postgres::PgRow;

use super::row::{column, count, money, named};
use crate::PostgresStore;
use crate::error::unreadable;

/// Sums by age on `$2` of what is due, at `due_date`: each row is added once, and not looked at for each age.
macro_rules! aging {
    ($amount:literal, $rows:literal) => {
        concat!(
            "SELECT currency, age, sum(amount)::bigint FROM (SELECT currency, ",
            $amount,
            " AS amount, CASE WHEN due_date IS NULL OR due_date >= $2 THEN 0 WHEN due_date >= $2 - 30 THEN 1 \
                WHEN due_date >= $2 - 60 THEN 2 WHEN due_date >= $2 - 90 THEN 3 ELSE 4 END AS age FROM ",
            $rows,
            ") open GROUP BY currency, age"
        )
    };
}
const AGING: &str = aging!("amount", "{s}.receivables WHERE team = $1 AND issue_date <= $2 AND amount > 0");
const AGING_OF_CLIENT: &str = aging!(
    "due",
    "{s}.documents \
     WHERE team = $1 AND client = $3 AND kind = 'invoice' AND live AND due > 0 AND issue_date <= $2"
);

const TAXES: &str = "\
    SELECT currency, scheme, category, rate, withheld, sum(taxable)::bigint, sum(tax)::bigint \
    FROM {s}.monthly_taxes WHERE team = $1 AND month BETWEEN $2 AND $3 \
    GROUP BY currency, scheme, category, rate, withheld HAVING sum(documents) > 0";

const REVENUE: &str = "\
    SELECT month, currency, invoiced::bigint, credited::bigint, invoices, credit_notes \
    FROM {s}.monthly_revenue WHERE team = $1 AND month BETWEEN $2 AND $3 AND (invoices > 0 OR credit_notes > 0)";

#[async_trait]
impl Reports for PostgresStore {
    async fn aging(
        &self,
        team: TeamId,
        as_of: NaiveDate,
        client: Option<ClientId>,
    ) -> Result<Vec<AgingRow>, StoreError> {
        let mut values = vec![Value::Uuid(team.as_uuid()), Value::Date(kept_day(as_of))];
        let text = match client {
            Some(client) => {
                values.push(Value::Uuid(client.as_uuid()));
                AGING_OF_CLIENT
            }
            None => AGING,
        };
        let mut found: BTreeMap<Currency, AgingRow> = BTreeMap::new();
        for row in &self.rows(text, &values).await? {
            let currency: Currency = named(row, 0, "currency")?;
            let of_currency = found.entry(currency).or_insert_with(|| AgingRow::nothing(currency));
            *match column::<i32>(row, 1)? {
                0 => &mut of_currency.current,
                1 => &mut of_currency.days_1_to_30,
                2 => &mut of_currency.days_31_to_60,
                3 => &mut of_currency.days_61_to_90,
                _ => &mut of_currency.over_90_days,
            } = money(row, 2, currency)?;
        }
        Ok(found.into_values().collect())
    }

    async fn tax_summary(&self, team: TeamId, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError> {
        let rows = self.rows(TAXES, &values_of(team, months)).await?;
        let mut rows = rows.iter().map(tax_row).collect::<Result<Vec<_>, _>>()?;
        in_order(&mut rows);
        Ok(rows)
    }

    async fn revenue_by_month(
        &self,
        team: TeamId,
        months: MonthRange,
    ) -> Result<Vec<RevenueRow>, StoreError> {
        let rows = self.rows(REVENUE, &values_of(team, months)).await?;
        let mut rows = rows.iter().map(revenue_row).collect::<Result<Vec<_>, _>>()?;
        rows.sort_by_key(|row| (row.month, row.invoiced.currency()));
        Ok(rows)
    }

    async fn statement(
        &self,
        team: TeamId,
        query: &StatementQuery,
        page: &PageRequest,
    ) -> Result<Statement, StoreError> {
        self.read_statement(team, query, page).await
    }
}

/// The first days of the first and the last month.
fn values_of(team: TeamId, months: MonthRange) -> [Value; 3] {
    // Every month has a first day.
    let first = |month: Month| NaiveDate::from_ymd_opt(month.year(), month.month(), 1).unwrap_or_default();
    [
        Value::Uuid(team.as_uuid()),
        Value::Date(kept_day(first(months.from()))),
        Value::Date(kept_day(first(months.to()))),
    ]
}

fn tax_row(row: &PgRow) -> Result<TaxSummaryRow, StoreError> {
    let currency: Currency = named(row, 0, "currency")?;
    let category = match column::<&str>(row, 2)? {
        "" => None,
        code => Some(TaxCategory::new(code).map_err(|error| unreadable("tax category", error))?),
    };
    Ok(TaxSummaryRow {
        scheme: named(row, 1, "tax scheme")?,
        category,
        rate: named(row, 3, "tax rate")?,
        withheld: column(row, 4)?,
        taxable: money(row, 5, currency)?,
        tax: money(row, 6, currency)?,
    })
}

fn revenue_row(row: &PgRow) -> Result<RevenueRow, StoreError> {
    let currency: Currency = named(row, 1, "currency")?;
    Ok(RevenueRow {
        month: Month::of(column(row, 0)?),
        invoiced: money(row, 2, currency)?,
        credited: money(row, 3, currency)?,
        invoices: count(row, 4, "count")?,
        credit_notes: count(row, 5, "count")?,
    })
}

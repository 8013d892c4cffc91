//! Reports read sums that every commit keeps, and amounts due out of the index of open invoices.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;
use invoice_core::adapter::in_order;
use invoice_core::ports::{
    AgingRow, MonthRange, PageRequest, Reports, RevenueRow, Statement, StatementQuery, StoreError,
    TaxSummaryRow,
};
use invoice_core::tax::{TaxCategory, TaxScheme};
use invoice_core::{ClientId, Currency, Month, TaxRate, TeamId};
use invoice_store_common::lists::kept_day;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{DateTime, Document, doc};
use mongodb::options::Hint;

use super::Question;
use super::row::{count, money, named, sum, summed};
use crate::MongoStore;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, date, kind, there, uuid};

/// What a row of a tax summary is of.
type Group = (Currency, TaxScheme, Option<TaxCategory>, TaxRate, bool);

/// The sums of a group over the months.
#[derive(Default)]
struct Sums {
    taxable: i128,
    tax: i128,
    documents: u64,
}

#[async_trait]
impl Reports for MongoStore {
    async fn aging(
        &self,
        team: TeamId,
        as_of: NaiveDate,
        client: Option<ClientId>,
    ) -> Result<Vec<AgingRow>, StoreError> {
        let as_of = date(kept_day(as_of));
        // Nothing but what the index has: no document need be fetched. Only invoices are open.
        let mut filter = doc! {
            "team": uuid(team.as_uuid()),
            "open": true,
            "issue_date": { "$lte": as_of },
        };
        if let Some(client) = client {
            filter.insert("client", uuid(client.as_uuid()));
        }
        let group = doc! {
            "_id": { "currency": "$currency", "age": age(as_of) },
            "currency": { "$first": "$currency" },
            "due": { "$sum": "$due" },
        };
        let mut session = self.reading().await?;
        let mut cursor = self
            .billing()
            .aggregate([doc! { "$match": filter }, doc! { "$group": group }])
            .hint(Hint::Name("invoice_open".to_owned()))
            .with_type::<RawDocumentBuf>()
            .session(&mut session)
            .await
            .map_err(store_error)?;
        let mut found: BTreeMap<Currency, AgingRow> = BTreeMap::new();
        while cursor.advance(&mut session).await.map_err(store_error)? {
            let row = Fields(cursor.current());
            let currency: Currency = named(row, "currency")?;
            let of_currency = found.entry(currency).or_insert_with(|| AgingRow::nothing(currency));
            let group = Fields(there("_id", row.document("_id")?)?);
            *match there("age", group.number("age")?)? {
                0 => &mut of_currency.current,
                1 => &mut of_currency.days_1_to_30,
                2 => &mut of_currency.days_31_to_60,
                3 => &mut of_currency.days_61_to_90,
                _ => &mut of_currency.over_90_days,
            } = money(row, "due", currency)?;
        }
        Ok(found.into_values().collect())
    }

    async fn tax_summary(&self, team: TeamId, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError> {
        let mut groups: BTreeMap<Group, Sums> = BTreeMap::new();
        for month in self.find_all(of_months(team, months)).await? {
            add_taxes(&mut groups, &month)?;
        }
        let groups = groups.into_iter().filter(|(_, sums)| sums.documents > 0);
        let row = |((currency, scheme, category, rate, withheld), sums): (Group, Sums)| {
            let taxable = summed(sums.taxable, currency, "taxable")?;
            let tax = summed(sums.tax, currency, "tax")?;
            Ok(TaxSummaryRow { scheme, category, rate, withheld, taxable, tax })
        };
        let mut rows = groups.map(row).collect::<Result<Vec<_>, StoreError>>()?;
        in_order(&mut rows);
        Ok(rows)
    }

    async fn revenue_by_month(
        &self,
        team: TeamId,
        months: MonthRange,
    ) -> Result<Vec<RevenueRow>, StoreError> {
        let found = self.find_all(of_months(team, months)).await?;
        let rows = found.iter().map(|month| revenue(month)).collect::<Result<Vec<_>, _>>()?;
        let mut rows: Vec<_> =
            rows.into_iter().filter(|row| row.invoices > 0 || row.credit_notes > 0).collect();
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

/// How far past its due date an invoice is, by the columns of an aging. What has no due date is not past it.
fn age(as_of: DateTime) -> Document {
    const A_DAY: i64 = 86_400_000;
    let since = |days: i64| doc! { "$gte": ["$due_date", DateTime::from_millis(as_of.timestamp_millis() - days * A_DAY)] };
    doc! {
        "$switch": {
            "branches": [
                { "case": { "$or": [{ "$lte": ["$due_date", null] }, since(0)] }, "then": 0 },
                { "case": since(30), "then": 1 },
                { "case": since(60), "then": 2 },
                { "case": since(90), "then": 3 },
            ],
            "default": 4,
        }
    }
}

/// The sums of some months.
fn of_months(team: TeamId, months: MonthRange) -> Question {
    // Every month has a first day.
    let first = |month: Month| NaiveDate::from_ymd_opt(month.year(), month.month(), 1).unwrap_or_default();
    let range = doc! { "$gte": date(first(months.from())), "$lte": date(first(months.to())) };
    Question::new(team, "month", doc! { "kind": kind::MONTH, "month": range })
}

fn add_taxes(groups: &mut BTreeMap<Group, Sums>, month: &RawDocument) -> Result<(), StoreError> {
    let month = Fields(month);
    let currency: Currency = named(month, "currency")?;
    let Some(taxes) = month.document("taxes")? else { return Ok(()) };
    for tax in taxes {
        let (_, tax) = tax.map_err(|error| unreadable("taxes", error))?;
        let tax = Fields(there("taxes", tax.as_document())?);
        let sums = groups.entry(group(currency, tax)?).or_default();
        sums.taxable = sums.taxable.saturating_add(sum(tax, "taxable")?);
        sums.tax = sums.tax.saturating_add(sum(tax, "tax")?);
        sums.documents = sums.documents.saturating_add(count(tax, "documents")?);
    }
    Ok(())
}

fn group(currency: Currency, tax: Fields<'_>) -> Result<Group, StoreError> {
    let category = match tax.text("category")?.unwrap_or_default() {
        "" => None,
        code => Some(TaxCategory::new(code).map_err(|error| unreadable("category", error))?),
    };
    let withheld = there("withheld", tax.flag("withheld")?)?;
    Ok((currency, named(tax, "scheme")?, category, named(tax, "rate")?, withheld))
}

fn revenue(month: &RawDocument) -> Result<RevenueRow, StoreError> {
    let row = Fields(month);
    let currency: Currency = named(row, "currency")?;
    Ok(RevenueRow {
        month: Month::of(there("month", row.date("month")?)?),
        invoiced: summed(sum(row, "invoiced")?, currency, "invoiced")?,
        credited: summed(sum(row, "credited")?, currency, "credited")?,
        invoices: count(row, "invoice_count")?,
        credit_notes: count(row, "credit_note_count")?,
    })
}

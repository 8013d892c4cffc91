//! Reports, added up from the documents each time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::MemoryBilling;
use super::state::Ledger;
use crate::adapter::{DocumentRow, Postings, in_order};
use crate::change::Record;
use crate::document::Issued;
use crate::ports::{
    AgingRow, MonthRange, PageRequest, Reports, RevenueRow, Statement, StatementQuery, StoreError,
    TaxSummaryRow,
};
use crate::{ClientId, Currency, Invoice, Money, Month, TeamId};

pub(super) fn add(sum: &mut Money, amount: Money) -> Result<(), StoreError> {
    *sum = sum.checked_add(amount).map_err(StoreError::backend)?;
    Ok(())
}

impl Ledger {
    /// Issued and not void.
    fn live_invoices(&self) -> impl Iterator<Item = (&Invoice, &Issued)> {
        let live = self.invoices().filter(|invoice| invoice.voided_at().is_none());
        live.filter_map(|invoice| Some((invoice, invoice.issued()?)))
    }

    fn aging(&self, as_of: NaiveDate, client: Option<ClientId>) -> Result<Vec<AgingRow>, StoreError> {
        let mut rows = BTreeMap::new();
        for (invoice, issued) in self.live_invoices() {
            let due = invoice.due();
            if !due.is_positive()
                || issued.issue_date() > as_of
                || client.is_some_and(|client| client != invoice.content().client())
            {
                continue;
            }
            let row = rows.entry(due.currency()).or_insert_with(|| AgingRow::nothing(due.currency()));
            let days_past = issued.due_date().map_or(0, |due_date| (as_of - due_date).num_days());
            let bucket = match days_past {
                ..=0 => &mut row.current,
                1..=30 => &mut row.days_1_to_30,
                31..=60 => &mut row.days_31_to_60,
                61..=90 => &mut row.days_61_to_90,
                _ => &mut row.over_90_days,
            };
            add(bucket, due)?;
        }
        Ok(rows.into_values().collect())
    }

    /// What the documents that are not void add to the reports.
    fn postings(&self) -> impl Iterator<Item = Result<Postings, StoreError>> {
        let live = |record: &&Arc<Record>| DocumentRow::of(record).is_some_and(|row| row.live);
        let all = self.records.values().filter(live);
        all.filter_map(|record| Postings::of(record).map_err(StoreError::backend).transpose())
    }

    fn tax_summary(&self, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError> {
        let mut rows: Vec<TaxSummaryRow> = Vec::new();
        for postings in self.postings() {
            for posting in postings?.taxes.iter().filter(|posting| months.contains(posting.month)) {
                match rows.iter_mut().find(|row| is_same_group(row, &posting.row)) {
                    Some(row) => {
                        add(&mut row.taxable, posting.row.taxable)?;
                        add(&mut row.tax, posting.row.tax)?;
                    }
                    None => rows.push(posting.row),
                }
            }
        }
        in_order(&mut rows);
        Ok(rows)
    }

    fn revenue(&self, months: MonthRange) -> Result<Vec<RevenueRow>, StoreError> {
        let mut rows: BTreeMap<(Month, Currency), RevenueRow> = BTreeMap::new();
        for postings in self.postings() {
            let posting = postings?.revenue;
            if !months.contains(posting.month) {
                continue;
            }
            match rows.entry((posting.month, posting.invoiced.currency())) {
                Entry::Occupied(row) => {
                    let row = row.into_mut();
                    add(&mut row.invoiced, posting.invoiced)?;
                    add(&mut row.credited, posting.credited)?;
                    row.invoices += posting.invoices;
                    row.credit_notes += posting.credit_notes;
                }
                Entry::Vacant(place) => {
                    place.insert(posting);
                }
            }
        }
        Ok(rows.into_values().collect())
    }
}

fn is_same_group(one: &TaxSummaryRow, other: &TaxSummaryRow) -> bool {
    let key =
        |row: &TaxSummaryRow| (row.taxable.currency(), row.scheme, row.category, row.rate, row.withheld);
    key(one) == key(other)
}

#[async_trait]
impl Reports for MemoryBilling {
    async fn aging(
        &self,
        team: TeamId,
        as_of: NaiveDate,
        client: Option<ClientId>,
    ) -> Result<Vec<AgingRow>, StoreError> {
        self.read(team, |ledger| ledger.aging(as_of, client))
    }

    async fn tax_summary(&self, team: TeamId, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError> {
        self.read(team, |ledger| ledger.tax_summary(months))
    }

    async fn revenue_by_month(
        &self,
        team: TeamId,
        months: MonthRange,
    ) -> Result<Vec<RevenueRow>, StoreError> {
        self.read(team, |ledger| ledger.revenue(months))
    }

    async fn statement(
        &self,
        team: TeamId,
        query: &StatementQuery,
        page: &PageRequest,
    ) -> Result<Statement, StoreError> {
        self.read(team, |ledger| ledger.statement(query, page))
    }
}

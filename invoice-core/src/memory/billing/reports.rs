//! Reports, added up from the documents each time.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::MemoryBilling;
use super::state::Ledger;
use crate::document::Issued;
use crate::ports::{
    AgingRow, MonthRange, PageRequest, Reports, RevenueRow, Statement, StatementQuery, StoreError,
    TaxSummaryRow,
};
use crate::tax::TaxKey;
use crate::{ClientId, CreditNote, Currency, Invoice, Money, Month, TeamId};

pub(super) fn add(sum: &mut Money, amount: Money) -> Result<(), StoreError> {
    *sum = sum.checked_add(amount).map_err(StoreError::backend)?;
    Ok(())
}

fn subtract(sum: &mut Money, amount: Money) -> Result<(), StoreError> {
    add(sum, amount.negated())
}

impl Ledger {
    /// Issued and not void.
    fn live_invoices(&self) -> impl Iterator<Item = (&Invoice, &Issued)> {
        let live = self.invoices().filter(|invoice| invoice.voided_at().is_none());
        live.filter_map(|invoice| Some((invoice, invoice.issued()?)))
    }

    fn issued_credit_notes(&self) -> impl Iterator<Item = (&CreditNote, &Issued)> {
        self.credit_notes().filter_map(|note| Some((note, note.issued()?)))
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
            let row = rows.entry(due.currency()).or_insert_with(|| nothing_due(due.currency()));
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

    fn tax_summary(&self, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError> {
        let mut rows: BTreeMap<(Currency, TaxKey), TaxSummaryRow> = BTreeMap::new();
        let mut row_of =
            |key: TaxKey, currency: Currency, change: &dyn Fn(&mut TaxSummaryRow) -> Result<(), _>| {
                change(rows.entry((currency, key)).or_insert_with(|| nothing_taxed(key, currency)))
            };
        let is_asked_for = |issued: &Issued| months.contains(Month::of(issued.tax_point()));
        for (invoice, _) in self.live_invoices().filter(|(_, issued)| is_asked_for(issued)) {
            for row in invoice.totals().breakdown() {
                row_of(row.key(), invoice.totals().currency(), &|sums| {
                    add(&mut sums.taxable, row.taxable_after_advances())?;
                    add(&mut sums.tax, row.tax_after_advances())
                })?;
            }
        }
        for (note, _) in self.issued_credit_notes().filter(|(_, issued)| is_asked_for(issued)) {
            for row in note.totals().breakdown() {
                row_of(row.key(), note.currency(), &|sums| {
                    subtract(&mut sums.taxable, row.taxable())?;
                    subtract(&mut sums.tax, row.tax())
                })?;
            }
        }
        Ok(rows.into_values().collect())
    }

    fn revenue(&self, months: MonthRange) -> Result<Vec<RevenueRow>, StoreError> {
        let mut rows: BTreeMap<(Month, Currency), RevenueRow> = BTreeMap::new();
        for (invoice, issued) in self.live_invoices() {
            let (totals, month) = (invoice.totals(), Month::of(issued.issue_date()));
            if months.contains(month) {
                let key = (month, totals.currency());
                let row = rows.entry(key).or_insert_with(|| nothing_sold(month, totals.currency()));
                add(&mut row.invoiced, totals.tax_exclusive())?;
                subtract(&mut row.invoiced, totals.advance_net())?;
                row.invoices += 1;
            }
        }
        for (note, issued) in self.issued_credit_notes() {
            let month = Month::of(issued.issue_date());
            if months.contains(month) {
                let key = (month, note.currency());
                let row = rows.entry(key).or_insert_with(|| nothing_sold(month, note.currency()));
                add(&mut row.credited, note.totals().tax_exclusive())?;
                row.credit_notes += 1;
            }
        }
        Ok(rows.into_values().collect())
    }
}

fn nothing_due(currency: Currency) -> AgingRow {
    let zero = Money::zero(currency);
    AgingRow {
        current: zero,
        days_1_to_30: zero,
        days_31_to_60: zero,
        days_61_to_90: zero,
        over_90_days: zero,
    }
}

fn nothing_taxed(key: TaxKey, currency: Currency) -> TaxSummaryRow {
    let zero = Money::zero(currency);
    TaxSummaryRow {
        scheme: key.scheme(),
        category: key.category(),
        rate: key.rate(),
        withheld: key.is_withheld(),
        taxable: zero,
        tax: zero,
    }
}

fn nothing_sold(month: Month, currency: Currency) -> RevenueRow {
    let zero = Money::zero(currency);
    RevenueRow { month, invoiced: zero, credited: zero, invoices: 0, credit_notes: 0 }
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

//! The sums that reports read, kept by each commit.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use invoice_core::adapter::Postings;
use invoice_core::change::Record;
use invoice_core::ports::{RevenueRow, StoreError, TaxSummaryRow};
use invoice_core::{Currency, Month};
use mongodb::bson::raw::{CString, RawDocumentBuf, cstr};
use mongodb::bson::rawdoc;

use super::command::Owner;
use crate::layout::{date, decimal, first_day, kind, month_key, uuid};

/// Whether amounts are added or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Add,
    TakeBack,
}

/// What the documents of a commit add to the sums of their months.
#[derive(Default)]
pub(super) struct Sums(BTreeMap<(NaiveDate, &'static str), (Month, Currency, Sum)>);

#[derive(Default)]
struct Sum {
    taxes: BTreeMap<String, Tax>,
    revenue: Option<[i128; 4]>,
}

struct Tax {
    row: TaxSummaryRow,
    taxable: i128,
    amount: i128,
    documents: i128,
}

/// What tells a group of taxes from the others of its month: a name without dots, as fields have it.
fn tax_name(row: &TaxSummaryRow) -> String {
    let rate = row.rate.get().normalize().to_string().replace('.', ",");
    let category = row.category.map_or("", |category| category.code());
    let withheld = if row.withheld { "withheld" } else { "" };
    format!("{}|{category}|{rate}|{withheld}", row.scheme.as_str())
}

impl Sums {
    pub(super) fn post(&mut self, record: &Record, sign: Sign) -> Result<(), StoreError> {
        let postings = Postings::of(record).map_err(StoreError::backend)?;
        let Some(Postings { taxes, revenue }) = postings else { return Ok(()) };
        let signed = |units: i64| match sign {
            Sign::Add => i128::from(units),
            Sign::TakeBack => -i128::from(units),
        };
        for posting in taxes {
            let row = posting.row;
            let sum = self.of(posting.month, row.taxable.currency());
            let tax =
                sum.taxes.entry(tax_name(&row)).or_insert(Tax { row, taxable: 0, amount: 0, documents: 0 });
            tax.taxable += signed(row.taxable.minor());
            tax.amount += signed(row.tax.minor());
            tax.documents += signed(1);
        }
        let RevenueRow { month, invoiced, credited, invoices, credit_notes } = revenue;
        let count = |documents: u64| signed(i64::from(documents > 0));
        let added =
            [signed(invoiced.minor()), signed(credited.minor()), count(invoices), count(credit_notes)];
        let sum = self.of(month, invoiced.currency()).revenue.get_or_insert([0; 4]);
        sum.iter_mut().zip(added).for_each(|(sum, added)| *sum += added);
        Ok(())
    }

    fn of(&mut self, month: Month, currency: Currency) -> &mut Sum {
        let key = (first_day(month), currency.code());
        &mut self.0.entry(key).or_insert_with(|| (month, currency, Sum::default())).2
    }

    /// A statement for each month, in the order of months.
    pub(super) fn statements(self, owner: Owner) -> Result<Vec<RawDocumentBuf>, StoreError> {
        self.0.into_values().map(|(month, currency, sum)| statement(owner, month, currency, sum)).collect()
    }
}

fn statement(owner: Owner, month: Month, currency: Currency, sum: Sum) -> Result<RawDocumentBuf, StoreError> {
    let mut added = RawDocumentBuf::new();
    let mut said = RawDocumentBuf::new();
    let name = |text: String| CString::try_from(text).map_err(StoreError::backend);
    for (key, Tax { row, taxable, amount, documents }) in sum.taxes {
        let field = |part: &str| name(format!("taxes.{key}.{part}"));
        added.append(field("taxable")?, decimal(taxable));
        added.append(field("tax")?, decimal(amount));
        added.append(field("documents")?, i64::try_from(documents).unwrap_or_default());
        said.append(field("scheme")?, row.scheme.as_str());
        if let Some(category) = row.category {
            said.append(field("category")?, category.code());
        }
        said.append(field("rate")?, row.rate.get().normalize().to_string());
        said.append(field("withheld")?, row.withheld);
    }
    let [invoiced, credited, invoices, credit_notes] = sum.revenue.unwrap_or_default();
    for (field, amount) in [("invoiced", invoiced), ("credited", credited)] {
        added.append(name(field.to_owned())?, decimal(amount));
    }
    // No field of what is written often may be called like a path of an index: the server would go through all of them.
    for (field, count) in [("invoice_count", invoices), ("credit_note_count", credit_notes)] {
        added.append(name(field.to_owned())?, i64::try_from(count).unwrap_or_default());
    }
    let mut first = rawdoc! {
        "kind": kind::MONTH,
        "month": date(first_day(month)),
        "currency": currency.code(),
    };
    if !owner.is_sharded {
        // Else it is in the query, and comes from there.
        first.append(cstr!("team"), uuid(owner.team.as_uuid()));
    }
    let mut change = rawdoc! { "$setOnInsert": first, "$inc": added };
    if !said.is_empty() {
        change.append(cstr!("$set"), said);
    }
    let query = owner.query(month_key(owner.team, month, currency));
    Ok(rawdoc! { "q": query, "u": change, "upsert": true })
}

//! What a document adds to the monthly reports, so that a store can keep their sums as it goes.

use crate::change::Record;
use crate::ports::{RevenueRow, TaxSummaryRow};
use crate::tax::TaxKey;
use crate::totals::Totals;
use crate::{Money, MoneyError, Month};

/// What one issued invoice or credit note adds, while it is not void: to the tax summary in the month of
/// its tax point, to the revenue in the month of issue.
///
/// The figures of an issued document never change. So a store adds them once, in the commit that issues the
/// document, and takes the same ones back in the commit that makes it void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postings {
    /// Taxes by group; a credit note's are negative.
    pub taxes: Vec<TaxPosting>,
    /// Revenue.
    pub revenue: RevenueRow,
}

/// What a document adds to one row of the tax summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxPosting {
    /// The month of the tax point.
    pub month: Month,
    /// The group, with the amounts to add.
    pub row: TaxSummaryRow,
}

impl Postings {
    /// What a record adds, void or not; `None` if it is not an issued invoice or credit note.
    ///
    /// ```
    /// use invoice_core::adapter::Postings;
    /// use invoice_core::change::Record;
    /// use invoice_core::testing::BillingFixtures;
    ///
    /// let make = BillingFixtures::new();
    /// let client = Record::from(make.client("Specimen AG"));
    /// assert_eq!(Postings::of(&client), Ok(None));
    /// ```
    pub fn of(record: &Record) -> Result<Option<Self>, MoneyError> {
        match (record, record.issued()) {
            (Record::Invoice(invoice), Some(issued)) => {
                let month = Month::of(issued.issue_date());
                let taxes = taxes(invoice.totals(), Month::of(issued.tax_point()), |amount| amount);
                Self::of_invoice(invoice.totals(), month, taxes).map(Some)
            }
            (Record::CreditNote(note), Some(issued)) => {
                let totals = note.totals();
                let zero = Money::zero(note.currency());
                let revenue = RevenueRow {
                    month: Month::of(issued.issue_date()),
                    invoiced: zero,
                    credited: totals.tax_exclusive(),
                    invoices: 0,
                    credit_notes: 1,
                };
                let taxes = taxes(totals, Month::of(issued.tax_point()), Money::negated);
                Ok(Some(Self { taxes, revenue }))
            }
            _ => Ok(None),
        }
    }

    fn of_invoice(totals: &Totals, month: Month, taxes: Vec<TaxPosting>) -> Result<Self, MoneyError> {
        let revenue = RevenueRow {
            month,
            invoiced: totals.tax_exclusive().checked_sub(totals.advance_net())?,
            credited: Money::zero(totals.currency()),
            invoices: 1,
            credit_notes: 0,
        };
        Ok(Self { taxes, revenue })
    }
}

/// The groups of the breakdown, less what advances took of them.
fn taxes(totals: &Totals, month: Month, signed: impl Fn(Money) -> Money) -> Vec<TaxPosting> {
    let posting = |row: &crate::totals::TaxRow| TaxPosting {
        month,
        row: TaxSummaryRow {
            scheme: row.scheme(),
            category: row.category(),
            rate: row.rate(),
            withheld: row.is_withheld(),
            taxable: signed(row.taxable_after_advances()),
            tax: signed(row.tax_after_advances()),
        },
    };
    totals.breakdown().iter().map(posting).collect()
}

/// Puts the rows of a tax summary in their order: by currency, and then as in a document's breakdown.
pub fn in_order(rows: &mut [TaxSummaryRow]) {
    rows.sort_by_key(|row| {
        (row.taxable.currency(), TaxKey::new(row.withheld, row.scheme, row.category, row.rate))
    });
}

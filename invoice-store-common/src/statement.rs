//! A page of a client's statement, out of its lines.

use invoice_core::Money;
use invoice_core::adapter::statement::{Place, cursor};
use invoice_core::ports::{Page, PageRequest, Statement, StatementEntry, StoreError};

/// An entry before anybody knows the balance.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its place among the entries of a statement.
    pub place: Place,
    /// What the client knows it by.
    pub reference: Option<String>,
    /// What is owed more by it.
    pub amount: Money,
}

/// Adds up from what was owed before the first of the lines. They are in the order of their places, one more than asked
/// for if there are so many.
pub fn statement(opening: Money, lines: Vec<Line>, request: &PageRequest) -> Result<Statement, StoreError> {
    let page = Page::from_overfull(lines, request, |line| cursor(&line.place))?;
    let mut balance = opening;
    let mut entries = Vec::with_capacity(page.items.len());
    for Line { place: (date, kind, _), reference, amount } in page.items {
        balance = balance.checked_add(amount).map_err(StoreError::backend)?;
        entries.push(StatementEntry { date, kind, reference, amount, balance });
    }
    Ok(Statement { opening, entries, closing: balance, next: page.next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use invoice_core::InvoiceId;
    use invoice_core::adapter::statement::start;
    use invoice_core::ports::StatementEntryKind;
    use invoice_core::testing::{BillingFixtures, day, euros};

    #[test]
    fn a_page_closes_with_its_last_balance_and_the_next_one_begins_behind_it() {
        let make = BillingFixtures::new();
        let line = |amount| Line {
            place: (day("2026-03-02"), StatementEntryKind::Invoice(InvoiceId::from_uuid(make.uuid())), 0),
            reference: None,
            amount: euros(amount),
        };
        let lines = ["100", "-30", "5"].map(line);
        let request = PageRequest::first(2).unwrap();
        let sheet = statement(euros("7"), lines.to_vec(), &request).unwrap();
        let balances: Vec<_> = sheet.entries.iter().map(|entry| entry.balance).collect();
        assert_eq!(balances, [euros("107"), euros("77")]);
        assert_eq!((sheet.opening, sheet.closing), (euros("7"), euros("77")));
        let next = start(&request.after(sheet.next.unwrap())).unwrap();
        assert_eq!(next, Some(lines[1].place.clone()));
    }

    #[test]
    fn a_page_without_entries_closes_as_it_opened() {
        let sheet = statement(euros("7"), Vec::new(), &PageRequest::first(2).unwrap()).unwrap();
        assert_eq!((sheet.closing, sheet.next), (euros("7"), None));
    }
}

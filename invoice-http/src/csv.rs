//! Rows of a spreadsheet (RFC 4180).

use chrono::NaiveDate;
use invoice_core::ports::InvoiceSummary;

use crate::wire::amount::Amount;

/// The names of the columns.
pub(crate) const HEAD: &[u8] =
    b"id,number,kind,status,payment_state,client,customer_name,issue_date,due_date,currency,payable,due,created_at\r\n";

/// Adds the row of an invoice as it is on a date.
pub(crate) fn invoice(table: &mut String, row: &InvoiceSummary, as_of: NaiveDate) {
    let date = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
    let cells = [
        row.id.to_string(),
        text(row.number.as_deref().unwrap_or_default()),
        row.kind.as_str().to_owned(),
        row.status_on(as_of).as_str().to_owned(),
        row.payment_state.as_str().to_owned(),
        row.client.to_string(),
        text(row.customer_name.as_deref().unwrap_or_default()),
        date(row.issue_date),
        date(row.due_date),
        row.payable.currency().code().to_owned(),
        // A minus before digits is an amount and no formula.
        Amount(row.payable).to_string(),
        Amount(row.due).to_string(),
        row.created_at.to_string(),
    ];
    table.push_str(&cells.join(","));
    table.push_str("\r\n");
}

/// A text of somebody's choice, as a cell: one that a spreadsheet would take for a formula starts with an apostrophe,
/// and quotes keep separators inside.
fn text(value: &str) -> String {
    // Wide forms are folded to the plain ones by some spreadsheets.
    let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠'];
    let risky = value.trim_start_matches([' ', '\u{a0}', '\u{feff}']).starts_with(starts);
    let guard = if risky { "'" } else { "" };
    if risky || value.contains([',', ';', '"', '\r', '\n', '\t']) {
        format!("\"{guard}{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_formula_or_a_second_cell() {
        for (value, cell) in [
            ("Sperl KG", "Sperl KG"),
            ("=1+1", "\"'=1+1\""),
            (" =1+1", "\"' =1+1\""),
            ("+49 30", "\"'+49 30\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("＝1", "\"'＝1\""),
            ("\t=1", "\"'\t=1\""),
            ("Sperl, \"KG\"", "\"Sperl, \"\"KG\"\"\""),
            ("a;b", "\"a;b\""),
            ("a\r\n=b", "\"a\r\n=b\""),
            ("", ""),
        ] {
            assert_eq!(text(value), cell, "{value:?}");
        }
    }
}

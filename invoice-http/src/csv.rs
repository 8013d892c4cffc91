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

/// Characters that begin a formula. Wide forms are folded to the plain ones by some spreadsheets.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'];

/// Characters that a spreadsheet may end a cell at, whatever stands around it.
const SEPARATORS: [char; 5] = [',', ';', '\t', '\r', '\n'];

/// A text of somebody's choice, as a cell: what a spreadsheet would take for a formula has an apostrophe before it,
/// and quotes keep separators inside.
///
/// A spreadsheet that separates cells by semicolons sees no quotes in the middle of one, so that a formula may begin
/// behind any separator.
fn text(value: &str) -> String {
    let mut cell = String::with_capacity(value.len() + 2);
    let mut guarded = value.starts_with(['\t', '\r', '\n']);
    if guarded || begins_formula(value) {
        cell.push('\'');
        guarded = true;
    }
    for (place, character) in value.char_indices() {
        cell.push(character);
        if character == '"' {
            cell.push('"');
        }
        let rest = value.get(place + character.len_utf8()..).unwrap_or_default();
        if SEPARATORS.contains(&character) && begins_formula(rest) && !is_words(rest) {
            cell.push('\'');
            guarded = true;
        }
    }
    if guarded || value.contains([',', ';', '"', '\r', '\n', '\t']) { format!("\"{cell}\"") } else { cell }
}

/// Whether a spreadsheet could take a cell of this text for a formula: it looks past blanks and quotes.
fn begins_formula(text: &str) -> bool {
    text.trim_start_matches([' ', '\t', '\u{a0}', '\u{feff}', '"']).starts_with(FORMULA)
}

/// Whether the cell behind a separator is words after a dash, such as the end of `Müller, -Sohn`. Whatever takes them
/// for a formula finds nothing in it to call or to fetch, and a name stays as it is written.
fn is_words(rest: &str) -> bool {
    let cell = rest.split(SEPARATORS).next().unwrap_or_default();
    let Some(words) = cell.trim_start_matches(' ').strip_prefix('-') else { return false };
    let first = words.chars().next();
    cell.starts_with(' ')
        && first.is_some_and(char::is_alphabetic)
        && words.chars().all(|one| one.is_alphanumeric() || [' ', '.', '-'].contains(&one))
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
            ("\t=1", "\"'\t'=1\""),
            ("Sperl, \"KG\"", "\"Sperl, \"\"KG\"\"\""),
            ("a;b", "\"a;b\""),
            ("a\r\n=b", "\"a\r\n'=b\""),
            (";=1", "\";'=1\""),
            ("Grün; =1", "\"Grün;' =1\""),
            ("Grün,\"=1\"", "\"Grün,'\"\"=1\"\"\""),
            ("a;b;-2;c", "\"a;b;'-2;c\""),
            ("Müller, -Sohn", "\"Müller, -Sohn\""),
            ("Müller; -Sohn GmbH; =1", "\"Müller; -Sohn GmbH;' =1\""),
            ("Müller,-Sohn", "\"Müller,'-Sohn\""),
            ("Müller, -cmd|x!A1", "\"Müller,' -cmd|x!A1\""),
            ("Müller, -SUM(A1)", "\"Müller,' -SUM(A1)\""),
            ("Müller, -2+3", "\"Müller,' -2+3\""),
            ("Müller, --Sohn", "\"Müller,' --Sohn\""),
            ("Müller\t=1", "\"Müller\t'=1\""),
            ("Meier; Söhne", "\"Meier; Söhne\""),
            ("", ""),
        ] {
            assert_eq!(text(value), cell, "{value:?}");
        }
    }
}

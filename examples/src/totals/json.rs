//! The totals for machines.

use invoice_core::Money;
use invoice_core::totals::calculate;
use serde_json::{Value, json};

use super::Problem;
use super::document::Document;

fn text(money: Money) -> Value {
    money.amount().to_string().into()
}

/// One JSON object with every figure, in the names of the document's `expected`.
pub(super) fn figures(document: &Document) -> Result<String, Problem> {
    let totals = calculate(&document.input_in_cash())?;
    let lines = document.lines.iter().zip(totals.lines()).map(|(line, figures)| {
        let mut json = json!({ "id": line.id(), "net": text(figures.net()) });
        if let (Some(gross), Some(object)) = (figures.gross(), json.as_object_mut()) {
            object.insert("gross".to_owned(), text(gross));
        }
        json
    });
    let rows = totals.breakdown().iter().map(|row| {
        json!({
            "scheme": row.scheme(),
            "category": row.category(),
            "rate": row.rate(),
            "withheld": row.is_withheld(),
            "taxable": text(row.taxable()),
            "tax": text(row.tax()),
            "exemption_reason": row.exemption_reason(),
        })
    });
    let json = json!({
        "number": document.title,
        "currency": totals.currency(),
        "lines": lines.collect::<Vec<_>>(),
        "line_total": text(totals.line_total()),
        "allowance_total": text(totals.allowance_total()),
        "charge_total": text(totals.charge_total()),
        "tax_exclusive": text(totals.tax_exclusive()),
        "tax_total": text(totals.tax_total()),
        "tax_inclusive": text(totals.tax_inclusive()),
        "withheld_total": text(totals.withheld_total()),
        "prepaid": text(totals.prepaid()),
        "advance_total": text(totals.advance_total()),
        "payable_rounding": text(totals.rounding()),
        "payable": text(totals.payable()),
        "breakdown": rows.collect::<Vec<_>>(),
    });
    Ok(format!("{json:#}\n"))
}

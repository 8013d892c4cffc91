use std::fmt::{self, Write as _};

use invoice_core::line::{Adjustment, Line};
use invoice_core::tax::Tax;
use invoice_core::{Invoice, Issued, Money};

use super::Escaped;
use crate::problem::Locale;
use crate::wire::amount::Amount;

/// An amount as it is written in a language, without its currency.
fn amount(locale: Locale, money: Money) -> String {
    localized(locale, &Amount(money).to_string())
}

/// A plain decimal as it is written in a language.
fn localized(locale: Locale, decimal: &str) -> String {
    let (point, separator) = match locale {
        Locale::En => ('.', ','),
        Locale::De => (',', '.'),
        Locale::Fr => (',', '\u{202f}'),
    };
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("\u{2212}", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(separator);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

fn tax(locale: Locale, tax: &Tax) -> String {
    let category = tax.category().map(|category| format!(" {category}")).unwrap_or_default();
    let rate = tax.rate().map(|rate| format!(" {} %", localized(locale, &rate.to_string())));
    format!("{}{category}{}", tax.scheme(), rate.unwrap_or_default())
}

/// The table of lines.
pub(super) fn lines(page: &mut String, locale: Locale, invoice: &Invoice) -> fmt::Result {
    page.push_str("<table><thead><tr>");
    for label in ["item", "quantity", "price", "taxes", "amount"] {
        let class = if matches!(label, "item" | "taxes") { "" } else { " class=\"number\"" };
        write!(page, "<th{class}>{}</th>", Escaped(locale.label(label)))?;
    }
    page.push_str("</tr></thead><tbody>");
    for (line, figures) in invoice.content().lines().iter().zip(invoice.totals().lines()) {
        let shown = figures.gross().unwrap_or_else(|| figures.net());
        row(page, locale, line, shown)?;
        let parts = [("allowance", line.allowances(), true), ("charge", line.charges(), false)];
        for (label, adjustments, lowers) in parts {
            let amounts: Vec<Money> =
                if lowers { figures.allowances().collect() } else { figures.charges().collect() };
            for (adjustment, money) in adjustments.iter().zip(amounts) {
                adjusted(page, locale, label, adjustment, if lowers { money.negated() } else { money })?;
            }
        }
    }
    page.push_str("</tbody></table>");
    Ok(())
}

fn row(page: &mut String, locale: Locale, line: &Line, shown: Money) -> fmt::Result {
    write!(page, "<tr><td>{}", Escaped(line.name()))?;
    for text in [&line.details().description, &line.details().note].into_iter().flatten() {
        write!(page, "<div class=\"small\">{}</div>", Escaped(text))?;
    }
    let code = line.unit();
    let unit = if code == invoice_core::line::UnitCode::PIECE { "" } else { code.as_str() };
    let quantity = localized(locale, &line.quantity().to_string());
    let price = localized(locale, &line.price().to_string());
    let base = line.base_quantity().map(|base| format!(" / {base}")).unwrap_or_default();
    let taxes: Vec<_> = line.taxes().iter().map(|one| tax(locale, one)).collect();
    write!(
        page,
        "</td><td class=\"number\">{} {}</td><td class=\"number\">{}{}</td><td>{}</td><td class=\"number\">{}</td></tr>",
        Escaped(quantity),
        Escaped(unit),
        Escaped(price),
        Escaped(base),
        Escaped(taxes.join(", ")),
        Escaped(amount(locale, shown)),
    )
}

fn adjusted(
    page: &mut String,
    locale: Locale,
    label: &'static str,
    adjustment: &Adjustment,
    money: Money,
) -> fmt::Result {
    let reason = adjustment.reason().unwrap_or_else(|| locale.label(label));
    write!(
        page,
        "<tr class=\"small\"><td colspan=\"4\">{}</td><td class=\"number\">{}</td></tr>",
        Escaped(reason),
        Escaped(amount(locale, money)),
    )
}

/// The sums, down to what is to be paid.
pub(super) fn totals(page: &mut String, locale: Locale, invoice: &Invoice) -> fmt::Result {
    let totals = invoice.totals();
    let currency = totals.currency();
    page.push_str("<table class=\"totals\"><tbody>");
    let mut sum = |label: &str, money: Money, class: &str| {
        write!(
            page,
            "<tr class=\"{class}\"><td>{}</td><td class=\"number\">{} {currency}</td></tr>",
            Escaped(label),
            Escaped(amount(locale, money)),
        )
    };
    for (adjustment, figures) in invoice.content().allowances().iter().zip(totals.allowances()) {
        let reason = adjustment.adjustment().reason().unwrap_or_else(|| locale.label("allowance"));
        sum(reason, figures.amount().negated(), "")?;
    }
    for (adjustment, figures) in invoice.content().charges().iter().zip(totals.charges()) {
        let reason = adjustment.adjustment().reason().unwrap_or_else(|| locale.label("charge"));
        sum(reason, figures.amount(), "")?;
    }
    sum(locale.label("net-total"), totals.tax_exclusive(), "")?;
    for row in totals.breakdown() {
        let category = row.category().map(|category| format!(" {category}")).unwrap_or_default();
        let rate = localized(locale, &row.rate().to_string());
        let (on, taxable) = (locale.label("tax-on"), amount(locale, row.taxable()));
        let label = format!("{}{category} {rate} % {on} {taxable}", row.scheme());
        let tax = if row.is_withheld() { row.tax().negated() } else { row.tax() };
        sum(&label, tax, "")?;
    }
    sum(locale.label("total"), totals.tax_inclusive(), "")?;
    for (label, money) in [
        ("withheld", totals.withheld_total().negated()),
        ("prepaid", totals.prepaid().negated()),
        ("advances", totals.advance_total().negated()),
        ("rounding", totals.rounding()),
    ] {
        if !money.is_zero() {
            sum(locale.label(label), money, "")?;
        }
    }
    sum(locale.label("payable"), totals.payable(), "payable")?;
    let settled = invoice.allocated().is_positive() || invoice.credited().is_positive();
    if settled && invoice.issued().is_some() {
        sum(locale.label("due"), invoice.due(), "")?;
    }
    page.push_str("</tbody></table>");
    Ok(())
}

/// Reasons for exemptions, and the tax in the currency it is accounted in.
pub(super) fn breakdown(page: &mut String, locale: Locale, invoice: &Invoice) -> fmt::Result {
    for reason in
        invoice.totals().breakdown().iter().filter_map(invoice_core::totals::TaxRow::exemption_reason)
    {
        write!(page, "<p class=\"note\">{}</p>", Escaped(reason))?;
    }
    if let Some(accounting) = invoice.issued().and_then(Issued::accounting) {
        let (label, currency) = (locale.label("accounting"), accounting.currency());
        let tax = amount(locale, accounting.tax_total());
        let text = format!(
            "{label} {currency}: {tax} ({}, {}, {})",
            accounting.rate(),
            accounting.rate_date(),
            accounting.source()
        );
        write!(page, "<p>{}</p>", Escaped(text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_a_language_writes_them() {
        assert_eq!(localized(Locale::En, "1234567.50"), "1,234,567.50");
        assert_eq!(localized(Locale::De, "-1234.5"), "\u{2212}1.234,5");
        assert_eq!(localized(Locale::Fr, "999"), "999");
        assert_eq!(localized(Locale::Fr, "1000"), "1\u{202f}000");
    }
}

use std::fmt::{self, Write as _};

use invoice_core::line::{Adjustment, Line};
use invoice_core::totals::TaxRow;
use invoice_core::{Invoice, Issued, Money};

use super::Escaped;
use super::numbers::{amount, day, number, price};
use super::words::{tax, unit};
use crate::problem::Locale;

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
        let allowances = line.allowances().iter().zip(figures.allowances().map(Money::negated));
        let charges = line.charges().iter().zip(figures.charges());
        page.push_str("<tr><td>");
        item(page, line)?;
        for (adjustment, money) in allowances {
            adjusted(page, locale, "allowance", adjustment, money)?;
        }
        for (adjustment, money) in charges {
            adjusted(page, locale, "charge", adjustment, money)?;
        }
        page.push_str("</td>");
        row(page, locale, line, shown)?;
    }
    page.push_str("</tbody></table>");
    Ok(())
}

fn item(page: &mut String, line: &Line) -> fmt::Result {
    write!(page, "{}", Escaped(line.name()))?;
    for text in [&line.details().description, &line.details().note].into_iter().flatten() {
        write!(page, "<div class=\"small\">{}</div>", Escaped(text))?;
    }
    Ok(())
}

/// What is in the line's amount already: in the column of amounts it would be counted twice.
fn adjusted(
    page: &mut String,
    locale: Locale,
    label: &'static str,
    adjustment: &Adjustment,
    money: Money,
) -> fmt::Result {
    let reason = adjustment.reason().unwrap_or_else(|| locale.label(label));
    write!(page, "<div class=\"small\">{}: {}</div>", Escaped(reason), Escaped(amount(locale, money)))
}

/// The cells beside the item's.
fn row(page: &mut String, locale: Locale, line: &Line, shown: Money) -> fmt::Result {
    let quantity = line.quantity().to_string();
    let unit = unit(locale, line.unit(), &quantity);
    let price = price(locale, line.price(), shown.currency());
    let base = line.base_quantity().map(|base| format!(" / {}", number(locale, base))).unwrap_or_default();
    let taxes: Vec<_> = line
        .taxes()
        .iter()
        .map(|one| Escaped(tax(locale, one.scheme(), one.category(), one.rate())).to_string())
        .collect();
    write!(
        page,
        "<td class=\"number\">{} {}</td><td class=\"number\">{}{}</td><td>{}</td><td class=\"number\">{}</td></tr>",
        Escaped(number(locale, quantity)),
        Escaped(unit),
        Escaped(price),
        Escaped(base),
        taxes.join("<br>"),
        Escaped(amount(locale, shown)),
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
    let taxed = |row: &TaxRow| {
        let name = tax(locale, row.scheme(), row.category(), Some(row.rate()));
        format!("{name} {} {}", locale.label("tax-on"), amount(locale, row.taxable()))
    };
    let (withheld, charged): (Vec<_>, Vec<_>) = totals.breakdown().iter().partition(|row| row.is_withheld());
    for row in charged {
        sum(&taxed(row), row.tax(), "")?;
    }
    sum(locale.label("total"), totals.tax_inclusive(), "")?;
    for row in withheld {
        sum(&format!("{}: {}", locale.label("withheld"), taxed(row)), row.tax().negated(), "")?;
    }
    for (label, money) in [
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
    for reason in invoice.totals().breakdown().iter().filter_map(TaxRow::exemption_reason) {
        write!(page, "<p class=\"note\">{}</p>", Escaped(reason))?;
    }
    if let Some(accounting) = invoice.issued().and_then(Issued::accounting) {
        let (label, currency) = (locale.label("accounting"), accounting.currency());
        let total = amount(locale, accounting.tax_total());
        let text = format!(
            "{label} {currency}: {total} ({}, {}, {})",
            number(locale, accounting.rate()),
            day(locale, accounting.rate_date()),
            accounting.source()
        );
        write!(page, "<p>{}</p>", Escaped(text))?;
    }
    Ok(())
}

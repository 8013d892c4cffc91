//! An invoice to be printed: one page of HTML that needs nothing else, in which every text is escaped.

mod figures;
mod numbers;
mod parties;
mod words;

use std::fmt::{self, Display, Write as _};

use chrono::NaiveDate;
use invoice_core::{Content, Invoice, InvoiceKind, Issued, Party, Status};

use crate::problem::Locale;
use figures::{breakdown, lines, totals};
use numbers::day;
use parties::{party, payment};

/// Every label that a page may show, the units' apart.
#[cfg(test)]
const LABELS: &[&str] = &[
    "account",
    "account-holder",
    "accounting",
    "advance-invoice",
    "advances",
    "allowance",
    "amount",
    "buyer-reference",
    "charge",
    "customer",
    "days",
    "draft",
    "due",
    "due-date",
    "early-payment",
    "invoice",
    "issue-date",
    "item",
    "legal-id",
    "mandate",
    "net-total",
    "number",
    "order",
    "payable",
    "payment",
    "period",
    "prepaid",
    "price",
    "quantity",
    "remittance",
    "rounding",
    "self-billed-invoice",
    "supplier",
    "supply-date",
    "tax-exempt",
    "tax-export",
    "tax-intra-community",
    "tax-on",
    "tax-out-of-scope",
    "tax-registration",
    "tax-reverse-charge",
    "tax-split-payment",
    "tax-zero-rated",
    "taxes",
    "total",
    "vat",
    "vat-id",
    "void",
    "withheld",
];

/// Every label that a page may show.
#[cfg(test)]
pub(crate) fn labels() -> impl Iterator<Item = &'static str> {
    LABELS.iter().copied().chain(words::labels())
}

/// How it looks on a screen and on paper.
const STYLE: &str = include_str!("print.css");

/// A text whose every character stands for itself, in elements and in quoted attributes.
pub(crate) struct Escaped<T>(pub(crate) T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaper(f), "{}", self.0)
    }
}

struct Escaper<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaper<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.write_str("&amp;")?,
                '<' => self.0.write_str("&lt;")?,
                '>' => self.0.write_str("&gt;")?,
                '"' => self.0.write_str("&quot;")?,
                '\'' => self.0.write_str("&#39;")?,
                // Marks that turn the direction of the text around them could forge what stands beside.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                other => self.0.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// The language of a page: the one asked for, else the document's, else the reader's.
pub(crate) fn locale(query: Option<&str>, content: &Content, accept: Option<&str>) -> Locale {
    let asked = query.is_some_and(|query| query.split('&').any(|pair| pair.starts_with("locale=")));
    match content.language().and_then(Locale::of_tag) {
        Some(locale) if !asked => locale,
        _ => Locale::negotiate(query, accept),
    }
}

/// The page of an invoice. A draft shows the client's present party.
pub(crate) fn page(
    invoice: &Invoice,
    supplier: Option<&Party>,
    customer: Option<&Party>,
    locale: Locale,
) -> Result<String, fmt::Error> {
    let mut page = String::with_capacity(8 * 1024);
    let kind = match invoice.kind() {
        InvoiceKind::Standard => "invoice",
        InvoiceKind::Advance => "advance-invoice",
        InvoiceKind::SelfBilled => "self-billed-invoice",
    };
    let (kind, number) = (locale.label(kind), invoice.number().unwrap_or_default());
    write!(
        page,
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{} {}</title><style>{STYLE}</style></head><body><main>",
        locale.tag(),
        Escaped(kind),
        Escaped(number),
    )?;
    write!(page, "<header><h1>{} {}</h1>", Escaped(kind), Escaped(number))?;
    match invoice.stored_status() {
        Status::Draft => write!(page, "<p class=\"mark\">{}</p>", Escaped(locale.label("draft")))?,
        Status::Void => write!(page, "<p class=\"mark\">{}</p>", Escaped(locale.label("void")))?,
        _ => {}
    }
    page.push_str("</header><section class=\"parties\">");
    let issued = invoice.issued();
    party(&mut page, locale, "supplier", issued.map(Issued::supplier).or(supplier))?;
    party(&mut page, locale, "customer", issued.map(Issued::customer).or(customer))?;
    page.push_str("</section><dl class=\"facts\">");
    facts(&mut page, locale, invoice)?;
    page.push_str("</dl>");
    lines(&mut page, locale, invoice)?;
    totals(&mut page, locale, invoice)?;
    breakdown(&mut page, locale, invoice)?;
    payment(&mut page, locale, invoice.content())?;
    for note in invoice.content().notes() {
        write!(page, "<p class=\"note\">{}</p>", Escaped(note.text()))?;
    }
    page.push_str("</main></body></html>\n");
    Ok(page)
}

fn facts(page: &mut String, locale: Locale, invoice: &Invoice) -> fmt::Result {
    let content = invoice.content();
    let date = |date: Option<NaiveDate>| date.map(|date| day(locale, date));
    let period = content.period().map(|period| {
        let [start, end] = [period.start(), period.end()].map(|end| date(end).unwrap_or_default());
        format!("{start} – {end}")
    });
    let facts = [
        ("number", invoice.number().map(str::to_owned)),
        ("issue-date", date(content.issue_date())),
        ("due-date", date(invoice.issued().and_then(Issued::due_date))),
        ("supply-date", date(content.supply_date())),
        ("period", period),
        ("order", content.references().purchase_order.clone()),
        ("buyer-reference", content.references().buyer_reference.clone()),
    ];
    for (label, value) in facts {
        if let Some(value) = value {
            fact(page, locale.label(label), value)?;
        }
    }
    Ok(())
}

fn fact(page: &mut String, label: impl Display, value: impl Display) -> fmt::Result {
    write!(page, "<dt>{}</dt><dd>{}</dd>", Escaped(label), Escaped(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_place() {
        let text = "<script>alert(\"x\")</script> & 'y' \u{202e}abc";
        let shown = Escaped(text).to_string();
        assert_eq!(shown, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39; abc");
    }
}

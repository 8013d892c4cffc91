use std::fmt::{self, Write as _};

use invoice_core::{Content, Party, PaymentInstruction};

use super::numbers::percent;
use super::{Escaped, fact};
use crate::problem::Locale;

/// A seller or buyer.
pub(super) fn party(
    page: &mut String,
    locale: Locale,
    label: &'static str,
    party: Option<&Party>,
) -> fmt::Result {
    let Some(party) = party else { return Ok(()) };
    write!(
        page,
        "<div><h2>{}</h2><p><strong>{}</strong></p>",
        Escaped(locale.label(label)),
        Escaped(party.name())
    )?;
    let mut line = |text: &str| {
        if text.trim().is_empty() { Ok(()) } else { write!(page, "<p>{}</p>", Escaped(text)) }
    };
    line(party.trading_name().unwrap_or_default())?;
    if let Some(address) = party.address() {
        for street in address.lines() {
            line(street)?;
        }
        let (code, city) = (address.postal_code().unwrap_or_default(), address.city().unwrap_or_default());
        line(format!("{code} {city}").trim())?;
        line(address.subdivision().unwrap_or_default())?;
        line(address.country().code())?;
    }
    for (label, id) in [
        ("vat-id", party.vat_id()),
        ("tax-registration", party.tax_registration()),
        ("legal-id", party.legal_id()),
    ] {
        if let Some(id) = id {
            line(&format!("{}: {id}", locale.label(label)))?;
        }
    }
    line(party.contact_name().unwrap_or_default())?;
    line(party.phone().unwrap_or_default())?;
    line(party.email().unwrap_or_default())?;
    page.push_str("</div>");
    Ok(())
}

/// Terms and ways to pay.
pub(super) fn payment(page: &mut String, locale: Locale, content: &Content) -> fmt::Result {
    let mut section = String::new();
    let terms = content.terms();
    if let Some(early) = terms.and_then(invoice_core::PaymentTerms::early_payment) {
        let (label, days) = (locale.label("early-payment"), locale.label("days"));
        let text = format!("{label} {} {days}: {}", early.days(), percent(locale, early.percent()));
        write!(section, "<p>{}</p>", Escaped(text))?;
    }
    if let Some(text) = terms.and_then(invoice_core::PaymentTerms::text) {
        write!(section, "<p class=\"note\">{}</p>", Escaped(text))?;
    }
    for instruction in content.instructions() {
        section.push_str("<dl class=\"facts\">");
        way(&mut section, locale, instruction)?;
        section.push_str("</dl>");
    }
    if section.is_empty() {
        return Ok(());
    }
    write!(page, "<section><h2>{}</h2>{section}</section>", Escaped(locale.label("payment")))
}

fn way(page: &mut String, locale: Locale, instruction: &PaymentInstruction) -> fmt::Result {
    match instruction {
        PaymentInstruction::CreditTransfer { iban, bic, account_name, remittance } => {
            fact(page, "IBAN", iban)?;
            for (label, text) in [
                ("BIC", bic),
                (locale.label("account-holder"), account_name),
                (locale.label("remittance"), remittance),
            ] {
                if let Some(text) = text {
                    fact(page, label, text)?;
                }
            }
            Ok(())
        }
        PaymentInstruction::Account { account, bank } => {
            let bank = bank.as_deref().unwrap_or_default();
            fact(page, locale.label("account"), format!("{account} {bank}").trim())
        }
        PaymentInstruction::DirectDebit { mandate, iban } => {
            fact(page, locale.label("mandate"), mandate)?;
            iban.as_ref().map_or(Ok(()), |iban| fact(page, "IBAN", iban))
        }
        PaymentInstruction::Other { text } => fact(page, locale.label("payment"), text),
    }
}

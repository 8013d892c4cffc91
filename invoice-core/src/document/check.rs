//! What the law asks of a document at its issue. Pointers are into the content, `/supplier` and `/customer`.

use std::fmt;

use super::Content;
use crate::tax::{Tax, TaxCategory, TaxScheme};
use crate::{Code, InvoiceKind, Party, Regime, Violations};

/// Texts that say "reverse charge" in the languages of Directive 2006/112/EC art. 226 (11a).
const REVERSE_CHARGE: [&str; 10] = [
    "reverse charge",
    "steuerschuldnerschaft des leistungsempfängers",
    "autoliquidation",
    "inversione contabile",
    "inversión del sujeto pasivo",
    "btw verlegd",
    "omvänd betalningsskyldighet",
    "omvendt betalingspligt",
    "käännetty verovelvollisuus",
    "odwrotne obciążenie",
];

/// Texts that say "self-billing" in the languages of art. 226 (10a).
const SELF_BILLING: [&str; 8] = [
    "self-billing",
    "gutschrift",
    "autofacturation",
    "autofatturazione",
    "facturación por el destinatario",
    "factuur uitgereikt door afnemer",
    "självfakturering",
    "samofakturowanie",
];

/// The text says one of the words, in any case.
fn says(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// All that is known of a document about to be issued.
pub(crate) struct Issue<'a> {
    /// `None` for an offer, which is no tax document.
    pub(crate) kind: Option<InvoiceKind>,
    pub(crate) content: &'a Content,
    pub(crate) supplier: &'a Party,
    pub(crate) customer: &'a Party,
    pub(crate) regime: &'a Regime,
}

/// Where a tax stands, to be written as a pointer where something is wrong with it.
#[derive(Clone, Copy)]
struct Place {
    list: &'static str,
    index: usize,
    tax: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}/taxes/{}", self.list, self.index, self.tax)
    }
}

impl Issue<'_> {
    /// Everything that stands in the way of the issue, at once.
    pub(crate) fn check(&self) -> Violations {
        let mut found = Violations::new();
        if self.content.lines.is_empty() {
            // EN 16931 BR-16.
            found.add("/lines", Code::NoLines, "a document has at least one line");
        }
        self.check_parties(&mut found);
        if self.kind.is_some() {
            self.check_taxes(&mut found);
            self.check_tax_ids(&mut found);
            self.check_supply(&mut found);
            self.check_texts(&mut found);
        }
        found
    }

    fn taxes(&self) -> impl Iterator<Item = (Place, &Tax)> {
        let Content { lines, allowances, charges, .. } = self.content;
        let lines = lines.iter().enumerate().map(|(index, line)| ("lines", index, line.taxes()));
        let allowances = allowances.iter().enumerate().map(|(index, a)| ("allowances", index, a.taxes()));
        let charges = charges.iter().enumerate().map(|(index, c)| ("charges", index, c.taxes()));
        lines.chain(allowances).chain(charges).flat_map(|(list, index, taxes)| {
            taxes.iter().enumerate().map(move |(tax, it)| (Place { list, index, tax }, it))
        })
    }

    /// Whether any VAT of the document is of this category.
    fn has(&self, category: TaxCategory) -> bool {
        self.taxes().any(|(_, tax)| tax.scheme() == TaxScheme::VAT && tax.category() == Some(category))
    }

    /// EN 16931 BR-06, BR-07, BR-08, BR-10.
    fn check_parties(&self, found: &mut Violations) {
        for (name, party, address_needed) in
            [("supplier", self.supplier, true), ("customer", self.customer, !self.content.simplified)]
        {
            if crate::text::is_blank(party.name()) {
                found.add(format!("/{name}/name"), Code::Required, format!("the {name} has no name"));
            }
            if address_needed && party.address().is_none() {
                found.add(format!("/{name}/address"), Code::Required, format!("the {name} has no address"));
            }
        }
    }

    fn check_taxes(&self, found: &mut Violations) {
        let mut categories = Vec::new();
        for (place, tax) in self.taxes() {
            let wrong = tax.check();
            if !wrong.is_empty() {
                found.absorb(&place.to_string(), wrong);
            }
            let Some(category) = tax.category().filter(|_| tax.scheme() == TaxScheme::VAT) else { continue };
            categories.push((place, category));
            if category == TaxCategory::ReverseCharge {
                let coded = tax.exemption_code() == Some("VATEX-EU-AE");
                let said = tax.exemption_reason().is_some_and(|reason| says(reason, &REVERSE_CHARGE));
                if !coded && !said && !self.notes_say(&REVERSE_CHARGE) {
                    let detail = "the exemption reason or a note says \"Reverse charge\"";
                    found.add(format!("{place}/exemption_reason"), Code::LegalTextRequired, detail);
                }
            }
            if matches!(self.regime, Regime::SmallBusiness { .. }) && category != TaxCategory::Exempt {
                let detail = "a small business exempt from VAT uses category E only";
                found.add(format!("{place}/category"), Code::SmallBusinessRegime, detail);
            }
        }
        // EN 16931 BR-O-11 to BR-O-14.
        if categories.iter().any(|(_, category)| *category == TaxCategory::OutOfScope)
            && let Some((place, _)) =
                categories.iter().find(|(_, category)| *category != TaxCategory::OutOfScope)
        {
            let detail = "category O (outside the scope of tax) stands alone";
            found.add(format!("{place}/category"), Code::CategoryStandsAlone, detail);
        }
        if let Regime::SmallBusiness { reason } = self.regime
            && !self.taxes().any(|(_, tax)| tax.exemption_reason() == Some(reason.as_str()))
            && !self.content.notes.iter().any(|note| note.text() == reason)
            && self.has(TaxCategory::Exempt)
        {
            let detail = "the profile's small-business reason stands on the lines or in a note";
            found.add("/lines/0/taxes/0/exemption_reason", Code::SmallBusinessRegime, detail);
        }
    }

    fn check_tax_ids(&self, found: &mut Violations) {
        let taxable = [
            TaxCategory::Standard,
            TaxCategory::ZeroRated,
            TaxCategory::Exempt,
            TaxCategory::CanaryIslands,
            TaxCategory::CeutaMelilla,
            TaxCategory::SplitPayment,
        ];
        // EN 16931 BR-S-02 and its siblings; BR-AE-02, BR-IC-02, BR-G-02.
        let needs_vat_id = [TaxCategory::ReverseCharge, TaxCategory::IntraCommunity, TaxCategory::Export];
        let supplier = self.supplier;
        let registered = supplier.vat_id().is_some() || supplier.tax_registration().is_some();
        if taxable.into_iter().any(|category| self.has(category)) && !registered {
            let detail = "the supplier has neither a VAT identifier nor a tax registration";
            found.add("/supplier/vat_id", Code::TaxIdRequired, detail);
        } else if needs_vat_id.into_iter().any(|category| self.has(category)) && supplier.vat_id().is_none() {
            let detail = "categories AE, K and G need the supplier's VAT identifier";
            found.add("/supplier/vat_id", Code::TaxIdRequired, detail);
        }
        let customer = self.customer;
        if self.has(TaxCategory::IntraCommunity) && customer.vat_id().is_none() {
            let detail = "category K needs the customer's VAT identifier";
            found.add("/customer/vat_id", Code::TaxIdRequired, detail);
        } else if self.has(TaxCategory::ReverseCharge)
            && customer.vat_id().is_none()
            && customer.legal_id().is_none()
        {
            let detail = "category AE needs the customer's VAT identifier or legal registration";
            found.add("/customer/vat_id", Code::TaxIdRequired, detail);
        }
    }

    /// EN 16931 BR-IC-11, BR-IC-12.
    fn check_supply(&self, found: &mut Violations) {
        if !self.has(TaxCategory::IntraCommunity) {
            return;
        }
        if self.content.supply_date.is_none() && self.content.period.is_none() {
            found.add(
                "/supply_date",
                Code::Required,
                "category K needs the delivery date or invoicing period",
            );
        }
        if self.content.delivery.is_none() {
            found.add("/delivery", Code::Required, "category K needs the country delivered to");
        }
    }

    fn check_texts(&self, found: &mut Violations) {
        if self.kind == Some(InvoiceKind::SelfBilled) && !self.notes_say(&SELF_BILLING) {
            found.add(
                "/notes",
                Code::LegalTextRequired,
                "a self-billed invoice says \"Self-billing\" in a note",
            );
        }
    }

    fn notes_say(&self, words: &[&str]) -> bool {
        self.content.notes.iter().any(|note| says(note.text(), words))
    }
}

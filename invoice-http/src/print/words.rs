//! Words for codes: of units, and of taxes.

use invoice_core::TaxRate;
use invoice_core::line::UnitCode;
use invoice_core::tax::{TaxCategory, TaxScheme};

use super::numbers::percent;
use crate::problem::Locale;

/// Units whose sign is the same in every language.
const SIGNS: [(&str, &str); 9] = [
    ("GRM", "g"),
    ("KGM", "kg"),
    ("KMT", "km"),
    ("KWH", "kWh"),
    ("MMT", "mm"),
    ("MTK", "m²"),
    ("MTQ", "m³"),
    ("MTR", "m"),
    ("TNE", "t"),
];

/// Units with the labels for one and for several.
const WORDS: [(&str, &str, &str); 12] = [
    ("ANN", "unit-year", "unit-years"),
    ("C62", "unit-one", "unit-several"),
    ("DAY", "unit-day", "unit-days"),
    ("H87", "unit-piece", "unit-pieces"),
    ("HUR", "unit-hour", "unit-hours"),
    ("LS", "unit-lump-sum", "unit-lump-sums"),
    ("LTR", "unit-litre", "unit-litres"),
    ("MIN", "unit-minute", "unit-minutes"),
    ("MON", "unit-month", "unit-months"),
    ("SET", "unit-set", "unit-sets"),
    ("WEE", "unit-week", "unit-weeks"),
    ("XPP", "unit-piece", "unit-pieces"),
];

/// The labels of units.
#[cfg(test)]
pub(super) fn labels() -> impl Iterator<Item = &'static str> {
    WORDS.iter().flat_map(|(_, one, several)| [*one, *several])
}

/// A unit as it stands behind this quantity; its code where there is no word.
pub(super) fn unit(locale: Locale, unit: UnitCode, quantity: &str) -> String {
    let code = unit.as_str();
    if let Some((_, sign)) = SIGNS.iter().find(|(known, _)| *known == code) {
        return (*sign).to_owned();
    }
    let Some((_, one, several)) = WORDS.iter().find(|(known, _, _)| *known == code) else {
        return code.to_owned();
    };
    locale.label(if is_one(locale, quantity) { one } else { several }).to_owned()
}

/// Whether a language counts this quantity as one. French does so below two: 1,5 heure.
fn is_one(locale: Locale, quantity: &str) -> bool {
    let digits = quantity.trim_start_matches('-');
    match locale {
        Locale::En | Locale::De => digits == "1",
        Locale::Fr => matches!(digits.split('.').next(), Some("0" | "1")),
    }
}

/// A tax with its rate, and in words what the rate does not say.
pub(super) fn tax(
    locale: Locale,
    scheme: TaxScheme,
    category: Option<TaxCategory>,
    rate: Option<TaxRate>,
) -> String {
    let name = match category {
        // The standard has these two taxes as categories of VAT.
        Some(TaxCategory::CanaryIslands) if scheme == TaxScheme::VAT => "IGIC",
        Some(TaxCategory::CeutaMelilla) if scheme == TaxScheme::VAT => "IPSI",
        _ if scheme == TaxScheme::VAT => locale.label("vat"),
        _ => scheme.as_str(),
    };
    let rate = rate.filter(|_| category != Some(TaxCategory::OutOfScope));
    let rate = rate.map(|rate| format!(" {}", percent(locale, rate))).unwrap_or_default();
    let words = category.and_then(|category| words(locale, category));
    let words = words.map(|words| format!(" ({words})")).unwrap_or_default();
    format!("{name}{rate}{words}")
}

fn words(locale: Locale, category: TaxCategory) -> Option<&'static str> {
    let label = match category {
        TaxCategory::Standard | TaxCategory::CanaryIslands | TaxCategory::CeutaMelilla => return None,
        TaxCategory::ZeroRated => "tax-zero-rated",
        TaxCategory::Exempt => "tax-exempt",
        TaxCategory::ReverseCharge => "tax-reverse-charge",
        TaxCategory::IntraCommunity => "tax-intra-community",
        TaxCategory::Export => "tax-export",
        TaxCategory::OutOfScope => "tax-out-of-scope",
        TaxCategory::SplitPayment => "tax-split-payment",
        other => return Some(other.code()),
    };
    Some(locale.label(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_a_word_that_agrees_with_its_quantity_or_a_sign_or_the_code() {
        let shown = |locale, code, quantity| unit(locale, UnitCode::new(code).unwrap(), quantity);
        assert_eq!(shown(Locale::En, "HUR", "1"), "hour");
        assert_eq!(shown(Locale::En, "HUR", "0.5"), "hours");
        assert_eq!(shown(Locale::De, "MON", "1"), "Monat");
        assert_eq!(shown(Locale::De, "MON", "12"), "Monate");
        assert_eq!(shown(Locale::Fr, "DAY", "1.5"), "jour");
        assert_eq!(shown(Locale::Fr, "DAY", "2"), "jours");
        assert_eq!(shown(Locale::De, "MTK", "2"), "m²");
        assert_eq!(shown(Locale::Fr, "BX", "2"), "BX");
    }

    #[test]
    fn a_tax_is_its_name_and_rate_and_words_where_nothing_is_charged() {
        let rate = |text: &str| Some(text.parse().unwrap());
        let shown = |locale, category, rate| tax(locale, TaxScheme::VAT, Some(category), rate);
        assert_eq!(shown(Locale::De, TaxCategory::Standard, rate("19")), "USt. 19\u{a0}%");
        assert_eq!(shown(Locale::Fr, TaxCategory::Standard, rate("5.5")), "TVA 5,5\u{a0}%");
        assert_eq!(shown(Locale::En, TaxCategory::ReverseCharge, rate("0")), "VAT 0% (reverse charge)");
        assert_eq!(shown(Locale::De, TaxCategory::OutOfScope, rate("0")), "USt. (nicht steuerbar)");
        assert_eq!(shown(Locale::En, TaxCategory::CanaryIslands, rate("7")), "IGIC 7%");
        assert_eq!(tax(Locale::En, TaxScheme::IRPF, None, rate("15")), "IRPF 15%");
    }
}

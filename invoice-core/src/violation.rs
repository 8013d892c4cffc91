//! What is wrong with an input, and where.

use std::fmt;

use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)+) => {
        /// A stable, machine-readable name of a rule that an input broke.
        ///
        /// The text of a code never changes; messages for people are looked up by it.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Every code, for catalogues of messages and for tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable text.
            ///
            /// ```
            /// assert_eq!(invoice_core::Code::Required.as_str(), "required");
            /// ```
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

codes! {
    // Any field.
    /// A value is needed here.
    Required => "required",
    /// Not in the form this field takes.
    Malformed => "malformed",
    /// Outside the range this field takes.
    OutOfRange => "out_of_range",
    /// Longer, or more of them, than allowed.
    TooLong => "too_long",
    /// A NUL character in a text.
    NulCharacter => "nul_character",
    /// The same thing named twice.
    Repeated => "repeated",
    /// Names something that is not there.
    Unknown => "unknown",
    /// Contradicts another field.
    Inconsistent => "inconsistent",

    // Numbers and money.
    /// Not a plain decimal: digits with at most one point and a leading minus.
    BadDecimal => "bad_decimal",
    /// More than 11 digits before the point.
    TooManyIntegerDigits => "too_many_integer_digits",
    /// More digits after the point than allowed: 8, or the currency's minor units for an amount.
    TooManyFractionDigits => "too_many_fraction_digits",
    /// An amount in a currency other than the document's.
    MixedCurrencies => "mixed_currencies",
    /// Not an ISO 4217 currency with minor units.
    UnknownCurrency => "unknown_currency",
    /// The result does not fit an amount.
    AmountOverflow => "amount_overflow",
    /// A percentage, rate or quantity that may not be zero or negative.
    NotPositive => "not_positive",
    /// May not be negative.
    Negative => "negative",

    // Taxes.
    /// A line, allowance or charge without a tax category.
    TaxCategoryRequired => "tax_category_required",
    /// A tax category that the rate contradicts (EN 16931 BR-S-05, BR-Z-05, BR-E-05, …).
    RateNotAllowed => "rate_not_allowed",
    /// A category that stands alone beside others (EN 16931 BR-O-11).
    CategoryStandsAlone => "category_stands_alone",
    /// Tax-inclusive prices take one tax a line, none of them withheld.
    InclusiveTaxes => "inclusive_taxes",
    /// An exemption reason is needed for this category (EN 16931 BR-E-10 and its siblings).
    ExemptionReasonRequired => "exemption_reason_required",
    /// A tax identifier is needed for this category (EN 16931 BR-S-02, BR-AE-02, BR-IC-02).
    TaxIdRequired => "tax_id_required",
    /// A text the law asks for on the document, such as "Reverse charge".
    LegalTextRequired => "legal_text_required",
    /// The small-business regime asks for category E with its reason.
    SmallBusinessRegime => "small_business_regime",

    // Documents.
    /// The document has nothing to invoice.
    NoLines => "no_lines",
    /// A document to be paid may not have a negative payable amount.
    NegativePayable => "negative_payable",
    /// A VAT accounting currency needs its rate, date and source (EN 16931 BT-6, BT-111).
    AccountingRateRequired => "accounting_rate_required",
    /// A date in the future.
    DateInFuture => "date_in_future",
    /// An issue date before the last one of the same counter.
    DateBeforeLastIssue => "date_before_last_issue",
    /// Not an International Bank Account Number.
    BadIban => "bad_iban",
    /// More credited than is left.
    CreditExceedsRemaining => "credit_exceeds_remaining",
    /// An advance invoice that can't be deducted here.
    AdvanceNotDeductible => "advance_not_deductible",

    // Numbers of documents.
    /// A number pattern without `{seq}`, or that could give one number twice.
    BadPattern => "bad_pattern",
    /// A pattern that could give a number which another series gives too.
    PatternOverlaps => "pattern_overlaps",
    /// A number that one of the team's series would assign later.
    NumberReserved => "number_reserved",

    // Payments.
    /// More than is due.
    ExceedsDue => "exceeds_due",
    /// More than is left of the payment.
    ExceedsUnallocated => "exceeds_unallocated",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One broken rule: the field, the rule's code, and a sentence in English.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{}: {detail}", if pointer.is_empty() { "/" } else { pointer })]
pub struct Violation {
    pointer: String,
    code: Code,
    detail: String,
}

impl Violation {
    /// A violation at `pointer`, an RFC 6901 JSON Pointer into the input (`""` is the whole input).
    ///
    /// ```
    /// use invoice_core::{Code, Violation};
    ///
    /// let wrong = Violation::new("/lines/0/quantity", Code::BadDecimal, "`12,5` is not a decimal");
    /// assert_eq!(wrong.to_string(), "/lines/0/quantity: `12,5` is not a decimal");
    /// ```
    pub fn new(pointer: impl Into<String>, code: Code, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }

    /// The same violation seen from an enclosing value: `parent` goes before its pointer.
    ///
    /// ```
    /// use invoice_core::{Code, Violation};
    ///
    /// let inner = Violation::new("/rate", Code::Negative, "a rate is not negative");
    /// assert_eq!(inner.under("/lines/3/taxes/0").pointer(), "/lines/3/taxes/0/rate");
    /// ```
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        self.pointer.insert_str(0, parent);
        self
    }

    /// The field, as an RFC 6901 JSON Pointer.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The rule.
    pub fn code(&self) -> Code {
        self.code
    }

    /// One sentence in English for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// Everything found wrong with an input; never empty as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// An empty list to collect into; [`Violations::into_result`] ends the collecting.
    ///
    /// ```
    /// assert!(invoice_core::Violations::new().into_result().is_ok());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Adds one at `pointer`.
    pub fn add(&mut self, pointer: impl Into<String>, code: Code, detail: impl Into<String>) {
        self.0.push(Violation::new(pointer, code, detail));
    }

    /// Adds all of `other`, seen from an enclosing value at `parent`.
    pub fn absorb(&mut self, parent: &str, other: Self) {
        self.0.extend(other.0.into_iter().map(|violation| violation.under(parent)));
    }

    /// Whether nothing was found wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The violations, in the order found.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// `Ok` when nothing was found wrong.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        texts.sort_unstable();
        let count = texts.len();
        texts.dedup();
        assert_eq!(texts.len(), count);
        assert!(texts.iter().all(|text| text.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }
}

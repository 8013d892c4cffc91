//! What a document refers to: notes, orders, earlier documents, delivery.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::text::{LONG, SHORT, collect, collect_required, collect_required_lines};
use crate::time::collect_date;
use crate::{Address, Code, Currency, ExchangeRate, Violations};

/// A text on the document (BG-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub(crate) text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
}

impl Note {
    /// A note (BT-22).
    ///
    /// ```
    /// assert_eq!(invoice_core::Note::new("Thank you.").text(), "Thank you.");
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), subject: None }
    }

    /// What the note is about, a code of UNTDID 4451 (BT-21).
    #[must_use]
    pub fn with_subject(mut self, code: impl Into<String>) -> Self {
        self.subject = Some(code.into());
        self
    }

    /// The text (BT-22).
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The subject code (BT-21).
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }
}

/// An earlier document this one refers to (BG-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preceding {
    pub(crate) number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issue_date: Option<NaiveDate>,
}

impl Preceding {
    /// A document by its number (BT-25) and date (BT-26).
    ///
    /// ```
    /// assert_eq!(invoice_core::Preceding::new("INV-7", None).number(), "INV-7");
    /// ```
    pub fn new(number: impl Into<String>, issue_date: Option<NaiveDate>) -> Self {
        Self { number: number.into(), issue_date }
    }

    /// Its number (BT-25).
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Its issue date (BT-26).
    pub fn issue_date(&self) -> Option<NaiveDate> {
        self.issue_date
    }
}

/// Identifiers the two parties use (BT-10 to BT-19) and earlier documents (BG-3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct References {
    /// What the buyer wants to see, such as a cost centre (BT-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_reference: Option<String>,
    /// The project (BT-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The contract (BT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The buyer's purchase order (BT-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_order: Option<String>,
    /// The seller's sales order (BT-14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales_order: Option<String>,
    /// The despatch advice (BT-16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub despatch_advice: Option<String>,
    /// Earlier documents (BG-3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preceding: Vec<Preceding>,
}

impl References {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn validate(&self, pointer: &str, found: &mut Violations) {
        for (name, text) in [
            ("buyer_reference", &self.buyer_reference),
            ("project", &self.project),
            ("contract", &self.contract),
            ("purchase_order", &self.purchase_order),
            ("sales_order", &self.sales_order),
            ("despatch_advice", &self.despatch_advice),
        ] {
            if text.is_some() {
                collect(found, &format!("{pointer}/{name}"), text.as_deref(), SHORT);
            }
        }
        if self.preceding.len() > 100 {
            found.add(format!("{pointer}/preceding"), Code::TooLong, "more than 100 earlier documents");
        }
        for (index, preceding) in self.preceding.iter().enumerate() {
            let at = format!("{pointer}/preceding/{index}");
            collect_required(found, &format!("{at}/number"), &preceding.number, SHORT);
            collect_date(found, &format!("{at}/issue_date"), preceding.issue_date);
        }
    }
}

/// Where the goods went (BG-13, BG-15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) address: Address,
}

impl Delivery {
    /// A delivery to an address, whose country is BT-80.
    ///
    /// ```
    /// use invoice_core::{Address, Country, Delivery};
    ///
    /// let delivery = Delivery::new(Address::new(Country::new("FR")?));
    /// assert_eq!(delivery.address().country().code(), "FR");
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub const fn new(address: Address) -> Self {
        Self { name: None, address }
    }

    /// Who received the goods (BT-70).
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Who received the goods (BT-70).
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where to (BG-15).
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn validate(&self, pointer: &str, found: &mut Violations) {
        let mut inner = Violations::new();
        collect(&mut inner, "/name", self.name.as_deref(), SHORT);
        self.address.validate(&mut inner);
        found.absorb(pointer, inner);
    }
}

/// The rate a document's tax is accounted at in another currency (BT-6), as the law asks it to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountingRate {
    pub(crate) currency: Currency,
    pub(crate) rate: ExchangeRate,
    pub(crate) date: NaiveDate,
    pub(crate) source: String,
}

impl AccountingRate {
    /// One unit of the document's currency is `rate` units of `currency`, by `source` on `date`.
    ///
    /// ```
    /// use invoice_core::{AccountingRate, Currency};
    ///
    /// let date = chrono::NaiveDate::from_ymd_opt(2026, 1, 15).unwrap();
    /// let rate = AccountingRate::new(Currency::new("SEK")?, "11.4325".parse()?, date, "ECB");
    /// assert_eq!(rate.source(), "ECB");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(currency: Currency, rate: ExchangeRate, date: NaiveDate, source: impl Into<String>) -> Self {
        Self { currency, rate, date, source: source.into() }
    }

    /// The currency VAT is accounted in (BT-6).
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Units of it for one unit of the document's currency.
    pub fn rate(&self) -> ExchangeRate {
        self.rate
    }

    /// The day the rate is of.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// Who published the rate.
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn validate(&self, pointer: &str, found: &mut Violations) {
        collect_required(found, &format!("{pointer}/source"), &self.source, SHORT);
        collect_date(found, &format!("{pointer}/date"), Some(self.date));
    }
}

pub(crate) fn validate_notes(notes: &[Note], found: &mut Violations) {
    if notes.len() > 100 {
        found.add("/notes", Code::TooLong, "more than 100 notes");
    }
    for (index, note) in notes.iter().enumerate() {
        collect_required_lines(found, &format!("/notes/{index}/text"), &note.text, LONG);
        if let Some(subject) = &note.subject {
            collect(found, &format!("/notes/{index}/subject"), Some(subject), 3);
        }
    }
}

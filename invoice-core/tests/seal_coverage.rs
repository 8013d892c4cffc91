//! The seal covers all that an issue froze: whatever is changed in a stored document is found, whatever the
//! use cases may change is not.

#![expect(clippy::unwrap_used, reason = "a test says it by panicking")]

#[path = "support/json.rs"]
mod json;
#[path = "support/specimens.rs"]
mod specimens;

use std::collections::BTreeSet;

use invoice_core::{CreditNote, Hash, Invoice, Quote};
use json::{is_leaf, pointers, with, without};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use specimens::Specimens;

trait Sealed: Serialize + DeserializeOwned + PartialEq {
    /// What the use cases may change after the issue.
    const MUTABLE: &'static [&'static str];
    fn is_intact(&self) -> bool;
}

macro_rules! sealed {
    ($($document:ty: $mutable:expr;)+) => {$(
        impl Sealed for $document {
            const MUTABLE: &'static [&'static str] = &$mutable;

            fn is_intact(&self) -> bool {
                self.issued().is_some_and(|issued| self.recompute_hash() == Some(issued.seal().hash()))
            }
        }
    )+};
}

sealed! {
    Invoice: ["/version", "/state", "/internal_notes", "/metadata", "/updated_at"];
    CreditNote: ["/version", "/sent", "/data/internal_notes", "/data/metadata", "/updated_at"];
    Quote: [
        "/version", "/sent", "/answer", "/converted_to", "/internal_notes", "/metadata", "/updated_at"
    ];
}

fn is_mutable<T: Sealed>(pointer: &str) -> bool {
    T::MUTABLE.iter().any(|prefix| {
        pointer.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Words that may stand in each other's place.
const WORDS: &[&[&str]] = &[
    &["standard", "advance", "self_billed"],
    &["quote", "pro_forma"],
    &["net", "tax_inclusive"],
    &["currency", "precise"],
    &["half_away_from_zero", "down"],
    &["days", "days_after_month_end"],
    &["net", "quantity"],
    &["increment", "amount"],
    &["accepted", "declined", "expired"],
    &["bad_debt", "other"],
    &["S", "Z", "L"],
    &["E", "G"],
    &["VAT", "GST", "IRPF"],
    &["EUR", "USD"],
    &["CZK", "PLN"],
    &["AT", "FR", "DE"],
    &["KGM", "HUR", "C62"],
    &["95", "64", "FC", "PC", "ABK"],
    &["381", "261"],
    &["FY2025", "FY2026"],
    &["DE44500105175407324931", "DE89370400440532013000"],
];

/// Other values that could stand here.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(flag) => vec![json!(!flag)],
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            let before = number.checked_sub(1).map(|before| json!(before));
            [json!(number + 1), json!(number + 40)].into_iter().chain(before).collect()
        }
        Value::String(text) => {
            let words = WORDS.iter().filter(|words| words.contains(&text.as_str()));
            let words = words.flat_map(|words| words.iter().copied());
            let mut others: Vec<_> = words.filter(|word| word != text).map(|word| json!(word)).collect();
            // The last digits tell identifiers apart.
            let digits: Vec<_> = text.char_indices().filter(|(_, char)| char.is_ascii_digit()).collect();
            for (at, digit) in digits.into_iter().rev().take(12) {
                let other = if digit == '2' { '1' } else { '2' };
                others.push(json!(format!("{}{other}{}", &text[..at], &text[at + 1..])));
            }
            others.push(json!(format!("{text}x")));
            others
        }
        _ => Vec::new(),
    }
}

/// Changes each leaf in every way known here, and takes each field and list element away. Returns the leaves
/// that can't be changed alone without being refused.
#[track_caller]
fn only_mutable_leaves_may_change<T: Sealed>(document: &T) -> BTreeSet<String> {
    let json = serde_json::to_value(document).unwrap();
    let mut rigid = BTreeSet::new();
    for leaf in pointers(&json, &is_leaf) {
        let changed: Vec<T> = others(json.pointer(&leaf).unwrap())
            .into_iter()
            .filter_map(|other| serde_json::from_value(with(&json, &leaf, other)).ok())
            .collect();
        if changed.is_empty() {
            rigid.insert(leaf.clone());
        }
        for changed in changed {
            assert!(changed.is_intact() == is_mutable::<T>(&leaf), "`{leaf}`");
        }
    }
    for place in pointers(&json, &|_| true).into_iter().filter(|at| !at.is_empty()) {
        if let Ok(changed) = serde_json::from_value::<T>(without(&json, &place)) {
            assert!(changed.is_intact() == is_mutable::<T>(&place), "without `{place}`");
        }
    }
    for list in pointers(&json, &Value::is_array) {
        let mut items = json.pointer(&list).unwrap().as_array().unwrap().clone();
        items.reverse();
        let turned = with(&json, &list, Value::Array(items));
        if turned != json
            && let Ok(changed) = serde_json::from_value::<T>(turned)
        {
            // Some lists are sets: their order says nothing and is not kept.
            let says_the_same = changed == *document;
            assert!(
                changed.is_intact() == (is_mutable::<T>(&list) || says_the_same),
                "`{list}` in another order"
            );
        }
    }
    rigid
}

/// What contradicts the rest when changed alone, and is refused when read: that is found as well.
const RIGID: &[&str] = &[
    "/schema",
    "/totals/lines/0/set",
    "/totals/sets/0/rows/0",
    "/totals/prices",
    "/origin/kind",
    "/scope/kind",
    "/share/kind",
    "/instructions/0/kind",
    "/instructions/1/kind",
    "/instructions/2/kind",
    "/instructions/3/kind",
    "/lines/0/taxes/1/withheld",
    "/advances/0/net/currency",
    "/advances/0/rows/0/tax/currency",
    "/advances/0/rows/0/taxable/currency",
    "/advances/0/rows/1/tax/currency",
    "/advances/0/rows/1/taxable/currency",
];

#[track_caller]
fn is_sealed<T: Sealed>(document: &T) {
    assert!(document.is_intact());
    let rigid = only_mutable_leaves_may_change(document);
    let unexpected: Vec<_> =
        rigid.iter().filter(|leaf| !RIGID.iter().any(|end| leaf.ends_with(end))).collect();
    assert!(unexpected.is_empty(), "no other value was tried at {unexpected:?}");
}

#[tokio::test]
async fn a_final_invoice_in_full_is_sealed() {
    let made = Specimens::new().await;
    is_sealed(&made.issued().await);
}

#[tokio::test]
async fn a_settled_invoice_of_tax_inclusive_prices_is_sealed() {
    let made = Specimens::new().await;
    is_sealed(&made.settled().await);
}

#[tokio::test]
async fn a_void_invoice_and_its_replacement_are_sealed() {
    let made = Specimens::new().await;
    let (original, replacement) = made.replaced().await;
    is_sealed(&original);
    is_sealed(&replacement);
}

#[tokio::test]
async fn credit_notes_are_sealed() {
    let made = Specimens::new().await;
    let mut notes = vec![made.sent_note().await];
    notes.extend(made.other_notes().await);
    for note in &notes {
        is_sealed(note);
    }
}

#[tokio::test]
async fn a_converted_quote_is_sealed() {
    let made = Specimens::new().await;
    is_sealed(&made.converted_quote().await);
}

/// A stored seal must verify for as long as its version is known: these bytes may never change.
#[test]
fn the_canonical_bytes_of_version_1_stay_as_they_are() {
    let known = |name: &str| -> Value {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        serde_json::from_str::<Value>(&text).unwrap().pointer("/record").unwrap().clone()
    };
    let hash = |hex: &str| Some(hex.parse::<Hash>().unwrap());
    let invoice: Invoice = serde_json::from_value(known("invoice_issued.json")).unwrap();
    let note: CreditNote = serde_json::from_value(known("credit_note_sent.json")).unwrap();
    let quote: Quote = serde_json::from_value(known("quote_converted.json")).unwrap();
    assert_eq!(
        invoice.recompute_hash(),
        hash("b91221703e265492df4e0ceca015ab1ba6cdeda62f8757089de9b0c4d0bfd988")
    );
    assert_eq!(
        note.recompute_hash(),
        hash("4aac5b05824b6853db837dbbd71e5dabb49156ec9f1c8f980f5b552edb1b6640")
    );
    assert_eq!(
        quote.recompute_hash(),
        hash("f72c40acdc4f88dba3c64ec253ceea9fc7da113c6a14bffc5a9abe0761d29d50")
    );
}

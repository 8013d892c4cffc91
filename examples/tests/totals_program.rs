//! The `totals` program: exit status and what it prints, by its library entry.

#![allow(clippy::unwrap_used, reason = "a test says it by panicking")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use invoice_examples::totals::run;

struct Outcome {
    status: u8,
    out: String,
    err: String,
}

fn totals(arguments: &[&str]) -> Outcome {
    let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = run(&arguments, &mut out, &mut err);
    Outcome { status, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../invoice-core/tests/vectors")
}

fn vector(name: &str) -> String {
    vectors().join(name).to_str().unwrap().to_owned()
}

/// A file of its own for each test, in the build's folder for such files.
fn file(name: &str, content: &[u8]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("totals_program");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The program on a document in which `from` was replaced by `to`.
fn changed(name: &str, from: &str, to: &str) -> Outcome {
    let document = std::fs::read_to_string(vector("own-gst-pst.json")).unwrap();
    assert!(document.contains(from), "{from}");
    totals(&[&file(name, document.replacen(from, to, 1).as_bytes())])
}

fn assert_refused(outcome: &Outcome, pointer: &str) {
    assert_eq!(outcome.status, 2, "{}", outcome.err);
    assert_eq!(outcome.out, "");
    assert_eq!(outcome.err.lines().count(), 1, "{}", outcome.err);
    assert!(outcome.err.len() < 700, "{} characters", outcome.err.len());
    assert!(outcome.err.contains(&format!(": {pointer}: ")), "{pointer} in {}", outcome.err);
}

#[test]
fn a_document_is_shown_as_a_table() {
    let shown = totals(&[&vector("own-inclusive-two-rates.json")]);
    assert_eq!((shown.status, shown.err.as_str()), (0, ""));
    assert_eq!(
        shown.out,
        "\
OWN-INCLUSIVE-TWO-RATES  Seller → Buyer  EUR

line  item  quantity  unit  price  per  allowances  charges    tax    net  with tax
1     Mug          1  C62    11.9                            19% S  10.00     11.90
2     Tea          2  C62     2.5                             7% S   4.67      5.00

tax  category  rate %  taxable  tax amount
VAT  S              7     4.67        0.33
VAT  S             19    10.00        1.90

total          EUR
lines        14.67
without tax  14.67
tax           2.23
with tax     16.90
payable      16.90
"
    );
}

#[test]
fn machines_get_strings_in_json() {
    let shown = totals(&["--json", &vector("own-cash-rounding.json")]);
    assert_eq!(shown.status, 0);
    let json: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(json["payable"], "43.15");
    assert_eq!(json["payable_rounding"], "0.02");
    assert_eq!(json["breakdown"][0]["tax"], "3.23");
    assert_eq!(json["lines"][0]["net"], "39.90");
}

#[test]
fn a_folder_that_reproduces_says_so_and_succeeds() {
    let checked = totals(&["--check", vectors().to_str().unwrap()]);
    assert_eq!((checked.status, checked.err.as_str()), (0, ""));
    let count = std::fs::read_dir(vectors()).unwrap().count();
    assert_eq!(checked.out, format!("{count} of {count} reproduce\n"));
}

#[test]
fn every_kind_of_difference_is_listed() {
    let document = std::fs::read_to_string(vector("own-gross-price.json")).unwrap();
    for (from, to, line) in [
        (
            r#""expected_net": "395.31""#,
            r#""expected_net": "395.30""#,
            "lines[1].expected_net, 395.30, 395.31",
        ),
        (
            r#""price_discount": "17.50""#,
            r#""price_discount": "17.49""#,
            "lines[1].net_price, 158.125, 158.135",
        ),
        (r#""payable": "470.42""#, r#""payable": "470.41""#, "payable, 470.41, 470.42"),
        (r#""tax_total": "75.11""#, r#""tax_total": null"#, "tax_total, -, 75.11"),
        (r#""tax": "75.11""#, r#""tax": "75.1""#, "breakdown[VAT/S/19].tax, 75.1, 75.11"),
        (r#""rate": "19","#, r#""rate": "20","#, "breakdown[VAT/S/20], 395.31, -"),
    ] {
        assert!(document.contains(from), "{from}");
        let path = file("differs.json", document.replacen(from, to, 1).as_bytes());
        let checked = totals(&["--check", &path, &vector("own-gross-price.json")]);
        assert_eq!(checked.status, 1, "{to}");
        assert!(checked.out.contains(&format!("{path}, {line}\n")), "{line} in {}", checked.out);
        assert!(checked.out.ends_with("1 of 2 reproduce\n"));
    }
}

#[test]
fn stated_results_of_percentages_and_cash_rounding_are_checked() {
    for (name, from, to, line) in [
        (
            "own-percent-of-base.json",
            r#""amount": "2.00""#,
            r#""amount": "2.01""#,
            "lines[1].allowances[0].amount, 2.01, 2.00",
        ),
        (
            "own-percent-of-base.json",
            r#""amount": "-1.01""#,
            r#""amount": "-1.00""#,
            "charges[0].amount, -1.00, -1.01",
        ),
        (
            "own-cash-rounding.json",
            r#""payable_rounding": "0.02""#,
            r#""payable_rounding": "0.03""#,
            "payable_rounding, 0.03, 0.02",
        ),
    ] {
        let document = std::fs::read_to_string(vector(name)).unwrap();
        assert!(document.contains(from), "{from}");
        let checked = totals(&["--check", &file("stated.json", document.replacen(from, to, 1).as_bytes())]);
        assert_eq!(checked.status, 1);
        assert!(checked.out.contains(line), "{line} in {}", checked.out);
    }
}

#[test]
fn the_field_that_is_wrong_is_named() {
    let digits = format!(r#""net_price": "{}""#, "9".repeat(10_000_000));
    let brackets = format!(r#""net_price": {}"#, "[".repeat(100_000));
    for (from, to, pointer) in [
        (r#""net_price": "249.95""#, r#""net_price": "249,95""#, "/lines/0/net_price"),
        (r#""net_price": "249.95""#, r#""net_price": 249.95"#, "/lines/0/net_price"),
        (r#""net_price": "249.95""#, r#""net_price": 1e999"#, "/lines/0/net_price"),
        (r#""net_price": "249.95""#, digits.as_str(), "/lines/0/net_price"),
        (r#""net_price": "249.95""#, r#""net_price": "1", "net_price": "2""#, "/lines/0/net_price"),
        (
            r#""price_base_quantity": null"#,
            r#""price_base_quantity": "0.00""#,
            "/lines/0/price_base_quantity",
        ),
        (r#""unit": "C62""#, r#""currency": "EUR""#, "/lines/0/currency"),
        (r#""unit": "C62""#, r#""units": "C62""#, "/lines/0/units"),
        (r#""category": "S""#, r#""category": "X""#, "/lines/0/taxes/0/category"),
        (r#""rate": "5""#, r#""rate": "-5""#, "/lines/0/taxes/0/rate"),
        (r#""currency": "CAD""#, r#""currency": "XXX""#, "/currency"),
        (r#""prepaid": "0""#, r#""prepaid": "0.001""#, "/prepaid"),
        (r#""prices_include_tax": false"#, r#""prices_include_tax": true"#, "/lines/0/taxes"),
        (r#""prices_include_tax": false"#, r#""prices_include_tax": "no""#, "/prices_include_tax"),
        (r#""rounding": "per_line""#, r#""rounding": "never""#, "/rounding"),
        (r#""payable": "342.92""#, r#""payable": "1e3""#, "/expected/payable"),
    ] {
        assert_refused(&changed("field.json", from, to), pointer);
    }
    let deep = changed("deep.json", r#""net_price": "249.95""#, &brackets);
    assert_eq!(deep.status, 2);
    assert!(deep.err.contains("/lines/0/net_price/0/0") && deep.err.lines().count() == 1, "{}", deep.err);
}

#[test]
fn files_that_are_no_documents_are_refused_in_one_line() {
    let empty_folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("totals_program_empty");
    std::fs::create_dir_all(&empty_folder).unwrap();
    let folder = empty_folder.to_str().unwrap();
    let brackets = "[".repeat(100_000);
    for path in [
        file("empty.json", b""),
        file("blank.json", b" \n"),
        file("latin.json", b"{\"number\": \"\xff\"}"),
        file("brackets.json", brackets.as_bytes()),
        file("list.json", b"[]"),
        file("cut.json", b"{\"number\": \"1"),
        file("two.json", b"{} {}"),
        folder.to_owned(),
        format!("{folder}/absent.json"),
    ] {
        for arguments in [vec![path.as_str()], vec!["--json", path.as_str()], vec!["--check", path.as_str()]]
        {
            let refused = totals(&arguments);
            assert_eq!(refused.status, 2, "{arguments:?}");
            assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
            assert!(refused.err.starts_with("error: ") && refused.err.len() < 700, "{}", refused.err);
        }
    }
}

#[test]
fn a_document_without_expected_figures_can_be_shown_but_not_checked() {
    let document = std::fs::read_to_string(vector("own-prepaid.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&document).unwrap();
    json.as_object_mut().unwrap().remove("expected");
    let path = file("silent.json", json.to_string().as_bytes());
    assert_eq!(totals(&[&path]).status, 0);
    let checked = totals(&["--check", &path]);
    assert_eq!(checked.status, 2);
    assert!(checked.err.contains("/expected: is missing"), "{}", checked.err);
}

#[test]
fn texts_of_a_document_cannot_break_the_table() {
    let shown = changed(
        "long.json",
        r#""description": "Desk""#,
        &format!(r#""description": "a\n\u001b[31m{}""#, "x".repeat(100_000)),
    );
    assert_eq!(shown.status, 0);
    assert!(!shown.out.contains('\u{1b}') && shown.out.lines().all(|line| line.chars().count() < 200));
}

#[test]
fn wrong_usage_is_explained() {
    for arguments in [vec![], vec!["--check"], vec!["--help"], vec!["a", "b"], vec!["--check", "--json", "a"]]
    {
        let refused = totals(&arguments);
        assert_eq!(refused.status, 2, "{arguments:?}");
        assert!(refused.err.starts_with("usage: totals FILE.json"));
    }
}

//! Reads the JSON of a totals vector the short way: whatever is odd in one panics.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several test programs, and a test says it by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use invoice_core::line::{Adjustment, DocumentAdjustment, Line};
use invoice_core::tax::{Tax, TaxScheme};
use invoice_core::totals::{
    AdvanceDeduction, AdvanceRow, Input, PayableRounding, PriceMode, Rounding, TaxRounding, Totals, calculate,
};
use invoice_core::{Currency, Money, Percentage};
use serde_json::Value;

/// A vector, read.
pub(crate) struct Vector {
    pub(crate) json: Value,
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<Line>,
    pub(crate) allowances: Vec<DocumentAdjustment>,
    pub(crate) charges: Vec<DocumentAdjustment>,
    pub(crate) advances: Vec<AdvanceDeduction>,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn money(value: &Value, currency: Currency) -> Money {
    Money::parse(text(value), currency).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn tax(json: &Value) -> Tax {
    let scheme = TaxScheme::new(text(&json["scheme"])).unwrap();
    let rate = json["rate"].as_str().map(|rate| rate.parse().unwrap());
    let tax = if json["withheld"] == true {
        let tax = Tax::withheld(scheme, rate.unwrap());
        json["category"].as_str().map_or(tax.clone(), |code| tax.with_category(code.parse().unwrap()))
    } else {
        Tax::new(scheme, text(&json["category"]).parse().unwrap(), rate)
    };
    match json["exemption_reason"].as_str() {
        Some(reason) => tax.with_exemption_reason(reason).unwrap(),
        None => tax,
    }
}

fn adjustment(json: &Value, currency: Currency) -> Adjustment {
    let Some(percent) = json["percent"].as_str() else {
        return Adjustment::fixed(money(&json["amount"], currency));
    };
    let percent: Percentage = percent.parse().unwrap();
    match &json["base"] {
        Value::Null => Adjustment::percent(percent),
        base => Adjustment::percent_of(percent, money(base, currency)),
    }
}

fn document(json: &Value, currency: Currency) -> DocumentAdjustment {
    let adjustment = DocumentAdjustment::new(adjustment(json, currency));
    list(&json["taxes"]).iter().fold(adjustment, |adjustment, json| adjustment.with_tax(tax(json)))
}

fn line(json: &Value, currency: Currency) -> Line {
    let parse = |field: &str| text(&json[field]).parse().unwrap();
    let mut line =
        Line::new(text(&json["id"]), "item", parse("quantity"), text(&json["net_price"]).parse().unwrap())
            .unwrap();
    if let Some(base) = json["price_base_quantity"].as_str() {
        line = line.with_base_quantity(base.parse().unwrap());
    }
    for json in list(&json["taxes"]) {
        line = line.with_tax(tax(json));
    }
    for json in list(&json["allowances"]) {
        line = line.with_allowance(adjustment(json, currency));
    }
    for json in list(&json["charges"]) {
        line = line.with_charge(adjustment(json, currency));
    }
    line
}

fn advance(json: &Value, currency: Currency) -> AdvanceDeduction {
    let rows = list(&json["rows"]).iter().map(|row| {
        AdvanceRow::new(&tax(row), money(&row["taxable"], currency), money(&row["tax"], currency))
    });
    AdvanceDeduction::new(text(&json["document"]), money(&json["net"], currency), rows.collect()).unwrap()
}

impl Vector {
    pub(crate) fn parse(json: Value) -> Self {
        let currency = Currency::new(text(&json["currency"])).unwrap();
        Self {
            currency,
            lines: list(&json["lines"]).iter().map(|json| line(json, currency)).collect(),
            allowances: list(&json["allowances"]).iter().map(|json| document(json, currency)).collect(),
            charges: list(&json["charges"]).iter().map(|json| document(json, currency)).collect(),
            advances: list(&json["advances"]).iter().map(|json| advance(json, currency)).collect(),
            json,
        }
    }

    pub(crate) fn input(&self) -> Input<'_> {
        let json = &self.json;
        let rounding = match json["cash_rounding"].as_str() {
            Some(_) => PayableRounding::Increment(money(&json["cash_rounding"], self.currency)),
            None => PayableRounding::Amount(money(&json["payable_rounding"], self.currency)),
        };
        Input::new(self.currency, &self.lines)
            .with_prices(if json["prices_include_tax"] == true {
                PriceMode::TaxInclusive
            } else {
                PriceMode::Net
            })
            .with_rounding(match text(&json["rounding"]) {
                "per_line" => Rounding::Currency,
                "at_total" => Rounding::Precise,
                other => panic!("rounding {other}"),
            })
            .with_tax_rounding(match json["tax_rounding"].as_str() {
                None => TaxRounding::HalfAwayFromZero,
                Some("down") => TaxRounding::Down,
                Some(other) => panic!("tax rounding {other}"),
            })
            .with_allowances(&self.allowances)
            .with_charges(&self.charges)
            .with_prepaid(money(&json["prepaid"], self.currency))
            .with_advances(&self.advances)
            .with_payable_rounding(rounding)
    }

    /// Every figure that differs from the expected one, as `name: expected …, got …`.
    pub(crate) fn differences(&self) -> Vec<String> {
        let totals = calculate(&self.input()).unwrap_or_else(|wrong| panic!("{}: {wrong}", self.json["id"]));
        let mut found = Compare { currency: self.currency, differences: Vec::new() };
        self.compare_inputs(&totals, &mut found);
        for (json, line) in list(&self.json["lines"]).iter().zip(totals.lines()) {
            let name = format!("lines[{}]", text(&json["id"]));
            found.figure(&format!("{name}.expected_net"), &json["expected_net"], line.net());
            if let Some(gross) = line.gross() {
                found.figure(&format!("{name}.expected_gross"), &json["expected_gross"], gross);
            }
        }
        let expected = &self.json["expected"];
        for (name, got, zero_if_silent) in [
            ("line_total", totals.line_total(), false),
            ("allowance_total", totals.allowance_total(), true),
            ("charge_total", totals.charge_total(), true),
            ("tax_exclusive", totals.tax_exclusive(), false),
            ("tax_total", totals.tax_total(), true),
            ("tax_inclusive", totals.tax_inclusive(), false),
            ("withheld_total", totals.withheld_total(), true),
            ("advance_total", totals.advance_total(), true),
            ("payable", totals.payable(), false),
        ] {
            found.figure(name, &expected[name], got);
            if zero_if_silent && expected[name].is_null() && !got.is_zero() {
                found.differences.push(format!("{name}: expected nothing, got {got}"));
            }
        }
        compare_breakdown(&totals, list(&expected["breakdown"]), &mut found);
        found.differences
    }

    /// Figures the inputs state although they follow: amounts of percentages, net prices, cash rounding.
    fn compare_inputs(&self, totals: &Totals, found: &mut Compare) {
        let amounts = |found: &mut Compare, name: &str, json: &[Value], got: Vec<Money>| {
            for (index, (json, got)) in json.iter().zip(got).enumerate() {
                found.figure(&format!("{name}[{index}].amount"), &json["amount"], got);
            }
        };
        for ((json, line), totals) in list(&self.json["lines"]).iter().zip(&self.lines).zip(totals.lines()) {
            let name = format!("lines[{}]", line.id());
            if let (Some(gross), Some(discount)) =
                (json["gross_price"].as_str(), json["price_discount"].as_str())
            {
                let price = |text: &str| text.parse::<invoice_core::UnitPrice>().unwrap().get();
                if price(gross) - price(discount) != line.price().get() {
                    found.differences.push(format!("{name}.net_price"));
                }
            }
            amounts(
                found,
                &format!("{name}.allowances"),
                list(&json["allowances"]),
                totals.allowances().collect(),
            );
            amounts(found, &format!("{name}.charges"), list(&json["charges"]), totals.charges().collect());
        }
        let amount = |one: invoice_core::totals::AdjustmentTotals| one.amount();
        amounts(
            found,
            "allowances",
            list(&self.json["allowances"]),
            totals.allowances().map(amount).collect(),
        );
        amounts(found, "charges", list(&self.json["charges"]), totals.charges().map(amount).collect());
        found.figure("payable_rounding", &self.json["payable_rounding"], totals.rounding());
    }
}

struct Compare {
    currency: Currency,
    differences: Vec<String>,
}

impl Compare {
    fn figure(&mut self, name: &str, expected: &Value, got: Money) {
        if !expected.is_null() && money(expected, self.currency) != got {
            self.differences.push(format!("{name}: expected {expected}, got {got}"));
        }
    }
}

fn compare_breakdown(totals: &Totals, expected: &[Value], found: &mut Compare) {
    let key = |scheme: &str, category: &str, rate: String, withheld: bool| {
        format!("breakdown[{scheme}/{category}/{rate}{}]", if withheld { " withheld" } else { "" })
    };
    let mut want: BTreeMap<String, &Value> = BTreeMap::new();
    for row in expected {
        let rate: invoice_core::TaxRate = row["rate"].as_str().unwrap_or("0").parse().unwrap();
        let category = row["category"].as_str().unwrap_or("-");
        let name = key(text(&row["scheme"]), category, rate.to_string(), row["withheld"] == true);
        assert!(want.insert(name.clone(), row).is_none(), "{name} twice");
    }
    for row in totals.breakdown() {
        let category = row.category().map_or("-", |category| category.code());
        let name = key(row.scheme().as_str(), category, row.rate().to_string(), row.is_withheld());
        let Some(json) = want.remove(&name) else {
            found.differences.push(format!("{name} not expected"));
            continue;
        };
        found.figure(&format!("{name}.taxable"), &json["taxable"], row.taxable());
        found.figure(&format!("{name}.tax"), &json["tax"], row.tax());
        // The published documents state reasons with their rows only, never with their lines.
        if let Some(reason) = row.exemption_reason()
            && json["exemption_reason"] != reason.as_str()
        {
            found.differences.push(format!("{name}.exemption_reason: got {reason}"));
        }
    }
    found.differences.extend(want.keys().map(|name| format!("{name} missing")));
}

/// The `.json` files of a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

pub(crate) fn read(path: &Path) -> Vector {
    let text = std::fs::read_to_string(path).unwrap();
    Vector::parse(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The repository's own cases.
pub(crate) fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// The published documents: named by `INVOICE_VECTORS`, or in the folder `shared` beside the repository.
pub(crate) fn published() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("INVOICE_VECTORS") {
        let named = PathBuf::from(named);
        assert!(named.is_dir(), "INVOICE_VECTORS is not a folder: {}", named.display());
        let inside = named.join("totals");
        return Some(if inside.is_dir() { inside } else { named });
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/totals");
    beside.is_dir().then_some(beside)
}

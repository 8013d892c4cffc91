//! Comparing every computed figure with what the document states.

use invoice_core::Money;
use invoice_core::totals::{TaxRow, Totals, calculate};
use rust_decimal::Decimal;

use super::Problem;
use super::document::{Document, StatedAmount};
use super::reader::{Value, quoted};

/// A figure that differs; `-` where there is none.
pub(super) struct Difference {
    pub(super) figure: String,
    pub(super) expected: String,
    pub(super) got: String,
}

/// The published totals. A figure that is not printed is not compared, but says zero for allowances, charges and taxes.
pub(super) struct Expected {
    totals: Vec<(&'static str, Option<Decimal>)>,
    breakdown: Vec<ExpectedRow>,
}

struct ExpectedRow {
    name: String,
    taxable: Option<Decimal>,
    tax: Option<Decimal>,
    exemption_reason: Option<String>,
}

type Figure = fn(&Totals) -> Money;

/// The totals compared, and whether leaving one out says zero.
const TOTALS: [(&str, Figure, bool); 9] = [
    ("line_total", Totals::line_total, false),
    ("allowance_total", Totals::allowance_total, true),
    ("charge_total", Totals::charge_total, true),
    ("tax_exclusive", Totals::tax_exclusive, false),
    ("tax_total", Totals::tax_total, true),
    ("tax_inclusive", Totals::tax_inclusive, false),
    ("withheld_total", Totals::withheld_total, true),
    ("advance_total", Totals::advance_total, true),
    ("payable", Totals::payable, false),
];

/// A stated figure: any plain decimal, with any number of decimals.
pub(super) fn figure(value: Option<Value<'_>>) -> Result<Option<Decimal>, Problem> {
    let Some(value) = value else { return Ok(None) };
    let text = value.text()?;
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_plain = match unsigned.split_once('.') {
        Some((whole, fraction)) => plain(whole) && plain(fraction),
        None => plain(unsigned),
    };
    let decimal = if text.len() <= 40 && is_plain { Decimal::from_str_exact(text).ok() } else { None };
    let problem = || value.problem(format!("not a plain decimal such as 12.50: {}", quoted(text)));
    decimal.map(Some).ok_or_else(problem)
}

impl Expected {
    pub(super) fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let mut fields = value.object()?;
        let mut totals = Vec::new();
        for (name, _, _) in TOTALS {
            totals.push((name, figure(fields.optional(name))?));
        }
        let mut breakdown = Vec::new();
        for row in fields.required("breakdown")?.list()? {
            breakdown.push(ExpectedRow::read(&row)?);
        }
        fields.end()?;
        Ok(Self { totals, breakdown })
    }
}

impl ExpectedRow {
    fn read(value: &Value<'_>) -> Result<Self, Problem> {
        let mut fields = value.object()?;
        let scheme = fields.required("scheme")?.text()?;
        let category = fields.optional("category").map(|value| value.text()).transpose()?;
        let rate = figure(fields.optional("rate"))?.unwrap_or_default();
        let withheld = fields.optional("withheld").map_or(Ok(false), |value| value.boolean())?;
        let reason = fields.optional("exemption_reason").map(|value| value.text()).transpose()?;
        let row = Self {
            name: row_name(scheme, category, rate, withheld),
            taxable: figure(fields.optional("taxable"))?,
            tax: figure(fields.optional("tax"))?,
            exemption_reason: reason.map(str::to_owned),
        };
        fields.end()?;
        Ok(row)
    }
}

fn row_name(scheme: &str, category: Option<&str>, rate: Decimal, withheld: bool) -> String {
    let (scheme, category) = (super::problem::short(scheme), super::problem::short(category.unwrap_or("-")));
    let withheld = if withheld { " withheld" } else { "" };
    format!("breakdown[{scheme}/{category}/{}{withheld}]", rate.normalize())
}

fn name_of(row: &TaxRow) -> String {
    let category = row.category().map(invoice_core::tax::TaxCategory::code);
    row_name(row.scheme().as_str(), category, row.rate().get(), row.is_withheld())
}

/// Every figure that differs, in the order of the document.
pub(super) fn differences(document: &Document) -> Result<Vec<Difference>, Problem> {
    let expected = document.expected.as_ref().ok_or_else(|| Problem::new("/expected", "is missing"))?;
    let totals = calculate(&document.input())?;
    let mut found = Found(Vec::new());
    lines(document, &totals, &mut found);
    let adjustments = |found: &mut Found, list: &str, stated: &[StatedAmount], got: Vec<Money>| {
        for (index, (stated, got)) in stated.iter().zip(got).enumerate() {
            found.compare(|| format!("{list}[{index}].amount"), *stated, got);
        }
    };
    let amount = |one: invoice_core::totals::AdjustmentTotals| one.amount();
    let (allowances, charges) =
        (totals.allowances().map(amount).collect(), totals.charges().map(amount).collect());
    adjustments(&mut found, "allowances", &document.stated_allowances, allowances);
    adjustments(&mut found, "charges", &document.stated_charges, charges);
    if document.cash_rounding.is_some() {
        let rounded = calculate(&document.input_in_cash())?;
        let stated = Some(document.payable_rounding.amount());
        found.compare(|| "payable_rounding".to_owned(), stated, rounded.rounding());
    }
    for ((name, stated), (_, of, silent_is_zero)) in expected.totals.iter().zip(TOTALS) {
        let got = of(&totals);
        if stated.is_none() && silent_is_zero && !got.is_zero() {
            found.add((*name).to_owned(), "-", got.amount().to_string());
        }
        found.compare(|| (*name).to_owned(), *stated, got);
    }
    breakdown(expected, &totals, &mut found);
    Ok(found.0)
}

fn lines(document: &Document, totals: &Totals, found: &mut Found) {
    for ((line, stated), got) in document.lines.iter().zip(&document.stated_lines).zip(totals.lines()) {
        let name = |field: &str| format!("lines[{}].{field}", super::problem::short(line.id()));
        if let (Some(gross), Some(discount)) = (stated.gross_price, stated.price_discount) {
            let (price, difference) = (line.price().get(), gross.get() - discount.get());
            if price != difference {
                found.add(name("net_price"), price.to_string(), difference.normalize().to_string());
            }
        }
        for (index, (stated, got)) in stated.allowances.iter().zip(got.allowances()).enumerate() {
            found.compare(|| name(&format!("allowances[{index}].amount")), *stated, got);
        }
        for (index, (stated, got)) in stated.charges.iter().zip(got.charges()).enumerate() {
            found.compare(|| name(&format!("charges[{index}].amount")), *stated, got);
        }
        found.compare(|| name("expected_gross"), stated.gross, got.gross().unwrap_or(got.net()));
        found.compare(|| name("expected_net"), stated.net, got.net());
    }
}

fn breakdown(expected: &Expected, totals: &Totals, found: &mut Found) {
    let rows: Vec<_> = totals.breakdown().iter().map(|row| (name_of(row), row)).collect();
    for (index, stated) in expected.breakdown.iter().enumerate() {
        if expected.breakdown.iter().take(index).any(|earlier| earlier.name == stated.name) {
            found.add(stated.name.clone(), "stated twice", "-");
            continue;
        }
        let Some((name, row)) = rows.iter().find(|(name, _)| *name == stated.name) else {
            found.add(
                stated.name.clone(),
                stated.taxable.map_or("a row".to_owned(), |it| it.to_string()),
                "-",
            );
            continue;
        };
        found.compare(|| format!("{name}.taxable"), stated.taxable, row.taxable());
        found.compare(|| format!("{name}.tax"), stated.tax, row.tax());
        // Published documents state reasons with the row only; then there is nothing to compare.
        if let (Some(stated), Some(got)) = (&stated.exemption_reason, row.exemption_reason())
            && *stated != got
        {
            let short = super::problem::short;
            found.add(format!("{name}.exemption_reason"), short(stated), short(&got));
        }
    }
    for (name, row) in &rows {
        if !expected.breakdown.iter().any(|stated| stated.name == *name) {
            found.add(name.clone(), "-", row.taxable().amount().to_string());
        }
    }
}

struct Found(Vec<Difference>);

impl Found {
    fn add(&mut self, figure: String, expected: impl Into<String>, got: impl Into<String>) {
        self.0.push(Difference { figure, expected: expected.into(), got: got.into() });
    }

    fn compare(&mut self, name: impl FnOnce() -> String, stated: Option<Decimal>, got: Money) {
        if let Some(stated) = stated.filter(|stated| *stated != got.amount()) {
            self.add(name(), stated.to_string(), got.amount().to_string());
        }
    }
}

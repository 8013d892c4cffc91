//! The invoice document: its inputs as the engine takes them, and what it states about them.

use std::path::Path;

use invoice_core::line::{Adjustment, DocumentAdjustment, Line};
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use invoice_core::totals::{
    AdvanceDeduction, AdvanceRow, Input, PayableRounding, PriceMode, Rounding, TaxRounding,
};
use invoice_core::{Currency, Money, TaxRate, UnitPrice};

use super::check::Expected;
use super::reader::{Fields, Value, quoted};
use super::{Problem, node};

/// Larger files are not invoices.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// A document as read.
pub(super) struct Document {
    pub(super) title: String,
    pub(super) parties: [Option<String>; 2],
    pub(super) currency: Currency,
    prices: PriceMode,
    rounding: Rounding,
    tax_rounding: TaxRounding,
    pub(super) lines: Vec<Line>,
    pub(super) stated_lines: Vec<StatedLine>,
    allowances: Vec<DocumentAdjustment>,
    charges: Vec<DocumentAdjustment>,
    pub(super) stated_allowances: Vec<StatedAmount>,
    pub(super) stated_charges: Vec<StatedAmount>,
    prepaid: Money,
    pub(super) payable_rounding: Money,
    pub(super) cash_rounding: Option<Money>,
    advances: Vec<AdvanceDeduction>,
    pub(super) expected: Option<Expected>,
}

/// What a line states beside its inputs.
pub(super) struct StatedLine {
    pub(super) unit: String,
    pub(super) gross_price: Option<UnitPrice>,
    pub(super) price_discount: Option<UnitPrice>,
    pub(super) allowances: Vec<StatedAmount>,
    pub(super) charges: Vec<StatedAmount>,
    pub(super) net: Option<rust_decimal::Decimal>,
    pub(super) gross: Option<rust_decimal::Decimal>,
}

/// The stated result of a percentage.
pub(super) type StatedAmount = Option<rust_decimal::Decimal>;

/// Reads a file.
pub(super) fn read(file: &Path) -> Result<Document, Problem> {
    let unreadable = |error: std::io::Error| Problem::new("", format!("can't be read: {error}"));
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Problem::new("", "is a folder, not a file"));
    }
    // A pipe or device may never end.
    if !metadata.is_file() {
        return Err(Problem::new("", "is not a regular file"));
    }
    if metadata.len() > MOST_BYTES {
        return Err(Problem::new("", "is too large for an invoice"));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Problem::new("", format!("is not UTF-8 text at byte {}", error.valid_up_to())))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(Problem::new("", "is empty"));
    }
    let root = node::parse(text)?;
    Document::from_fields(Value::root(&root).object()?)
}

impl Document {
    fn from_fields(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let title = fields.optional("number").or_else(|| fields.optional("id"));
        let title = title.map_or(Ok(""), |title| title.text())?.to_owned();
        fields.information(&["id", "about", "same_figures_as", "deviation", "document", "type_code"])?;
        fields.information(&["issue_date", "due_date"])?;
        if let Some(source) = fields.optional("source") {
            let mut source = source.object()?;
            source.information(&["collection", "file", "licence"])?;
            source.end()?;
        }
        for difference in fields.list("differences")? {
            difference.text()?;
        }
        let parties = [party(&mut fields, "seller")?, party(&mut fields, "buyer")?];

        let value = fields.required("currency")?;
        let currency = Currency::new(value.text()?);
        let currency = currency
            .map_err(|error| value.problem(format!("{error}: {}", quoted(value.text().unwrap_or("")))))?;
        let inclusive = fields.required("prices_include_tax")?.boolean()?;
        let prices = if inclusive { PriceMode::TaxInclusive } else { PriceMode::Net };
        let value = fields.required("rounding")?;
        let rounding = match value.text()? {
            "per_line" => Rounding::Currency,
            "at_total" => Rounding::Precise,
            other => {
                return Err(value.problem(format!("neither per_line nor at_total: {}", quoted(other))));
            }
        };
        let tax_rounding = match fields.optional("tax_rounding") {
            None => TaxRounding::HalfAwayFromZero,
            Some(value) => match value.text()? {
                "half_away_from_zero" => TaxRounding::HalfAwayFromZero,
                "down" => TaxRounding::Down,
                _ => return Err(value.problem("neither half_away_from_zero nor down")),
            },
        };
        let money =
            |value: Option<Value<'_>>| value.map_or(Ok(Money::zero(currency)), |value| value.money(currency));
        let prepaid = money(fields.optional("prepaid"))?;
        let payable_rounding = money(fields.optional("payable_rounding"))?;
        let cash_rounding = fields.optional("cash_rounding");
        let cash_rounding = cash_rounding.map(|value| positive(&value, currency)).transpose()?;

        let mut document = Self {
            title,
            parties,
            currency,
            prices,
            rounding,
            tax_rounding,
            lines: Vec::new(),
            stated_lines: Vec::new(),
            allowances: Vec::new(),
            charges: Vec::new(),
            stated_allowances: Vec::new(),
            stated_charges: Vec::new(),
            prepaid,
            payable_rounding,
            cash_rounding,
            advances: Vec::new(),
            expected: None,
        };
        for value in fields.required("lines")?.list()? {
            let (line, stated) = line(&value, currency)?;
            document.lines.push(line);
            document.stated_lines.push(stated);
        }
        (document.allowances, document.stated_allowances) =
            on_document(fields.list("allowances")?, currency)?;
        (document.charges, document.stated_charges) = on_document(fields.list("charges")?, currency)?;
        for value in fields.list("advances")? {
            document.advances.push(advance(&value, currency)?);
        }
        document.expected = fields.optional("expected").map(|value| Expected::read(&value)).transpose()?;
        fields.end()?;
        Ok(document)
    }

    /// The input with the payable rounding as stated.
    pub(super) fn input(&self) -> Input<'_> {
        Input::new(self.currency, &self.lines)
            .with_prices(self.prices)
            .with_rounding(self.rounding)
            .with_tax_rounding(self.tax_rounding)
            .with_allowances(&self.allowances)
            .with_charges(&self.charges)
            .with_prepaid(self.prepaid)
            .with_advances(&self.advances)
            .with_payable_rounding(PayableRounding::Amount(self.payable_rounding))
    }

    /// The input with the payable rounding that cash asks for.
    pub(super) fn input_in_cash(&self) -> Input<'_> {
        match self.cash_rounding {
            Some(step) => self.input().with_payable_rounding(PayableRounding::Increment(step)),
            None => self.input(),
        }
    }
}

fn party(fields: &mut Fields<'_>, name: &'static str) -> Result<Option<String>, Problem> {
    let Some(value) = fields.optional(name) else { return Ok(None) };
    let mut party = value.object()?;
    let name = party.optional("name").map(|name| name.text().map(str::to_owned)).transpose()?;
    party.information(&["country", "vat_id"])?;
    party.end()?;
    Ok(name)
}

fn positive(value: &Value<'_>, currency: Currency) -> Result<Money, Problem> {
    let money = value.money(currency)?;
    if money.is_positive() { Ok(money) } else { Err(value.problem("must be greater than zero")) }
}

fn line(value: &Value<'_>, currency: Currency) -> Result<(Line, StatedLine), Problem> {
    let mut fields = value.object()?;
    same_currency(&mut fields, currency)?;
    let id = fields.required("id")?.text()?;
    let name = fields.optional("description").map_or(Ok(""), |value| value.text())?;
    let under = |wrong: invoice_core::Violation| Problem::from(wrong.under(&value.pointer));
    // Published names may be longer than the engine takes; they only inform here.
    let name: String = name.chars().filter(|c| *c != '\0').take(1_000).collect();
    let mut line =
        Line::new(id, name, fields.required("quantity")?.number()?, fields.required("net_price")?.number()?)
            .map_err(under)?;
    if let Some(base) = fields.optional("price_base_quantity") {
        line = line.with_base_quantity(base.number()?);
    }
    for value in fields.list("taxes")? {
        line = line.with_tax(tax(&value)?);
    }
    let mut stated = [Vec::new(), Vec::new()];
    let [allowances, charges] = &mut stated;
    for (name, stated) in [("allowances", allowances), ("charges", charges)] {
        for value in fields.list(name)? {
            let mut fields = value.object()?;
            let (adjustment, amount) = adjustment(&mut fields, currency)?;
            fields.end()?;
            stated.push(amount);
            line = if name == "charges" {
                line.with_charge(adjustment)
            } else {
                line.with_allowance(adjustment)
            };
        }
    }
    let [allowances, charges] = stated;
    let price = |value: Option<Value<'_>>| value.map(|value| value.number()).transpose();
    let stated = StatedLine {
        unit: fields.optional("unit").map_or(Ok(""), |value| value.text())?.to_owned(),
        gross_price: price(fields.optional("gross_price"))?,
        price_discount: price(fields.optional("price_discount"))?,
        allowances,
        charges,
        net: super::check::figure(fields.optional("expected_net"))?,
        gross: super::check::figure(fields.optional("expected_gross"))?,
    };
    fields.end()?;
    Ok((line, stated))
}

/// A currency beside an amount may only repeat the document's.
fn same_currency(fields: &mut Fields<'_>, currency: Currency) -> Result<(), Problem> {
    match fields.optional("currency") {
        Some(value) if value.text()? != currency.code() => {
            let stated = quoted(value.text()?);
            Err(value.problem(format!("mixed currencies: {stated} on a document in {currency}")))
        }
        _ => Ok(()),
    }
}

fn adjustment(fields: &mut Fields<'_>, currency: Currency) -> Result<(Adjustment, StatedAmount), Problem> {
    same_currency(fields, currency)?;
    fields.information(&["reason"])?;
    let (percent, base) = (fields.optional("percent"), fields.optional("base"));
    let Some(percent) = percent else {
        super::check::figure(base)?;
        return Ok((Adjustment::fixed(fields.required("amount")?.money(currency)?), None));
    };
    let stated = super::check::figure(fields.optional("amount"))?;
    let percent = percent.number()?;
    Ok(match base {
        Some(base) => (Adjustment::percent_of(percent, base.money(currency)?), stated),
        None => (Adjustment::percent(percent), stated),
    })
}

fn on_document(
    values: Vec<Value<'_>>,
    currency: Currency,
) -> Result<(Vec<DocumentAdjustment>, Vec<StatedAmount>), Problem> {
    let (mut all, mut stated) = (Vec::new(), Vec::new());
    for value in values {
        let mut fields = value.object()?;
        let (adjustment, amount) = adjustment(&mut fields, currency)?;
        let mut adjustment = DocumentAdjustment::new(adjustment);
        for value in fields.list("taxes")? {
            adjustment = adjustment.with_tax(tax(&value)?);
        }
        fields.end()?;
        all.push(adjustment);
        stated.push(amount);
    }
    Ok((all, stated))
}

fn tax(value: &Value<'_>) -> Result<Tax, Problem> {
    let mut fields = value.object()?;
    let tax = tax_of(&mut fields)?;
    fields.end()?;
    Ok(tax)
}

fn tax_of(fields: &mut Fields<'_>) -> Result<Tax, Problem> {
    let at = |value: &Value<'_>, wrong: &invoice_core::Violation| {
        let text = value.text().map(quoted).unwrap_or_default();
        value.problem(format!("{}: {text}", wrong.detail()))
    };
    let scheme = fields.required("scheme")?;
    let scheme = TaxScheme::new(scheme.text()?).map_err(|wrong| at(&scheme, &wrong))?;
    let withheld = fields.optional("withheld").map_or(Ok(false), |value| value.boolean())?;
    let rate: Option<TaxRate> = fields.optional("rate").map(|value| value.number()).transpose()?;
    let category =
        match if withheld { fields.optional("category") } else { Some(fields.required("category")?) } {
            Some(value) => Some(TaxCategory::new(value.text()?).map_err(|wrong| at(&value, &wrong))?),
            None => None,
        };
    let tax = match category {
        Some(category) if !withheld => Tax::new(scheme, category, rate),
        _ => {
            let tax = Tax::withheld(scheme, rate.unwrap_or(TaxRate::ZERO));
            category.map_or(tax.clone(), |category| tax.with_category(category))
        }
    };
    match fields.optional("exemption_reason") {
        Some(value) => {
            tax.with_exemption_reason(value.text()?).map_err(|wrong| value.problem(wrong.detail()))
        }
        None => Ok(tax),
    }
}

fn advance(value: &Value<'_>, currency: Currency) -> Result<AdvanceDeduction, Problem> {
    let mut fields = value.object()?;
    let number = fields.required("document")?.text()?;
    let net = fields.required("net")?.money(currency)?;
    let mut rows = Vec::new();
    for value in fields.list("rows")? {
        let mut fields = value.object()?;
        let group = tax_of(&mut fields)?;
        let taxable = fields.required("taxable")?.money(currency)?;
        rows.push(AdvanceRow::new(&group, taxable, fields.required("tax")?.money(currency)?));
        fields.end()?;
    }
    fields.end()?;
    AdvanceDeduction::new(number, net, rows).map_err(|wrong| wrong.under(&value.pointer).into())
}

//! Documents of any length, made the same way in every run.

use invoice_core::line::{Adjustment, DocumentAdjustment, Line};
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use invoice_core::totals::Input;
use invoice_core::{Currency, Money, Percentage, Quantity, TaxRate, UnitPrice, Violation};
use rust_decimal::Decimal;

use crate::decimal::{Group, Row, Sheet};

/// How long the documents are.
pub const LENGTHS: [usize; 4] = [1, 10, 1_000, 10_000];

/// A document as the engine takes it, and the same in plain decimals.
#[derive(Debug)]
pub struct Document {
    lines: Vec<Line>,
    allowances: Vec<DocumentAdjustment>,
    charges: Vec<DocumentAdjustment>,
    sheet: Sheet,
}

/// Why a document can't be made; it never happens with the figures used here.
type Wrong = Box<dyn std::error::Error>;

fn percent(part: Decimal) -> Result<Percentage, Wrong> {
    Ok(Percentage::new(part * Decimal::ONE_HUNDRED)?)
}

fn rate(part: Decimal) -> Result<TaxRate, Wrong> {
    Ok(TaxRate::new(part * Decimal::ONE_HUNDRED)?)
}

fn euro(amount: Decimal) -> Result<Money, Wrong> {
    Ok(Money::new(amount, Currency::EUR)?)
}

/// Quantities with up to two decimals and prices with two to four, as invoices have them.
fn row(index: usize, set: usize) -> Result<Row, Wrong> {
    let index = u32::try_from(index)?;
    let (quantity, decimals) = match index % 4 {
        0 => (index % 7 * 25 + 50, 2),
        1 => (index % 11 * 5 + 15, 1),
        _ => (index % 13 + 1, 0),
    };
    let price =
        if index % 5 == 3 { (index * 7_919 % 990_000 + 10_001, 4) } else { (index * 37 % 9_000 + 199, 2) };
    Ok(Row {
        quantity: Decimal::new(quantity.into(), decimals),
        price: Decimal::new(price.0.into(), price.1),
        allowance: None,
        charge: None,
        set,
    })
}

fn line(index: usize, row: &Row, taxes: &[Tax]) -> Result<Line, Wrong> {
    let (quantity, price) = (Quantity::new(row.quantity)?, UnitPrice::new(row.price)?);
    let mut line = Line::new((index + 1).to_string(), "Something sold", quantity, price)?;
    for tax in taxes {
        line = line.with_tax(tax.clone());
    }
    if let Some(part) = row.allowance {
        line = line.with_allowance(Adjustment::percent(percent(part)?));
    }
    if let Some(charge) = row.charge {
        line = line.with_charge(Adjustment::fixed(euro(charge)?));
    }
    Ok(line)
}

impl Document {
    /// Lines of quantity × price, each under one of two VAT rates, which change every third line.
    pub fn plain(length: usize) -> Result<Self, Wrong> {
        let rates = [Decimal::new(19, 2), Decimal::new(7, 2)];
        let mut taxes = Vec::new();
        for part in rates {
            taxes.push([Tax::vat(TaxCategory::Standard, rate(part)?)]);
        }
        let groups = rates.map(|rate| Group { rate, withheld: false }).to_vec();
        let rows = (0..length).map(|index| row(index, index / 3 % 2)).collect::<Result<Vec<_>, _>>()?;
        Self::new(Sheet { rows, groups, sets: vec![vec![0], vec![1]], allowance: None, charge: None }, &taxes)
    }

    /// What a document can have: every third line has a 5 % allowance and every fifth a charge; five sets of taxes that
    /// change with every line (two VAT rates, with and without income tax withheld, and an exemption); a charge on the
    /// document under one of them, and an allowance of 2 % on the document that is spread over all.
    pub fn full(length: usize) -> Result<Self, Wrong> {
        let (high, low, withheld) = (Decimal::new(21, 2), Decimal::new(10, 2), Decimal::new(15, 2));
        let vat = |part| Ok::<_, Wrong>(Tax::vat(TaxCategory::Standard, rate(part)?));
        let income = Tax::withheld(TaxScheme::IRPF, rate(withheld)?);
        let exempt =
            Tax::vat(TaxCategory::Exempt, TaxRate::ZERO).with_exemption_reason("Training is exempt")?;
        let taxes = [
            vec![vat(high)?, income.clone()],
            vec![vat(low)?, income],
            vec![vat(low)?],
            vec![exempt],
            vec![vat(high)?],
        ];
        let groups = [(high, false), (low, false), (Decimal::ZERO, false), (withheld, true)];
        let mut rows = Vec::with_capacity(length);
        for index in 0..length {
            let allowance = (index % 3 == 0).then(|| Decimal::new(5, 2));
            let charge = (index % 5 == 0).then(|| Decimal::new(150, 2));
            rows.push(Row { allowance, charge, ..row(index, index % 4)? });
        }
        let sheet = Sheet {
            rows,
            groups: groups.map(|(rate, withheld)| Group { rate, withheld }).to_vec(),
            sets: vec![vec![0, 3], vec![1, 3], vec![1], vec![2], vec![0]],
            allowance: Some(Decimal::new(2, 2)),
            charge: Some((Decimal::new(1250, 2), 4)),
        };
        Self::new(sheet, &taxes)
    }

    fn new(sheet: Sheet, taxes: &[impl AsRef<[Tax]>]) -> Result<Self, Wrong> {
        let of_set = |set: usize| taxes.get(set).map(AsRef::as_ref).unwrap_or_default();
        let lines = sheet.rows.iter().enumerate().map(|(index, row)| line(index, row, of_set(row.set)));
        let lines = lines.collect::<Result<_, _>>()?;
        let (mut allowances, mut charges) = (Vec::new(), Vec::new());
        if let Some(part) = sheet.allowance {
            allowances.push(DocumentAdjustment::new(Adjustment::percent(percent(part)?)));
        }
        if let Some((amount, set)) = sheet.charge {
            let charge = DocumentAdjustment::new(Adjustment::fixed(euro(amount)?));
            charges.push(of_set(set).iter().cloned().fold(charge, DocumentAdjustment::with_tax));
        }
        Ok(Self { lines, allowances, charges, sheet })
    }

    /// As the engine takes it.
    pub fn input(&self) -> Input<'_> {
        Input::new(Currency::EUR, &self.lines).with_allowances(&self.allowances).with_charges(&self.charges)
    }

    /// What the engine makes of it, in decimals.
    pub fn payable(&self) -> Result<Decimal, Violation> {
        invoice_core::totals::calculate(&self.input()).map(|totals| totals.payable().amount())
    }

    /// Its lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// In plain decimals.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }
}

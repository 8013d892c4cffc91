//! Crediting an issued document: in full, by line or by amount, so that the parts always add up to it.
//!
//! Everything follows from the document's stored figures ([`Basis`]) and from what was credited before ([`Credited`]).
//! [`plan`] gives the figures of the next credit note and the new state. Nothing is credited twice: no part, no tax
//! group and no total goes beyond the document's, and once everything is credited each of them equals it exactly,
//! rounding included.

mod amount;
mod basis;
mod credited;
mod figures;
mod progress;
mod request;

pub use basis::Basis;
pub use credited::Credited;
pub use figures::{CreditFigures, PartCredit};
pub use request::{PartRequest, Request};

use crate::money::divide;
use crate::{Code, Money, MoneyError, RoundingMode, Violation};
use request::PartAmount;

/// The next credit note of a document: its figures, and what is credited in all after it.
///
/// Pointers of violations are into the request: `/parts/0`, `/amount`, or the whole.
/// [`Code::CreditExceedsRemaining`] means more than is left, [`Code::NotPositive`] a credit note of nothing or less.
///
/// ```
/// use invoice_core::credit::{Basis, Credited, Request, plan};
/// use invoice_core::line::Line;
/// use invoice_core::tax::{Tax, TaxCategory};
/// use invoice_core::totals::{Input, calculate};
/// use invoice_core::{Currency, Money};
///
/// let line = Line::new("1", "Lamp", "3".parse()?, "19.95".parse()?)?
///     .with_tax(Tax::vat(TaxCategory::Standard, "8.1".parse()?));
/// let basis = Basis::new(&calculate(&Input::new(Currency::CHF, &[line]))?)?;
///
/// let ten = Request::Amount(Money::parse("10.00", Currency::CHF)?);
/// let first = plan(&basis, &Credited::default(), &ten)?;
/// assert_eq!(first.totals().payable().to_string(), "10.00 CHF");
/// assert_eq!(first.totals().tax_total().to_string(), "0.75 CHF");
///
/// let rest = plan(&basis, first.credited(), &Request::Full)?;
/// assert_eq!(rest.totals().payable().to_string(), "54.70 CHF");
/// assert!(rest.credited().is_complete(&basis));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan(basis: &Basis, credited: &Credited, request: &Request) -> Result<CreditFigures, Violation> {
    if credited.currency.is_some_and(|currency| currency != basis.currency) {
        return Err(MoneyError::MixedCurrencies.at(""));
    }
    // A document over nothing has nothing left from the start; a credit in full still cancels it, once.
    let cancels_nothing = *request == Request::Full && *credited == Credited::default();
    if credited.is_complete(basis) && !cancels_nothing {
        return Err(exceeds("", "everything is credited already"));
    }
    let after = match request {
        Request::Full => progress::everything(basis),
        Request::Parts(parts) => by_parts(basis, credited, parts)?,
        Request::Amount(amount) => by_amount(basis, credited, *amount)?,
    };
    let overflow = |error: MoneyError| error.at("");
    let total = basis.total_units().map_err(overflow)?;
    if after.total_units(basis) > total.into() || !progress::within_groups(basis, &after) {
        return Err(exceeds("", "more than is left of the document or one of its tax groups"));
    }
    let added = after.total_units(basis) - credited.total_units(basis);
    if added < 0 || (added == 0 && *request != Request::Full) {
        return Err(Violation::new("", Code::NotPositive, "a credit note is about more than nothing"));
    }
    figures::of(basis, credited, after).map_err(overflow)
}

/// Most sets of taxes that an amount is spread over.
const MOST_SETS: usize = 200;

fn exceeds(pointer: impl Into<String>, detail: &str) -> Violation {
    Violation::new(pointer, Code::CreditExceedsRemaining, detail)
}

fn by_parts(basis: &Basis, before: &Credited, parts: &[PartRequest]) -> Result<Credited, Violation> {
    let mut after = before.clone();
    after.currency = Some(basis.currency);
    after.parts.resize(basis.parts.len(), 0);
    let mut asked = vec![false; basis.parts.len()];
    for (index, request) in parts.iter().enumerate() {
        let pointer = format!("/parts/{index}");
        let (Some(part), Some(asked)) = (basis.parts.get(request.part), asked.get_mut(request.part)) else {
            return Err(Violation::new(pointer, Code::Unknown, "the document has no such part"));
        };
        if std::mem::replace(asked, true) {
            return Err(Violation::new(pointer, Code::Repeated, "the same part twice"));
        }
        let left = part.net - before.part(request.part);
        let amount = match request.amount {
            PartAmount::Left => left,
            PartAmount::Net(amount) if amount.currency() == basis.currency => amount.minor(),
            PartAmount::Net(_) => return Err(MoneyError::MixedCurrencies.at(pointer + "/amount")),
            PartAmount::Quantity { credited, of } => {
                let share = of_quantity(part.net, credited, of).map_err(|wrong| wrong.under(&pointer))?;
                // Rounding up twice may pass the end by a unit.
                if share.unsigned_abs() == left.unsigned_abs() + 1 { left } else { share }
            }
        };
        if !(0.min(left)..=0.max(left)).contains(&amount) {
            return Err(exceeds(pointer, "more than is left of this part"));
        }
        after.parts.get_mut(request.part).into_iter().for_each(|part| *part += amount);
    }
    if after.parts_are_complete(basis) {
        return Ok(progress::everything(basis));
    }
    let mut sets = vec![0_i64; basis.sets.len()];
    for (part, credited) in basis.parts.iter().zip(&after.parts) {
        sets.get_mut(part.set).into_iter().for_each(|sum| *sum += credited);
    }
    let fit = |error: MoneyError| error.at("");
    after.groups = progress::groups(basis, before, &sets).map_err(fit)?;
    after.net = basis::fit(sets.iter().map(|units| i128::from(*units)).sum()).map_err(fit)?;
    Ok(after)
}

fn of_quantity(net: i64, credited: crate::Quantity, of: crate::Quantity) -> Result<i64, Violation> {
    let (credited, of) = (credited.plain(), of.plain());
    let out_of_range = || Violation::new("/quantity", Code::OutOfRange, "not a part of the line's quantity");
    if of.is_zero() || (credited.is_negative() != of.is_negative() && !credited.is_zero()) || {
        let magnitude =
            |plain: crate::number::Plain| if plain.is_negative() { plain.negated() } else { plain };
        magnitude(credited) > magnitude(of)
    } {
        return Err(out_of_range());
    }
    // Both at eight decimals, at most 10^19; the net amount is below 10^18.
    let widened = |plain: crate::number::Plain| {
        i128::from(plain.mantissa()) * crate::money::power_of_ten(8_u32.saturating_sub(plain.scale()))
    };
    let units = divide(i128::from(net) * widened(credited), widened(of), RoundingMode::HalfAwayFromZero);
    i64::try_from(units).map_err(|_| out_of_range())
}

fn by_amount(basis: &Basis, before: &Credited, amount: Money) -> Result<Credited, Violation> {
    if amount.currency() != basis.currency {
        return Err(MoneyError::MixedCurrencies.at("/amount"));
    }
    if !amount.is_positive() {
        return Err(Violation::new("/amount", Code::NotPositive, "a credit note is about more than nothing"));
    }
    let fit = |error: MoneyError| error.at("/amount");
    let left = i128::from(basis.total_units().map_err(fit)?) - before.total_units(basis);
    let amount = i128::from(amount.minor());
    if amount > left {
        return Err(exceeds("/amount", "more than is left of the document"));
    }
    if amount == left {
        return Ok(progress::everything(basis));
    }
    // A positive rounding is credited last; a negative one has no amount of its own.
    let rounding_left = i128::from(basis.rounding) - i128::from(before.rounding);
    let of_parts = left - rounding_left;
    if amount >= of_parts {
        let rounding = i128::from(before.rounding) + amount - of_parts;
        let rounding = basis::fit(rounding).map_err(fit)?;
        return Ok(Credited { rounding, ..progress::everything(basis) });
    }
    // Every step of the search looks at every set.
    if basis.sets.len() > MOST_SETS {
        let detail = "too many different taxes to spread an amount over; credit its lines";
        return Err(Violation::new("/amount", Code::TooLong, detail));
    }
    let amount = basis::fit(amount).map_err(fit)?;
    let found = amount::credit(basis, before, amount).map_err(fit)?;
    found.ok_or_else(|| exceeds("/amount", "this amount can't be split over what is left; credit its lines"))
}

#[cfg(test)]
mod tests;

//! Turns relative picks and amounts into places and minor units of the model as it is.

use chrono::{Days, NaiveDate};

use crate::model::{Doc, DocLine, Invoice, LineShare, Model, Scope};
use crate::steps::{Amount, DocStep, Pick, ScopeStep, Share};

pub(crate) fn day(today: NaiveDate, offset: i64) -> NaiveDate {
    let days = Days::new(offset.unsigned_abs());
    if offset < 0 { today - days } else { today + days }
}

pub(crate) fn doc(model: &Model, step: &DocStep) -> Doc {
    let fits = |invoice: &Invoice| invoice.doc.is_advance && invoice.is_live() && !invoice.has_credit();
    let advances: Vec<_> =
        step.advances.iter().filter_map(|chosen| chosen.of(&model.invoices, fits)).collect();
    let lines = step.lines.iter();
    let mut doc = Doc {
        client: step.client,
        currency: step.currency,
        is_advance: step.is_advance,
        lines: lines
            .map(|line| DocLine { is_taxed: line.taxed, quantity: line.quantity, price: line.price })
            .collect(),
        prepaid: step.prepaid,
        due_days: step.due_days,
        date: step.date.map(|offset| day(model.today, offset)),
        advances,
    };
    // A final invoice is about what its advances were for, and mostly about more.
    if let (Some(Pick::Fitting(_)), Some(advance)) = (step.advances.first(), doc.advances.first()) {
        let advance = &model.invoices[*advance].doc;
        (doc.client, doc.currency) = (advance.client, advance.currency);
        if step.due_days > 2 {
            doc.lines.extend(&advance.lines);
        }
    }
    doc
}

pub(crate) fn scope(invoice: &Invoice, step: &ScopeStep) -> Scope {
    let lines = &invoice.doc.lines;
    match step {
        ScopeStep::Full => Scope::Full,
        ScopeStep::Amount(amount) => Scope::Amount(amount.of(invoice.creditable - invoice.credited)),
        ScopeStep::Lines(parts) => Scope::Lines(
            parts
                .iter()
                .filter_map(|(chosen, share)| {
                    let place = chosen.of(lines, |line| line.price > 0)?;
                    let left = invoice.left.as_ref().map_or_else(|| lines[place].net(), |left| left[place]);
                    let share = match share {
                        Share::Left => LineShare::Left,
                        Share::Net(amount) => LineShare::Net(amount.of(left)),
                        Share::Quantity(quantity) => LineShare::Quantity(*quantity),
                    };
                    Some((place, share))
                })
                .collect(),
        ),
    }
}

/// Invoices of a client and how much of what is due on each, or of what there is to give.
pub(crate) fn dues(
    model: &Model,
    (client, currency): (usize, usize),
    rest: i64,
    parts: &[(Pick, Amount)],
) -> Vec<(usize, i64)> {
    let fits = |invoice: &Invoice| {
        invoice.due() > 0 && (invoice.doc.client, invoice.doc.currency) == (client, currency)
    };
    let part = |(chosen, amount): &(Pick, Amount)| {
        let place = chosen.of(&model.invoices, fits)?;
        Some((place, amount.of(model.invoices[place].due().min(rest))))
    };
    parts.iter().filter_map(part).collect()
}

/// Invoices and how much of what a payment settles of each.
pub(crate) fn settled(model: &Model, payment: usize, parts: &[(Pick, Amount)]) -> Vec<(usize, i64)> {
    let kept = &model.payments[payment].parts;
    let part = |(chosen, amount): &(Pick, Amount)| {
        let (invoice, settled) = kept[chosen.of(kept, |_| true)?];
        Some((invoice, amount.of(settled)))
    };
    parts.iter().filter_map(part).collect()
}

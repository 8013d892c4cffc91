//! The canonical form of lines, allowances and charges.

use super::{Adjustment, AdjustmentValue, DocumentAdjustment, Line, LineDetails};
use crate::seal::{Canonical, Canonicalize};
use crate::tax::Tax;

impl Canonicalize for Line {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self {
            quantity,
            price,
            base_quantity,
            taxes,
            allowances,
            charges,
            id,
            name,
            unit,
            gross_price,
            price_discount,
            details,
        } = self;
        out.decimal(quantity.get());
        out.decimal(price.get());
        out.option(*base_quantity, |out, quantity| out.decimal(quantity.get()));
        out.values(taxes);
        out.values(allowances);
        out.values(charges);
        out.text(id);
        out.text(name);
        out.text(unit.as_str());
        out.option(*gross_price, |out, price| out.decimal(price.get()));
        out.option(*price_discount, |out, price| out.decimal(price.get()));
        out.value(details);
    }
}

impl Canonicalize for LineDetails {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self {
            description,
            note,
            period,
            order_line,
            accounting_reference,
            seller_item_id,
            buyer_item_id,
            standard_item_id,
        } = self;
        out.optional_text(description.as_ref());
        out.optional_text(note.as_ref());
        out.optional(period.as_ref());
        for text in [order_line, accounting_reference, seller_item_id, buyer_item_id, standard_item_id] {
            out.optional_text(text.as_ref());
        }
    }
}

impl Canonicalize for Adjustment {
    fn canonicalize(&self, out: &mut Canonical) {
        match self.value() {
            AdjustmentValue::Fixed(amount) => {
                out.text("fixed");
                out.money(amount);
            }
            AdjustmentValue::Percent { percent, base } => {
                out.text("percent");
                out.decimal(percent.get());
                out.optional_money(base);
            }
        }
        out.option(self.reason(), Canonical::text);
        out.option(self.reason_code(), Canonical::text);
    }
}

impl Canonicalize for DocumentAdjustment {
    fn canonicalize(&self, out: &mut Canonical) {
        out.value(self.adjustment());
        out.values(self.taxes());
    }
}

impl Canonicalize for Tax {
    fn canonicalize(&self, out: &mut Canonical) {
        out.value(&self.key());
        // A rate of zero and no rate are one group, but not one text.
        out.flag(self.rate().is_some());
        out.option(self.exemption_reason(), Canonical::text);
        out.option(self.exemption_code(), Canonical::text);
    }
}

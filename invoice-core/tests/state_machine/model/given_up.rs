//! What is not expected any more, and what is given up.

use invoice_core::{Action, Code, Obstacle};

use super::{Model, Reasons, Refused};

impl Model {
    pub(crate) fn may_mark(&self, place: usize, mark: bool) -> Reasons {
        let action = if mark { Action::MarkUncollectible } else { Action::UnmarkUncollectible };
        self.of_invoice(place, |invoice| {
            let mut reasons = invoice.only_live(action);
            if invoice.is_live() && invoice.is_uncollectible == mark {
                reasons.push(invoice.refuse(action, None));
            }
            if invoice.is_live() && mark && invoice.due() == 0 {
                reasons.push(invoice.refuse(action, Some(Obstacle::NothingDue)));
            }
            reasons
        })
    }

    pub(crate) fn may_write_off(&self, place: usize, amount: i64, is_explained: bool) -> Reasons {
        self.of_invoice(place, |invoice| {
            let mut reasons = invoice.only_live(Action::WriteOff);
            if !is_explained {
                reasons.push(Refused::Invalid(Code::Required));
            }
            if invoice.is_live() && invoice.due() == 0 {
                reasons.push(invoice.refuse(Action::WriteOff, Some(Obstacle::NothingDue)));
            }
            if amount <= 0 {
                reasons.push(Refused::Invalid(Code::NotPositive));
            } else if amount > invoice.due() {
                reasons.push(Refused::Invalid(Code::ExceedsDue));
            }
            reasons
        })
    }

    pub(crate) fn may_take_back_write_off(&self, place: usize) -> Reasons {
        self.of_invoice(place, |invoice| {
            let action = Action::TakeBackWriteOff;
            if invoice.written_off > 0 { Vec::new() } else { vec![invoice.refuse(action, None)] }
        })
    }

    pub(crate) fn write_off(&mut self, place: usize, amount: i64) {
        let invoice = &mut self.invoices[place];
        invoice.written_off += amount;
        invoice.settle();
    }
}

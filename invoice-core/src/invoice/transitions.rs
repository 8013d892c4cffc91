//! The steps of an invoice's life. Each either changes the invoice as a whole or refuses and leaves it.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Invoice, InvoiceData, PaymentState, Sent, Status, WriteOff, WriteOffReason};
use crate::credit::CreditFigures;
use crate::document::{Issuance, IssueFacts, check_annotation};
use crate::event::EventKind;
use crate::text::{LONG, collect_lines, is_blank};
use crate::totals::Totals;
use crate::transition::{Action, IllegalTransition, Obstacle};
use crate::{Code, InvoiceId, Money, MoneyError, Timestamp, UserId, Violation, Violations};

/// Why a step was not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    Illegal(IllegalTransition),
    Invalid(Violations),
}

impl From<IllegalTransition> for Refusal {
    fn from(illegal: IllegalTransition) -> Self {
        Self::Illegal(illegal)
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation.into())
    }
}

impl From<Violations> for Refusal {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

fn amount_error(error: &MoneyError) -> Violation {
    Violation::new("/amount", error.code(), error.to_string())
}

impl Invoice {
    fn illegal(&self, action: Action) -> IllegalTransition {
        IllegalTransition::new(self.stored_status().as_str(), action)
    }

    fn only_draft(&self, action: Action) -> Result<(), IllegalTransition> {
        if self.issuance.is_draft() { Ok(()) } else { Err(self.illegal(action)) }
    }

    /// Issued and not void.
    fn only_live(&self, action: Action) -> Result<(), IllegalTransition> {
        match self.stored_status() {
            Status::Draft | Status::Void => Err(self.illegal(action)),
            _ => Ok(()),
        }
    }

    pub(crate) fn edit(&mut self, data: InvoiceData) -> Result<(), Refusal> {
        self.only_draft(Action::Edit)?;
        data.validate()?;
        let InvoiceData { kind, content, internal_notes, metadata } = data;
        self.totals = content.preview()?;
        if content.currency != self.content.currency {
            self.state = super::InvoiceState::new(content.currency);
        }
        self.kind = kind;
        self.content = Arc::new(content);
        self.internal_notes = internal_notes;
        self.metadata = metadata;
        Ok(())
    }

    /// The two fields that stay editable after the issue.
    pub(crate) fn annotate(
        &mut self,
        internal_notes: Option<String>,
        metadata: crate::Metadata,
    ) -> Result<(), Violations> {
        check_annotation(internal_notes.as_deref(), &metadata)?;
        self.internal_notes = internal_notes;
        self.metadata = metadata;
        Ok(())
    }

    pub(crate) fn check_delete(&self) -> Result<(), IllegalTransition> {
        self.only_draft(Action::Delete)
    }

    pub(crate) fn check_issue(&self) -> Result<(), IllegalTransition> {
        self.only_draft(Action::Issue)
    }

    /// Freezes the draft; the commit gives the number.
    pub(crate) fn issue(&mut self, facts: IssueFacts, totals: Totals) -> Result<(), Refusal> {
        self.only_draft(Action::Issue)?;
        if totals.payable().is_negative() {
            let detail = "the payable amount is negative: issue a credit note instead";
            return Err(Violation::new("/totals/payable", Code::NegativePayable, detail).into());
        }
        Arc::make_mut(&mut self.content).issue_date = Some(facts.issue_date);
        self.totals = totals;
        self.issuance = Issuance::Pending(Box::new(facts));
        Ok(())
    }

    pub(crate) fn send(&mut self, at: Timestamp) -> Result<(), IllegalTransition> {
        self.only_live(Action::Send)?;
        Sent::again(&mut self.state.sent, at);
        Ok(())
    }

    /// Returns whether this was the first time.
    pub(crate) fn mark_viewed(&mut self, at: Timestamp) -> Result<bool, IllegalTransition> {
        self.only_live(Action::MarkViewed)?;
        let first = self.state.viewed_at.is_none();
        self.state.viewed_at.get_or_insert(at);
        Ok(first)
    }

    /// Handed over in another way than by sending.
    pub(crate) fn mark_delivered(&mut self, at: Timestamp) -> Result<bool, IllegalTransition> {
        self.only_live(Action::MarkDelivered)?;
        let first = self.state.delivered_at.is_none();
        self.state.delivered_at.get_or_insert(at);
        Ok(first)
    }

    fn untouched(&self, action: Action) -> Result<(), IllegalTransition> {
        let obstacle = if self.state.allocated.is_positive() {
            Obstacle::Allocated
        } else if self.state.credited.is_positive() || !self.state.credit.is_empty() {
            Obstacle::Credited
        } else if self.state.written_off.is_positive() {
            Obstacle::WrittenOff
        } else if self.state.deducted_in.is_some() {
            Obstacle::Deducted
        } else {
            return Ok(());
        };
        Err(self.illegal(action).because(obstacle))
    }

    pub(crate) fn void(&mut self, at: Timestamp) -> Result<(), IllegalTransition> {
        self.only_live(Action::Void)?;
        if self.is_delivered() {
            return Err(self.illegal(Action::Void).because(Obstacle::Delivered));
        }
        self.untouched(Action::Void)?;
        self.state.voided_at = Some(at);
        self.state.uncollectible_at = None;
        Ok(())
    }

    pub(crate) fn check_revise(&self) -> Result<(), IllegalTransition> {
        self.only_live(Action::Revise)?;
        if self.state.replaced_by.is_some() {
            return Err(self.illegal(Action::Revise).because(Obstacle::Replaced));
        }
        self.untouched(Action::Revise)
    }

    pub(crate) fn replace_by(&mut self, replacement: InvoiceId) {
        self.state.replaced_by = Some(replacement);
    }

    /// Whether a final invoice may deduct this advance.
    pub(crate) fn check_deduct(&self) -> Result<(), IllegalTransition> {
        self.only_live(Action::Deduct)?;
        if self.state.deducted_in.is_some() {
            return Err(self.illegal(Action::Deduct).because(Obstacle::Deducted));
        }
        if !self.state.credit.is_empty() {
            return Err(self.illegal(Action::Deduct).because(Obstacle::Credited));
        }
        Ok(())
    }

    pub(crate) fn set_deducted_in(&mut self, final_invoice: Option<InvoiceId>) {
        self.state.deducted_in = final_invoice;
    }

    pub(crate) fn check_credit(&self) -> Result<(), IllegalTransition> {
        self.only_live(Action::Credit)?;
        if self.state.fully_credited {
            return Err(self.illegal(Action::Credit).because(Obstacle::Credited));
        }
        if self.state.deducted_in.is_some() {
            return Err(self.illegal(Action::Credit).because(Obstacle::Deducted));
        }
        Ok(())
    }

    /// Takes an issued credit note into account.
    ///
    /// What it credits of a part that had been written off is not written off any more.
    pub(crate) fn credit_with(
        &mut self,
        figures: &CreditFigures,
        date: NaiveDate,
        by: Option<UserId>,
    ) -> Result<Vec<EventKind>, Refusal> {
        self.check_credit()?;
        let credited =
            self.state.credited.checked_add(figures.totals().payable()).map_err(|e| amount_error(&e))?;
        let complete = figures.credited().is_complete(&self.credit_basis()?);
        let payable = self.totals.payable().minor();
        Ok(self.settle(EventKind::InvoiceCredited, |state| {
            state.credited = credited;
            state.credit = figures.credited().clone();
            state.fully_credited = complete;
            let open = payable - credited.minor() - state.allocated.minor();
            let covered = state.written_off.minor() - open.max(0);
            if covered > 0 {
                state.take_back(covered, None, date, by);
            }
        }))
    }

    /// The advances that a fully credited final invoice deducts no more.
    pub(crate) fn advances_set_free(&self) -> Vec<InvoiceId> {
        if self.is_fully_credited() { self.content.advances.clone() } else { Vec::new() }
    }

    pub(crate) fn set_uncollectible(
        &mut self,
        at: Option<Timestamp>,
    ) -> Result<EventKind, IllegalTransition> {
        let (action, event) = match at {
            Some(_) => (Action::MarkUncollectible, EventKind::InvoiceUncollectible),
            None => (Action::UnmarkUncollectible, EventKind::InvoiceCollectible),
        };
        self.only_live(action)?;
        if at.is_some() == self.is_uncollectible() {
            return Err(self.illegal(action));
        }
        if at.is_some() && !self.due().is_positive() {
            return Err(self.illegal(action).because(Obstacle::NothingDue));
        }
        self.state.uncollectible_at = at;
        Ok(event)
    }

    pub(crate) fn check_pay(&self) -> Result<(), IllegalTransition> {
        self.only_live(Action::Pay)
    }

    /// Takes part of a payment, at most what is due.
    pub(crate) fn allocate(&mut self, amount: Money) -> Result<Vec<EventKind>, Refusal> {
        self.only_live(Action::Pay)?;
        if !amount.is_positive() {
            let detail = "an allocation is more than zero";
            return Err(Violation::new("/amount", Code::NotPositive, detail).into());
        }
        let allocated = self.state.allocated.checked_add(amount).map_err(|e| amount_error(&e))?;
        let due = self.due();
        if !due.is_positive() {
            return Err(self.illegal(Action::Pay).because(Obstacle::NothingDue).into());
        }
        if amount > due {
            let detail = format!("{amount} is more than the {due} due");
            return Err(Violation::new("/amount", Code::ExceedsDue, detail).into());
        }
        Ok(self.settle_quietly(|state| state.allocated = allocated))
    }

    /// Gives part of a payment back.
    pub(crate) fn deallocate(&mut self, amount: Money) -> Result<Vec<EventKind>, Refusal> {
        self.only_live(Action::Deallocate)?;
        let allocated = self.state.allocated.checked_sub(amount).map_err(|e| amount_error(&e))?;
        if allocated.is_negative() || !amount.is_positive() {
            let detail = format!("{amount} is not allocated to this invoice");
            return Err(Violation::new("/amount", Code::OutOfRange, detail).into());
        }
        let events = self.settle_quietly(|state| state.allocated = allocated);
        // Still open, with more due: the trail says that something was done to it.
        Ok(if events.is_empty() { vec![EventKind::InvoiceUpdated] } else { events })
    }

    pub(crate) fn write_off(
        &mut self,
        amount: Money,
        reason: WriteOffReason,
        note: Option<String>,
        date: NaiveDate,
        by: Option<UserId>,
    ) -> Result<Vec<EventKind>, Refusal> {
        self.only_live(Action::WriteOff)?;
        let mut found = Violations::new();
        collect_lines(&mut found, "/note", note.as_deref(), LONG);
        if reason == WriteOffReason::TakenBack {
            found.add("/reason", Code::OutOfRange, "a write-off is taken back by a use case of its own");
        }
        if reason == WriteOffReason::Other && note.as_deref().is_none_or(is_blank) {
            found.add("/note", Code::Required, "say why in a note");
        }
        if self.issued().is_some_and(|issued| date < issued.issue_date()) {
            found.add("/date", Code::Inconsistent, "before the invoice was issued");
        }
        found.into_result()?;
        let due = self.due();
        if !due.is_positive() {
            return Err(self.illegal(Action::WriteOff).because(Obstacle::NothingDue).into());
        }
        if !amount.is_positive() {
            return Err(Violation::new("/amount", Code::NotPositive, "a write-off is more than zero").into());
        }
        let written_off = self.state.written_off.checked_add(amount).map_err(|e| amount_error(&e))?;
        if amount > due {
            let detail = format!("{amount} is more than the {due} due");
            return Err(Violation::new("/amount", Code::ExceedsDue, detail).into());
        }
        if reason == WriteOffReason::EarlyPayment {
            let earlier = self.state.write_offs.iter().filter(|it| it.reason == reason).map(|it| it.amount);
            let taken = Money::checked_sum(earlier.chain([amount]), amount.currency());
            let taken = taken.map_err(|e| amount_error(&e))?;
            if self.early_payment_discount(date).is_none_or(|discount| taken > discount) {
                let detail = "more than the discount that an early payment on this day saves";
                return Err(Violation::new("/amount", Code::OutOfRange, detail).into());
            }
        }
        Ok(self.settle(EventKind::InvoiceWrittenOff, |state| {
            state.written_off = written_off;
            state.write_offs.push(WriteOff { amount, reason, note, date, by });
        }))
    }

    /// Asks for all again that was written off.
    pub(crate) fn take_back_write_offs(
        &mut self,
        note: String,
        date: NaiveDate,
        by: Option<UserId>,
    ) -> Result<Vec<EventKind>, IllegalTransition> {
        self.only_live(Action::TakeBackWriteOff)?;
        if !self.state.written_off.is_positive() {
            return Err(self.illegal(Action::TakeBackWriteOff));
        }
        Ok(self.settle(EventKind::InvoiceWriteOffReversed, |state| {
            state.take_back(state.written_off.minor(), Some(note), date, by);
        }))
    }

    /// Marks that `overdue` was announced; returns whether that is news.
    pub(crate) fn note_overdue(&mut self, as_of: NaiveDate) -> bool {
        let news = self.status(as_of) == Status::Overdue && self.state.overdue_noted.is_none();
        if news {
            self.state.overdue_noted = Some(as_of);
        }
        news
    }

    /// Whether `overdue` was announced already; stores keep the sweep from seeing it again.
    pub fn overdue_noted(&self) -> Option<NaiveDate> {
        self.state.overdue_noted
    }

    fn settle(&mut self, event: EventKind, change: impl FnOnce(&mut super::InvoiceState)) -> Vec<EventKind> {
        let mut events = vec![event];
        events.extend(self.settle_quietly(change));
        events
    }

    /// Applies a change of what settles the invoice and tells what it did to the payment axis.
    fn settle_quietly(&mut self, change: impl FnOnce(&mut super::InvoiceState)) -> Vec<EventKind> {
        let before = self.payment_state();
        let allocated_before = self.state.allocated;
        change(&mut self.state);
        let after = self.payment_state();
        if !self.due().is_positive() {
            // An invoice that is reopened later may become overdue anew.
            self.state.overdue_noted = None;
        }
        let closed =
            |state| matches!(state, PaymentState::Paid | PaymentState::Overpaid | PaymentState::NothingDue);
        let event = match after {
            PaymentState::Overpaid if before != after => Some(EventKind::InvoiceOverpaid),
            PaymentState::Paid if before != after => Some(EventKind::InvoicePaid),
            PaymentState::Unpaid | PaymentState::PartiallyPaid if closed(before) => {
                Some(EventKind::InvoiceReopened)
            }
            PaymentState::PartiallyPaid if self.state.allocated > allocated_before => {
                Some(EventKind::InvoicePartiallyPaid)
            }
            _ => None,
        };
        let mut events: Vec<_> = event.into_iter().collect();
        if self.is_uncollectible() && !self.due().is_positive() {
            self.state.uncollectible_at = None;
            events.push(EventKind::InvoiceCollectible);
        }
        events
    }
}

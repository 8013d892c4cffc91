//! Credit notes: a full one, one by lines, one by an amount.

use chrono::NaiveDate;
use invoice_core::{Action, Code, CreditNoteStatus, Obstacle};

use super::{Book, Invoice, Model, Phase, Reasons, Refused};

#[derive(Debug, Clone, Copy)]
pub(crate) enum LineShare {
    Left,
    Net(i64),
    Quantity(i64),
}

#[derive(Debug, Clone)]
pub(crate) enum Scope {
    Full,
    Amount(i64),
    Lines(Vec<(usize, LineShare)>),
}

/// What a credit would come to.
#[derive(Debug, Clone)]
pub(crate) enum Credited {
    Exactly {
        amount: i64,
        left: Option<Vec<i64>>,
    },
    /// More than nothing and at most what is left, or refused because nothing is left of the lines: how an
    /// earlier amount was spread over them is not told here.
    Somewhat,
}

#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) invoice: usize,
    pub(crate) scope: Scope,
    pub(crate) date: Option<NaiveDate>,
    pub(crate) phase: Phase,
    pub(crate) is_sent: bool,
    /// From its issue on.
    pub(crate) amount: i64,
    pub(crate) number: Option<String>,
}

impl Note {
    pub(crate) fn status(&self) -> CreditNoteStatus {
        match self.phase {
            Phase::Issued if self.is_sent => CreditNoteStatus::Sent,
            Phase::Issued => CreditNoteStatus::Issued,
            _ => CreditNoteStatus::Draft,
        }
    }
}

impl Invoice {
    fn may_be_credited(&self) -> Reasons {
        let mut reasons = self.only_live(Action::Credit);
        if self.is_fully_credited {
            reasons.push(self.refuse(Action::Credit, Some(Obstacle::Credited)));
        }
        if self.deducted_in.is_some() {
            reasons.push(self.refuse(Action::Credit, Some(Obstacle::Deducted)));
        }
        reasons
    }

    fn plan(&self, scope: &Scope) -> Result<Credited, Reasons> {
        let refused = |code| Err(vec![Refused::Invalid(code)]);
        let rest = self.creditable - self.credited;
        if rest == 0 && !matches!(scope, Scope::Full) {
            return refused(Code::CreditExceedsRemaining);
        }
        match scope {
            Scope::Full => Ok(Credited::Exactly { amount: rest, left: None }),
            Scope::Amount(amount) if *amount <= 0 => refused(Code::NotPositive),
            Scope::Amount(amount) if *amount > rest => refused(Code::CreditExceedsRemaining),
            Scope::Amount(amount) => Ok(Credited::Exactly { amount: *amount, left: None }),
            Scope::Lines(parts) => self.plan_lines(parts),
        }
    }

    fn plan_lines(&self, parts: &[(usize, LineShare)]) -> Result<Credited, Reasons> {
        let mut reasons = Vec::new();
        let Some(left) = &self.left else { return Ok(Credited::Somewhat) };
        let (mut after, mut amount) = (left.clone(), 0);
        let mut seen = Vec::new();
        for (place, share) in parts {
            let line = self.doc.lines[*place];
            let net = match *share {
                LineShare::Left => left[*place],
                LineShare::Net(net) => net,
                LineShare::Quantity(quantity) => quantity * line.price,
            };
            if seen.contains(place) {
                reasons.push(Refused::Invalid(Code::Repeated));
            }
            if matches!(share, LineShare::Quantity(quantity) if *quantity > line.quantity) {
                reasons.push(Refused::Invalid(Code::OutOfRange));
            }
            if net > left[*place] {
                reasons.push(Refused::Invalid(Code::CreditExceedsRemaining));
            }
            seen.push(*place);
            after[*place] -= net;
            amount += line.with_tax(net);
        }
        if amount == 0 {
            reasons.push(Refused::Invalid(Code::NotPositive));
        }
        if reasons.is_empty() { Ok(Credited::Exactly { amount, left: Some(after) }) } else { Err(reasons) }
    }

    fn credit(&mut self, amount: i64, left: Option<Vec<i64>>) {
        self.credited += amount;
        self.is_fully_credited = self.credited == self.creditable;
        self.left = left;
        // What is credited is not given up any more.
        self.written_off = self.written_off.min((self.payable - self.credited - self.allocated).max(0));
        self.settle();
    }
}

impl Model {
    /// What stands in the way of crediting so much of an invoice, and what it comes to.
    pub(crate) fn may_credit(&self, place: usize, scope: &Scope) -> (Reasons, Option<Credited>) {
        let mut credited = None;
        let invoice = &self.invoices[place];
        if invoice.phase == Phase::Deleted {
            return (vec![Refused::Missing], None);
        }
        let mut reasons = invoice.may_be_credited();
        if invoice.is_live() {
            match invoice.plan(scope) {
                Ok(plan) => credited = Some(plan),
                Err(more) => reasons.extend(more),
            }
        }
        (reasons, credited)
    }

    fn may_date_credit(&self, place: usize, date: Option<NaiveDate>) -> Reasons {
        let date = date.unwrap_or(self.today);
        let mut reasons = self.may_date(Book::CreditNotes, date);
        if self.invoices[place].issue_date.is_some_and(|issued| date < issued) {
            reasons.push(Refused::Invalid(Code::Inconsistent));
        }
        reasons
    }

    pub(crate) fn may_issue_credit_of(&self, place: usize, scope: &Scope) -> (Reasons, Option<Credited>) {
        let (mut reasons, credited) = self.may_credit(place, scope);
        reasons.extend(self.may_date_credit(place, None));
        (reasons, credited)
    }

    pub(crate) fn may_issue_credit(&self, note: usize) -> (Reasons, Option<Credited>) {
        let refused = self.may_step_credit(note, Action::Issue);
        if !refused.is_empty() {
            return (refused, None);
        }
        let note = &self.notes[note];
        let (mut reasons, credited) = self.may_credit(note.invoice, &note.scope);
        reasons.extend(self.may_date_credit(note.invoice, note.date));
        (reasons, credited)
    }

    /// Only drafts are edited, deleted and issued; all else is sent.
    pub(crate) fn may_step_credit(&self, note: usize, action: Action) -> Reasons {
        let note = &self.notes[note];
        let fits = if action == Action::Send { Phase::Issued } else { Phase::Draft };
        match note.phase {
            Phase::Deleted => vec![Refused::Missing],
            phase if phase == fits => Vec::new(),
            _ => vec![Refused::illegal(note.status().as_str(), action, None)],
        }
    }

    pub(crate) fn draft_credit(&mut self, invoice: usize, scope: Scope, date: Option<NaiveDate>) -> usize {
        let phase = Phase::Draft;
        self.notes.push(Note { invoice, scope, date, phase, is_sent: false, amount: 0, number: None });
        self.notes.len() - 1
    }

    /// Issues a draft that came to so much.
    pub(crate) fn issue_credit(&mut self, place: usize, amount: i64, left: Option<Vec<i64>>) {
        let (invoice, date) = (self.notes[place].invoice, self.notes[place].date.unwrap_or(self.today));
        let number = self.number(Book::CreditNotes, date);
        let note = &mut self.notes[place];
        (note.phase, note.amount, note.number) = (Phase::Issued, amount, Some(number));
        self.invoices[invoice].credit(amount, left);
        if self.invoices[invoice].is_fully_credited {
            self.release_advances(invoice);
        }
    }

    pub(super) fn credit_in_full(&mut self, invoice: usize) -> usize {
        let note = self.draft_credit(invoice, Scope::Full, None);
        let rest = self.invoices[invoice].creditable - self.invoices[invoice].credited;
        self.issue_credit(note, rest, None);
        note
    }
}

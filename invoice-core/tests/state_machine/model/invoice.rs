//! Invoices: draft, issued, void, and what is paid, credited and written off.

use chrono::NaiveDate;
use invoice_core::{Action, Code, Obstacle, PaymentState, Status};

use super::{Book, Model, Reasons, Refused};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DocLine {
    pub(crate) is_taxed: bool,
    pub(crate) quantity: i64,
    pub(crate) price: i64,
}

impl DocLine {
    pub(crate) fn net(self) -> i64 {
        self.quantity * self.price
    }

    /// With 20 % or without; nets are multiples of five.
    pub(crate) fn with_tax(self, net: i64) -> i64 {
        if self.is_taxed { net + net / 5 } else { net }
    }
}

/// What stands on an invoice or offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doc {
    pub(crate) client: usize,
    pub(crate) currency: usize,
    pub(crate) is_advance: bool,
    pub(crate) lines: Vec<DocLine>,
    pub(crate) prepaid: i64,
    pub(crate) due_days: u16,
    pub(crate) date: Option<NaiveDate>,
    pub(crate) advances: Vec<usize>,
}

impl Doc {
    /// The sum of one tax group; `None` if no line is in it.
    fn group(&self, is_taxed: bool) -> Option<i64> {
        let mut lines = self.lines.iter().filter(|line| line.is_taxed == is_taxed).peekable();
        lines.peek()?;
        Some(lines.map(|line| line.net()).sum())
    }

    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.with_tax(line.net())).sum()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Draft,
    Issued,
    Void,
    Deleted,
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "as plain as can be")]
pub(crate) struct Invoice {
    pub(crate) doc: Doc,
    pub(crate) phase: Phase,
    pub(crate) number: Option<String>,
    pub(crate) issue_date: Option<NaiveDate>,
    pub(crate) payable: i64,
    /// What credit notes may come to.
    pub(crate) creditable: i64,
    pub(crate) credited: i64,
    /// All of it, which may be nothing.
    pub(crate) is_fully_credited: bool,
    pub(crate) written_off: i64,
    pub(crate) allocated: i64,
    pub(crate) sent: u32,
    pub(crate) is_viewed: bool,
    pub(crate) is_delivered: bool,
    pub(crate) is_uncollectible: bool,
    /// Overdue was announced.
    pub(crate) noted: bool,
    pub(crate) replaces: Option<usize>,
    pub(crate) replaced_by: Option<usize>,
    pub(crate) deducted_in: Option<usize>,
    /// The net amount left of each line; unknown once an amount was spread over them.
    pub(crate) left: Option<Vec<i64>>,
}

impl Invoice {
    fn new(doc: Doc, replaces: Option<usize>) -> Self {
        Self {
            doc,
            phase: Phase::Draft,
            number: None,
            issue_date: None,
            payable: 0,
            creditable: 0,
            credited: 0,
            is_fully_credited: false,
            written_off: 0,
            allocated: 0,
            sent: 0,
            is_viewed: false,
            is_delivered: false,
            is_uncollectible: false,
            noted: false,
            replaces,
            replaced_by: None,
            deducted_in: None,
            left: None,
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.phase == Phase::Issued
    }

    pub(crate) fn reached_customer(&self) -> bool {
        self.sent > 0 || self.is_viewed || self.is_delivered
    }

    fn balance(&self) -> i64 {
        if !self.is_live() {
            return 0;
        }
        self.payable - self.credited - self.written_off - self.allocated
    }

    pub(crate) fn due(&self) -> i64 {
        self.balance().max(0)
    }

    pub(crate) fn overpaid(&self) -> i64 {
        (-self.balance()).max(0)
    }

    pub(crate) fn has_credit(&self) -> bool {
        self.credited > 0 || self.is_fully_credited
    }

    pub(crate) fn payment_state(&self) -> PaymentState {
        match self.balance() {
            ..0 => PaymentState::Overpaid,
            0 if self.allocated + self.written_off > 0 => PaymentState::Paid,
            0 => PaymentState::NothingDue,
            _ if self.allocated > 0 => PaymentState::PartiallyPaid,
            _ => PaymentState::Unpaid,
        }
    }

    /// The first that fits, `overdue` left out.
    pub(crate) fn status(&self) -> Status {
        match self.phase {
            Phase::Draft | Phase::Deleted => Status::Draft,
            Phase::Void => Status::Void,
            Phase::Issued if self.is_fully_credited => Status::Credited,
            Phase::Issued if self.overpaid() > 0 => Status::Overpaid,
            Phase::Issued if self.due() == 0 => Status::Paid,
            Phase::Issued if self.is_uncollectible => Status::Uncollectible,
            Phase::Issued if self.allocated > 0 => Status::PartiallyPaid,
            Phase::Issued if self.reached_customer() => Status::Sent,
            Phase::Issued => Status::Issued,
        }
    }

    pub(crate) fn due_date(&self) -> Option<NaiveDate> {
        Some(self.issue_date? + chrono::Days::new(self.doc.due_days.into()))
    }

    pub(crate) fn is_overdue(&self, as_of: NaiveDate) -> bool {
        self.due() > 0 && self.due_date().is_some_and(|date| date < as_of)
    }

    pub(crate) fn status_on(&self, as_of: NaiveDate) -> Status {
        let hides_overdue = [
            Status::Draft,
            Status::Void,
            Status::Credited,
            Status::Overpaid,
            Status::Paid,
            Status::Uncollectible,
        ];
        if self.is_overdue(as_of) && !hides_overdue.contains(&self.status()) {
            Status::Overdue
        } else {
            self.status()
        }
    }

    pub(super) fn refuse(&self, action: Action, obstacle: Option<Obstacle>) -> Refused {
        Refused::illegal(self.status().as_str(), action, obstacle)
    }

    /// Refused unless issued and not void.
    pub(super) fn only_live(&self, action: Action) -> Reasons {
        if self.is_live() { Vec::new() } else { vec![self.refuse(action, None)] }
    }

    fn only_draft(&self, action: Action) -> Reasons {
        if self.phase == Phase::Draft { Vec::new() } else { vec![self.refuse(action, None)] }
    }

    /// Payments, credits, write-offs and final invoices stand in the way.
    fn only_untouched(&self, action: Action) -> Reasons {
        let obstacles = [
            (self.allocated > 0, Obstacle::Allocated),
            (self.has_credit(), Obstacle::Credited),
            (self.written_off > 0, Obstacle::WrittenOff),
            (self.deducted_in.is_some(), Obstacle::Deducted),
        ];
        obstacles.iter().filter(|it| it.0).map(|it| self.refuse(action, Some(it.1))).collect()
    }

    fn may_be_replaced(&self) -> Reasons {
        let mut reasons = self.only_live(Action::Revise);
        if reasons.is_empty() {
            reasons = self.only_untouched(Action::Revise);
            if self.replaced_by.is_some() {
                reasons.push(self.refuse(Action::Revise, Some(Obstacle::Replaced)));
            }
        }
        reasons
    }

    /// Once nothing is due, a later reopening may become overdue anew.
    pub(super) fn settle(&mut self) {
        if self.due() == 0 {
            self.is_uncollectible = false;
            self.noted = false;
        }
    }
}

impl Model {
    /// `None` if it was deleted.
    fn found(&self, place: usize) -> Option<&Invoice> {
        self.invoices.get(place).filter(|invoice| invoice.phase != Phase::Deleted)
    }

    /// What `refuse` says of an invoice that is there.
    pub(crate) fn of_invoice(&self, place: usize, refuse: impl Fn(&Invoice) -> Reasons) -> Reasons {
        self.found(place).map_or_else(|| vec![Refused::Missing], refuse)
    }

    /// Who may not deduct advances deducts none, and nobody deducts one twice.
    pub(super) fn may_say(doc: &Doc, takes_advances: bool) -> Reasons {
        let mut reasons = Vec::new();
        if !takes_advances && !doc.advances.is_empty() {
            reasons.push(Refused::Invalid(Code::Inconsistent));
        }
        if doc.advances.iter().enumerate().any(|(place, it)| doc.advances[..place].contains(it)) {
            reasons.push(Refused::Invalid(Code::Repeated));
        }
        reasons
    }

    pub(crate) fn may_create(&self, doc: &Doc) -> Reasons {
        let mut reasons = Self::may_say(doc, !doc.is_advance);
        reasons.extend(self.may_deduct(doc, None));
        reasons.extend(self.may_trade(doc.client));
        reasons
    }

    pub(crate) fn create(&mut self, doc: Doc, replaces: Option<usize>) -> usize {
        self.invoices.push(Invoice::new(doc, replaces));
        self.invoices.len() - 1
    }

    pub(crate) fn may_edit(&self, place: usize, doc: &Doc) -> Reasons {
        self.of_invoice(place, |invoice| {
            let mut reasons = invoice.only_draft(Action::Edit);
            reasons.extend(Self::may_say(doc, !doc.is_advance));
            reasons.extend(self.may_deduct(doc, invoice.replaces));
            if invoice.doc.client != doc.client {
                reasons.extend(self.may_trade(doc.client));
            }
            reasons
        })
    }

    pub(crate) fn may_delete(&self, place: usize) -> Reasons {
        self.of_invoice(place, |invoice| invoice.only_draft(Action::Delete))
    }

    /// What a final invoice deducts must be a live advance of the same client and currency that no other
    /// deducts, and fit into each tax group.
    fn may_deduct(&self, doc: &Doc, replaces: Option<usize>) -> Reasons {
        let refused = || vec![Refused::Invalid(Code::AdvanceNotDeductible)];
        for place in &doc.advances {
            let Some(advance) = self.found(*place) else { return refused() };
            let taken_over = advance.deducted_in.is_some() && advance.deducted_in == replaces;
            let fits = advance.is_live()
                && advance.doc.is_advance
                && (advance.doc.client, advance.doc.currency) == (doc.client, doc.currency)
                && (advance.deducted_in.is_none() || taken_over)
                && !advance.has_credit()
                && replaces != Some(*place);
            if !fits {
                return refused();
            }
        }
        for is_taxed in [false, true] {
            let advances: Vec<_> =
                doc.advances.iter().filter_map(|it| self.invoices[*it].doc.group(is_taxed)).collect();
            let whole = doc.group(is_taxed);
            if !advances.is_empty() && whole.is_none_or(|whole| advances.iter().sum::<i64>() > whole) {
                return refused();
            }
        }
        Vec::new()
    }

    fn creditable(&self, doc: &Doc) -> i64 {
        doc.total() - doc.advances.iter().map(|it| self.invoices[*it].doc.total()).sum::<i64>()
    }

    /// What stands in the way of issuing this, as a draft or at once.
    pub(crate) fn may_issue_doc(&self, doc: &Doc, replaces: Option<usize>) -> Reasons {
        let mut reasons = self.may_trade(doc.client);
        reasons.extend(self.may_date(Book::Invoices, doc.date.unwrap_or(self.today)));
        if doc.lines.is_empty() {
            reasons.push(Refused::Invalid(Code::NoLines));
        }
        let deductions = self.may_deduct(doc, replaces);
        if deductions.is_empty() && self.creditable(doc) - doc.prepaid < 0 {
            reasons.push(Refused::Invalid(Code::NegativePayable));
        }
        reasons.extend(deductions);
        if let Some(original) = replaces.map(|it| &self.invoices[it]) {
            reasons.extend(original.may_be_replaced());
        }
        reasons
    }

    pub(crate) fn may_issue(&self, place: usize) -> Reasons {
        self.of_invoice(place, |invoice| {
            let reasons = invoice.only_draft(Action::Issue);
            if reasons.is_empty() { self.may_issue_doc(&invoice.doc, invoice.replaces) } else { reasons }
        })
    }

    /// Returns the credit note that cancels a delivered original.
    pub(crate) fn issue(&mut self, place: usize) -> Option<usize> {
        let (doc, replaces) = (self.invoices[place].doc.clone(), self.invoices[place].replaces);
        let date = doc.date.unwrap_or(self.today);
        let number = self.number(Book::Invoices, date);
        let creditable = self.creditable(&doc);
        let invoice = &mut self.invoices[place];
        invoice.phase = Phase::Issued;
        invoice.number = Some(number);
        invoice.issue_date = Some(date);
        invoice.creditable = creditable;
        invoice.payable = creditable - doc.prepaid;
        // What a final invoice leaves of its lines is spread, so only the sum is simple.
        let plain = doc.advances.is_empty();
        invoice.left = plain.then(|| doc.lines.iter().map(|line| line.net()).collect());
        let cancelled = replaces.and_then(|original| self.replace(original, place));
        for advance in doc.advances {
            self.invoices[advance].deducted_in = Some(place);
        }
        cancelled
    }

    fn replace(&mut self, original: usize, replacement: usize) -> Option<usize> {
        let note = if self.invoices[original].reached_customer() {
            Some(self.credit_in_full(original))
        } else {
            self.void(original);
            None
        };
        self.invoices[original].replaced_by = Some(replacement);
        note
    }

    pub(crate) fn may_void(&self, place: usize) -> Reasons {
        self.of_invoice(place, |invoice| {
            let mut reasons = invoice.only_live(Action::Void);
            if reasons.is_empty() {
                reasons = invoice.only_untouched(Action::Void);
                if invoice.reached_customer() {
                    reasons.push(invoice.refuse(Action::Void, Some(Obstacle::Delivered)));
                }
            }
            reasons
        })
    }

    pub(crate) fn void(&mut self, place: usize) {
        let invoice = &mut self.invoices[place];
        invoice.phase = Phase::Void;
        invoice.is_uncollectible = false;
        self.release_advances(place);
    }

    /// Other final invoices may deduct them again.
    pub(super) fn release_advances(&mut self, place: usize) {
        for advance in self.invoices[place].doc.advances.clone() {
            self.invoices[advance].deducted_in = None;
        }
    }

    pub(crate) fn may_revise(&self, place: usize) -> Reasons {
        self.of_invoice(place, Invoice::may_be_replaced)
    }

    pub(crate) fn revise(&mut self, place: usize) -> usize {
        let doc = Doc { date: None, ..self.invoices[place].doc.clone() };
        self.create(doc, Some(place))
    }

    pub(crate) fn may_step(&self, place: usize, action: Action) -> Reasons {
        self.of_invoice(place, |invoice| invoice.only_live(action))
    }
}

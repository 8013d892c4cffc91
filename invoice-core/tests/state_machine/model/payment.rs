//! Payments: what they settle, what was given back.

use chrono::NaiveDate;
use invoice_core::{Action, Code, Obstacle};

use super::{Model, Phase, Reasons, Refused};

#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) client: usize,
    pub(crate) currency: usize,
    pub(crate) amount: i64,
    /// Invoice and amount, in the order they were first allocated.
    pub(crate) parts: Vec<(usize, i64)>,
    pub(crate) refunded: i64,
    pub(crate) is_reversed: bool,
}

impl Payment {
    pub(crate) fn allocated(&self) -> i64 {
        self.parts.iter().map(|part| part.1).sum()
    }

    pub(crate) fn unallocated(&self) -> i64 {
        if self.is_reversed { 0 } else { self.amount - self.allocated() - self.refunded }
    }

    fn part(&self, invoice: usize) -> i64 {
        self.parts.iter().find(|part| part.0 == invoice).map_or(0, |part| part.1)
    }
}

/// A payment as it comes in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    pub(crate) client: usize,
    pub(crate) currency: usize,
    pub(crate) amount: i64,
    pub(crate) date: NaiveDate,
}

impl Model {
    pub(crate) fn may_pay(
        &self,
        place: usize,
        amount: i64,
        may_overpay: bool,
        reference: Option<u8>,
    ) -> Reasons {
        self.of_invoice(place, |invoice| {
            let mut reasons = invoice.only_live(Action::Pay);
            if invoice.is_live() && invoice.due() == 0 {
                reasons.push(invoice.refuse(Action::Pay, Some(Obstacle::NothingDue)));
            }
            if amount > invoice.due() && !may_overpay {
                reasons.push(Refused::Invalid(Code::ExceedsDue));
            }
            if amount <= 0 {
                reasons.push(Refused::Invalid(Code::NotPositive));
            }
            if reference.is_some_and(|reference| self.references.contains(&reference)) {
                reasons.push(Refused::Duplicate);
            }
            reasons
        })
    }

    pub(crate) fn pay(&mut self, place: usize, amount: i64, reference: Option<u8>) {
        let invoice = &self.invoices[place];
        let (client, currency) = (invoice.doc.client, invoice.doc.currency);
        let part = amount.min(invoice.due());
        self.references.extend(reference);
        let payment = self.receive(client, currency, amount);
        self.allocate(payment, &[(place, part)]);
    }

    fn receive(&mut self, client: usize, currency: usize, amount: i64) -> usize {
        let parts = Vec::new();
        self.payments.push(Payment { client, currency, amount, parts, refunded: 0, is_reversed: false });
        self.payments.len() - 1
    }

    pub(crate) fn may_record(&self, received: Received, parts: &[(usize, i64)]) -> Reasons {
        let mut reasons = Vec::new();
        if received.date > self.today {
            reasons.push(Refused::Invalid(Code::DateInFuture));
        }
        if received.amount <= 0 {
            reasons.push(Refused::Invalid(Code::NotPositive));
        }
        reasons.extend(self.may_settle(received.client, received.currency, received.amount, parts));
        reasons
    }

    pub(crate) fn record(&mut self, received: Received, parts: &[(usize, i64)]) {
        let payment = self.receive(received.client, received.currency, received.amount);
        self.allocate(payment, parts);
    }

    pub(crate) fn may_allocate(&self, payment: usize, parts: &[(usize, i64)]) -> Reasons {
        let payment = &self.payments[payment];
        if payment.is_reversed {
            return vec![Refused::illegal("reversed", Action::Allocate, None)];
        }
        if parts.is_empty() {
            return vec![Refused::Invalid(Code::Required)];
        }
        self.may_settle(payment.client, payment.currency, payment.unallocated(), parts)
    }

    fn may_settle(&self, client: usize, currency: usize, mut rest: i64, parts: &[(usize, i64)]) -> Reasons {
        let mut reasons = Vec::new();
        for (index, (place, amount)) in parts.iter().enumerate() {
            let invoice = &self.invoices[*place];
            if invoice.phase == Phase::Deleted {
                reasons.push(Refused::Invalid(Code::Unknown));
                continue;
            }
            reasons.extend(invoice.only_live(Action::Pay));
            let nothing_due = invoice.is_live() && invoice.due() == 0;
            for (is_so, reason) in [
                (parts[..index].iter().any(|part| part.0 == *place), Refused::Invalid(Code::Repeated)),
                (invoice.doc.client != client, Refused::Invalid(Code::Inconsistent)),
                (invoice.doc.currency != currency, Refused::Invalid(Code::MixedCurrencies)),
                (*amount <= 0, Refused::Invalid(Code::NotPositive)),
                (*amount > rest, Refused::Invalid(Code::ExceedsUnallocated)),
                (*amount > invoice.due(), Refused::Invalid(Code::ExceedsDue)),
                (nothing_due, invoice.refuse(Action::Pay, Some(Obstacle::NothingDue))),
            ] {
                if is_so {
                    reasons.push(reason);
                }
            }
            rest -= amount;
        }
        reasons
    }

    pub(crate) fn allocate(&mut self, payment: usize, parts: &[(usize, i64)]) {
        for (place, amount) in parts {
            let kept = &mut self.payments[payment].parts;
            match kept.iter_mut().find(|part| part.0 == *place) {
                Some(part) => part.1 += amount,
                None => kept.push((*place, *amount)),
            }
            let invoice = &mut self.invoices[*place];
            invoice.allocated += amount;
            if invoice.due() == 0 {
                invoice.is_uncollectible = false;
            }
            invoice.settle();
        }
    }

    fn may_take_back(&self, payment: usize, parts: &[(usize, i64)]) -> Reasons {
        let mut kept = self.payments[payment].clone();
        for (place, amount) in parts {
            if *amount <= 0 || *amount > kept.part(*place) {
                return vec![Refused::Invalid(Code::OutOfRange)];
            }
            take(&mut kept, *place, *amount);
        }
        Vec::new()
    }

    pub(crate) fn may_deallocate(&self, payment: usize, parts: &[(usize, i64)]) -> Reasons {
        if self.payments[payment].is_reversed {
            return vec![Refused::illegal("reversed", Action::Deallocate, None)];
        }
        if parts.is_empty() {
            return vec![Refused::Invalid(Code::Required)];
        }
        self.may_take_back(payment, parts)
    }

    pub(crate) fn deallocate(&mut self, payment: usize, parts: &[(usize, i64)]) {
        for (place, amount) in parts {
            take(&mut self.payments[payment], *place, *amount);
            self.invoices[*place].allocated -= amount;
            self.invoices[*place].settle();
        }
    }

    pub(crate) fn may_refund(&self, place: usize, amount: i64, parts: &[(usize, i64)]) -> Reasons {
        let payment = &self.payments[place];
        if payment.is_reversed {
            return vec![Refused::illegal("reversed", Action::Refund, None)];
        }
        let mut reasons = self.may_take_back(place, parts);
        if amount <= 0 {
            reasons.push(Refused::Invalid(Code::NotPositive));
        }
        if amount > payment.amount - payment.refunded {
            reasons.push(Refused::Invalid(Code::ExceedsUnallocated));
        }
        reasons
    }

    /// The latest allocations are taken back as far as it needs.
    pub(crate) fn refund(&mut self, place: usize, amount: i64, parts: &[(usize, i64)]) {
        self.deallocate(place, parts);
        for (invoice, part) in self.payments[place].parts.clone().into_iter().rev() {
            let missing = amount - self.payments[place].unallocated();
            if missing > 0 {
                self.deallocate(place, &[(invoice, missing.min(part))]);
            }
        }
        self.payments[place].refunded += amount;
    }

    pub(crate) fn may_reverse(&self, payment: usize) -> Reasons {
        let payment = &self.payments[payment];
        if payment.is_reversed {
            return vec![Refused::illegal("reversed", Action::Reverse, None)];
        }
        if payment.refunded > 0 {
            return vec![Refused::illegal("recorded", Action::Reverse, Some(Obstacle::Refunded))];
        }
        Vec::new()
    }

    pub(crate) fn reverse(&mut self, payment: usize) {
        let parts = self.payments[payment].parts.clone();
        self.deallocate(payment, &parts);
        self.payments[payment].is_reversed = true;
    }
}

fn take(payment: &mut Payment, invoice: usize, amount: i64) {
    for part in &mut payment.parts {
        if part.0 == invoice {
            part.1 -= amount;
        }
    }
    payment.parts.retain(|part| part.1 != 0);
}

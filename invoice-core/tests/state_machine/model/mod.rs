//! What the documents must do, told again with plain integers: amounts are minor units, documents are places
//! in a list. It knows nothing of the engine but its names of actions, obstacles and codes.

mod credit;
mod given_up;
mod invoice;
mod offer;
mod payment;

pub(crate) use credit::{Credited, LineShare, Note, Scope};
pub(crate) use invoice::{Doc, DocLine, Invoice, Phase};
pub(crate) use offer::{Offer, OfferState};
pub(crate) use payment::{Payment, Received};

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use invoice_core::{Action, Code, Obstacle, Status};

/// One reason to refuse a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    Illegal(String, Action, Option<Obstacle>),
    Invalid(Code),
    Missing,
    Duplicate,
    InUse,
}

impl Refused {
    pub(crate) fn illegal(state: &str, action: Action, obstacle: Option<Obstacle>) -> Self {
        Self::Illegal(state.to_owned(), action, obstacle)
    }
}

/// All that stands in the way; empty means accepted.
pub(crate) type Reasons = Vec<Refused>;

/// The four lists of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Book {
    Invoices,
    CreditNotes,
    Quotes,
    ProForma,
}

impl Book {
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Invoices => "INV",
            Self::CreditNotes => "CN",
            Self::Quotes => "Q",
            Self::ProForma => "PF",
        }
    }
}

/// Everything there is.
pub(crate) struct Model {
    pub(crate) today: NaiveDate,
    pub(crate) archived: [bool; 2],
    pub(crate) invoices: Vec<Invoice>,
    pub(crate) notes: Vec<Note>,
    pub(crate) payments: Vec<Payment>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) references: BTreeSet<u8>,
    /// How many numbers each year of a book gave, and the last issue date.
    pub(crate) counters: BTreeMap<(Book, i32), (u64, NaiveDate)>,
}

impl Model {
    pub(crate) fn new(today: NaiveDate) -> Self {
        Self {
            today,
            archived: [false; 2],
            invoices: Vec::new(),
            notes: Vec::new(),
            payments: Vec::new(),
            offers: Vec::new(),
            references: BTreeSet::new(),
            counters: BTreeMap::new(),
        }
    }

    /// What stands in the way of numbering a document dated like this.
    fn may_date(&self, book: Book, date: NaiveDate) -> Reasons {
        let mut reasons = Vec::new();
        if date > self.today {
            reasons.push(Refused::Invalid(Code::DateInFuture));
        }
        if self.counters.get(&(book, date.year())).is_some_and(|(_, last)| date < *last) {
            reasons.push(Refused::Invalid(Code::DateBeforeLastIssue));
        }
        reasons
    }

    fn number(&mut self, book: Book, date: NaiveDate) -> String {
        let counter = self.counters.entry((book, date.year())).or_insert((0, date));
        *counter = (counter.0 + 1, date);
        format!("{}-{}-{:04}", book.prefix(), date.year(), counter.0)
    }

    fn may_trade(&self, client: usize) -> Reasons {
        if self.archived[client] { vec![Refused::Invalid(Code::Inconsistent)] } else { Vec::new() }
    }

    pub(crate) fn is_client_referred_to(&self, client: usize) -> bool {
        let invoices = self.invoices.iter().filter(|it| it.phase != Phase::Deleted);
        let offers = self.offers.iter().filter(|it| it.state != OfferState::Deleted);
        invoices.map(|it| it.doc.client).chain(offers.map(|it| it.doc.client)).any(|it| it == client)
            || self.payments.iter().any(|it| it.client == client)
    }

    /// Announces what became overdue or expired, and counts both.
    pub(crate) fn sweep(&mut self, as_of: NaiveDate) -> (u64, u64) {
        let (mut overdue, mut expired) = (0, 0);
        for invoice in &mut self.invoices {
            if !invoice.noted && invoice.status_on(as_of) == Status::Overdue {
                invoice.noted = true;
                overdue += 1;
            }
        }
        for offer in &mut self.offers {
            if offer.is_over(as_of) {
                offer.state = OfferState::Expired;
                expired += 1;
            }
        }
        (overdue, expired)
    }
}

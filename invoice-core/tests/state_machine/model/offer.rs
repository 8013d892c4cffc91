//! Quotes and pro-forma invoices.

use chrono::NaiveDate;
use invoice_core::{Action, Code, Obstacle, QuoteStatus};

use super::{Book, Doc, Model, Reasons, Refused};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfferState {
    Draft,
    Issued,
    Sent,
    Accepted,
    Declined,
    Expired,
    Converted,
    Deleted,
}

#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) doc: Doc,
    pub(crate) is_pro_forma: bool,
    pub(crate) valid_until: Option<NaiveDate>,
    pub(crate) state: OfferState,
    pub(crate) number: Option<String>,
}

impl Offer {
    pub(crate) fn status(&self) -> QuoteStatus {
        match self.state {
            OfferState::Draft | OfferState::Deleted => QuoteStatus::Draft,
            OfferState::Issued => QuoteStatus::Issued,
            OfferState::Sent => QuoteStatus::Sent,
            OfferState::Accepted => QuoteStatus::Accepted,
            OfferState::Declined => QuoteStatus::Declined,
            OfferState::Expired => QuoteStatus::Expired,
            OfferState::Converted => QuoteStatus::Converted,
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.state, OfferState::Issued | OfferState::Sent)
    }

    /// Open, and its last day is over.
    pub(crate) fn is_over(&self, as_of: NaiveDate) -> bool {
        self.is_open() && self.valid_until.is_some_and(|last_day| last_day < as_of)
    }

    fn book(&self) -> Book {
        if self.is_pro_forma { Book::ProForma } else { Book::Quotes }
    }
}

impl Model {
    pub(crate) fn may_offer(&self, doc: &Doc) -> Reasons {
        let mut reasons = Self::may_say(doc, false);
        reasons.extend(self.may_trade(doc.client));
        reasons
    }

    pub(crate) fn offer(&mut self, doc: Doc, is_pro_forma: bool, valid_until: Option<NaiveDate>) {
        let state = OfferState::Draft;
        self.offers.push(Offer { doc, is_pro_forma, valid_until, state, number: None });
    }

    /// Whether a step's action is one of this state's.
    pub(crate) fn may_step_offer(&self, place: usize, action: Action) -> Reasons {
        let offer = &self.offers[place];
        let accepted = offer.state == OfferState::Accepted;
        let fits = match action {
            Action::Edit | Action::Delete | Action::Issue => offer.state == OfferState::Draft,
            Action::Send | Action::Convert => offer.is_open() || accepted,
            _ => offer.is_open(),
        };
        match offer.state {
            OfferState::Deleted => vec![Refused::Missing],
            _ if fits => Vec::new(),
            _ => vec![Refused::illegal(offer.status().as_str(), action, None)],
        }
    }

    pub(crate) fn may_edit_offer(&self, place: usize, doc: &Doc) -> Reasons {
        let mut reasons = self.may_step_offer(place, Action::Edit);
        reasons.extend(Self::may_say(doc, false));
        if self.offers[place].doc.client != doc.client {
            reasons.extend(self.may_trade(doc.client));
        }
        reasons
    }

    pub(crate) fn may_issue_offer(&self, place: usize) -> Reasons {
        let mut reasons = self.may_step_offer(place, Action::Issue);
        if !reasons.is_empty() {
            return reasons;
        }
        let offer = &self.offers[place];
        let date = offer.doc.date.unwrap_or(self.today);
        reasons.extend(self.may_trade(offer.doc.client));
        reasons.extend(self.may_date(offer.book(), date));
        if offer.doc.lines.is_empty() {
            reasons.push(Refused::Invalid(Code::NoLines));
        }
        if offer.valid_until.is_some_and(|last_day| last_day < date) {
            reasons.push(Refused::Invalid(Code::Inconsistent));
        }
        if offer.doc.total() < offer.doc.prepaid {
            reasons.push(Refused::Invalid(Code::NegativePayable));
        }
        reasons
    }

    pub(crate) fn issue_offer(&mut self, place: usize) {
        let (book, date) = (self.offers[place].book(), self.offers[place].doc.date.unwrap_or(self.today));
        let number = self.number(book, date);
        self.offers[place].number = Some(number);
        self.offers[place].state = OfferState::Issued;
    }

    pub(crate) fn send_offer(&mut self, place: usize) {
        if self.offers[place].state == OfferState::Issued {
            self.offers[place].state = OfferState::Sent;
        }
    }

    /// Accepted or converted, unless its last day is over.
    pub(crate) fn may_take_up(&self, place: usize, action: Action) -> Reasons {
        let mut reasons = self.may_step_offer(place, action);
        let offer = &self.offers[place];
        if reasons.is_empty() && offer.is_over(self.today) {
            reasons.push(Refused::illegal(offer.status().as_str(), action, Some(Obstacle::Expired)));
        }
        if action == Action::Convert && offer.state != OfferState::Deleted {
            reasons.extend(self.may_trade(offer.doc.client));
        }
        reasons
    }

    pub(crate) fn convert(&mut self, place: usize) -> usize {
        let doc = Doc { date: None, is_advance: false, ..self.offers[place].doc.clone() };
        self.offers[place].state = OfferState::Converted;
        self.create(doc, None)
    }
}

use invoice_core::{Action, QuoteData, QuoteKind};

use super::remark;
use crate::model::{OfferState, Refused};
use crate::play::{Play, Wrong};
use crate::resolve::{day, doc};
use crate::steps::{DocStep, Step};

impl Play {
    pub(super) async fn offer(
        &mut self,
        step: &DocStep,
        is_pro_forma: bool,
        valid_days: Option<i64>,
    ) -> Result<(), Wrong> {
        let doc = doc(&self.model, step);
        let valid_until = valid_days.map(|days| day(self.model.today, days));
        let kind = if is_pro_forma { QuoteKind::ProForma } else { QuoteKind::Quote };
        self.tell(format_args!("offer a {kind:?} until {valid_until:?}: {doc:?}"));
        let data = QuoteData { kind, valid_until, ..QuoteData::new(self.world.content(&doc)) };
        let outcome = self.world.billing.create_quote(&self.world.owner, data).await;
        if let Some(quote) = self.agree(&self.model.may_offer(&doc), outcome)? {
            self.world.offers.push(quote.id());
            self.model.offer(doc, is_pro_forma, valid_until);
        }
        Ok(())
    }

    pub(super) async fn step_offer(&mut self, at: usize, step: &Step) -> Result<(), Wrong> {
        let (billing, call) = (self.world.billing.clone(), self.world.owner.clone());
        let id = self.world.offers[at];
        match step {
            Step::EditOffer(_, step) => {
                let doc = doc(&self.model, step);
                self.tell(format_args!("edit offer {at}: {doc:?}"));
                let offer = &self.model.offers[at];
                let kind = if offer.is_pro_forma { QuoteKind::ProForma } else { QuoteKind::Quote };
                let content = self.world.content(&doc);
                let data = QuoteData { kind, valid_until: offer.valid_until, ..QuoteData::new(content) };
                let outcome = billing.update_quote(&call, id, data).await;
                if self.agree(&self.model.may_edit_offer(at, &doc), outcome)?.is_some() {
                    self.model.offers[at].doc = doc;
                }
            }
            Step::DeleteOffer(_) => {
                self.tell(format_args!("delete offer {at}"));
                let outcome = billing.delete_quote(&call, id).await;
                if self.agree(&self.model.may_step_offer(at, Action::Delete), outcome)?.is_some() {
                    self.model.offers[at].state = OfferState::Deleted;
                }
            }
            Step::IssueOffer(_) => {
                self.tell(format_args!("issue offer {at}"));
                let outcome = billing.issue_quote(&call, id).await;
                if self.agree(&self.model.may_issue_offer(at), outcome)?.is_some() {
                    self.model.issue_offer(at);
                }
            }
            Step::SendOffer(_) => {
                self.tell(format_args!("send offer {at}"));
                let outcome = billing.send_quote(&call, id).await;
                if self.agree(&self.model.may_step_offer(at, Action::Send), outcome)?.is_some() {
                    self.model.send_offer(at);
                }
            }
            Step::AnnotateOffer(_) => {
                self.tell(format_args!("annotate offer {at}"));
                let outcome = billing.annotate_quote(&call, id, None, remark(self.count)).await;
                let gone = self.model.offers[at].state == OfferState::Deleted;
                self.agree(if gone { &[Refused::Missing] } else { &[] }, outcome)?;
            }
            Step::Accept(_) => {
                self.tell(format_args!("accept offer {at}"));
                let outcome = billing.accept_quote(&call, id).await;
                if self.agree(&self.model.may_take_up(at, Action::Accept), outcome)?.is_some() {
                    self.model.offers[at].state = OfferState::Accepted;
                }
            }
            Step::Decline(_) => {
                self.tell(format_args!("decline offer {at}"));
                let outcome = billing.decline_quote(&call, id, None).await;
                if self.agree(&self.model.may_step_offer(at, Action::Decline), outcome)?.is_some() {
                    self.model.offers[at].state = OfferState::Declined;
                }
            }
            _ => {
                self.tell(format_args!("convert offer {at}"));
                let outcome = billing.convert_quote(&call, id).await;
                let expected = self.model.may_take_up(at, Action::Convert);
                if let Some(invoice) = self.agree(&expected, outcome)? {
                    self.world.invoices.push(invoice.id());
                    self.model.convert(at);
                }
            }
        }
        Ok(())
    }
}

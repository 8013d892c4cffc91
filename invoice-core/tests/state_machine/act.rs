//! What each step does.

use invoice_core::Action;
use invoice_core::Metadata;

use crate::model::{Invoice, OfferState, Payment, Phase, Refused};
use crate::play::{Play, Wrong};
use crate::resolve::{day, doc};
use crate::steps::Step;

mod credits;
mod invoices;
mod offers;
mod payments;

impl Play {
    pub(crate) async fn step(&mut self, step: &Step) -> Result<(), Wrong> {
        match step {
            Step::Create(step) if self.has_room() => {
                let doc = doc(&self.model, step);
                self.create(doc).await
            }
            Step::CreateAndIssue(step) if self.has_room() => {
                let doc = doc(&self.model, step);
                self.create_and_issue(doc).await
            }
            Step::Create(_) | Step::CreateAndIssue(_) => Ok(()),
            Step::Edit(..)
            | Step::Annotate(_)
            | Step::Delete(_)
            | Step::Issue(_)
            | Step::Send(_)
            | Step::View(_)
            | Step::Deliver(_)
            | Step::Void(_)
            | Step::Revise(_)
            | Step::MarkUncollectible(_)
            | Step::UnmarkUncollectible(_)
            | Step::WriteOff(..)
            | Step::TakeBackWriteOff(_)
            | Step::DraftCredit(..)
            | Step::Credit(..) => self.with_invoice(step).await,
            Step::EditCredit(at, _)
            | Step::DeleteCredit(at)
            | Step::IssueCredit(at)
            | Step::SendCredit(at)
            | Step::AnnotateCredit(at) => {
                let is_late = matches!(step, Step::SendCredit(_) | Step::AnnotateCredit(_));
                let fits = if is_late { Phase::Issued } else { Phase::Draft };
                match at.of(&self.model.notes, |note| note.phase == fits) {
                    Some(at) => self.step_credit(at, step).await,
                    None => Ok(()),
                }
            }
            Step::Pay { .. } | Step::Record { .. } => self.receive(step).await,
            Step::Allocate(at, _) | Step::Deallocate(at, _) | Step::Refund(at, ..) | Step::Reverse(at) => {
                let fits = |payment: &Payment| match step {
                    Step::Allocate(..) => payment.unallocated() > 0,
                    Step::Deallocate(..) => payment.allocated() > 0,
                    _ => !payment.is_reversed,
                };
                match at.of(&self.model.payments, fits) {
                    Some(at) => self.step_payment(at, step).await,
                    None => Ok(()),
                }
            }
            Step::Offer { doc: step, is_pro_forma, valid_days } => {
                self.offer(step, *is_pro_forma, *valid_days).await
            }
            Step::EditOffer(at, _)
            | Step::DeleteOffer(at)
            | Step::IssueOffer(at)
            | Step::SendOffer(at)
            | Step::AnnotateOffer(at)
            | Step::Accept(at)
            | Step::Decline(at)
            | Step::Convert(at) => {
                let is_early =
                    matches!(step, Step::EditOffer(..) | Step::DeleteOffer(_) | Step::IssueOffer(_));
                match at.of(&self.model.offers, |it| (it.state == OfferState::Draft) == is_early) {
                    Some(at) => self.step_offer(at, step).await,
                    None => Ok(()),
                }
            }
            Step::ArchiveClient(_) | Step::RestoreClient(_) | Step::DeleteClient(_) => {
                self.step_client(step).await
            }
            Step::Sweep(offset) => self.sweep(*offset).await,
            Step::Pass(days) => {
                self.tell(format_args!("{days} days pass"));
                self.pass(*days);
                Ok(())
            }
        }
    }

    async fn with_invoice(&mut self, step: &Step) -> Result<(), Wrong> {
        let (at, fits): (_, fn(&Invoice) -> bool) = match step {
            Step::Edit(at, _) | Step::Delete(at) | Step::Issue(at) => (at, |it| it.phase == Phase::Draft),
            Step::Void(at) => (at, |it| it.is_live() && !it.reached_customer()),
            Step::MarkUncollectible(at) | Step::WriteOff(at, ..) => (at, |it| it.due() > 0),
            Step::UnmarkUncollectible(at) => (at, |it| it.is_uncollectible),
            Step::TakeBackWriteOff(at) => (at, |it| it.written_off > 0),
            Step::Annotate(at)
            | Step::Send(at)
            | Step::View(at)
            | Step::Deliver(at)
            | Step::Revise(at)
            | Step::DraftCredit(at, ..)
            | Step::Credit(at, _) => (at, Invoice::is_live),
            _ => return Ok(()),
        };
        let Some(at) = at.of(&self.model.invoices, fits) else { return Ok(()) };
        match step {
            Step::Edit(_, step) => {
                let doc = doc(&self.model, step);
                self.edit(at, doc).await
            }
            Step::DraftCredit(..) | Step::Credit(..) => self.start_credit(at, step).await,
            _ => self.step_invoice(at, step).await,
        }
    }

    async fn step_client(&mut self, step: &Step) -> Result<(), Wrong> {
        let (billing, call) = (self.world.billing.clone(), self.world.owner.clone());
        match *step {
            // Once it is gone there is no life to look at any more.
            Step::DeleteClient(client) if self.model.is_client_referred_to(client) => {
                self.tell(format_args!("delete client {client}"));
                let outcome = billing.delete_client(&call, self.world.clients[client]).await;
                self.agree(&[Refused::InUse], outcome)?;
            }
            Step::ArchiveClient(client) | Step::RestoreClient(client) => {
                let archive = matches!(step, Step::ArchiveClient(_));
                let id = self.world.clients[client];
                self.tell(format_args!("{} client {client}", if archive { "archive" } else { "restore" }));
                let (state, action, outcome) = if archive {
                    ("archived", Action::Archive, billing.archive_client(&call, id).await)
                } else {
                    ("active", Action::Restore, billing.restore_client(&call, id).await)
                };
                let already = self.model.archived[client] == archive;
                let expected = if already { vec![Refused::illegal(state, action, None)] } else { Vec::new() };
                if self.agree(&expected, outcome)?.is_some() {
                    self.model.archived[client] = archive;
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn sweep(&mut self, offset: i64) -> Result<(), Wrong> {
        let as_of = day(self.model.today, offset);
        self.tell(format_args!("sweep as of {as_of}"));
        let outcome = self.world.billing.sweep(&self.world.owner, as_of).await;
        let expected = self.model.sweep(as_of);
        let report = self.agree(&[], outcome)?;
        let found = report.map(|report| (report.overdue, report.expired));
        if found == Some(expected) {
            Ok(())
        } else {
            Err(format!("swept {found:?} overdue and expired, should be {expected:?}"))
        }
    }
}

/// Metadata that differs with each step.
pub(crate) fn remark(count: usize) -> Metadata {
    Metadata::new().with("step", count.to_string())
}

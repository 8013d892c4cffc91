use invoice_core::service::WriteOffData;
use invoice_core::{Action, Invoice, WriteOffReason};

use super::remark;
use crate::model::Doc;
use crate::play::{Play, Wrong};
use crate::steps::{Explained, Step};
use crate::world::money;

impl Play {
    pub(super) async fn create(&mut self, doc: Doc) -> Result<(), Wrong> {
        self.tell(format_args!("create invoice {}: {doc:?}", self.model.invoices.len()));
        let outcome = self.world.billing.create_invoice(&self.world.owner, self.world.data(&doc)).await;
        let expected = self.model.may_create(&doc);
        if let Some(invoice) = self.agree(&expected, outcome)? {
            self.world.invoices.push(invoice.id());
            self.model.create(doc, None);
        }
        Ok(())
    }

    pub(super) async fn create_and_issue(&mut self, doc: Doc) -> Result<(), Wrong> {
        self.tell(format_args!("create and issue invoice {}: {doc:?}", self.model.invoices.len()));
        let data = self.world.data(&doc);
        let outcome = self.world.billing.create_and_issue_invoice(&self.world.owner, data).await;
        let mut expected = self.model.may_create(&doc);
        expected.extend(self.model.may_issue_doc(&doc, None));
        if let Some(invoice) = self.agree(&expected, outcome)? {
            self.world.invoices.push(invoice.id());
            let place = self.model.create(doc, None);
            self.model.issue(place);
        }
        Ok(())
    }

    pub(super) async fn edit(&mut self, at: usize, doc: Doc) -> Result<(), Wrong> {
        self.tell(format_args!("edit invoice {at}: {doc:?}"));
        let (id, data) = (self.world.invoices[at], self.world.data(&doc));
        let outcome = self.world.billing.update_invoice(&self.world.owner, id, data).await;
        let expected = self.model.may_edit(at, &doc);
        if self.agree(&expected, outcome)?.is_some() {
            self.model.invoices[at].doc = doc;
        }
        Ok(())
    }

    pub(super) async fn step_invoice(&mut self, at: usize, step: &Step) -> Result<(), Wrong> {
        let (billing, call) = (self.world.billing.clone(), self.world.owner.clone());
        let id = self.world.invoices[at];
        match step {
            Step::Annotate(_) => {
                self.tell(format_args!("annotate invoice {at}"));
                let outcome = billing.annotate_invoice(&call, id, None, remark(self.count)).await;
                let expected = self.model.of_invoice(at, |_| Vec::new());
                self.agree(&expected, outcome)?;
            }
            Step::Delete(_) => {
                self.tell(format_args!("delete invoice {at}"));
                let outcome = billing.delete_invoice(&call, id).await;
                if self.agree(&self.model.may_delete(at), outcome)?.is_some() {
                    self.model.invoices[at].phase = crate::model::Phase::Deleted;
                }
            }
            Step::Issue(_) => {
                self.tell(format_args!("issue invoice {at}"));
                let outcome = billing.issue_invoice(&call, id).await;
                if self.agree(&self.model.may_issue(at), outcome)?.is_some() {
                    let note = self.model.issue(at);
                    self.find_note(note).await?;
                }
            }
            Step::Void(_) => {
                self.tell(format_args!("void invoice {at}"));
                let outcome = billing.void_invoice(&call, id, "Made twice").await;
                if self.agree(&self.model.may_void(at), outcome)?.is_some() {
                    self.model.void(at);
                }
            }
            Step::Revise(_) => {
                self.tell(format_args!("revise invoice {at}"));
                let outcome = billing.revise_invoice(&call, id).await;
                if let Some(replacement) = self.agree(&self.model.may_revise(at), outcome)? {
                    self.world.invoices.push(replacement.id());
                    self.model.revise(at);
                }
            }
            Step::MarkUncollectible(_) => {
                self.tell(format_args!("mark invoice {at} as uncollectible"));
                let outcome = billing.mark_invoice_uncollectible(&call, id).await;
                if self.agree(&self.model.may_mark(at, true), outcome)?.is_some() {
                    self.model.invoices[at].is_uncollectible = true;
                }
            }
            Step::UnmarkUncollectible(_) => {
                self.tell(format_args!("unmark invoice {at}"));
                let outcome = billing.unmark_invoice_uncollectible(&call, id).await;
                if self.agree(&self.model.may_mark(at, false), outcome)?.is_some() {
                    self.model.invoices[at].is_uncollectible = false;
                }
            }
            Step::TakeBackWriteOff(_) => {
                self.tell(format_args!("take back what was written off of invoice {at}"));
                let outcome = billing.take_back_write_off(&call, id, "Paid after all").await;
                if self.agree(&self.model.may_take_back_write_off(at), outcome)?.is_some() {
                    self.model.invoices[at].written_off = 0;
                }
            }
            Step::WriteOff(_, amount, explained) => {
                let due = self.model.invoices[at].due();
                let units = amount.map_or(due, |amount| amount.of(due));
                self.tell(format_args!("write off {units} of invoice {at}, explained {explained:?}"));
                let currency = self.model.invoices[at].doc.currency;
                let data = WriteOffData {
                    amount: amount.map(|_| money(units, currency)),
                    reason: match explained {
                        Explained::ByReason => WriteOffReason::BadDebt,
                        _ => WriteOffReason::Other,
                    },
                    note: (*explained == Explained::ByNote).then(|| "They moved".to_owned()),
                    date: None,
                };
                let outcome = billing.write_off(&call, id, data).await;
                let is_explained = *explained != Explained::NotAtAll;
                if self.agree(&self.model.may_write_off(at, units, is_explained), outcome)?.is_some() {
                    self.model.write_off(at, units);
                }
            }
            _ => self.hand_over(at, step).await?,
        }
        Ok(())
    }

    /// Sent, viewed or delivered otherwise.
    async fn hand_over(&mut self, at: usize, step: &Step) -> Result<(), Wrong> {
        let (billing, call) = (self.world.billing.clone(), self.world.owner.clone());
        let id = self.world.invoices[at];
        let (action, outcome) = match step {
            Step::Send(_) => (Action::Send, billing.send_invoice(&call, id).await),
            Step::View(_) => (Action::MarkViewed, billing.mark_invoice_viewed(&call, id).await),
            _ => (Action::MarkDelivered, billing.mark_invoice_delivered(&call, id).await),
        };
        self.tell(format_args!("{action} invoice {at}"));
        if self.agree(&self.model.may_step(at, action), outcome)?.is_some() {
            let invoice = &mut self.model.invoices[at];
            match action {
                Action::Send => invoice.sent += 1,
                Action::MarkViewed => invoice.is_viewed = true,
                _ => invoice.is_delivered = true,
            }
        }
        Ok(())
    }

    /// The credit note that issuing a replacement made, found by the number it must have.
    async fn find_note(&mut self, note: Option<usize>) -> Result<(), Wrong> {
        let number = note.and_then(|note| self.model.notes[note].number.clone());
        let Some(number) = number else { return Ok(()) };
        let found = self.world.billing.credit_note_by_number(self.world.owner.actor(), &number).await;
        let found = found.map_err(|error| format!("no credit note {number}: {error}"))?;
        self.world.notes.push(found.id());
        Ok(())
    }

    pub(crate) async fn invoice(&self, at: usize) -> Result<Invoice, Wrong> {
        let found = self.world.billing.invoice(self.world.owner.actor(), self.world.invoices[at]).await;
        found.map_err(|error| format!("invoice {at}: {error}"))
    }
}

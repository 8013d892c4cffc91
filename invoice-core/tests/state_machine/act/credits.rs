use invoice_core::{Action, CreditNote, CreditNoteData};

use super::remark;
use crate::model::{Credited, Phase, Refused, Scope};
use crate::play::{Play, Wrong};
use crate::resolve;
use crate::steps::Step;
use crate::world::scope;

impl Play {
    fn credit_data(&self, invoice: usize, wanted: &Scope) -> CreditNoteData {
        let currency = self.model.invoices[invoice].doc.currency;
        CreditNoteData::new(scope(wanted, currency), "Returned")
    }

    pub(super) async fn start_credit(&mut self, at: usize, step: &Step) -> Result<(), Wrong> {
        let (billing, call) = (self.world.billing.clone(), self.world.owner.clone());
        let id = self.world.invoices[at];
        match step {
            Step::Credit(_, wanted) => {
                let wanted = resolve::scope(&self.model.invoices[at], wanted);
                self.tell(format_args!("credit of invoice {at}: {wanted:?}"));
                let outcome = billing.credit_invoice(&call, id, self.credit_data(at, &wanted)).await;
                let expected = self.model.may_issue_credit_of(at, &wanted);
                let credited = expected.1.clone();
                if let Some(note) = self.agree_on_credit(expected, outcome)? {
                    self.world.notes.push(note.id());
                    let place = self.model.draft_credit(at, wanted, None);
                    self.issued(place, &note, credited)?;
                }
            }
            Step::DraftCredit(_, wanted, date) => {
                let wanted = resolve::scope(&self.model.invoices[at], wanted);
                let date = date.map(|offset| resolve::day(self.model.today, offset));
                self.tell(format_args!("draft a credit of invoice {at}: {wanted:?} dated {date:?}"));
                let drafted = CreditNoteData { issue_date: date, ..self.credit_data(at, &wanted) };
                let outcome = billing.create_credit_note(&call, id, drafted).await;
                let expected = self.model.may_credit(at, &wanted);
                if let Some(note) = self.agree_on_credit(expected, outcome)? {
                    self.world.notes.push(note.id());
                    self.model.draft_credit(at, wanted, date);
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn step_credit(&mut self, at: usize, step: &Step) -> Result<(), Wrong> {
        let (billing, call) = (self.world.billing.clone(), self.world.owner.clone());
        let (id, invoice) = (self.world.notes[at], self.model.notes[at].invoice);
        match step {
            Step::EditCredit(_, wanted) => {
                let wanted = resolve::scope(&self.model.invoices[invoice], wanted);
                self.tell(format_args!("edit credit {at}: {wanted:?}"));
                let data = self.credit_data(invoice, &wanted);
                let outcome = billing.update_credit_note(&call, id, data).await;
                let mut expected = (self.model.may_step_credit(at, Action::Edit), None);
                if expected.0.is_empty() {
                    expected = self.model.may_credit(invoice, &wanted);
                }
                if self.agree_on_credit(expected, outcome)?.is_some() {
                    (self.model.notes[at].scope, self.model.notes[at].date) = (wanted, None);
                }
            }
            Step::DeleteCredit(_) => {
                self.tell(format_args!("delete credit {at}"));
                let outcome = billing.delete_credit_note(&call, id).await;
                if self.agree(&self.model.may_step_credit(at, Action::Delete), outcome)?.is_some() {
                    self.model.notes[at].phase = Phase::Deleted;
                }
            }
            Step::IssueCredit(_) => {
                self.tell(format_args!("issue credit {at}"));
                let outcome = billing.issue_credit_note(&call, id).await;
                let expected = self.model.may_issue_credit(at);
                let credited = expected.1.clone();
                if let Some(note) = self.agree_on_credit(expected, outcome)? {
                    self.issued(at, &note, credited)?;
                }
            }
            Step::AnnotateCredit(_) => {
                self.tell(format_args!("annotate credit {at}"));
                let outcome = billing.annotate_credit_note(&call, id, None, remark(self.count)).await;
                let gone = self.model.notes[at].phase == Phase::Deleted;
                self.agree(if gone { &[Refused::Missing] } else { &[] }, outcome)?;
            }
            _ => {
                self.tell(format_args!("send credit {at}"));
                let outcome = billing.send_credit_note(&call, id).await;
                if self.agree(&self.model.may_step_credit(at, Action::Send), outcome)?.is_some() {
                    self.model.notes[at].is_sent = true;
                }
            }
        }
        Ok(())
    }

    fn issued(&mut self, at: usize, note: &CreditNote, credited: Option<Credited>) -> Result<(), Wrong> {
        let found = note.totals().payable().minor();
        let invoice = &self.model.invoices[self.model.notes[at].invoice];
        let left = match credited {
            Some(Credited::Exactly { amount, left }) if amount == found => left,
            Some(Credited::Somewhat) if (1..=invoice.creditable - invoice.credited).contains(&found) => None,
            credited => return Err(format!("credited {found}, should be {credited:?}")),
        };
        self.model.issue_credit(at, found, left);
        Ok(())
    }
}

//! Taking over documents that another system issued, with their numbers.

use chrono::NaiveDate;

use super::changes::About;
use super::credit_notes::credit_facts;
use super::{Billing, Call, Error, first};
use crate::change::AggregateId;
use crate::document::IssueFacts;
use crate::text::collect_required;
use crate::time::{check_date, collect_date};
use crate::{
    Code, CreditNote, CreditNoteData, EventKind, Invoice, InvoiceData, InvoiceId, Money, Party, Permission,
    Violation, Violations,
};

/// An invoice issued elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedInvoice {
    /// Its number (BT-1).
    pub number: String,
    /// Its issue date (BT-2).
    pub issue_date: NaiveDate,
    /// Its due date (BT-9); by its terms if not said.
    pub due_date: Option<NaiveDate>,
    /// What stands on it.
    pub data: InvoiceData,
    /// The seller as it was then; as the profile has it now if not said.
    pub supplier: Option<Party>,
    /// The buyer as it was then; as the client is now if not said.
    pub customer: Option<Party>,
    /// The payable amount printed on it: refused if the content gives another.
    pub payable: Money,
    /// Whether the customer has it.
    pub delivered: bool,
}

/// A credit note issued elsewhere, against an invoice that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCreditNote {
    /// Its number (BT-1).
    pub number: String,
    /// Its issue date (BT-2).
    pub issue_date: NaiveDate,
    /// The invoice it credits.
    pub invoice: InvoiceId,
    /// What it credits.
    pub data: CreditNoteData,
    /// The amount printed on it: refused if the data give another.
    pub payable: Money,
}

impl Billing {
    /// Takes over an invoice with its number. It joins no series; a chain
    /// of its own keeps the team's imports from being changed.
    /// What the law asks at an issue is not asked again.
    pub async fn import_invoice(&self, call: &Call, import: ImportedInvoice) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let now = self.now();
            let data = import.data.clone();
            let mut invoice = self.new_invoice(call, data, now)?;
            let supplier = self.supplier_of(call).await?;
            let today = Self::today(supplier.as_ref(), now);
            self.check_import(call, &import.number, import.issue_date, today).await?;
            let client = invoice.content().client();
            let client = self.ports.catalog.client(call.team(), client).await?;
            let client = client.ok_or_else(|| Violation::new("/client", Code::Unknown, "no such client"))?;
            let seller = import.supplier.clone().or_else(|| supplier.map(|profile| profile.party().clone()));
            let seller =
                seller.ok_or_else(|| Violation::new("/supplier", Code::Required, "name the seller"))?;
            let buyer = import.customer.clone().unwrap_or_else(|| client.party().clone());
            for (pointer, party) in [("/supplier", &seller), ("/customer", &buyer)] {
                party.validate().map_err(|violations| Error::from(violations).under(pointer))?;
            }
            if !invoice.content().advances().is_empty() {
                let detail = "state what earlier advances paid as prepaid";
                return Err(Violation::new("/advances", Code::Inconsistent, detail).into());
            }
            let totals = invoice.totals().clone();
            check_payable(totals.payable(), import.payable)?;
            let terms = invoice.content().terms();
            let due_date = import.due_date.or_else(|| terms.map(|terms| terms.due_date(import.issue_date)));
            due_date.map_or(Ok(()), check_date).map_err(|wrong| wrong.under("/due_date"))?;
            let facts = IssueFacts {
                issue_date: import.issue_date,
                due_date,
                tax_point: invoice.content().tax_point_on(import.issue_date),
                supplier: seller,
                customer: buyer,
                accounting: None,
                advances: Vec::new(),
                issued_at: now,
                issued_by: call.actor().user_id(),
            };
            invoice.issue(facts, totals)?;
            if import.delivered {
                invoice.mark_delivered(now)?;
            }
            let mut changes = self.changes(call, now);
            let about = About { amount: Some(invoice.totals().payable()), related: None };
            let id = AggregateId::Invoice(invoice.id());
            changes.insert(invoice, &[EventKind::InvoiceImported], about);
            changes.import(id, import.number.clone());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Takes over a credit note with its number.
    pub async fn import_credit_note(
        &self,
        call: &Call,
        import: ImportedCreditNote,
    ) -> Result<CreditNote, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let now = self.now();
            let invoice = self.ports.invoices.invoice(call.team(), import.invoice).await?;
            let mut invoice =
                invoice.ok_or_else(|| Violation::new("/invoice", Code::Unknown, "no such invoice"))?;
            let today = Self::today(self.supplier_of(call).await?.as_ref(), now);
            self.check_import(call, &import.number, import.issue_date, today).await?;
            let mut note = self.new_credit_note(call, &invoice, import.data.clone(), now)?;
            check_payable(note.totals().payable(), import.payable)?;
            let figures = invoice.plan_credit(&import.data.scope).map_err(|v| v.under("/scope"))?;
            let facts = credit_facts(call, &invoice, &figures, import.issue_date, now)?;
            note.issue(facts, &invoice, &figures)?;
            let events = invoice.credit_with(&figures, import.issue_date, call.actor().user_id())?;
            let amount = Some(note.totals().payable());
            let ids = (AggregateId::CreditNote(note.id()), AggregateId::Invoice(invoice.id()));
            let mut changes = self.changes(call, now);
            changes.insert(note, &[EventKind::CreditNoteImported], About { amount, related: Some(ids.1) });
            changes.because(Some(&import.data.reason));
            changes.import(ids.0, import.number.clone());
            let released = invoice.advances_set_free();
            changes.update(invoice, &events, About { amount, related: Some(ids.0) });
            self.release_advances(call, &mut changes, &released).await?;
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// A number that no series would give later, and a date that is not in the future.
    async fn check_import(
        &self,
        call: &Call,
        number: &str,
        issue_date: NaiveDate,
        today: NaiveDate,
    ) -> Result<(), Error> {
        let mut found = Violations::new();
        collect_required(&mut found, "/number", number, 100);
        if !number.trim().is_empty() && number.trim() != number {
            found.add("/number", Code::Malformed, "white space at an end");
        }
        collect_date(&mut found, "/issue_date", Some(issue_date));
        if issue_date > today {
            found.add("/issue_date", Code::DateInFuture, format!("{issue_date} is after today, {today}"));
        }
        let series = self.ports.catalog.all_series(call.team()).await?;
        if let Some(series) = series.iter().find(|series| series.reserves(number)) {
            let detail = format!(
                "the series `{}` (`{}`) would give this number later",
                series.name(),
                series.pattern()
            );
            found.add("/number", Code::NumberReserved, detail);
        }
        Ok(found.into_result()?)
    }
}

fn check_payable(computed: Money, printed: Money) -> Result<(), Error> {
    if computed == printed {
        return Ok(());
    }
    let detail = format!("the content gives {computed}, the document says {printed}");
    Err(Violation::new("/payable", Code::Inconsistent, detail).into())
}

//! Issuing: everything is computed first, the number comes last.

use std::sync::Arc;

use chrono::NaiveDate;

use super::changes::{About, Changes};
use super::invoices::check_client;
use super::{Billing, Call, Error, first};
use crate::change::{AggregateId, AggregateKind};
use crate::document::{AccountingTotal, Content, Issue, IssueFacts};
use crate::ports::TradingContext;
use crate::time::check_date;
use crate::totals::{AdvanceDeduction, Totals};
use crate::{
    Client, Code, DocumentType, EventKind, Invoice, InvoiceData, InvoiceId, InvoiceKind, Permission,
    RoundingMode, Series, SeriesId, SupplierProfile, Timestamp, Violation,
};

/// What numbering a document takes, found to be there.
pub(super) struct Issuer {
    pub(super) client: Client,
    pub(super) supplier: SupplierProfile,
    pub(super) series: Series,
    pub(super) today: NaiveDate,
}

impl Issuer {
    /// The date of an issue: the chosen one, not in the future and not before the series.
    pub(super) fn issue_date(&self, chosen: Option<NaiveDate>) -> Result<NaiveDate, Error> {
        let date = chosen.unwrap_or(self.today);
        if date > self.today {
            let detail = format!("{date} is after today, {} in the team's time zone", self.today);
            return Err(Violation::new("/issue_date", Code::DateInFuture, detail).into());
        }
        check_date(date).map_err(|wrong| wrong.under("/issue_date"))?;
        self.series.check_date(date)?;
        Ok(date)
    }

    /// Fills in the terms and instructions that the document leaves to the client and the team.
    pub(super) fn complete(&self, content: &mut Content) {
        if content.terms.is_none() {
            content.terms = self.client.terms().or(self.supplier.default_terms()).cloned();
        }
        if content.instructions.is_empty() {
            content.instructions = self.supplier.default_instructions().to_vec();
        }
        if content.language.is_none() {
            content.language = self.client.language().map(str::to_owned);
        }
    }

    /// The tax total in the currency VAT is accounted in, if that is another.
    pub(super) fn accounting(
        &self,
        content: &Content,
        totals: &Totals,
    ) -> Result<Option<AccountingTotal>, Error> {
        let Some(currency) = self.supplier.tax_currency().filter(|currency| *currency != content.currency)
        else {
            return Ok(None);
        };
        let rate =
            content.accounting_rate.as_ref().filter(|rate| rate.currency() == currency).ok_or_else(|| {
                let detail =
                    format!("VAT is accounted in {currency}: state the rate, its date and its source");
                Violation::new("/accounting_rate", Code::AccountingRateRequired, detail)
            })?;
        let tax_total = totals
            .tax_total()
            .exchange(rate.rate(), currency, RoundingMode::HalfAwayFromZero)
            .map_err(|error| Error::money("/accounting_rate", &error))?;
        Ok(Some(AccountingTotal {
            tax_total,
            rate: rate.rate(),
            rate_date: rate.date(),
            source: rate.source().to_owned(),
        }))
    }

    pub(super) fn check(&self, kind: Option<InvoiceKind>, content: &Content) -> Result<(), Error> {
        let issue = Issue {
            kind,
            content,
            supplier: self.supplier.party(),
            customer: self.client.party(),
            regime: self.supplier.regime(),
        };
        Ok(issue.check().into_result()?)
    }
}

/// A series that can number documents of a type.
fn usable(series: Option<Series>, document_type: DocumentType) -> Result<Series, Error> {
    let series = series.filter(|series| series.document_type() == document_type).ok_or_else(|| {
        let detail = format!("no such series for documents of type {document_type}");
        Violation::new("/series", Code::Unknown, detail)
    })?;
    if series.is_archived() {
        return Err(Violation::new("/series", Code::Inconsistent, "the series is archived").into());
    }
    Ok(series)
}

impl Billing {
    /// Looks at the series that a draft chooses, unless it had chosen it before.
    pub(super) async fn check_series(
        &self,
        call: &Call,
        document_type: DocumentType,
        chosen: Option<SeriesId>,
        before: Option<SeriesId>,
    ) -> Result<(), Error> {
        let Some(id) = chosen.filter(|_| chosen != before) else { return Ok(()) };
        usable(self.ports.catalog.series(call.team(), id).await?, document_type).map(drop)
    }

    /// Checks that all that numbering takes is there.
    pub(super) fn issuer(
        context: TradingContext,
        document_type: DocumentType,
        now: Timestamp,
    ) -> Result<Issuer, Error> {
        let TradingContext { client, supplier, series } = context;
        // What a client owes can be corrected after it was archived.
        if document_type != DocumentType::CreditNote {
            check_client(client.as_ref())?;
        }
        let client = client.ok_or_else(|| Violation::new("/client", Code::Unknown, "no such client"))?;
        let supplier = supplier.ok_or_else(|| {
            Violation::new("/supplier", Code::Required, "the team has no supplier profile yet")
        })?;
        let series = usable(series, document_type)?;
        let today = Self::today(Some(&supplier), now);
        Ok(Issuer { client, supplier, series, today })
    }

    /// Issues a draft (`publish`): checks what the law asks for, freezes it, and takes the next number.
    /// An issue that replaces another invoice voids or credits that one in the same commit.
    pub async fn issue_invoice(&self, call: &Call, id: InvoiceId) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let loaded = self.ports.invoices.invoice_with_context(call.team(), id).await?;
            let (invoice, context) = loaded.ok_or(Error::NotFound { what: AggregateKind::Invoice })?;
            call.check_version(invoice.version())?;
            let now = self.now();
            let prepared = self.prepare_issue(call, invoice, context, now).await?;
            let replaces = prepared.invoice.replaces();
            let kept_advances = prepared.invoice.content().advances().to_vec();
            let mut changes = self.changes(call, now);
            prepared.write(&mut changes, false);
            if let Some(original) = replaces {
                self.replace_original(call, &mut changes, original, id, &kept_advances, now).await?;
            }
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Creates and issues an invoice in one commit.
    pub async fn create_and_issue_invoice(&self, call: &Call, data: InvoiceData) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let now = self.now();
            let invoice = self.new_invoice(call, data.clone(), now)?;
            let context = self
                .ports
                .catalog
                .trading_context(
                    call.team(),
                    data.content.client(),
                    DocumentType::Invoice,
                    data.content.series(),
                )
                .await?;
            let prepared = self.prepare_issue(call, invoice, context, now).await?;
            let mut changes = self.changes(call, now);
            prepared.write(&mut changes, true);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Decides an issue.
    async fn prepare_issue(
        &self,
        call: &Call,
        mut invoice: Invoice,
        context: TradingContext,
        now: Timestamp,
    ) -> Result<Prepared, Error> {
        invoice.check_issue()?;
        let issuer = Self::issuer(context, DocumentType::Invoice, now)?;
        let issue_date = issuer.issue_date(invoice.content().issue_date())?;
        issuer.complete(Arc::make_mut(&mut invoice.content));
        let advances = self.load_advances(call, &invoice).await?;
        let deductions = advances.deductions()?;
        let totals = invoice.content().totals(&deductions)?;
        issuer.check(Some(invoice.kind()), invoice.content())?;
        let accounting = issuer.accounting(invoice.content(), &totals)?;
        let Issuer { client, supplier, series, today: _ } = issuer;
        let facts = IssueFacts {
            issue_date,
            due_date: invoice.content().terms().map(|terms| terms.due_date(issue_date)),
            tax_point: invoice.content().tax_point_on(issue_date),
            supplier: supplier.party,
            customer: client.party,
            accounting,
            advances: deductions,
            issued_at: now,
            issued_by: call.actor().user_id(),
        };
        if let Some(due_date) = facts.due_date {
            check_date(due_date).map_err(|wrong| wrong.under("/terms/due"))?;
            if due_date < issue_date {
                let detail = "the due date lies before the issue date";
                return Err(Violation::new("/terms/due", Code::Inconsistent, detail).into());
            }
        }
        invoice.issue(facts, totals)?;
        Ok(Prepared { invoice, series, issue_date, advances })
    }

    /// Takes the advances off a draft's totals, as its issue will.
    pub(super) async fn preview_advances(&self, call: &Call, invoice: &mut Invoice) -> Result<(), Error> {
        if invoice.is_final() {
            let deductions = self.load_advances(call, invoice).await?.deductions()?;
            invoice.totals = invoice.content().totals(&deductions)?;
        }
        Ok(())
    }

    /// The advance invoices that a final invoice deducts, found to be deductible.
    async fn load_advances(&self, call: &Call, invoice: &Invoice) -> Result<Advances, Error> {
        let mut advances = Advances::default();
        for (index, id) in invoice.content().advances().iter().enumerate() {
            let refuse = |detail: String| {
                Error::from(Violation::new(format!("/advances/{index}"), Code::AdvanceNotDeductible, detail))
            };
            let advance = self.ports.invoices.invoice(call.team(), *id).await?;
            let advance = advance.ok_or_else(|| refuse("no such invoice".to_owned()))?;
            if advance.kind() != InvoiceKind::Advance {
                return Err(refuse("not an advance invoice".to_owned()));
            }
            if invoice.replaces() == Some(*id) {
                // The same commit voids or credits it.
                return Err(refuse("the invoice that this one replaces".to_owned()));
            }
            let (theirs, ours) = (advance.content(), invoice.content());
            if theirs.client() != ours.client() || theirs.currency() != ours.currency() {
                return Err(refuse("of another client or in another currency".to_owned()));
            }
            // A replacement takes over the advances of the invoice it replaces.
            let taken_over = advance.deducted_in().is_some() && advance.deducted_in() == invoice.replaces();
            if !taken_over {
                advance.check_deduct().map_err(|illegal| refuse(illegal.to_string()))?;
            }
            advances.0.push(advance);
        }
        Ok(advances)
    }
}

/// A decided issue: the frozen invoice, what numbers it, and the advances it deducts.
struct Prepared {
    invoice: Invoice,
    series: Series,
    issue_date: NaiveDate,
    advances: Advances,
}

impl Prepared {
    fn write(self, changes: &mut Changes, is_new: bool) {
        let Self { invoice, series, issue_date, advances } = self;
        let about = About { amount: Some(invoice.totals().payable()), related: None };
        let id = invoice.id();
        // An invoice over nothing is settled at once.
        let settled = invoice.totals().payable().is_zero().then_some(EventKind::InvoicePaid);
        let mut events: Vec<_> = is_new.then_some(EventKind::InvoiceCreated).into_iter().collect();
        events.extend([EventKind::InvoiceIssued].into_iter().chain(settled));
        if is_new {
            changes.insert(invoice, &events, about);
        } else {
            changes.update(invoice, &events, about);
        }
        changes.number(AggregateId::Invoice(id), &series, issue_date);
        advances.write(changes, id);
    }
}

/// The advance invoices of a final invoice.
#[derive(Default)]
struct Advances(Vec<Invoice>);

impl Advances {
    fn deductions(&self) -> Result<Vec<AdvanceDeduction>, Error> {
        let deductions = self.0.iter().filter_map(Invoice::as_advance).collect::<Result<_, _>>();
        deductions.map_err(|violation: Violation| violation.under("/advances").into())
    }

    /// Marks each advance as deducted, so that no other final invoice deducts it.
    fn write(self, changes: &mut Changes, final_invoice: InvoiceId) {
        for mut advance in self.0 {
            advance.set_deducted_in(Some(final_invoice));
            let about = About { amount: None, related: Some(AggregateId::Invoice(final_invoice)) };
            changes.update(advance, &[EventKind::InvoiceUpdated], about);
        }
    }
}

//! Reads on behalf of an actor, each within the actor's team.

use chrono::NaiveDate;

use super::{Billing, Error, permit};
use crate::change::{AggregateId, AggregateKind, AuditEntry};
use crate::ports::{
    AgingRow, ClientQuery, CreditNoteQuery, InvoiceQuery, InvoiceSummary, ItemQuery, MonthRange, Page,
    PageRequest, PaymentQuery, QuoteQuery, RevenueRow, Statement, StatementQuery, TaxSummaryRow,
};
use crate::{
    Actor, Client, ClientId, CreditNote, CreditNoteId, Invoice, InvoiceId, Item, ItemId, Payment, PaymentId,
    Permission, Quote, QuoteId, Series, SeriesId, SupplierProfile,
};

macro_rules! one {
    ($($(#[$doc:meta])* $method:ident => $port:ident.$read:ident($key:ty) -> $record:ident;)+) => {
        impl Billing {$(
            $(#[$doc])*
            pub async fn $method(&self, actor: &Actor, key: $key) -> Result<$record, Error> {
                permit(actor, Permission::Read)?;
                let found = self.ports.$port.$read(actor.team(), key).await?;
                found.ok_or(Error::NotFound { what: AggregateKind::$record })
            }
        )+}
    };
}

one! {
    /// An invoice by its identifier.
    invoice => invoices.invoice(InvoiceId) -> Invoice;
    /// An invoice by its number.
    invoice_by_number => invoices.invoice_by_number(&str) -> Invoice;
    /// A credit note by its identifier.
    credit_note => documents.credit_note(CreditNoteId) -> CreditNote;
    /// A credit note by its number.
    credit_note_by_number => documents.credit_note_by_number(&str) -> CreditNote;
    /// A quote by its identifier.
    quote => documents.quote(QuoteId) -> Quote;
    /// A quote by its number.
    quote_by_number => documents.quote_by_number(&str) -> Quote;
    /// A client by its identifier.
    client => catalog.client(ClientId) -> Client;
    /// An item by its identifier.
    item => catalog.item(ItemId) -> Item;
    /// A series by its identifier.
    series => catalog.series(SeriesId) -> Series;
    /// A payment by its identifier.
    payment => payments.payment(PaymentId) -> Payment;
    /// A payment by its external reference.
    payment_by_reference => payments.payment_by_reference(&str) -> Payment;
}

macro_rules! pages {
    ($($(#[$doc:meta])* $method:ident => $port:ident($query:ident) -> $row:ident;)+) => {
        impl Billing {$(
            $(#[$doc])*
            pub async fn $method(
                &self,
                actor: &Actor,
                query: &$query,
                page: &PageRequest,
            ) -> Result<Page<$row>, Error> {
                permit(actor, Permission::Read)?;
                Ok(self.ports.$port.$method(actor.team(), query, page).await?)
            }
        )+}
    };
}

pages! {
    /// A page of credit notes, the newest first.
    credit_notes => documents(CreditNoteQuery) -> CreditNote;
    /// A page of quotes, the newest first.
    quotes => documents(QuoteQuery) -> Quote;
    /// A page of clients.
    clients => catalog(ClientQuery) -> Client;
    /// A page of items.
    items => catalog(ItemQuery) -> Item;
    /// A page of payments, the newest first.
    payments => payments(PaymentQuery) -> Payment;
}

impl Billing {
    /// A page of invoices. A query that no index answers is refused.
    pub async fn invoices(
        &self,
        actor: &Actor,
        query: &InvoiceQuery,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, Error> {
        permit(actor, Permission::Read)?;
        query.validate()?;
        Ok(self.ports.invoices.invoices(actor.team(), query, page).await?)
    }

    /// How many invoices a query finds.
    pub async fn count_invoices(&self, actor: &Actor, query: &InvoiceQuery) -> Result<u64, Error> {
        permit(actor, Permission::Read)?;
        query.validate()?;
        Ok(self.ports.invoices.count_invoices(actor.team(), query).await?)
    }

    /// The team's profile.
    pub async fn supplier(&self, actor: &Actor) -> Result<SupplierProfile, Error> {
        permit(actor, Permission::Read)?;
        let profile = self.ports.catalog.supplier(actor.team()).await?;
        profile.ok_or(Error::NotFound { what: AggregateKind::Supplier })
    }

    /// All series of the team, the oldest first.
    pub async fn all_series(&self, actor: &Actor) -> Result<Vec<Series>, Error> {
        permit(actor, Permission::Read)?;
        Ok(self.ports.catalog.all_series(actor.team()).await?)
    }

    /// Today in the team's time zone: the date to derive statuses by.
    pub async fn team_today(&self, actor: &Actor) -> Result<NaiveDate, Error> {
        permit(actor, Permission::Read)?;
        let supplier = self.ports.catalog.supplier(actor.team()).await?;
        Ok(Self::today(supplier.as_ref(), self.now()))
    }

    /// What is due as of a date, by currency and age.
    pub async fn aging(
        &self,
        actor: &Actor,
        as_of: NaiveDate,
        client: Option<ClientId>,
    ) -> Result<Vec<AgingRow>, Error> {
        permit(actor, Permission::Read)?;
        Ok(self.ports.reports.aging(actor.team(), as_of, client).await?)
    }

    /// Taxable amounts and tax by group.
    pub async fn tax_summary(&self, actor: &Actor, months: MonthRange) -> Result<Vec<TaxSummaryRow>, Error> {
        permit(actor, Permission::Read)?;
        Ok(self.ports.reports.tax_summary(actor.team(), months).await?)
    }

    /// What was invoiced and credited, by month of issue and currency.
    pub async fn revenue_by_month(
        &self,
        actor: &Actor,
        months: MonthRange,
    ) -> Result<Vec<RevenueRow>, Error> {
        permit(actor, Permission::Read)?;
        Ok(self.ports.reports.revenue_by_month(actor.team(), months).await?)
    }

    /// A client's account in one currency.
    pub async fn statement(
        &self,
        actor: &Actor,
        query: &StatementQuery,
        page: &PageRequest,
    ) -> Result<Statement, Error> {
        permit(actor, Permission::Read)?;
        Ok(self.ports.reports.statement(actor.team(), query, page).await?)
    }

    /// A page of the audit trail, the newest first; of one aggregate or of the team.
    pub async fn audit(
        &self,
        actor: &Actor,
        subject: Option<AggregateId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, Error> {
        permit(actor, Permission::Read)?;
        Ok(self.ports.trail.audit(actor.team(), subject, page).await?)
    }
}

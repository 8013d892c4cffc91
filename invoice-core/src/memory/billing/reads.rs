//! Reads of single records.

use std::sync::Arc;

use async_trait::async_trait;

use super::MemoryBilling;
use super::state::Ledger;
use crate::adapter::UniqueValue;
use crate::change::{AggregateId, Record};
use crate::ports::{
    Catalog, ClientQuery, CreditNoteQuery, Documents, InvoiceQuery, InvoiceSummary, Invoices, ItemQuery,
    Page, PageRequest, PaymentQuery, Payments, QuoteQuery, StoreError, TradingContext,
};
use crate::{
    Client, ClientId, CreditNote, CreditNoteId, DocumentType, Invoice, InvoiceId, Item, ItemId, Payment,
    PaymentId, Quote, QuoteId, Series, SeriesId, SupplierProfile, TeamId,
};

/// The record of the wanted kind as the caller's own.
fn owned<T: TryFrom<Record>>(record: Option<Arc<Record>>) -> Option<T> {
    T::try_from(Arc::unwrap_or_clone(record?)).ok()
}

impl MemoryBilling {
    /// Answers from a team's ledger; a team without one has nothing.
    pub(super) fn read<T>(&self, team: TeamId, answer: impl FnOnce(&Ledger) -> T) -> T {
        match self.state().ledgers.get(&team) {
            Some(ledger) => answer(ledger),
            None => answer(&Ledger::default()),
        }
    }

    fn one<T: TryFrom<Record>>(&self, team: TeamId, id: AggregateId) -> Option<T> {
        owned(self.read(team, |ledger| ledger.get(id).cloned()))
    }

    fn one_by<T: TryFrom<Record>>(&self, team: TeamId, value: &UniqueValue) -> Option<T> {
        owned(self.read(team, |ledger| ledger.get(ledger.holder(value)?).cloned()))
    }

    fn by_number<T: TryFrom<Record>>(&self, team: TeamId, number: &str) -> Option<T> {
        self.one_by(team, &UniqueValue::Number(number.to_owned()))
    }
}

impl Ledger {
    fn context(
        &self,
        client: ClientId,
        team: TeamId,
        document_type: DocumentType,
        series: Option<SeriesId>,
    ) -> TradingContext {
        let default =
            || self.holder(&UniqueValue::SeriesName(document_type, Series::DEFAULT_NAME.to_owned()));
        let series = series.map(AggregateId::Series).or_else(default);
        TradingContext {
            client: owned(self.get(AggregateId::Client(client)).cloned()),
            supplier: owned(self.get(AggregateId::Supplier(team)).cloned()),
            series: owned(series.and_then(|id| self.get(id)).cloned()),
        }
    }
}

#[async_trait]
impl Invoices for MemoryBilling {
    async fn invoice(&self, team: TeamId, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        Ok(self.one(team, AggregateId::Invoice(id)))
    }

    async fn invoice_by_number(&self, team: TeamId, number: &str) -> Result<Option<Invoice>, StoreError> {
        Ok(self.by_number(team, number))
    }

    async fn invoice_with_context(
        &self,
        team: TeamId,
        id: InvoiceId,
    ) -> Result<Option<(Invoice, TradingContext)>, StoreError> {
        Ok(self.read(team, |ledger| {
            let invoice: Invoice = owned(ledger.get(AggregateId::Invoice(id)).cloned())?;
            let (client, series) = (invoice.content().client(), invoice.content().series());
            let context = ledger.context(client, team, DocumentType::Invoice, series);
            Some((invoice, context))
        }))
    }

    async fn invoices(
        &self,
        team: TeamId,
        query: &InvoiceQuery,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, StoreError> {
        self.list_invoices(team, query, page)
    }

    async fn count_invoices(&self, team: TeamId, query: &InvoiceQuery) -> Result<u64, StoreError> {
        self.count_listed_invoices(team, query)
    }
}

#[async_trait]
impl Documents for MemoryBilling {
    async fn credit_note(&self, team: TeamId, id: CreditNoteId) -> Result<Option<CreditNote>, StoreError> {
        Ok(self.one(team, AggregateId::CreditNote(id)))
    }

    async fn credit_note_by_number(
        &self,
        team: TeamId,
        number: &str,
    ) -> Result<Option<CreditNote>, StoreError> {
        Ok(self.by_number(team, number))
    }

    async fn credit_notes(
        &self,
        team: TeamId,
        query: &CreditNoteQuery,
        page: &PageRequest,
    ) -> Result<Page<CreditNote>, StoreError> {
        self.list_credit_notes(team, query, page)
    }

    async fn quote(&self, team: TeamId, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        Ok(self.one(team, AggregateId::Quote(id)))
    }

    async fn quote_by_number(&self, team: TeamId, number: &str) -> Result<Option<Quote>, StoreError> {
        Ok(self.by_number(team, number))
    }

    async fn quotes(
        &self,
        team: TeamId,
        query: &QuoteQuery,
        page: &PageRequest,
    ) -> Result<Page<Quote>, StoreError> {
        self.list_quotes(team, query, page)
    }
}

#[async_trait]
impl Catalog for MemoryBilling {
    async fn client(&self, team: TeamId, id: ClientId) -> Result<Option<Client>, StoreError> {
        Ok(self.one(team, AggregateId::Client(id)))
    }

    async fn clients(
        &self,
        team: TeamId,
        query: &ClientQuery,
        page: &PageRequest,
    ) -> Result<Page<Client>, StoreError> {
        self.list_clients(team, query, page)
    }

    async fn item(&self, team: TeamId, id: ItemId) -> Result<Option<Item>, StoreError> {
        Ok(self.one(team, AggregateId::Item(id)))
    }

    async fn items(
        &self,
        team: TeamId,
        query: &ItemQuery,
        page: &PageRequest,
    ) -> Result<Page<Item>, StoreError> {
        self.list_items(team, query, page)
    }

    async fn supplier(&self, team: TeamId) -> Result<Option<SupplierProfile>, StoreError> {
        Ok(self.one(team, AggregateId::Supplier(team)))
    }

    async fn series(&self, team: TeamId, id: SeriesId) -> Result<Option<Series>, StoreError> {
        Ok(self.one(team, AggregateId::Series(id)))
    }

    async fn all_series(&self, team: TeamId) -> Result<Vec<Series>, StoreError> {
        Ok(self.every_series(team))
    }

    async fn trading_context(
        &self,
        team: TeamId,
        client: ClientId,
        document_type: DocumentType,
        series: Option<SeriesId>,
    ) -> Result<TradingContext, StoreError> {
        Ok(self.read(team, |ledger| ledger.context(client, team, document_type, series)))
    }
}

#[async_trait]
impl Payments for MemoryBilling {
    async fn payment(&self, team: TeamId, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        Ok(self.one(team, AggregateId::Payment(id)))
    }

    async fn payment_by_reference(
        &self,
        team: TeamId,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError> {
        Ok(self.one_by(team, &UniqueValue::ExternalReference(reference.to_owned())))
    }

    async fn payments(
        &self,
        team: TeamId,
        query: &PaymentQuery,
        page: &PageRequest,
    ) -> Result<Page<Payment>, StoreError> {
        self.list_payments(team, query, page)
    }
}

//! Reads of documents, the catalogue and payments.

use std::cmp::Reverse;

use async_trait::async_trait;
use invoice_core::ports::{
    Catalog, ClientQuery, CreditNoteQuery, Documents, InvoiceQuery, InvoiceSort, InvoiceSummary, Invoices,
    ItemQuery, Page, PageRequest, PaymentQuery, Payments, QuoteQuery, StoreError, TradingContext,
};
use invoice_core::{
    Client, ClientId, CreditNote, CreditNoteId, DocumentType, Invoice, InvoiceId, Item, ItemId, Payment,
    PaymentId, Quote, QuoteId, Series, SeriesId, SupplierProfile, TeamId, Version,
};

use super::paging::first;
use super::{Broken, Fault, Filter, Read};

impl Broken {
    /// What is looked up for a number or reference.
    fn looked_up(&self, text: &str) -> String {
        if self.has(Fault::FoldsLookups) { text.trim().to_uppercase() } else { text.to_owned() }
    }

    fn ignores(&self, filter: Filter) -> bool {
        self.has(Fault::Ignores(filter))
    }

    /// The value of a filter, unless it is ignored.
    fn kept<T: Clone>(&self, filter: Filter, value: Option<&T>) -> Option<T> {
        value.filter(|_| !self.ignores(filter)).cloned()
    }

    /// The query that is answered instead.
    fn invoice_query(&self, query: &InvoiceQuery) -> InvoiceQuery {
        let mut asked = InvoiceQuery {
            sort: query.sort,
            direction: query.direction,
            status: self.kept(Filter::Status, query.status.as_ref()),
            payment_state: self.kept(Filter::PaymentState, query.payment_state.as_ref()),
            kind: self.kept(Filter::Kind, query.kind.as_ref()),
            client: self.kept(Filter::Client, query.client.as_ref()),
            currency: self.kept(Filter::Currency, query.currency.as_ref()),
            metadata: self.kept(Filter::Metadata, query.metadata.as_ref()),
            issued: self.kept(Filter::Issued, query.issued.as_ref()),
            due: self.kept(Filter::Due, query.due.as_ref()),
            overdue_as_of: self.kept(Filter::OverdueAsOf, query.overdue_as_of.as_ref()),
            overdue_not_noted: query.overdue_not_noted && !self.ignores(Filter::OverdueNotNoted),
            amount_from: self.kept(Filter::AmountFrom, query.amount_from.as_ref()),
            amount_to: self.kept(Filter::AmountTo, query.amount_to.as_ref()),
            number_prefix: self.kept(Filter::NumberPrefix, query.number_prefix.as_ref()),
            customer_prefix: self.kept(Filter::CustomerPrefix, query.customer_prefix.as_ref()),
        };
        if self.ignores(Filter::AmountFrom) || self.ignores(Filter::AmountTo) {
            asked.currency = query.currency();
        }
        if self.has(Fault::IgnoresSort) {
            let (direction, currency) = (asked.direction, asked.currency());
            asked = InvoiceQuery { direction, currency, ..InvoiceQuery::new() };
        }
        if self.has(Fault::IgnoresDirection) {
            asked.direction = InvoiceQuery::new().direction;
        }
        asked
    }

    /// The rows whose clients' names begin so now, whatever stands on the invoices.
    async fn by_current_name(
        &self,
        team: TeamId,
        prefix: &str,
        query: &InvoiceQuery,
    ) -> Result<Page<InvoiceSummary>, StoreError> {
        let unfiltered = InvoiceQuery { customer_prefix: None, ..query.clone() };
        let mut page = self.inner.invoices(team, &unfiltered, &first(PageRequest::MAX_LIMIT)?).await?;
        let mut kept = Vec::new();
        for row in std::mem::take(&mut page.items) {
            let client = self.inner.client(team, row.client).await?;
            if client.is_some_and(|client| begins(client.party().name(), prefix)) {
                kept.push(row);
            }
        }
        page.items = kept;
        Ok(page)
    }

    /// The names a prefix finds: of the case it has, or with `%` and `_` standing for others.
    fn finds(&self, name: &str, prefix: Option<&str>) -> bool {
        match (self.fault, prefix) {
            (Fault::ComparesCases, Some(prefix)) => name.starts_with(prefix),
            (Fault::TakesPrefixesForPatterns, Some(prefix)) => {
                let literal = prefix.split(['%', '_']).next().unwrap_or_default();
                begins(name, literal)
            }
            _ => true,
        }
    }

    /// What is asked for, to be filtered by [`Self::finds`].
    fn widened(&self, prefix: Option<&String>) -> Option<String> {
        match self.fault {
            Fault::TakesPrefixesForPatterns => {
                prefix.map(|it| it.split(['%', '_']).next().unwrap_or_default().to_owned())
            }
            _ => prefix.cloned(),
        }
    }
}

fn begins(name: &str, prefix: &str) -> bool {
    InvoiceQuery::customer_key(name).starts_with(&InvoiceQuery::customer_key(prefix))
}

#[async_trait]
impl Invoices for Broken {
    async fn invoice(&self, team: TeamId, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        self.answer(Read::Invoice, team, |team| self.inner.invoice(team, id)).await
    }

    async fn invoice_by_number(&self, team: TeamId, number: &str) -> Result<Option<Invoice>, StoreError> {
        let number = &self.looked_up(number);
        self.answer(Read::InvoiceByNumber, team, |team| self.inner.invoice_by_number(team, number)).await
    }

    async fn invoice_with_context(
        &self,
        team: TeamId,
        id: InvoiceId,
    ) -> Result<Option<(Invoice, TradingContext)>, StoreError> {
        let ask = |team| self.inner.invoice_with_context(team, id);
        let mut found = self.answer(Read::InvoiceWithContext, team, ask).await?;
        if self.has(Fault::IgnoresTheChosenSeries)
            && let Some((invoice, context)) = &mut found
        {
            let client = invoice.content().client();
            *context = self.inner.trading_context(team, client, DocumentType::Invoice, None).await?;
        }
        Ok(found)
    }

    async fn invoices(
        &self,
        team: TeamId,
        query: &InvoiceQuery,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, StoreError> {
        if let Some(prefix) = query.customer_prefix.as_deref().filter(|_| self.has(Fault::JoinsCurrentNames))
        {
            return self.by_current_name(team, prefix, query).await;
        }
        let asked = &self.invoice_query(query);
        let widened = &InvoiceQuery {
            customer_prefix: self.widened(asked.customer_prefix.as_ref()),
            number_prefix: self.widened(asked.number_prefix.as_ref()),
            ..asked.clone()
        };
        let ask = |team, page| -> super::Answer<'_, Page<InvoiceSummary>> {
            Box::pin(async move { self.inner.invoices(team, widened, &page).await })
        };
        if self.has(Fault::SortsByWholeTexts) && query.sort == InvoiceSort::Customer {
            let mut all = ask(team, first(PageRequest::MAX_LIMIT)?).await?;
            all.items.sort_by_key(|row| Reverse(row.customer_name.clone()));
            all.items.truncate(page.limit());
            return Ok(all);
        }
        let answer = self.page(Read::Invoices, team, page, ask).await;
        if matches!(answer, Err(StoreError::Refused(_))) && self.has(Fault::AnswersAnyQuery) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let mut found = answer?;
        if self.has(Fault::ComparesCases) {
            let prefix = query.customer_prefix.as_deref();
            found.items.retain(|row| self.finds(row.customer_name.as_deref().unwrap_or_default(), prefix));
        }
        if self.has(Fault::ListsStaleRows) {
            found.items.iter_mut().for_each(|row| row.version = Version::FIRST);
        }
        Ok(found)
    }

    async fn count_invoices(&self, team: TeamId, query: &InvoiceQuery) -> Result<u64, StoreError> {
        let asked = &self.invoice_query(query);
        if self.has(Fault::CountsWithoutSort) {
            return self.inner.count_invoices(team, &InvoiceQuery::new()).await;
        }
        let ask = |team| self.inner.count_invoices(team, asked);
        match self.answer(Read::CountInvoices, team, ask).await {
            Err(StoreError::Refused(_)) if self.has(Fault::AnswersAnyQuery) => Ok(0),
            answer => answer,
        }
    }
}

#[async_trait]
impl Documents for Broken {
    async fn credit_note(&self, team: TeamId, id: CreditNoteId) -> Result<Option<CreditNote>, StoreError> {
        self.answer(Read::CreditNote, team, |team| self.inner.credit_note(team, id)).await
    }

    async fn credit_note_by_number(
        &self,
        team: TeamId,
        number: &str,
    ) -> Result<Option<CreditNote>, StoreError> {
        let number = &self.looked_up(number);
        let ask = |team| self.inner.credit_note_by_number(team, number);
        self.answer(Read::CreditNoteByNumber, team, ask).await
    }

    async fn credit_notes(
        &self,
        team: TeamId,
        query: &CreditNoteQuery,
        page: &PageRequest,
    ) -> Result<Page<CreditNote>, StoreError> {
        let query = CreditNoteQuery {
            invoice: self.kept(Filter::NoteInvoice, query.invoice.as_ref()),
            client: self.kept(Filter::NoteClient, query.client.as_ref()),
            issued: self.kept(Filter::NoteIssued, query.issued.as_ref()),
        };
        let ask = |team, page| -> super::Answer<'_, Page<CreditNote>> {
            Box::pin(async move { self.inner.credit_notes(team, &query, &page).await })
        };
        self.page(Read::CreditNotes, team, page, ask).await
    }

    async fn quote(&self, team: TeamId, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        self.answer(Read::Quote, team, |team| self.inner.quote(team, id)).await
    }

    async fn quote_by_number(&self, team: TeamId, number: &str) -> Result<Option<Quote>, StoreError> {
        let number = &self.looked_up(number);
        self.answer(Read::QuoteByNumber, team, |team| self.inner.quote_by_number(team, number)).await
    }

    async fn quotes(
        &self,
        team: TeamId,
        query: &QuoteQuery,
        page: &PageRequest,
    ) -> Result<Page<Quote>, StoreError> {
        let query = QuoteQuery {
            kind: self.kept(Filter::QuoteKind, query.kind.as_ref()),
            status: self.kept(Filter::QuoteStatus, query.status.as_ref()),
            client: self.kept(Filter::QuoteClient, query.client.as_ref()),
            expired_as_of: self.kept(Filter::QuoteExpired, query.expired_as_of.as_ref()),
        };
        let ask = |team, page| -> super::Answer<'_, Page<Quote>> {
            Box::pin(async move { self.inner.quotes(team, &query, &page).await })
        };
        self.page(Read::Quotes, team, page, ask).await
    }
}

#[async_trait]
impl Catalog for Broken {
    async fn client(&self, team: TeamId, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.answer(Read::Client, team, |team| self.inner.client(team, id)).await
    }

    async fn clients(
        &self,
        team: TeamId,
        query: &ClientQuery,
        page: &PageRequest,
    ) -> Result<Page<Client>, StoreError> {
        let asked = &ClientQuery {
            name_prefix: self.kept(Filter::ClientName, self.widened(query.name_prefix.as_ref()).as_ref()),
            archived: self.kept(Filter::ClientArchived, query.archived.as_ref()),
            metadata: self.kept(Filter::ClientMetadata, query.metadata.as_ref()),
        };
        let ask = |team, page| -> super::Answer<'_, Page<Client>> {
            Box::pin(async move { self.inner.clients(team, asked, &page).await })
        };
        let mut found = self.page(Read::Clients, team, page, ask).await?;
        found.items.retain(|client| self.finds(client.party().name(), query.name_prefix.as_deref()));
        Ok(found)
    }

    async fn item(&self, team: TeamId, id: ItemId) -> Result<Option<Item>, StoreError> {
        self.answer(Read::Item, team, |team| self.inner.item(team, id)).await
    }

    async fn items(
        &self,
        team: TeamId,
        query: &ItemQuery,
        page: &PageRequest,
    ) -> Result<Page<Item>, StoreError> {
        let asked = &ItemQuery {
            name_prefix: self.kept(Filter::ItemName, query.name_prefix.as_ref()),
            archived: self.kept(Filter::ItemArchived, query.archived.as_ref()),
        };
        let ask = |team, page| -> super::Answer<'_, Page<Item>> {
            Box::pin(async move { self.inner.items(team, asked, &page).await })
        };
        let mut found = self.page(Read::Items, team, page, ask).await?;
        found.items.retain(|item| self.finds(item.name(), query.name_prefix.as_deref()));
        Ok(found)
    }

    async fn supplier(&self, team: TeamId) -> Result<Option<SupplierProfile>, StoreError> {
        self.answer(Read::Supplier, team, |team| self.inner.supplier(team)).await
    }

    async fn series(&self, team: TeamId, id: SeriesId) -> Result<Option<Series>, StoreError> {
        self.answer(Read::Series, team, |team| self.inner.series(team, id)).await
    }

    async fn all_series(&self, team: TeamId) -> Result<Vec<Series>, StoreError> {
        let mut series = self.answer(Read::AllSeries, team, |team| self.inner.all_series(team)).await?;
        if self.has(Fault::ReversesLists) {
            series.reverse();
        }
        Ok(series)
    }

    async fn trading_context(
        &self,
        team: TeamId,
        client: ClientId,
        document_type: DocumentType,
        series: Option<SeriesId>,
    ) -> Result<TradingContext, StoreError> {
        let chosen = if self.has(Fault::IgnoresTheChosenSeries) { None } else { series };
        let ask = |team| self.inner.trading_context(team, client, document_type, chosen);
        let mut context = self.answer(Read::TradingContext, team, ask).await?;
        if chosen.is_none() && self.has(Fault::TakesArchivedSeries) {
            let all = self.inner.all_series(team).await?;
            let named =
                |it: &Series| it.name() == Series::DEFAULT_NAME && it.document_type() == document_type;
            context.series = all.into_iter().find(named);
        }
        if context.series.is_none() && self.has(Fault::ReplacesAMissingSeries) {
            context.series = self.inner.trading_context(team, client, document_type, None).await?.series;
        }
        if context.series.is_none() && self.has(Fault::TakesAnySeries) {
            context.series = self.inner.all_series(team).await?.into_iter().next();
        }
        Ok(context)
    }
}

#[async_trait]
impl Payments for Broken {
    async fn payment(&self, team: TeamId, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.answer(Read::Payment, team, |team| self.inner.payment(team, id)).await
    }

    async fn payment_by_reference(
        &self,
        team: TeamId,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError> {
        let reference = &self.looked_up(reference);
        let ask = |team| self.inner.payment_by_reference(team, reference);
        self.answer(Read::PaymentByReference, team, ask).await
    }

    async fn payments(
        &self,
        team: TeamId,
        query: &PaymentQuery,
        page: &PageRequest,
    ) -> Result<Page<Payment>, StoreError> {
        let query = PaymentQuery {
            client: self.kept(Filter::PaymentClient, query.client.as_ref()),
            invoice: self.kept(Filter::PaymentInvoice, query.invoice.as_ref()),
            unallocated: self.kept(Filter::PaymentUnallocated, query.unallocated.as_ref()),
        };
        let ask = |team, page| -> super::Answer<'_, Page<Payment>> {
            Box::pin(async move { self.inner.payments(team, &query, &page).await })
        };
        self.page(Read::Payments, team, page, ask).await
    }
}

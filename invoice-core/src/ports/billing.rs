//! The billing port: what a store of invoices does.

use std::sync::Arc;

use async_trait::async_trait;

use super::query::{
    ClientQuery, CreditNoteQuery, InvoiceQuery, InvoiceSummary, ItemQuery, PaymentQuery, QuoteQuery,
};
use super::report::{AgingRow, MonthRange, RevenueRow, Statement, StatementQuery, TaxSummaryRow};
use super::{Page, PageRequest, StoreError};
use crate::change::{AggregateId, AuditEntry, ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt};
use crate::event::Event;
use crate::series::{Counter, CounterKey};
use crate::{
    Client, ClientId, CreditNote, CreditNoteId, DocumentType, EventId, Invoice, InvoiceId, Item, ItemId,
    Payment, PaymentId, Quote, QuoteId, Series, SeriesId, SupplierProfile, TeamId, Timestamp,
};

/// The only write of the billing port.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Commits: Send + Sync {
    /// Commits each change set by itself, all of it or nothing, and answers each at its place.
    ///
    /// They are taken in order, and each sees what those before it did; one that fails does not fail its
    /// neighbours. Whatever fails writes nothing and burns no number. Per change set, the first that holds:
    ///
    /// 1. Its id was committed before in this team: the receipt of that commit, nothing is written.
    /// 2. Its idempotency key was used before in this team: with the same fingerprint, the kept answer with
    ///    `replayed`; with another, [`StoreError::Duplicate`].
    /// 3. It is not at home or contradicts itself (a record of another team, one aggregate written twice, a
    ///    pending document without its issue): [`StoreError::NotFound`] or [`StoreError::Refused`].
    ///
    /// After that any of these is answered:
    ///
    /// - [`StoreError::Conflict`]: a write or guard whose aggregate is not at the expected version.
    /// - [`StoreError::NotFound`]: a client, credited invoice, allocated invoice or counter's series that is
    ///   not in the team. The counter of imports belongs to no series.
    /// - [`StoreError::InUse`]: a client that documents or payments refer to, an invoice that credit notes or
    ///   allocations refer to, or a series that has numbered, deleted.
    /// - [`StoreError::Duplicate`]: an identifier; a document number, which is one among all invoices, credit
    ///   notes and quotes of the team, imported ones included, by exact characters; an external reference; an
    ///   item code; the name of a series in use within its document type; a second supplier profile.
    /// - [`StoreError::Refused`]: a date before the counter's last.
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>>;

    /// What an idempotency key of the team stands for.
    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;
}

/// What a use case that prepares or issues a document has to know, read at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TradingContext {
    /// The client.
    pub client: Option<Client>,
    /// The team's profile.
    pub supplier: Option<SupplierProfile>,
    /// The chosen series, or the one named [`Series::DEFAULT_NAME`] of the document type.
    pub series: Option<Series>,
}

/// Reads invoices.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Invoices: Send + Sync {
    /// One by its identifier.
    async fn invoice(&self, team: TeamId, id: InvoiceId) -> Result<Option<Invoice>, StoreError>;

    /// One by its number.
    async fn invoice_by_number(&self, team: TeamId, number: &str) -> Result<Option<Invoice>, StoreError>;

    /// One together with its client, the profile and the series that would number it.
    async fn invoice_with_context(
        &self,
        team: TeamId,
        id: InvoiceId,
    ) -> Result<Option<(Invoice, TradingContext)>, StoreError>;

    /// A page of a list.
    async fn invoices(
        &self,
        team: TeamId,
        query: &InvoiceQuery,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, StoreError>;

    /// How many a list has; asked only when somebody wants to know.
    async fn count_invoices(&self, team: TeamId, query: &InvoiceQuery) -> Result<u64, StoreError>;
}

/// Reads credit notes and quotes.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Documents: Send + Sync {
    /// A credit note by its identifier.
    async fn credit_note(&self, team: TeamId, id: CreditNoteId) -> Result<Option<CreditNote>, StoreError>;

    /// A credit note by its number.
    async fn credit_note_by_number(
        &self,
        team: TeamId,
        number: &str,
    ) -> Result<Option<CreditNote>, StoreError>;

    /// A page of credit notes, the newest first.
    async fn credit_notes(
        &self,
        team: TeamId,
        query: &CreditNoteQuery,
        page: &PageRequest,
    ) -> Result<Page<CreditNote>, StoreError>;

    /// A quote by its identifier.
    async fn quote(&self, team: TeamId, id: QuoteId) -> Result<Option<Quote>, StoreError>;

    /// A quote by its number.
    async fn quote_by_number(&self, team: TeamId, number: &str) -> Result<Option<Quote>, StoreError>;

    /// A page of quotes, the newest first.
    async fn quotes(
        &self,
        team: TeamId,
        query: &QuoteQuery,
        page: &PageRequest,
    ) -> Result<Page<Quote>, StoreError>;
}

/// Reads clients, items, series and the supplier profile.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Catalog: Send + Sync {
    /// A client by its identifier.
    async fn client(&self, team: TeamId, id: ClientId) -> Result<Option<Client>, StoreError>;

    /// A page of clients, the newest first or by name.
    async fn clients(
        &self,
        team: TeamId,
        query: &ClientQuery,
        page: &PageRequest,
    ) -> Result<Page<Client>, StoreError>;

    /// An item by its identifier.
    async fn item(&self, team: TeamId, id: ItemId) -> Result<Option<Item>, StoreError>;

    /// A page of items, the newest first or by name.
    async fn items(
        &self,
        team: TeamId,
        query: &ItemQuery,
        page: &PageRequest,
    ) -> Result<Page<Item>, StoreError>;

    /// The team's profile.
    async fn supplier(&self, team: TeamId) -> Result<Option<SupplierProfile>, StoreError>;

    /// A series by its identifier.
    async fn series(&self, team: TeamId, id: SeriesId) -> Result<Option<Series>, StoreError>;

    /// All series of the team, archived ones included, the oldest first.
    async fn all_series(&self, team: TeamId) -> Result<Vec<Series>, StoreError>;

    /// What a document for a client has to know: of the series asked for, or of the default one.
    async fn trading_context(
        &self,
        team: TeamId,
        client: ClientId,
        document_type: DocumentType,
        series: Option<SeriesId>,
    ) -> Result<TradingContext, StoreError>;
}

/// Reads payments.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Payments: Send + Sync {
    /// One by its identifier.
    async fn payment(&self, team: TeamId, id: PaymentId) -> Result<Option<Payment>, StoreError>;

    /// One by its external reference.
    async fn payment_by_reference(
        &self,
        team: TeamId,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError>;

    /// A page of payments, the newest first.
    async fn payments(
        &self,
        team: TeamId,
        query: &PaymentQuery,
        page: &PageRequest,
    ) -> Result<Page<Payment>, StoreError>;
}

/// Reads sums over many documents. Void documents are in none of them.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Reports: Send + Sync {
    /// What is due now on documents issued by `as_of`, by currency and by age on that date; of one client or
    /// of all. Uncollectible invoices are among them.
    async fn aging(
        &self,
        team: TeamId,
        as_of: chrono::NaiveDate,
        client: Option<ClientId>,
    ) -> Result<Vec<AgingRow>, StoreError>;

    /// Taxable amounts and tax by group, of the tax points in a range of months: invoices, less their
    /// advances, less credit notes.
    async fn tax_summary(&self, team: TeamId, months: MonthRange) -> Result<Vec<TaxSummaryRow>, StoreError>;

    /// What was invoiced and credited, by month of issue and currency.
    async fn revenue_by_month(&self, team: TeamId, months: MonthRange)
    -> Result<Vec<RevenueRow>, StoreError>;

    /// A client's documents and payments in one currency, with the balance before and after.
    async fn statement(
        &self,
        team: TeamId,
        query: &StatementQuery,
        page: &PageRequest,
    ) -> Result<Statement, StoreError>;
}

/// Reads the audit trail and the hash chains.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Trail: Send + Sync {
    /// A page of the team's trail, the newest first; of one aggregate or of all.
    async fn audit(
        &self,
        team: TeamId,
        subject: Option<AggregateId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError>;

    /// The team's counters, in the order of their keys.
    async fn counters(&self, team: TeamId) -> Result<Vec<(CounterKey, Counter)>, StoreError>;

    /// One counter as it is.
    async fn counter(&self, team: TeamId, key: CounterKey) -> Result<Option<Counter>, StoreError>;

    /// The documents of a counter with a sequence of at least `from`, in order, at most `limit`.
    async fn chain(
        &self,
        team: TeamId,
        key: CounterKey,
        from: u64,
        limit: u16,
    ) -> Result<Vec<super::ChainDocument>, StoreError>;
}

/// An event that a worker holds for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedEvent {
    /// The event.
    pub event: Event,
    /// How often it was claimed, this time included.
    pub attempts: u32,
    /// Until when nobody else gets it.
    pub leased_until: Timestamp,
}

/// Hands events out. Not scoped to a team: workers serve all of them.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Leases up to `limit` events for `lease_millis`, oldest first; of each aggregate at most its oldest
    /// event that is not acknowledged, and only if nobody holds that.
    ///
    /// The order of one aggregate's events is that of its versions. Between aggregates, the oldest is the one that
    /// came in first or the one of the smallest identifier, as suits the store: they only differ for changes that
    /// were decided at the same time.
    async fn claim(
        &self,
        now: Timestamp,
        lease_millis: u32,
        limit: u16,
    ) -> Result<Vec<ClaimedEvent>, StoreError>;

    /// Marks claimed events as delivered. Answers how many this worker still held.
    async fn acknowledge(&self, claimed: &[ClaimedEvent]) -> Result<u64, StoreError>;

    /// Gives a claimed event back, to be claimed again at `at` and not before. Answers whether this worker
    /// still held it.
    async fn retry(&self, claimed: &ClaimedEvent, at: Timestamp) -> Result<bool, StoreError>;

    /// Sets a claimed event aside as undeliverable, so that the later ones of its aggregate go on.
    /// Answers whether this worker still held it.
    async fn bury(&self, claimed: &ClaimedEvent, reason: &str) -> Result<bool, StoreError>;

    /// Events set aside, the oldest first, at most `limit`.
    async fn buried(&self, limit: u16) -> Result<Vec<(Event, String)>, StoreError>;

    /// Puts an event that was set aside back. Answers whether it was there.
    async fn revive(&self, id: EventId) -> Result<bool, StoreError>;
}

/// The billing port: its traits, each behind a pointer, so that a test can replace one of them.
#[derive(Clone)]
#[expect(missing_docs, reason = "each is the trait it says")]
pub struct BillingPorts {
    pub commits: Arc<dyn Commits>,
    pub invoices: Arc<dyn Invoices>,
    pub documents: Arc<dyn Documents>,
    pub catalog: Arc<dyn Catalog>,
    pub payments: Arc<dyn Payments>,
    pub reports: Arc<dyn Reports>,
    pub trail: Arc<dyn Trail>,
    pub outbox: Arc<dyn Outbox>,
}

impl BillingPorts {
    /// The ports of one store that has them all.
    ///
    /// ```
    /// # #[cfg(feature = "memory")] {
    /// use std::sync::Arc;
    ///
    /// use invoice_core::memory::MemoryBilling;
    /// use invoice_core::ports::BillingPorts;
    ///
    /// let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::new()));
    /// # let _ = ports;
    /// # }
    /// ```
    pub fn from_store<S>(store: &Arc<S>) -> Self
    where
        S: Commits + Invoices + Documents + Catalog + Payments + Reports + Trail + Outbox + 'static,
    {
        Self {
            commits: store.clone(),
            invoices: store.clone(),
            documents: store.clone(),
            catalog: store.clone(),
            payments: store.clone(),
            reports: store.clone(),
            trail: store.clone(),
            outbox: store.clone(),
        }
    }
}

impl std::fmt::Debug for BillingPorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BillingPorts")
    }
}

/// Convenience over [`Commits`].
#[async_trait]
pub trait CommitsExt: Commits {
    /// Commits one change set.
    async fn commit(&self, change: ChangeSet) -> Result<Receipt, StoreError>;
}

#[async_trait]
impl<T: Commits + ?Sized> CommitsExt for T {
    async fn commit(&self, change: ChangeSet) -> Result<Receipt, StoreError> {
        let mut answers = self.commit_all(vec![Arc::new(change)]).await;
        answers.pop().unwrap_or(Err(StoreError::UnknownOutcome))
    }
}

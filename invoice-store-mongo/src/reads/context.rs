//! What a use case has to know about a trade.

use futures::future::try_join;
use invoice_core::change::AggregateKind;
use invoice_core::ports::{StoreError, TradingContext};
use invoice_core::{ClientId, DocumentType, Invoice, InvoiceId, Series, SeriesId, SupplierProfile, TeamId};
use mongodb::bson::doc;
use mongodb::bson::raw::RawDocumentBuf;
use uuid::Uuid;

use super::{Question, record};
use crate::MongoStore;
use crate::layout::{Fields, key, there};

/// What of the documents is read.
const FIELDS: [&str; 2] = ["kind", "record"];

/// What was found by identifier; one of a kind at most.
#[derive(Default)]
struct Found {
    invoice: Option<Invoice>,
    context: TradingContext,
}

impl MongoStore {
    pub(super) async fn read_context(
        &self,
        team: TeamId,
        client: ClientId,
        document_type: DocumentType,
        series: Option<SeriesId>,
    ) -> Result<TradingContext, StoreError> {
        let supplier = (AggregateKind::Supplier, team.as_uuid());
        let mut wanted = vec![(AggregateKind::Client, client.as_uuid()), supplier];
        wanted.extend(series.map(|series| (AggregateKind::Series, series.as_uuid())));
        let found = self.found(team, &wanted);
        if series.is_some() {
            return Ok(found.await?.context);
        }
        let (found, series) = try_join(found, self.default_series(team, document_type)).await?;
        Ok(TradingContext { series, ..found.context })
    }

    /// The invoice and the profile, and then what the invoice names.
    pub(super) async fn read_with_context(
        &self,
        team: TeamId,
        id: InvoiceId,
    ) -> Result<Option<(Invoice, TradingContext)>, StoreError> {
        let known = [(AggregateKind::Invoice, id.as_uuid()), (AggregateKind::Supplier, team.as_uuid())];
        let Found { invoice: Some(invoice), context: TradingContext { supplier, .. } } =
            self.found(team, &known).await?
        else {
            return Ok(None);
        };
        let series = invoice.content().series();
        let mut named = vec![(AggregateKind::Client, invoice.content().client().as_uuid())];
        named.extend(series.map(|series| (AggregateKind::Series, series.as_uuid())));
        let found = self.found(team, &named);
        let context = if series.is_some() {
            found.await?.context
        } else {
            let (found, series) = try_join(found, self.default_series(team, DocumentType::Invoice)).await?;
            TradingContext { series, ..found.context }
        };
        Ok(Some((invoice, TradingContext { supplier, ..context })))
    }

    async fn found(&self, team: TeamId, wanted: &[(AggregateKind, Uuid)]) -> Result<Found, StoreError> {
        let keys: Vec<RawDocumentBuf> =
            wanted.iter().map(|(kind, id)| key(team, kind.as_str(), *id)).collect();
        let question = Question::by_ids(team, keys.iter().map(AsRef::as_ref))?.only(&FIELDS);
        let mut found = Found::default();
        for document in self.find_all(question).await? {
            match there("kind", Fields(&document).text("kind")?)? {
                "invoice" => found.invoice = Some(record(AggregateKind::Invoice, &document)?),
                "client" => found.context.client = Some(record(AggregateKind::Client, &document)?),
                "supplier" => {
                    let supplier: SupplierProfile = record(AggregateKind::Supplier, &document)?;
                    found.context.supplier = Some(supplier);
                }
                _ => found.context.series = Some(record(AggregateKind::Series, &document)?),
            }
        }
        Ok(found)
    }

    async fn default_series(
        &self,
        team: TeamId,
        document_type: DocumentType,
    ) -> Result<Option<Series>, StoreError> {
        let filter = doc! {
            "kind": AggregateKind::Series.as_str(),
            "document_type": document_type.as_str(),
            "name_in_use": Series::DEFAULT_NAME,
        };
        self.record(AggregateKind::Series, Question::new(team, "series_name", filter)).await
    }
}

//! What a use case has to know about a trade, in the time of one round trip.

use futures::TryStreamExt as _;
use futures::future::try_join;
use invoice_core::change::AggregateKind;
use invoice_core::ports::{StoreError, TradingContext};
use invoice_core::{ClientId, DocumentType, Invoice, InvoiceId, Series, SeriesId, TeamId};
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;
use uuid::Uuid;

use super::{BY_ID, Question, plain, record};
use crate::MongoStore;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, key, there, uuid};

/// What was found; one of a kind at most.
#[derive(Default)]
struct Found {
    invoice: Option<Invoice>,
    context: TradingContext,
}

impl Found {
    fn take(&mut self, document: &RawDocument) -> Result<(), StoreError> {
        match there("kind", Fields(document).text("kind")?)? {
            "invoice" => self.invoice = Some(record(AggregateKind::Invoice, document)?),
            "client" => self.context.client = Some(record(AggregateKind::Client, document)?),
            "supplier" => self.context.supplier = Some(record(AggregateKind::Supplier, document)?),
            "series" => self.context.series = Some(record(AggregateKind::Series, document)?),
            _ => {}
        }
        Ok(())
    }
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
        let guessed = match series {
            None => self.shared.defaults.guess(team, document_type),
            Some(_) => None,
        };
        let known = series.or(guessed);
        wanted.extend(known.map(|series| (AggregateKind::Series, series.as_uuid())));
        let documents = if known.is_some() {
            let ids = wanted.iter().map(|(kind, id)| key(team, kind.as_str(), *id)).collect();
            self.gather(team, ids).await?
        } else {
            // Each has one index that leads to it alone; the server takes no hint for two, and thinks it over for longer
            // than it looks.
            let either = [by_ids(team, &wanted)?, default_series(team, document_type)];
            self.find_all(Question::unguided(doc! { "$or": either.to_vec() }).only(&["kind", "record"]))
                .await?
        };
        let mut found = Found::default();
        for document in &documents {
            found.take(document)?;
        }
        let Found { invoice: _, mut context } = found;
        if series.is_none() {
            if guessed.is_some() && !context.series.as_ref().is_some_and(|it| is_default(it, document_type)) {
                let default = Question::over("series_name", default_series(team, document_type));
                context.series = self.record(AggregateKind::Series, default).await?;
            }
            self.shared.defaults.learn(team, document_type, context.series.as_ref().map(Series::id));
        }
        Ok(context)
    }

    /// The invoice and what it names, and at the same time the series it would get if it names none.
    pub(super) async fn read_with_context(
        &self,
        team: TeamId,
        id: InvoiceId,
    ) -> Result<Option<(Invoice, TradingContext)>, StoreError> {
        let default = Question::over("series_name", default_series(team, DocumentType::Invoice));
        let default = self.record::<Series>(AggregateKind::Series, default);
        let (Found { invoice, mut context }, default) = try_join(self.named_by(team, id), default).await?;
        let Some(invoice) = invoice else { return Ok(None) };
        if invoice.content().series().is_none() {
            context.series = default;
        }
        Ok(Some((invoice, context)))
    }

    /// An invoice and the profile, and the client and the series that the invoice names.
    async fn named_by(&self, team: TeamId, id: InvoiceId) -> Result<Found, StoreError> {
        let known = [(AggregateKind::Invoice, id.as_uuid()), (AggregateKind::Supplier, team.as_uuid())];
        let named = |kind: AggregateKind, id: &str| doc! { "team": "$team", "kind": kind.as_str(), "id": id };
        let names =
            [named(AggregateKind::Client, "$client"), named(AggregateKind::Series, "$record.content.series")];
        let is_invoice = doc! { "$eq": ["$kind", AggregateKind::Invoice.as_str()] };
        let shown = doc! {
            "_id": 0, "kind": 1, "record": 1,
            "named": { "$cond": [is_invoice, names.to_vec(), []] },
        };
        let lookup = doc! {
            "from": self.billing().name(),
            "localField": "named",
            "foreignField": "_id",
            "as": "named",
        };
        let stages = [
            doc! { "$match": by_ids(team, &known)? },
            doc! { "$project": shown },
            doc! { "$lookup": lookup },
        ];
        let hint = Hint::Name(BY_ID.to_owned());
        let answer = self.billing().aggregate(stages).hint(hint).with_type::<RawDocumentBuf>();
        let mut session = self.reading().await?;
        let mut cursor = answer.session(&mut session).await.map_err(store_error)?;
        let documents: Vec<_> = cursor.stream(&mut session).try_collect().await.map_err(store_error)?;
        let mut found = Found::default();
        for document in &documents {
            found.take(document)?;
            for named in document.get_array("named").map_err(|error| unreadable("named", error))? {
                let named = named.map_err(|error| unreadable("named", error))?;
                found.take(there("named", named.as_document())?)?;
            }
        }
        Ok(found)
    }
}

/// The documents of some identifiers.
fn by_ids(team: TeamId, wanted: &[(AggregateKind, Uuid)]) -> Result<Document, StoreError> {
    let ids = wanted.iter().map(|(kind, id)| plain(&key(team, kind.as_str(), *id)));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    Ok(doc! { "team": uuid(team.as_uuid()), "_id": { "$in": ids } })
}

/// What [`default_series`] asks for. The names in use of a team's series are unique: there is no other.
fn is_default(series: &Series, document_type: DocumentType) -> bool {
    series.document_type() == document_type && series.name() == Series::DEFAULT_NAME && !series.is_archived()
}

/// The one that numbers a type of document unless another is chosen.
fn default_series(team: TeamId, document_type: DocumentType) -> Document {
    doc! {
        "team": uuid(team.as_uuid()),
        "kind": AggregateKind::Series.as_str(),
        "document_type": document_type.as_str(),
        "name_in_use": Series::DEFAULT_NAME,
    }
}

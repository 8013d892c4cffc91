use invoice_core::{Client, ClientData, Currency, Metadata, Timestamp, UserId, Version, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::party::PartyBody;
use super::read::{At, Reader};
use super::schema;
use super::terms::TermsBody;
use crate::extract::TextMap;

/// What a user decides about a client.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClientInput, example = json!({
    "party": {"name": "Kaffeehaus Sperl KG", "address": {"city": "Wien", "country": "AT"}},
    "currency": "EUR",
    "terms": {"due": {"kind": "days", "days": 14}}
}))]
pub(crate) struct ClientInput {
    /// The party as it stands on documents (BG-7).
    party: PartyBody,
    /// The currency the client is usually invoiced in.
    #[schema(value_type = Option<schema::CurrencyCode>)]
    currency: Option<String>,
    /// Payment terms agreed with this client.
    terms: Option<TermsBody>,
    /// The language to write to the client in, a BCP 47 tag.
    #[schema(value_type = Option<schema::ShortText>)]
    language: Option<String>,
    /// Notes the client never sees.
    #[schema(value_type = Option<schema::LongText>)]
    internal_notes: Option<String>,
    /// Data of the embedding application.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    metadata: TextMap,
}

impl From<&Client> for ClientInput {
    fn from(client: &Client) -> Self {
        Self {
            party: client.party().into(),
            currency: client.currency().map(|currency| currency.code().to_owned()),
            terms: client.terms().map(TermsBody::from),
            language: client.language().map(str::to_owned),
            internal_notes: client.internal_notes().map(str::to_owned),
            metadata: client.metadata().into(),
        }
    }
}

impl ClientInput {
    pub(crate) fn read(self) -> Result<ClientData, Violations> {
        let mut reader = Reader::default();
        let at = At::Body;
        let party = self.party.read(&mut reader, &at.field("party"));
        let currency = reader.optional::<Currency>(&at.field("currency"), self.currency.as_deref());
        let terms = match self.terms {
            Some(terms) => terms.read(&mut reader, &at.field("terms")).map(Some),
            None => Some(None),
        };
        let data = party.zip(currency).zip(terms).map(|((party, currency), terms)| ClientData {
            party,
            currency,
            terms,
            language: self.language,
            internal_notes: self.internal_notes,
            metadata: self.metadata.into(),
        });
        reader.finish(data)
    }
}

impl From<&Metadata> for TextMap {
    fn from(metadata: &Metadata) -> Self {
        Self(metadata.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }
}

impl From<TextMap> for Metadata {
    fn from(texts: TextMap) -> Self {
        texts.0.into_iter().collect()
    }
}

/// A client.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
pub(crate) struct ClientView<'a> {
    #[schema(value_type = schema::ClientId)]
    id: invoice_core::ClientId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    /// The party as it stands on documents (BG-7).
    party: PartyBody,
    /// The currency the client is usually invoiced in.
    #[schema(value_type = Option<schema::CurrencyCode>)]
    currency: Option<Currency>,
    /// Payment terms agreed with this client.
    terms: Option<TermsBody>,
    /// The language to write to the client in.
    language: Option<&'a str>,
    /// Notes the client never sees.
    internal_notes: Option<&'a str>,
    /// Data of the embedding application.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    metadata: &'a Metadata,
    /// Since when it takes no new documents.
    #[schema(value_type = Option<schema::Instant>)]
    archived_at: Option<Timestamp>,
    #[schema(value_type = Option<schema::UserId>)]
    created_by: Option<UserId>,
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
    #[schema(value_type = schema::Instant)]
    updated_at: Timestamp,
}

impl<'a> From<&'a Client> for ClientView<'a> {
    fn from(client: &'a Client) -> Self {
        Self {
            id: client.id(),
            version: client.version(),
            party: client.party().into(),
            currency: client.currency(),
            terms: client.terms().map(TermsBody::from),
            language: client.language(),
            internal_notes: client.internal_notes(),
            metadata: client.metadata(),
            archived_at: client.archived_at(),
            created_by: client.created_by(),
            created_at: client.created_at(),
            updated_at: client.updated_at(),
        }
    }
}

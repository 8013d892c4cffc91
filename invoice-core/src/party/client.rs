//! Somebody the team invoices.

use serde::{Deserialize, Serialize};

use super::Party;
use crate::document::{Metadata, PaymentTerms};
use crate::text::{LONG, SHORT, collect};
use crate::{ClientId, Currency, TeamId, Timestamp, UserId, Version, Violations};

/// A client of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub(crate) id: ClientId,
    pub(crate) team: TeamId,
    pub(crate) version: Version,
    pub(crate) party: Party,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) terms: Option<PaymentTerms>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) internal_notes: Option<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub(crate) metadata: Metadata,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) archived_at: Option<Timestamp>,
    pub(crate) created_by: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Client {
    /// A new client.
    ///
    /// ```
    /// use invoice_core::{Client, ClientId, Party, TeamId, Timestamp};
    /// use uuid::Uuid;
    ///
    /// let client = Client::new(
    ///     ClientId::from_uuid(Uuid::from_u128(2)),
    ///     TeamId::from_uuid(Uuid::from_u128(1)),
    ///     Party::new("Kaffeehaus Sperl KG"),
    ///     None,
    ///     Timestamp::from_millis(0),
    /// );
    /// assert!(!client.is_archived());
    /// ```
    pub fn new(id: ClientId, team: TeamId, party: Party, created_by: Option<UserId>, at: Timestamp) -> Self {
        Self {
            id,
            team,
            version: Version::FIRST,
            party,
            currency: None,
            terms: None,
            language: None,
            internal_notes: None,
            metadata: Metadata::default(),
            archived_at: None,
            created_by,
            created_at: at,
            updated_at: at,
        }
    }

    /// The currency the client is usually invoiced in.
    #[must_use]
    pub fn with_currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// Payment terms agreed with this client.
    #[must_use]
    pub fn with_terms(mut self, terms: PaymentTerms) -> Self {
        self.terms = Some(terms);
        self
    }

    /// The language to write to the client in, a BCP 47 tag.
    #[must_use]
    pub fn with_language(mut self, tag: impl Into<String>) -> Self {
        self.language = Some(tag.into());
        self
    }

    /// Notes the client never sees.
    #[must_use]
    pub fn with_internal_notes(mut self, notes: impl Into<String>) -> Self {
        self.internal_notes = Some(notes.into());
        self
    }

    /// Data of the embedding application.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Its identifier.
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// The team it belongs to.
    pub fn team(&self) -> TeamId {
        self.team
    }

    /// The version in the store.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The party as it stands on documents (BG-7).
    pub fn party(&self) -> &Party {
        &self.party
    }

    /// The currency the client is usually invoiced in.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Payment terms agreed with this client.
    pub fn terms(&self) -> Option<&PaymentTerms> {
        self.terms.as_ref()
    }

    /// The language to write to the client in.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Notes the client never sees.
    pub fn internal_notes(&self) -> Option<&str> {
        self.internal_notes.as_deref()
    }

    /// Data of the embedding application.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Whether it takes no new documents.
    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Since when it takes no new documents.
    pub fn archived_at(&self) -> Option<Timestamp> {
        self.archived_at
    }

    /// Who created it; `None` for the application itself.
    pub fn created_by(&self) -> Option<UserId> {
        self.created_by
    }

    /// When it was created.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it was last written.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Everything wrong with it; pointers are relative to the client.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        if let Err(violations) = self.party.validate() {
            found.absorb("/party", violations);
        }
        if let Some(terms) = &self.terms {
            terms.validate("/terms", &mut found);
        }
        collect(&mut found, "/language", self.language.as_deref(), SHORT);
        collect(&mut found, "/internal_notes", self.internal_notes.as_deref(), LONG);
        self.metadata.validate("/metadata", &mut found);
        found.into_result()
    }
}

//! Somebody the team invoices.

use serde::{Deserialize, Serialize};

use super::Party;
use crate::document::{Metadata, PaymentTerms};
use crate::text::{LONG, SHORT, collect, collect_lines};
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

/// What a user decides about a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientData {
    /// The party as it stands on documents (BG-7).
    pub party: Party,
    /// The currency the client is usually invoiced in.
    pub currency: Option<Currency>,
    /// Payment terms agreed with this client.
    pub terms: Option<PaymentTerms>,
    /// The language to write to the client in, a BCP 47 tag.
    pub language: Option<String>,
    /// Notes the client never sees.
    pub internal_notes: Option<String>,
    /// Data of the embedding application.
    pub metadata: Metadata,
}

impl ClientData {
    /// A client with its party and nothing else.
    ///
    /// ```
    /// use invoice_core::{ClientData, Party};
    ///
    /// let data = ClientData::new(Party::new("Kaffeehaus Sperl KG"));
    /// assert_eq!(data.currency, None);
    /// ```
    pub fn new(party: Party) -> Self {
        Self {
            party,
            currency: None,
            terms: None,
            language: None,
            internal_notes: None,
            metadata: Metadata::new(),
        }
    }

    /// Everything wrong with it; pointers are relative to the data.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        if let Err(violations) = self.party.validate() {
            found.absorb("/party", violations);
        }
        if let Some(terms) = &self.terms {
            terms.validate("/terms", &mut found);
        }
        collect(&mut found, "/language", self.language.as_deref(), SHORT);
        collect_lines(&mut found, "/internal_notes", self.internal_notes.as_deref(), LONG);
        self.metadata.validate("/metadata", &mut found);
        found.into_result()
    }
}

impl Client {
    pub(crate) fn new(
        id: ClientId,
        team: TeamId,
        data: ClientData,
        created_by: Option<UserId>,
        at: Timestamp,
    ) -> Result<Self, Violations> {
        data.validate()?;
        let ClientData { party, currency, terms, language, internal_notes, metadata } = data;
        Ok(Self {
            id,
            team,
            version: Version::FIRST,
            party,
            currency,
            terms,
            language,
            internal_notes,
            metadata,
            archived_at: None,
            created_by,
            created_at: at,
            updated_at: at,
        })
    }

    pub(crate) fn replace(&mut self, data: ClientData) -> Result<(), Violations> {
        data.validate()?;
        let ClientData { party, currency, terms, language, internal_notes, metadata } = data;
        self.party = party;
        self.currency = currency;
        self.terms = terms;
        self.language = language;
        self.internal_notes = internal_notes;
        self.metadata = metadata;
        Ok(())
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
}

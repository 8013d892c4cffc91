//! Quotes and pro-forma invoices: offers that may become an invoice once.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::document::{Content, Issuance, IssueFacts, Issued, Metadata, check_annotation};
use crate::invoice::Sent;
use crate::text::{LONG, collect_lines};
use crate::time::collect_date;
use crate::totals::Totals;
use crate::transition::{Action, IllegalTransition, Obstacle};
use crate::{Code, DocumentType, InvoiceId, QuoteId, TeamId, Timestamp, UserId, Version, Violations};

/// What an offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteKind {
    /// An offer to be accepted or declined.
    #[default]
    Quote,
    /// A preview of an invoice, asked for by customs or a buyer's bank. It is never paid.
    ProForma,
}

impl QuoteKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Quote, Self::ProForma];

    /// The name as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::ProForma => "pro_forma",
        }
    }

    /// What numbers it.
    ///
    /// ```
    /// use invoice_core::{DocumentType, QuoteKind};
    ///
    /// assert_eq!(QuoteKind::ProForma.document_type(), DocumentType::ProForma);
    /// ```
    pub const fn document_type(self) -> DocumentType {
        match self {
            Self::Quote => DocumentType::Quote,
            Self::ProForma => DocumentType::ProForma,
        }
    }

    /// The document type code (UNTDID 1001): 310 or 325.
    pub const fn type_code(self) -> &'static str {
        match self {
            Self::Quote => "310",
            Self::ProForma => "325",
        }
    }
}

/// Where an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteStatus {
    /// Not issued.
    Draft,
    /// Issued and not sent.
    Issued,
    /// Sent to the customer.
    Sent,
    /// Accepted by the customer.
    Accepted,
    /// Declined by the customer.
    Declined,
    /// Not answered in time.
    Expired,
    /// Made into an invoice.
    Converted,
}

impl QuoteStatus {
    /// All statuses.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Issued,
        Self::Sent,
        Self::Accepted,
        Self::Declined,
        Self::Expired,
        Self::Converted,
    ];

    /// The name as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Issued => "issued",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Converted => "converted",
        }
    }
}

/// How the customer answered, or that they did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Accepted,
    Declined,
    Expired,
}

/// What a user decides about an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteData {
    /// What it is.
    pub kind: QuoteKind,
    /// What stands on it, and on the invoice made from it.
    pub content: Content,
    /// The last day it can be accepted on.
    pub valid_until: Option<NaiveDate>,
    /// Notes the customer never sees; stay editable.
    pub internal_notes: Option<String>,
    /// Data of the embedding application; stays editable.
    pub metadata: Metadata,
}

impl QuoteData {
    /// A quote with this content and no end.
    ///
    /// ```
    /// use invoice_core::{ClientId, Content, Currency, QuoteData};
    ///
    /// let client = ClientId::from_uuid(uuid::Uuid::from_u128(7));
    /// assert_eq!(QuoteData::new(Content::new(client, Currency::EUR)).valid_until, None);
    /// ```
    pub fn new(content: Content) -> Self {
        Self {
            kind: QuoteKind::Quote,
            content,
            valid_until: None,
            internal_notes: None,
            metadata: Metadata::new(),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), Violations> {
        let mut found = self.content.validate().err().unwrap_or_default();
        collect_lines(&mut found, "/internal_notes", self.internal_notes.as_deref(), LONG);
        self.metadata.validate("/metadata", &mut found);
        collect_date(&mut found, "/valid_until", self.valid_until);
        if !self.content.advances.is_empty() {
            found.add("/advances", Code::Inconsistent, "an offer deducts no advances");
        }
        found.into_result()
    }
}

/// A quote or pro-forma invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    #[serde(deserialize_with = "crate::schema::known::<_, { Quote::SCHEMA }>")]
    pub(crate) schema: u16,
    pub(crate) id: QuoteId,
    pub(crate) team: TeamId,
    pub(crate) version: Version,
    pub(crate) kind: QuoteKind,
    pub(crate) content: Content,
    pub(crate) totals: Totals,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_until: Option<NaiveDate>,
    pub(crate) issuance: Issuance,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent: Option<Sent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Answer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) converted_to: Option<InvoiceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) internal_notes: Option<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub(crate) metadata: Metadata,
    pub(crate) created_by: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Quote {
    /// The schema version of the stored form.
    pub const SCHEMA: u16 = 1;

    pub(crate) fn new(
        id: QuoteId,
        team: TeamId,
        data: QuoteData,
        created_by: Option<UserId>,
        at: Timestamp,
    ) -> Result<Self, Violations> {
        data.validate()?;
        let QuoteData { kind, content, valid_until, internal_notes, metadata } = data;
        let totals = content.preview()?;
        Ok(Self {
            schema: Self::SCHEMA,
            id,
            team,
            version: Version::FIRST,
            kind,
            content,
            totals,
            valid_until,
            issuance: Issuance::Draft,
            sent: None,
            answer: None,
            converted_to: None,
            internal_notes,
            metadata,
            created_by,
            created_at: at,
            updated_at: at,
        })
    }

    /// Its identifier.
    pub fn id(&self) -> QuoteId {
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

    /// What it is.
    pub fn kind(&self) -> QuoteKind {
        self.kind
    }

    /// What stands on it.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Its totals; a draft's are a preview.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The last day it can be accepted on.
    pub fn valid_until(&self) -> Option<NaiveDate> {
        self.valid_until
    }

    /// Its issue; `None` for a draft.
    pub fn issued(&self) -> Option<&Issued> {
        self.issuance.issued()
    }

    /// Its number; `None` for a draft.
    pub fn number(&self) -> Option<&str> {
        self.issued().map(Issued::number)
    }

    /// The sendings to the customer; `None` before the first.
    pub fn sent(&self) -> Option<&Sent> {
        self.sent.as_ref()
    }

    /// The invoice made from it.
    pub fn converted_to(&self) -> Option<InvoiceId> {
        self.converted_to
    }

    /// Notes the customer never sees.
    pub fn internal_notes(&self) -> Option<&str> {
        self.internal_notes.as_deref()
    }

    /// Data of the embedding application.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
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

    /// Where it stands.
    pub fn status(&self) -> QuoteStatus {
        if self.converted_to.is_some() {
            return QuoteStatus::Converted;
        }
        match self.answer {
            Some(Answer::Accepted) => QuoteStatus::Accepted,
            Some(Answer::Declined) => QuoteStatus::Declined,
            Some(Answer::Expired) => QuoteStatus::Expired,
            None if self.issuance.is_draft() => QuoteStatus::Draft,
            None if self.sent.is_some() => QuoteStatus::Sent,
            None => QuoteStatus::Issued,
        }
    }

    fn illegal(&self, action: Action) -> IllegalTransition {
        IllegalTransition::new(self.status().as_str(), action)
    }

    fn only(&self, allowed: &[QuoteStatus], action: Action) -> Result<(), IllegalTransition> {
        if allowed.contains(&self.status()) { Ok(()) } else { Err(self.illegal(action)) }
    }

    pub(crate) fn check_draft(&self, action: Action) -> Result<(), IllegalTransition> {
        self.only(&[QuoteStatus::Draft], action)
    }

    /// Replaces a draft's content; the draft was checked to be one.
    pub(crate) fn replace(&mut self, data: QuoteData) -> Result<(), Violations> {
        data.validate()?;
        let QuoteData { kind, content, valid_until, internal_notes, metadata } = data;
        self.totals = content.preview()?;
        self.kind = kind;
        self.content = content;
        self.valid_until = valid_until;
        self.internal_notes = internal_notes;
        self.metadata = metadata;
        Ok(())
    }

    /// The two fields that stay editable after the issue.
    pub(crate) fn annotate(
        &mut self,
        internal_notes: Option<String>,
        metadata: Metadata,
    ) -> Result<(), Violations> {
        check_annotation(internal_notes.as_deref(), &metadata)?;
        self.internal_notes = internal_notes;
        self.metadata = metadata;
        Ok(())
    }

    pub(crate) fn issue(&mut self, facts: IssueFacts) -> Result<(), IllegalTransition> {
        self.check_draft(Action::Issue)?;
        self.content.issue_date = Some(facts.issue_date);
        self.issuance = Issuance::Pending(Box::new(facts));
        Ok(())
    }

    pub(crate) fn send(&mut self, at: Timestamp) -> Result<(), IllegalTransition> {
        self.only(&[QuoteStatus::Issued, QuoteStatus::Sent, QuoteStatus::Accepted], Action::Send)?;
        Sent::again(&mut self.sent, at);
        Ok(())
    }

    /// Whether its last day is over.
    pub fn is_expired(&self, as_of: NaiveDate) -> bool {
        let open = matches!(self.status(), QuoteStatus::Issued | QuoteStatus::Sent);
        open && self.valid_until.is_some_and(|last_day| last_day < as_of)
    }

    pub(crate) fn answer(&mut self, accepted: bool, today: NaiveDate) -> Result<(), IllegalTransition> {
        let action = if accepted { Action::Accept } else { Action::Decline };
        self.only(&[QuoteStatus::Issued, QuoteStatus::Sent], action)?;
        if accepted && self.is_expired(today) {
            return Err(self.illegal(action).because(Obstacle::Expired));
        }
        self.answer = Some(if accepted { Answer::Accepted } else { Answer::Declined });
        Ok(())
    }

    /// Marks it as expired; returns whether that is news.
    pub(crate) fn expire(&mut self, as_of: NaiveDate) -> bool {
        let news = self.is_expired(as_of);
        if news {
            self.answer = Some(Answer::Expired);
        }
        news
    }

    pub(crate) fn convert(&mut self, invoice: InvoiceId, today: NaiveDate) -> Result<(), IllegalTransition> {
        let open = [QuoteStatus::Issued, QuoteStatus::Sent, QuoteStatus::Accepted];
        self.only(&open, Action::Convert)?;
        if self.is_expired(today) {
            return Err(self.illegal(Action::Convert).because(Obstacle::Expired));
        }
        self.converted_to = Some(invoice);
        Ok(())
    }
}

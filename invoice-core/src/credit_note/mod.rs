//! Credit notes against an issued invoice.

mod scope;

pub use scope::{CreditLine, CreditScope, CreditShare};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::credit::CreditFigures;
use crate::document::{Issuance, IssueFacts, Issued, Metadata, Note, Preceding, check_annotation};
use crate::invoice::Sent;
use crate::line::Line;
use crate::text::{LONG, SHORT, collect_lines, collect_required};
use crate::time::collect_date;
use crate::totals::Totals;
use crate::transition::{Action, IllegalTransition};
use crate::{
    ClientId, CreditNoteId, Currency, Invoice, InvoiceId, Money, SeriesId, TeamId, Timestamp, UserId,
    Version, Violations,
};

/// A line of a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditedLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<String>,
    pub(crate) name: String,
    pub(crate) net: Money,
}

impl CreditedLine {
    /// The line of the invoice (BT-126); `None` for its document allowances and charges.
    pub fn line(&self) -> Option<&str> {
        self.line.as_deref()
    }

    /// The name of the item (BT-153).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The credited amount without tax, its share of document allowances and charges included (BT-131).
    pub fn net(&self) -> Money {
        self.net
    }
}

/// What a user decides about a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditNoteData {
    /// How much of the invoice.
    pub scope: CreditScope,
    /// Why (BT-22), printed on the credit note.
    pub reason: String,
    /// The series that numbers it; without one, the series named `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// The issue date (BT-2); without one, the day it is issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_date: Option<NaiveDate>,
    /// Texts on the document (BG-1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Notes the customer never sees; stay editable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal_notes: Option<String>,
    /// Data of the embedding application; stays editable.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl CreditNoteData {
    /// A credit of so much, and why.
    ///
    /// ```
    /// use invoice_core::{CreditNoteData, CreditScope};
    ///
    /// assert_eq!(CreditNoteData::new(CreditScope::Full, "Returned").reason, "Returned");
    /// ```
    pub fn new(scope: CreditScope, reason: impl Into<String>) -> Self {
        Self {
            scope,
            reason: reason.into(),
            series: None,
            issue_date: None,
            notes: Vec::new(),
            internal_notes: None,
            metadata: Metadata::new(),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        collect_required(&mut found, "/reason", &self.reason, SHORT);
        collect_date(&mut found, "/issue_date", self.issue_date);
        crate::document::validate_notes(&self.notes, &mut found);
        collect_lines(&mut found, "/internal_notes", self.internal_notes.as_deref(), LONG);
        self.metadata.validate("/metadata", &mut found);
        found.into_result()
    }
}

/// Where a credit note stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditNoteStatus {
    /// Not issued: the invoice knows nothing of it.
    Draft,
    /// Issued and not sent.
    Issued,
    /// Sent to the customer.
    Sent,
}

impl CreditNoteStatus {
    /// The name as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Issued => "issued",
            Self::Sent => "sent",
        }
    }
}

/// A credit note (BT-3 = 381, or 261 against a self-billed invoice): amounts are positive and lower what
/// the customer owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditNote {
    #[serde(deserialize_with = "crate::schema::known::<_, { CreditNote::SCHEMA }>")]
    pub(crate) schema: u16,
    pub(crate) id: CreditNoteId,
    pub(crate) team: TeamId,
    pub(crate) version: Version,
    pub(crate) invoice: InvoiceId,
    pub(crate) client: ClientId,
    pub(crate) type_code: String,
    pub(crate) preceding: Preceding,
    pub(crate) data: CreditNoteData,
    pub(crate) lines: Vec<CreditedLine>,
    pub(crate) totals: Totals,
    pub(crate) issuance: Issuance,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent: Option<Sent>,
    pub(crate) created_by: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl CreditNote {
    /// The schema version of the stored form.
    pub const SCHEMA: u16 = 1;

    /// A draft; its figures are a preview on what is left of the invoice now.
    pub(crate) fn new(
        id: CreditNoteId,
        invoice: &Invoice,
        data: CreditNoteData,
        created_by: Option<UserId>,
        at: Timestamp,
    ) -> Result<Self, Violations> {
        data.validate()?;
        let (lines, totals) =
            frozen(invoice, &invoice.plan_credit(&data.scope).map_err(|v| v.under("/scope"))?);
        let issued = invoice.issued();
        let number = issued.map(Issued::number).unwrap_or_default();
        let self_billed = invoice.kind() == crate::InvoiceKind::SelfBilled;
        Ok(Self {
            schema: Self::SCHEMA,
            id,
            team: invoice.team(),
            version: Version::FIRST,
            invoice: invoice.id(),
            client: invoice.content().client(),
            type_code: if self_billed { "261" } else { "381" }.to_owned(),
            preceding: Preceding::new(number, issued.map(Issued::issue_date)),
            data,
            lines,
            totals,
            issuance: Issuance::Draft,
            sent: None,
            created_by,
            created_at: at,
            updated_at: at,
        })
    }

    /// Its identifier.
    pub fn id(&self) -> CreditNoteId {
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

    /// The invoice it credits.
    pub fn invoice(&self) -> InvoiceId {
        self.invoice
    }

    /// The invoice's number and date (BG-3).
    pub fn preceding(&self) -> &Preceding {
        &self.preceding
    }

    /// Whom it is for.
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// The document type code (BT-3): 381, or 261 against a self-billed invoice.
    pub fn type_code(&self) -> &str {
        &self.type_code
    }

    /// The currency, that of the invoice.
    pub fn currency(&self) -> Currency {
        self.totals.currency()
    }

    /// What was decided about it.
    pub fn data(&self) -> &CreditNoteData {
        &self.data
    }

    /// What it credits of each line; a draft's is a preview.
    pub fn lines(&self) -> &[CreditedLine] {
        &self.lines
    }

    /// Its totals, in positive amounts; a draft's are a preview.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Its issue; `None` for a draft.
    pub fn issued(&self) -> Option<&Issued> {
        self.issuance.issued()
    }

    /// Its number (BT-1); `None` for a draft.
    pub fn number(&self) -> Option<&str> {
        self.issued().map(Issued::number)
    }

    /// The sendings to the customer; `None` before the first.
    pub fn sent(&self) -> Option<&Sent> {
        self.sent.as_ref()
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
    pub fn status(&self) -> CreditNoteStatus {
        if self.issuance.is_draft() {
            CreditNoteStatus::Draft
        } else if self.sent.is_some() {
            CreditNoteStatus::Sent
        } else {
            CreditNoteStatus::Issued
        }
    }

    fn illegal(&self, action: Action) -> IllegalTransition {
        IllegalTransition::new(self.status().as_str(), action)
    }

    pub(crate) fn check_draft(&self, action: Action) -> Result<(), IllegalTransition> {
        if self.issuance.is_draft() { Ok(()) } else { Err(self.illegal(action)) }
    }

    /// Replaces a draft's data; the draft was checked to be one.
    pub(crate) fn replace(&mut self, data: CreditNoteData, invoice: &Invoice) -> Result<(), Violations> {
        data.validate()?;
        let figures = invoice.plan_credit(&data.scope).map_err(|v| v.under("/scope"))?;
        (self.lines, self.totals) = frozen(invoice, &figures);
        self.data = data;
        Ok(())
    }

    /// The two fields that stay editable after the issue.
    pub(crate) fn annotate(
        &mut self,
        internal_notes: Option<String>,
        metadata: Metadata,
    ) -> Result<(), Violations> {
        check_annotation(internal_notes.as_deref(), &metadata)?;
        self.data.internal_notes = internal_notes;
        self.data.metadata = metadata;
        Ok(())
    }

    /// Freezes the draft with figures on what is left of the invoice now; the commit gives the number.
    pub(crate) fn issue(
        &mut self,
        facts: IssueFacts,
        invoice: &Invoice,
        figures: &CreditFigures,
    ) -> Result<(), IllegalTransition> {
        self.check_draft(Action::Issue)?;
        self.data.issue_date = Some(facts.issue_date);
        (self.lines, self.totals) = frozen(invoice, figures);
        self.issuance = Issuance::Pending(Box::new(facts));
        Ok(())
    }

    pub(crate) fn send(&mut self, at: Timestamp) -> Result<(), IllegalTransition> {
        if self.issuance.is_draft() {
            return Err(self.illegal(Action::Send));
        }
        Sent::again(&mut self.sent, at);
        Ok(())
    }
}

fn frozen(invoice: &Invoice, figures: &CreditFigures) -> (Vec<CreditedLine>, Totals) {
    let lines = figures.parts().iter().map(|part| {
        let line = invoice.content().lines().get(part.part());
        CreditedLine {
            line: line.map(|line| line.id().to_owned()),
            name: line.map_or("Document allowances and charges", Line::name).to_owned(),
            net: part.net(),
        }
    });
    (lines.collect(), figures.totals().clone())
}

//! Invoices: their content, issue and state.

mod state;
mod transitions;

pub(crate) use state::InvoiceState;
use state::is_overdue;
pub use state::{PaymentState, Sent, Status, WriteOff, WriteOffReason};
pub(crate) use transitions::Refusal;

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::credit::{self, Basis, CreditFigures, Credited};
use crate::credit_note::CreditScope;
use crate::document::{Content, Issuance, Issued, Metadata};
use crate::text::{LONG, collect_lines};
use crate::totals::{AdvanceDeduction, Totals};
use crate::{InvoiceId, Money, RoundingMode, TeamId, Timestamp, UserId, Version, Violation, Violations};

/// What an invoice is for (UNTDID 1001).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// Goods or services supplied. With advances to deduct it is a final invoice.
    #[default]
    Standard,
    /// A payment asked for before the supply.
    Advance,
    /// Written by the buyer in the supplier's name; the team is the supplier here too.
    SelfBilled,
}

impl InvoiceKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Advance, Self::SelfBilled];

    /// The name as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Advance => "advance",
            Self::SelfBilled => "self_billed",
        }
    }

    /// The document type code (BT-3): 380, 386 or 389.
    ///
    /// ```
    /// assert_eq!(invoice_core::InvoiceKind::Advance.type_code(), "386");
    /// ```
    pub const fn type_code(self) -> &'static str {
        match self {
            Self::Standard => "380",
            Self::Advance => "386",
            Self::SelfBilled => "389",
        }
    }
}

crate::text::named!(InvoiceKind, "the kind of an invoice");

/// What a user decides about an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceData {
    /// What it is for.
    pub kind: InvoiceKind,
    /// What stands on it.
    pub content: Content,
    /// Notes the customer never sees; stay editable.
    pub internal_notes: Option<String>,
    /// Data of the embedding application; stays editable.
    pub metadata: Metadata,
}

impl InvoiceData {
    /// A standard invoice with this content.
    ///
    /// ```
    /// use invoice_core::{ClientId, Content, Currency, InvoiceData, InvoiceKind};
    ///
    /// let client = ClientId::from_uuid(uuid::Uuid::from_u128(7));
    /// let data = InvoiceData::new(Content::new(client, Currency::EUR));
    /// assert_eq!(data.kind, InvoiceKind::Standard);
    /// ```
    pub fn new(content: Content) -> Self {
        Self { kind: InvoiceKind::Standard, content, internal_notes: None, metadata: Metadata::new() }
    }

    /// Everything wrong with it as a draft; pointers are relative to the content.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = self.content.validate().err().unwrap_or_default();
        collect_lines(&mut found, "/internal_notes", self.internal_notes.as_deref(), LONG);
        self.metadata.validate("/metadata", &mut found);
        if self.kind == InvoiceKind::Advance && !self.content.advances.is_empty() {
            found.add("/advances", crate::Code::Inconsistent, "an advance invoice deducts no advances");
        }
        found.into_result()
    }
}

impl From<Content> for InvoiceData {
    fn from(content: Content) -> Self {
        Self::new(content)
    }
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    #[serde(deserialize_with = "crate::schema::known::<_, { Invoice::SCHEMA }>")]
    pub(crate) schema: u16,
    pub(crate) id: InvoiceId,
    pub(crate) team: TeamId,
    pub(crate) version: Version,
    pub(crate) kind: InvoiceKind,
    /// Shared: a document is copied to be numbered, perhaps more than once.
    #[serde(with = "crate::schema::shared")]
    pub(crate) content: Arc<Content>,
    pub(crate) totals: Totals,
    pub(crate) issuance: Issuance,
    pub(crate) state: InvoiceState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<InvoiceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) internal_notes: Option<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub(crate) metadata: Metadata,
    pub(crate) created_by: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Invoice {
    /// The schema version of the stored form.
    pub const SCHEMA: u16 = 1;

    pub(crate) fn new(
        id: InvoiceId,
        team: TeamId,
        data: InvoiceData,
        created_by: Option<UserId>,
        at: Timestamp,
    ) -> Result<Self, Violations> {
        data.validate()?;
        let InvoiceData { kind, content, internal_notes, metadata } = data;
        let totals = content.preview()?;
        Ok(Self {
            schema: Self::SCHEMA,
            id,
            team,
            version: Version::FIRST,
            kind,
            state: InvoiceState::new(content.currency),
            content: Arc::new(content),
            totals,
            issuance: Issuance::Draft,
            replaces: None,
            internal_notes,
            metadata,
            created_by,
            created_at: at,
            updated_at: at,
        })
    }

    /// Its identifier.
    pub fn id(&self) -> InvoiceId {
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

    /// What it is for (BT-3).
    pub fn kind(&self) -> InvoiceKind {
        self.kind
    }

    /// Whether it deducts advance invoices.
    pub fn is_final(&self) -> bool {
        !self.content.advances.is_empty()
    }

    /// What stands on it.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Its totals; a draft's are a preview.
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

    /// The invoice it replaces.
    pub fn replaces(&self) -> Option<InvoiceId> {
        self.replaces
    }

    /// The invoice that replaced it.
    pub fn replaced_by(&self) -> Option<InvoiceId> {
        self.state.replaced_by
    }

    /// The final invoice that deducts this advance.
    pub fn deducted_in(&self) -> Option<InvoiceId> {
        self.state.deducted_in
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

    /// The sendings to the customer; `None` before the first.
    pub fn sent(&self) -> Option<&Sent> {
        self.state.sent.as_ref()
    }

    /// When the customer first saw it.
    pub fn viewed_at(&self) -> Option<Timestamp> {
        self.state.viewed_at
    }

    /// When it was voided.
    pub fn voided_at(&self) -> Option<Timestamp> {
        self.state.voided_at
    }

    /// Whether the customer has it: it was sent, viewed or handed over otherwise.
    pub fn is_delivered(&self) -> bool {
        self.state.is_delivered()
    }

    /// Whether it is marked as not to be expected any more.
    pub fn is_uncollectible(&self) -> bool {
        self.state.uncollectible_at.is_some()
    }

    /// Whether credit notes have credited all of it.
    pub fn is_fully_credited(&self) -> bool {
        self.state.fully_credited
    }

    /// The payments allocated to it.
    pub fn allocated(&self) -> Money {
        self.state.allocated
    }

    /// The credit notes issued against it.
    pub fn credited(&self) -> Money {
        self.state.credited
    }

    /// What was written off.
    pub fn written_off(&self) -> Money {
        self.state.written_off
    }

    /// The entries of what was written off.
    pub fn write_offs(&self) -> &[WriteOff] {
        &self.state.write_offs
    }

    /// What is credited so far, per part and group.
    pub fn credit(&self) -> &Credited {
        &self.state.credit
    }

    /// What can be credited: the figures of the issued document.
    pub fn credit_basis(&self) -> Result<Basis, Violation> {
        Basis::new(&self.totals)
    }

    /// The figures of a credit of so much of what is left.
    pub fn plan_credit(&self, scope: &CreditScope) -> Result<CreditFigures, Violation> {
        let request = scope.request(&self.content.lines)?;
        credit::plan(&self.credit_basis()?, &self.state.credit, &request).map_err(|wrong| {
            // A scope names lines where a request names parts.
            let pointer = wrong.pointer().replacen("/parts", "/lines", 1);
            Violation::new(pointer, wrong.code(), wrong.detail())
        })
    }

    /// What this advance invoice takes off a final invoice; `None` before its issue.
    pub fn as_advance(&self) -> Option<Result<AdvanceDeduction, Violation>> {
        self.issued().map(|issued| AdvanceDeduction::from_totals(issued.number(), &self.totals))
    }

    /// What is still to be paid: max(0, payable − credited − allocated), less what was written off.
    /// Nothing is due on a draft or void invoice.
    pub fn due(&self) -> Money {
        self.state.due(self.issuance.facts().is_some(), &self.totals)
    }

    /// What was paid or credited beyond the payable amount.
    pub fn overpaid(&self) -> Money {
        self.state.overpaid(self.issuance.facts().is_some(), &self.totals)
    }

    /// The payment axis.
    pub fn payment_state(&self) -> PaymentState {
        self.state.payment_state(self.issuance.facts().is_some(), &self.totals)
    }

    /// Whether it is past its due date, with something due, on a date in the team's zone.
    pub fn is_overdue(&self, as_of: NaiveDate) -> bool {
        is_overdue(self.due_date(), self.due(), as_of)
    }

    /// What to show on a date: the first that fits.
    pub fn status(&self, as_of: NaiveDate) -> Status {
        self.stored_status().on(as_of, self.due_date(), self.due())
    }

    /// The status without looking at a date: never [`Status::Overdue`]. Stores index it.
    pub fn stored_status(&self) -> Status {
        self.state.status(self.issuance.facts().is_some(), &self.totals)
    }

    fn due_date(&self) -> Option<NaiveDate> {
        self.issuance.facts().and_then(|facts| facts.due_date)
    }

    /// The part of the payable amount that an early payment on `paid_on` saves; `None` if too late.
    pub fn early_payment_discount(&self, paid_on: NaiveDate) -> Option<Money> {
        let terms = self.content.terms.as_ref()?.early_payment()?;
        let issued = self.issued()?;
        let last_day = crate::time::plus_days(issued.issue_date(), u32::from(terms.days()));
        if paid_on > last_day {
            return None;
        }
        self.totals.payable().percent(terms.percent(), RoundingMode::HalfAwayFromZero).ok()
    }
}

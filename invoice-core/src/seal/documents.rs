//! What the seal of each kind of document covers: all that its issue froze, and nothing that may change.

use super::{Canonical, Hash, Seal};
use crate::document::{IssueFacts, Origin};
use crate::{CreditNote, CreditedLine, Invoice, InvoiceKind, Quote, QuoteKind, Timestamp, UserId};

/// A document that can be sealed.
pub(crate) trait Sealable {
    /// Writes all that is frozen but the issue itself.
    fn frozen(&self, out: &mut Canonical);
}

fn created(out: &mut Canonical, by: Option<UserId>, at: Timestamp) {
    out.option(by, |out, user| out.uuid(user.as_uuid()));
    out.instant(at);
}

impl Sealable for Invoice {
    fn frozen(&self, out: &mut Canonical) {
        let Self {
            schema: _,
            id,
            team,
            version: _,
            kind,
            content,
            totals,
            issuance: _,
            state: _,
            replaces,
            internal_notes: _,
            metadata: _,
            created_by,
            created_at,
            updated_at: _,
        } = self;
        out.text("invoice");
        out.uuid(id.as_uuid());
        out.uuid(team.as_uuid());
        out.text(match kind {
            InvoiceKind::Standard => "standard",
            InvoiceKind::Advance => "advance",
            InvoiceKind::SelfBilled => "self_billed",
        });
        out.value(&**content);
        out.value(totals);
        out.option(*replaces, |out, id| out.uuid(id.as_uuid()));
        created(out, *created_by, *created_at);
    }
}

impl Sealable for CreditNote {
    fn frozen(&self, out: &mut Canonical) {
        let Self {
            schema: _,
            id,
            team,
            version: _,
            invoice,
            client,
            type_code,
            preceding,
            data,
            lines,
            totals,
            issuance: _,
            sent: _,
            created_by,
            created_at,
            updated_at: _,
        } = self;
        out.text("credit_note");
        out.uuid(id.as_uuid());
        out.uuid(team.as_uuid());
        out.uuid(invoice.as_uuid());
        out.uuid(client.as_uuid());
        out.text(type_code);
        out.value(preceding);
        let crate::CreditNoteData {
            scope,
            reason,
            series,
            issue_date,
            notes,
            internal_notes: _,
            metadata: _,
        } = data;
        out.value(scope);
        out.text(reason);
        out.option(*series, |out, series| out.uuid(series.as_uuid()));
        out.optional_date(*issue_date);
        out.values(notes);
        out.list(lines, |out, CreditedLine { line, name, net }| {
            out.optional_text(line.as_ref());
            out.text(name);
            out.money(*net);
        });
        out.value(totals);
        created(out, *created_by, *created_at);
    }
}

impl Sealable for Quote {
    fn frozen(&self, out: &mut Canonical) {
        let Self {
            schema: _,
            id,
            team,
            version: _,
            kind,
            content,
            totals,
            valid_until,
            issuance: _,
            sent: _,
            answer: _,
            converted_to: _,
            internal_notes: _,
            metadata: _,
            created_by,
            created_at,
            updated_at: _,
        } = self;
        out.text("quote");
        out.uuid(id.as_uuid());
        out.uuid(team.as_uuid());
        out.text(match kind {
            QuoteKind::Quote => "quote",
            QuoteKind::ProForma => "pro_forma",
        });
        out.value(content);
        out.value(totals);
        out.optional_date(*valid_until);
        created(out, *created_by, *created_at);
    }
}

fn hash(
    document: &impl Sealable,
    version: u8,
    previous: Hash,
    number: &str,
    origin: &Origin,
    facts: &IssueFacts,
) -> Hash {
    let mut out = Canonical::new(version);
    out.hash(previous);
    out.text(number);
    out.value(origin);
    out.value(facts);
    document.frozen(&mut out);
    out.finish()
}

macro_rules! sealed {
    ($($document:ident),+) => {$(
        impl $document {
            /// Gives a pending document its number and its link; `None` if it is not pending.
            pub(crate) fn bind(&mut self, number: String, origin: Origin, previous: Hash) -> Option<Seal> {
                let crate::document::Issuance::Pending(facts) = &self.issuance else { return None };
                let version = Seal::CURRENT_VERSION;
                let hash = hash(self, version, previous, &number, &origin, facts);
                let seal = Seal { version, previous, hash };
                self.issuance.bind(number, origin, seal);
                Some(seal)
            }

            /// The hash over the document as it is now, to be compared with its seal; `None` if it is not
            /// issued or its seal is of a version this release does not know.
            pub fn recompute_hash(&self) -> Option<Hash> {
                let issued = self.issuance.issued()?;
                let seal = issued.seal;
                (seal.version == Seal::CURRENT_VERSION).then(|| {
                    hash(self, seal.version, seal.previous, &issued.number, &issued.origin, &issued.facts)
                })
            }
        }
    )+};
}

sealed!(Invoice, CreditNote, Quote);

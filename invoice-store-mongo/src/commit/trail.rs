//! What a commit leaves behind it: its answer, and what it is audited by.

use invoice_core::change::{AuditEntry, IdempotencyRecord, Record, Write};
use invoice_core::ports::StoreError;
use invoice_core::{CommitId, TeamId, Timestamp};
use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf, cstr};
use mongodb::bson::rawdoc;

use super::row::int;
use crate::error::too_large;
use crate::layout::{bytes, instant, key, kind, uuid};

/// What a commit wrote lies in one document.
const LONGEST_ANSWER: usize = 15 << 20;

/// An audit entry.
pub(super) fn audit(team: TeamId, entry: &AuditEntry) -> RawDocumentBuf {
    let AuditEntry { id, commit, team: _, at, actor, subject, version, actions, number, reason } = entry;
    let actions: RawArrayBuf = actions.iter().map(|action| action.as_str()).collect();
    let mut document = rawdoc! {
        "_id": key(team, kind::AUDIT, id.as_uuid()),
        "team": uuid(team.as_uuid()),
        "kind": kind::AUDIT,
        "id": uuid(id.as_uuid()),
        "commit": uuid(commit.as_uuid()),
        "at": instant(*at),
        "subject_kind": subject.kind().as_str(),
        "subject": uuid(subject.as_uuid()),
        "version": int(version.get()),
        "actions": actions,
    };
    if let Some(actor) = actor {
        document.append(cstr!("actor"), uuid(actor.as_uuid()));
    }
    if let Some(number) = number {
        // Not `number`, which is unique.
        document.append(cstr!("document_number"), number.as_str());
    }
    if let Some(reason) = reason {
        document.append(cstr!("reason"), reason.as_str());
    }
    document
}

/// The commit itself, with what to answer when it is asked for again.
pub(super) fn commit(
    team: TeamId,
    id: CommitId,
    at: Timestamp,
    writes: &[Write],
    request: Option<&IdempotencyRecord>,
) -> Result<RawDocumentBuf, StoreError> {
    let records: Vec<&Record> = writes.iter().filter_map(Write::record).collect();
    let answer = serde_json::to_vec(&records).map_err(StoreError::backend)?;
    if answer.len() > LONGEST_ANSWER {
        return Err(too_large());
    }
    let mut document = rawdoc! {
        "_id": key(team, kind::COMMIT, id.as_uuid()),
        "team": uuid(team.as_uuid()),
        "kind": kind::COMMIT,
        "id": uuid(id.as_uuid()),
        "at": instant(at),
    };
    if let Some(IdempotencyRecord { key, fingerprint, commit: _, at: _, answer: _ }) = request {
        document.append(cstr!("idempotency_key"), key.as_str());
        document.append(cstr!("fingerprint"), bytes(fingerprint.as_bytes().as_slice()));
    }
    document.append(cstr!("answer"), bytes(answer));
    Ok(document)
}

//! Statements, and the commands that take them to the server.

use invoice_core::TeamId;
use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf};
use mongodb::bson::rawdoc;

use crate::layout::uuid;

/// The commands of a transaction, and how many documents each has to find or make.
pub(super) struct Commands {
    pub(super) updates: Vec<(u64, RawArrayBuf)>,
    pub(super) deletes: Vec<(u64, RawArrayBuf)>,
}

/// A command is one document to the server, of at most 16 MiB; the statement that makes it more goes into the next.
const ENOUGH_BYTES: usize = 8 << 20;
/// The server takes 100,000.
const ENOUGH_STATEMENTS: u64 = 50_000;

/// One statement of an `update` command. The hint spares the server's planner the look at all other indexes.
pub(super) fn statement(query: RawDocumentBuf, change: RawDocumentBuf) -> RawDocumentBuf {
    rawdoc! { "q": query, "u": change, "hint": { "_id": 1_i32 } }
}

/// A statement that makes what it does not find.
pub(super) fn upsert(query: RawDocumentBuf, change: RawDocumentBuf) -> RawDocumentBuf {
    rawdoc! { "q": query, "u": change, "upsert": true, "hint": { "_id": 1_i32 } }
}

/// A statement that makes a document, which must not be there. Like all of them it names the team, by which a
/// sharded cluster finds the shard.
pub(super) fn insert(team: TeamId, id: RawDocumentBuf, document: RawDocumentBuf) -> RawDocumentBuf {
    // Nothing is of this kind, so the server always comes to insert, and runs into what is there.
    upsert(rawdoc! { "_id": id, "team": uuid(team.as_uuid()), "kind": "never" }, document)
}

/// Statements, as many together as a command takes.
pub(super) fn in_commands(statements: impl Iterator<Item = RawDocumentBuf>) -> Vec<(u64, RawArrayBuf)> {
    let mut all = Vec::new();
    let (mut count, mut bytes, mut some) = (0, 0, RawArrayBuf::new());
    for statement in statements {
        let size = statement.as_bytes().len();
        if count > 0 && (bytes + size > ENOUGH_BYTES || count == ENOUGH_STATEMENTS) {
            all.push((count, std::mem::take(&mut some)));
            (count, bytes) = (0, 0);
        }
        some.push(statement);
        (count, bytes) = (count + 1, bytes + size);
    }
    if count > 0 {
        all.push((count, some));
    }
    all
}

//! Statements, and the commands that take them to the server.

use invoice_core::TeamId;
use mongodb::bson::raw::{CStr, RawArrayBuf, RawDocumentBuf, cstr};
use mongodb::bson::rawdoc;

use crate::layout::uuid;

/// A command is one document to the server, of at most 16 MiB; the statement that makes it more goes into the next.
const ENOUGH_BYTES: usize = 8 << 20;
/// The server takes 100,000.
const ENOUGH_STATEMENTS: u64 = 50_000;

/// What a transaction does, in the order in which the server is told.
#[derive(Default)]
pub(super) struct Statements {
    /// Updates that give free what something new may take.
    pub(super) releases: Vec<RawDocumentBuf>,
    /// New documents: unlike an update that makes what it does not find, the server needs no plan for them.
    pub(super) inserts: Vec<RawDocumentBuf>,
    pub(super) updates: Vec<RawDocumentBuf>,
    pub(super) deletes: Vec<RawDocumentBuf>,
}

/// A command of a transaction, and how many documents it has to find or make.
pub(super) struct Command {
    pub(super) count: u64,
    pub(super) text: RawDocumentBuf,
}

impl Statements {
    /// The commands for a collection.
    pub(super) fn commands(self, collection: &str) -> Vec<Command> {
        let Self { releases, inserts, updates, deletes } = self;
        let mut commands = Vec::new();
        for (verb, field, statements) in [
            (cstr!("update"), cstr!("updates"), releases),
            (cstr!("insert"), cstr!("documents"), inserts),
            (cstr!("update"), cstr!("updates"), updates),
            (cstr!("delete"), cstr!("deletes"), deletes),
        ] {
            in_commands(statements, |count, statements| {
                commands.push(command(collection, (verb, field), count, statements));
            });
        }
        commands
    }
}

fn command(collection: &str, (verb, field): (&CStr, &CStr), count: u64, statements: RawArrayBuf) -> Command {
    let mut text = RawDocumentBuf::new();
    text.append(verb, collection);
    text.append(field, statements);
    text.append(cstr!("ordered"), true);
    Command { count, text }
}

/// Statements, as many together as a command takes.
fn in_commands(statements: Vec<RawDocumentBuf>, mut put: impl FnMut(u64, RawArrayBuf)) {
    let (mut count, mut bytes, mut some) = (0, 0, RawArrayBuf::new());
    for statement in statements {
        let size = statement.as_bytes().len();
        if count > 0 && (bytes + size > ENOUGH_BYTES || count == ENOUGH_STATEMENTS) {
            put(count, std::mem::take(&mut some));
            (count, bytes) = (0, 0);
        }
        some.push(statement);
        (count, bytes) = (count + 1, bytes + size);
    }
    if count > 0 {
        put(count, some);
    }
}

/// One statement of an `update` command, of a document that has to be as the query says. The hint spares the server's
/// planner the look at all other indexes.
pub(super) fn statement(query: RawDocumentBuf, change: RawDocumentBuf) -> RawDocumentBuf {
    rawdoc! { "q": query, "u": change, "hint": { "_id": 1_i32 } }
}

/// Whose documents are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) team: TeamId,
    /// A sharded cluster finds the shard by the team.
    pub(super) is_sharded: bool,
}

impl Owner {
    /// The query for the document of this identifier, whatever is in it. By nothing else the server finds it without
    /// making a plan.
    pub(super) fn query(self, id: RawDocumentBuf) -> RawDocumentBuf {
        let mut query = rawdoc! { "_id": id };
        if self.is_sharded {
            query.append(cstr!("team"), uuid(self.team.as_uuid()));
        }
        query
    }
}

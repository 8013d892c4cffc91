//! What the store tells the server, as its own driver reports it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use invoice_core::change::ChangeSet;
use invoice_core::ports::Commits;
use invoice_store_mongo::mongodb::bson::{Bson, Document};
use invoice_store_mongo::mongodb::event::EventHandler;
use invoice_store_mongo::mongodb::event::command::{CommandEvent, CommandStartedEvent};
use invoice_store_mongo::{MongoStore, Settings};
use uuid::Uuid;

use super::server::Server;
use crate::{Wrong, run};

/// Commits from so many tasks while it is listened to.
const TASKS: usize = 8;

/// A session's transaction.
type Transaction = (Vec<u8>, i64);

#[derive(Default)]
struct Heard {
    open: HashMap<Transaction, Vec<Document>>,
    committed: Vec<Vec<Document>>,
    finds: Vec<Document>,
}

impl Heard {
    fn hear(&mut self, event: CommandStartedEvent) {
        let CommandStartedEvent { command, command_name, .. } = event;
        match (command_name.as_str(), transaction(&command)) {
            ("commitTransaction", Some(transaction)) => {
                self.committed.extend(self.open.remove(&transaction));
            }
            ("update" | "insert" | "delete", Some(transaction)) => {
                self.open.entry(transaction).or_default().push(command);
            }
            ("find", _) => self.finds.push(command),
            _ => {}
        }
    }
}

fn transaction(command: &Document) -> Option<Transaction> {
    let id = command.get_document("lsid").ok()?.get("id")?;
    let Bson::Binary(id) = id else { return None };
    Some((id.bytes.clone(), command.get_i64("txnNumber").ok()?))
}

/// A store that is listened to.
pub(super) struct Told {
    pub(super) store: MongoStore,
    heard: Arc<Mutex<Heard>>,
}

impl Told {
    pub(super) async fn new(server: &Server, database: &str) -> Result<Self, Wrong> {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let ears = Arc::clone(&heard);
        let mut options = server.options().await?;
        options.command_event_handler = Some(EventHandler::callback(move |event| {
            if let CommandEvent::Started(event) = event {
                ears.lock().unwrap_or_else(PoisonError::into_inner).hear(event);
            }
        }));
        let mut settings = Settings::default();
        // A transaction for each.
        settings.together = 1;
        Ok(Self { store: server.store_with(database, options).await?.with_settings(settings), heard })
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The commands that commit these, in their order.
    pub(super) async fn commands(&self, changes: &[Arc<ChangeSet>]) -> Result<Vec<Vec<Document>>, Wrong> {
        let commits: Arc<dyn Commits> = Arc::new(self.store.clone());
        run::commit(&commits, TASKS, changes.to_vec(), None).await?;
        let committed = std::mem::take(&mut self.heard().committed);
        let mut known = HashMap::new();
        for commands in committed {
            let id = commit_id(&commands).ok_or("a transaction without a commit")?;
            known.insert(id, commands);
        }
        let order = changes.iter().map(|change| known.remove(&change.id.as_uuid()));
        order.collect::<Option<_>>().ok_or_else(|| "a commit that was not told".into())
    }

    /// The last `find` that it sends while it does something.
    pub(super) async fn find<T>(
        &self,
        work: impl Future<Output = Result<T, invoice_core::ports::StoreError>>,
    ) -> Result<Document, Wrong> {
        self.heard().finds.clear();
        work.await?;
        self.heard().finds.pop().ok_or_else(|| "nothing was asked".into())
    }
}

/// Which commit a transaction wrote.
fn commit_id(commands: &[Document]) -> Option<Uuid> {
    commands.iter().flat_map(inserted).find_map(|document| {
        let id = document.get_document("_id").ok()?;
        let is_commit = id.get_str("kind").is_ok_and(|kind| kind == "commit");
        match id.get("id")? {
            Bson::Binary(it) if is_commit => Uuid::from_slice(&it.bytes).ok(),
            _ => None,
        }
    })
}

/// The documents of an `insert` command.
pub(super) fn inserted(command: &Document) -> impl Iterator<Item = &Document> {
    within(command, "documents")
}

/// The statements of an `update` command.
pub(super) fn statements(command: &Document) -> impl Iterator<Item = &Document> {
    within(command, "updates")
}

fn within<'c>(command: &'c Document, name: &str) -> impl Iterator<Item = &'c Document> {
    command.get_array(name).ok().into_iter().flatten().filter_map(Bson::as_document)
}

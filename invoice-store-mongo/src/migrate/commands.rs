//! Migrations as lists of commands, in extended JSON.

use invoice_core::ports::StoreError;
use mongodb::bson::{Document, doc};

use crate::MongoStore;
use crate::error::code;
use crate::limit::Limit;

const NAMESPACE_NOT_FOUND: i32 = 26;
const INDEX_NOT_FOUND: i32 = 27;
const NAMESPACE_EXISTS: i32 = 48;

/// The commands of a migration; `{p}` stands for the prefix.
pub(super) fn read(text: &str, prefix: &str) -> Result<Vec<Document>, StoreError> {
    serde_json::from_str(&text.replace("{p}", prefix)).map_err(StoreError::backend)
}

/// The collections that commands drop.
pub(super) fn dropped(commands: &[Document]) -> impl Iterator<Item = &str> {
    commands.iter().filter_map(|command| command.get_str("drop").ok())
}

impl MongoStore {
    /// Runs a command of a migration, which may have been run before.
    pub(super) async fn define(&self, command: Document) -> Result<(), StoreError> {
        let first = command.keys().next().cloned().unwrap_or_default();
        // An index over many documents takes its time. If the server stands still, the lease ends this.
        let limit = Limit::unhurried(&self.shared.settings);
        let done = limit.persist(|| self.run(command.clone())).await?;
        match (first.as_str(), done) {
            ("create", Some(NAMESPACE_EXISTS)) => {
                let change = limit.persist(|| self.run(change(&command))).await?;
                change.map_or(Ok(()), |code| Err(refused(code)))
            }
            ("drop" | "dropIndexes", Some(NAMESPACE_NOT_FOUND | INDEX_NOT_FOUND)) | (_, None) => Ok(()),
            (_, Some(code)) => Err(refused(code)),
        }
    }

    /// The server's code, if it refused what may have been done before.
    async fn run(&self, mut command: Document) -> Result<Option<i32>, mongodb::error::Error> {
        command.insert("writeConcern", doc! { "w": "majority", "j": true });
        match self.database().run_command(command).await {
            Ok(_) => Ok(None),
            Err(error) => match code(&error) {
                Some(code @ (NAMESPACE_NOT_FOUND | INDEX_NOT_FOUND | NAMESPACE_EXISTS)) => Ok(Some(code)),
                _ => Err(error),
            },
        }
    }
}

/// Gives a collection that is there what it would have been created with.
fn change(create: &Document) -> Document {
    let mut change = create.clone();
    let name = change.remove("create").unwrap_or_default();
    let mut command = doc! { "collMod": name };
    command.extend(change);
    command
}

/// The server's code for a command that should have gone well.
#[derive(Debug, thiserror::Error)]
#[error("the server refused a command of a migration with code {0}")]
struct Refused(i32);

fn refused(code: i32) -> StoreError {
    StoreError::backend(Refused(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::MIGRATIONS;

    /// The most indexes that a collection may have.
    const MOST: usize = 64;

    fn commands(text: &str) -> Vec<Document> {
        read(text, "").unwrap()
    }

    #[test]
    fn every_collection_made_is_dropped_and_looked_at_before() {
        for migration in MIGRATIONS {
            let up = commands(migration.up());
            let down = commands(migration.down());
            let made = up.iter().filter_map(|command| command.get_str("create").ok());
            assert_eq!(made.collect::<Vec<_>>(), dropped(&down).collect::<Vec<_>>(), "{}", migration.name());
        }
    }

    #[test]
    fn every_name_has_the_prefix() {
        for migration in MIGRATIONS {
            for text in [migration.up(), migration.down()] {
                for command in read(text, "test_").unwrap() {
                    let (verb, name) = command.iter().next().unwrap();
                    assert!(name.as_str().unwrap().starts_with("test_"), "{verb} {name}");
                }
            }
        }
    }

    #[test]
    fn every_index_of_billing_leads_with_the_team_and_suits_a_shard_key() {
        let up = commands(MIGRATIONS[0].up());
        let indexes = up.iter().find_map(|command| command.get_array("indexes").ok()).unwrap();
        assert!(indexes.len() < MOST, "and there is that of `_id`");
        for index in indexes {
            let index = index.as_document().unwrap();
            let name = index.get_str("name").unwrap();
            let first = index.get_document("key").unwrap().keys().next().unwrap();
            assert!(first == "team" || name.starts_with("event_"), "{name}");
            assert!(first == "team" || !index.contains_key("unique"), "{name}");
        }
    }

    #[test]
    fn no_two_indexes_of_a_collection_have_one_name() {
        for migration in MIGRATIONS {
            for command in commands(migration.up()) {
                let Ok(indexes) = command.get_array("indexes") else { continue };
                let name = |index: &mongodb::bson::Bson| {
                    index.as_document().unwrap().get_str("name").unwrap().to_owned()
                };
                let names: std::collections::HashSet<_> = indexes.iter().map(name).collect();
                assert_eq!(names.len(), indexes.len());
            }
        }
    }
}

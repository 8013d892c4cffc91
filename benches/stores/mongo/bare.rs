//! The same documents, written by bare calls of the driver.

use invoice_store_mongo::mongodb::bson::raw::RawDocumentBuf;
use invoice_store_mongo::mongodb::bson::{Bson, Document};
use invoice_store_mongo::mongodb::options::UpdateModifications;
use invoice_store_mongo::mongodb::{Client, Collection, Database};

use super::server::transactions;
use super::told;
use crate::Wrong;

/// A call as a careful user writes it: one for each type of document.
#[derive(Clone)]
pub(super) enum Call {
    Insert(String, Vec<Document>),
    Update { query: Document, update: UpdateModifications, upsert: bool },
}

/// The calls that do what these commands do.
pub(super) fn calls(commands: &[Document]) -> Result<Vec<Call>, Wrong> {
    let mut calls: Vec<Call> = Vec::new();
    for command in commands {
        if !command.contains_key("update") && !command.contains_key("insert") {
            return Err("a command that neither inserts nor updates".into());
        }
        for document in told::inserted(command) {
            let kind = document.get_str("kind")?;
            let known = calls.iter_mut().find_map(|call| match call {
                Call::Insert(of, documents) if of == kind => Some(documents),
                _ => None,
            });
            match known {
                Some(documents) => documents.push(document.clone()),
                None => calls.push(Call::Insert(kind.to_owned(), vec![document.clone()])),
            }
        }
        for statement in told::statements(command) {
            let update = match statement.get("u").ok_or("a statement that does nothing")? {
                Bson::Document(document) => UpdateModifications::Document(document.clone()),
                Bson::Array(stages) => UpdateModifications::Pipeline(
                    stages.iter().filter_map(Bson::as_document).cloned().collect(),
                ),
                _ => return Err("an update of another kind".into()),
            };
            let (query, upsert) =
                (statement.get_document("q")?.clone(), statement.get_bool("upsert").unwrap_or_default());
            calls.push(Call::Update { query, update, upsert });
        }
    }
    Ok(calls)
}

/// The document of a kind that these calls insert.
pub(super) fn inserted(calls: &[Call], wanted: &str) -> Option<Document> {
    calls.iter().find_map(|call| match call {
        Call::Insert(kind, documents) if kind == wanted => documents.first().cloned(),
        _ => None,
    })
}

/// All calls in one transaction.
pub(super) async fn typed(
    client: &Client,
    collection: &Collection<Document>,
    calls: Vec<Call>,
) -> Result<(), Wrong> {
    let mut session = client.start_session().await?;
    session.start_transaction().with_options(transactions()).await?;
    for call in calls {
        match call {
            Call::Insert(_, documents) => match documents.as_slice() {
                [one] => drop(collection.insert_one(one).session(&mut session).await?),
                many => drop(collection.insert_many(many).session(&mut session).await?),
            },
            Call::Update { query, update, upsert } => {
                let done = collection.update_one(query, update).upsert(upsert).session(&mut session).await?;
                if done.matched_count == 0 && done.upserted_id.is_none() {
                    return Err("an update that met nothing".into());
                }
            }
        }
    }
    Ok(session.commit_transaction().await?)
}

/// A command, and how many statements it has.
pub(super) type Raw = (RawDocumentBuf, usize);

/// The commands as bytes, without what belongs to the session they came from.
pub(super) fn raw(commands: &[Document]) -> Result<Vec<Raw>, Wrong> {
    let own = ["update", "updates", "insert", "documents", "ordered"];
    let mut raw = Vec::with_capacity(commands.len());
    for command in commands {
        let kept = command.iter().filter(|(name, _)| own.contains(&name.as_str()));
        let kept: Document = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        let count = told::inserted(&kept).chain(told::statements(&kept)).count();
        raw.push((RawDocumentBuf::try_from(&kept)?, count));
    }
    Ok(raw)
}

/// The commands in one transaction.
pub(super) async fn send(client: &Client, database: &Database, commands: Vec<Raw>) -> Result<(), Wrong> {
    let mut session = client.start_session().await?;
    session.start_transaction().with_options(transactions()).await?;
    for (command, count) in commands {
        let reply = database.run_raw_command(command).session(&mut session).await?;
        if usize::try_from(reply.get_i32("n")?)? != count {
            return Err(format!("the server wrote something else: {reply}").into());
        }
    }
    Ok(session.commit_transaction().await?)
}

//! What stands in the way of a change, or else what has to be known to write it.

use std::collections::HashMap;

use invoice_core::Version;
use invoice_core::identity::{IdentityChange, IdentityKey, IdentityRecord};
use invoice_core::ports::StoreError;
use invoice_store_common::identity::{Step, steps, unique_key};
use mongodb::ClientSession;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::Hint;
use uuid::Uuid;

use super::keys;
use super::statements::{Seen, referred};
use crate::MongoStore;
use crate::error::unreadable;
use crate::layout::{Fields, there};
use crate::transaction::Trouble;

/// What is stored of the documents that a change is about.
#[derive(Debug, Default)]
struct Stored(HashMap<Vec<u8>, RawDocumentBuf>);

impl Stored {
    fn get(&self, id: &RawDocument) -> Option<Fields<'_>> {
        self.0.get(id.as_bytes()).map(|document| Fields(document))
    }

    fn record(&self, key: &IdentityKey) -> Option<Fields<'_>> {
        self.get(&keys::id(key))
    }

    fn check_version(&self, key: &IdentityKey, expected: Version) -> Result<(), StoreError> {
        let found = match self.record(key) {
            Some(fields) => Some(version(fields)?),
            None => None,
        };
        if found == Some(expected) { Ok(()) } else { Err(StoreError::Conflict { expected, found }) }
    }
}

fn version(fields: Fields<'_>) -> Result<Version, StoreError> {
    Ok(Version::new(there("version", fields.number("version")?)?.unsigned_abs()))
}

impl MongoStore {
    /// Looks at all that a change is about, as the transaction sees it; `None` if it was written before.
    pub(super) async fn look_at_identities(
        &self,
        session: &mut ClientSession,
        change: &IdentityChange,
    ) -> Result<Option<Seen>, Trouble> {
        let stored = self.stored(session, change).await?;
        if stored.get(&keys::commit(change.id)).is_some() {
            return Ok(None);
        }
        Ok(Some(examine(change, &stored)?))
    }

    async fn stored(&self, session: &mut ClientSession, change: &IdentityChange) -> Result<Stored, Trouble> {
        let IdentityChange { id, writes, guards, audit: _ } = change;
        let records = writes.iter().map(|write| keys::id(&write.key()));
        let guards = guards.iter().map(|(key, _)| keys::id(key));
        // An update may move a session to another user: whom it refers to is looked at in any case.
        let others = all_referred(change).map(|key| keys::id(&key));
        let mut ids: Vec<_> = records.chain(guards).chain(others).chain([keys::commit(*id)]).collect();
        ids.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
        ids.dedup();
        let plain: Result<Vec<_>, _> =
            ids.iter().map(|id| Document::try_from(id.as_ref()).map(Bson::Document)).collect();
        let plain = plain.map_err(|error| unreadable("identifier", error))?;
        let fields = doc! { "version": 1, "name_search": 1, "email_search": 1, "user_id": 1 };
        let find = self.identity().find(doc! { "_id": { "$in": plain } }).projection(fields);
        let mut cursor = find.hint(Hint::Name("_id_".to_owned())).session(&mut *session).await?;
        let mut stored = Stored::default();
        while cursor.advance(session).await? {
            let document = cursor.current().to_owned();
            let id = there("_id", Fields(&document).document("_id")?)?.as_bytes().to_vec();
            stored.0.insert(id, document);
        }
        Ok(stored)
    }
}

fn all_referred(change: &IdentityChange) -> impl Iterator<Item = IdentityKey> {
    let moved = change.writes.iter().map(invoice_core::identity::IdentityWrite::key).collect();
    let any = Seen { moved, ..Seen::default() };
    referred(change, Some(&any)).into_iter()
}

fn examine(change: &IdentityChange, stored: &Stored) -> Result<Seen, StoreError> {
    let mut seen = Seen::default();
    for step in steps(change) {
        match step {
            Step::Insert(record) => {
                let key = record.key();
                if stored.record(&key).is_some() {
                    return Err(StoreError::Duplicate { what: unique_key(&key) });
                }
                if let IdentityRecord::Membership(member) = record
                    && let Some(user) = stored.record(&IdentityKey::User(member.user()))
                {
                    seen.search_keys.insert(member.user(), search_keys(user)?);
                }
            }
            Step::Update(record, expected) => {
                let key = record.key();
                stored.check_version(&key, expected)?;
                if let Some(fields) = stored.record(&key) {
                    compare(record, key, fields, &mut seen)?;
                }
            }
            Step::Delete(key, expected) | Step::Guard(key, expected) | Step::Claim(key, expected) => {
                stored.check_version(key, expected)?;
            }
            Step::Remove(_) => {}
        }
    }
    if referred(change, Some(&seen)).iter().all(|key| stored.record(key).is_some()) {
        Ok(seen)
    } else {
        Err(StoreError::NotFound)
    }
}

/// Whether an update changes what other documents follow.
fn compare(
    record: &IdentityRecord,
    key: IdentityKey,
    fields: Fields<'_>,
    seen: &mut Seen,
) -> Result<(), StoreError> {
    let owner =
        |fields: Fields<'_>| -> Result<Uuid, StoreError> { there("user_id", fields.uuid("user_id")?) };
    match record {
        IdentityRecord::User(user) if search_keys(fields)? != user.search_keys() => {
            seen.renamed.insert(user.id());
        }
        IdentityRecord::Session(session) if owner(fields)? != session.user().as_uuid() => {
            seen.moved.insert(key);
        }
        IdentityRecord::OneTimeToken(token) if owner(fields)? != token.user().as_uuid() => {
            seen.moved.insert(key);
        }
        _ => {}
    }
    Ok(())
}

fn search_keys(user: Fields<'_>) -> Result<[String; 2], StoreError> {
    let text = |name| -> Result<String, StoreError> { Ok(there(name, user.text(name)?)?.to_owned()) };
    Ok([text("name_search")?, text("email_search")?])
}

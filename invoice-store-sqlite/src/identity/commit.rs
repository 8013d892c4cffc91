use async_trait::async_trait;
use invoice_core::Version;
use invoice_core::identity::{IdentityChange, IdentityKey, IdentityReceipt, IdentityRecord};
use invoice_core::ports::identity::IdentityCommits;
use invoice_core::ports::{StoreError, Unique};
use invoice_store_common::identity::{Step, steps, unique_key};
use rusqlite::types::Value;
use rusqlite::{Connection, ffi, params_from_iter};
use uuid::Uuid;

use super::rows::{execute, one, version};
use super::write;
use crate::SqliteStore;
use crate::error::{Stored as _, store_error};

#[async_trait]
impl IdentityCommits for SqliteStore {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        self.write(move |connection| commit(connection, &change)).await
    }
}

fn commit(connection: &Connection, change: &IdentityChange) -> Result<IdentityReceipt, StoreError> {
    let IdentityChange { id, writes: _, guards: _, audit } = change;
    let remember = "INSERT INTO identity_commits (id) VALUES (?1) ON CONFLICT DO NOTHING";
    if execute(connection, remember, [id.as_uuid()]).stored()? == 0 {
        return Ok(IdentityReceipt { id: *id, replayed: true });
    }
    change.check().map_err(StoreError::Refused)?;
    for step in steps(change) {
        take(connection, step)?;
    }
    for event in audit {
        write::event(connection, event).map_err(|error| error.in_place_of(|| Ok(Unique::Id)))?;
    }
    Ok(IdentityReceipt { id: *id, replayed: false })
}

fn take(connection: &Connection, step: Step<'_>) -> Result<(), StoreError> {
    match step {
        Step::Insert(record) => {
            let key = record.key();
            let taken = || match stored_version(connection, &key)? {
                Some(_) => Ok(unique_key(&key)),
                None => Ok(unique_value(record)),
            };
            write::insert(connection, record).map_err(|error| error.in_place_of(taken))
        }
        Step::Update(record, expected) => {
            expect(connection, &record.key(), expected)?;
            let taken = || Ok(unique_value(record));
            write::update(connection, record).map_err(|error| error.in_place_of(taken))
        }
        Step::Guard(key, expected) | Step::Claim(key, expected) => expect(connection, key, expected),
        Step::Delete(key, expected) => {
            expect(connection, key, expected)?;
            execute(connection, table(key).delete, params_from_iter(values(key))).stored().map(drop)
        }
        Step::Remove(key) => execute(connection, table(key).delete, params_from_iter(values(key)))
            .map(drop)
            .map_err(|error| if is_reference(&error) { StoreError::InUse } else { store_error(error) }),
    }
}

fn expect(connection: &Connection, key: &IdentityKey, expected: Version) -> Result<(), StoreError> {
    let found = stored_version(connection, key)?;
    if found == Some(expected) { Ok(()) } else { Err(StoreError::Conflict { expected, found }) }
}

fn stored_version(connection: &Connection, key: &IdentityKey) -> Result<Option<Version>, StoreError> {
    one(connection, table(key).version, params_from_iter(values(key)), |row| version(row, 0))
}

/// What a record has that no other may have, besides its key.
const fn unique_value(record: &IdentityRecord) -> Unique {
    match record {
        IdentityRecord::User(_) => Unique::Email,
        _ => Unique::Fingerprint,
    }
}

/// Why a record was not written.
pub(super) enum Failure {
    /// Its key or another unique value is taken.
    Taken,
    /// What it refers to is not there.
    Refers,
    /// Anything else.
    Other(StoreError),
}

impl Failure {
    /// The port's error; `taken` finds out what was taken.
    fn in_place_of(self, taken: impl FnOnce() -> Result<Unique, StoreError>) -> StoreError {
        match self {
            Self::Taken => match taken() {
                Ok(what) => StoreError::Duplicate { what },
                Err(error) => error,
            },
            Self::Refers => StoreError::NotFound,
            Self::Other(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        match code(&error) {
            Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => Self::Taken,
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Self::Refers,
            _ => Self::Other(store_error(error)),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Other(error)
    }
}

fn is_reference(error: &rusqlite::Error) -> bool {
    code(error) == Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

fn code(error: &rusqlite::Error) -> Option<std::ffi::c_int> {
    error.sqlite_error().map(|error| error.extended_code)
}

/// The statements that name a record by its key.
struct Table {
    version: &'static str,
    delete: &'static str,
}

macro_rules! table {
    ($name:literal, $key:literal) => {
        Table {
            version: concat!("SELECT version FROM ", $name, " WHERE ", $key),
            delete: concat!("DELETE FROM ", $name, " WHERE ", $key),
        }
    };
}

const fn table(key: &IdentityKey) -> Table {
    match key {
        IdentityKey::User(_) => table!("users", "id = ?1"),
        IdentityKey::Team(_) => table!("teams", "id = ?1"),
        IdentityKey::Membership(..) => table!("memberships", "team_id = ?1 AND user_id = ?2"),
        IdentityKey::Invitation(..) => table!("invitations", "team_id = ?1 AND id = ?2"),
        IdentityKey::Session(_) => table!("sessions", "id = ?1"),
        IdentityKey::OneTimeToken(_) => table!("one_time_tokens", "id = ?1"),
        IdentityKey::ApiKey(..) => table!("api_keys", "team_id = ?1 AND id = ?2"),
        IdentityKey::SigningKey(_) => table!("signing_keys", "kid = ?1"),
    }
}

fn values(key: &IdentityKey) -> Vec<Value> {
    let blob = |uuid: Uuid| Value::Blob(uuid.as_bytes().to_vec());
    match key {
        IdentityKey::User(id) => vec![blob(id.as_uuid())],
        IdentityKey::Team(id) => vec![blob(id.as_uuid())],
        IdentityKey::Membership(team, user) => vec![blob(team.as_uuid()), blob(user.as_uuid())],
        IdentityKey::Invitation(team, id) => vec![blob(team.as_uuid()), blob(id.as_uuid())],
        IdentityKey::Session(id) => vec![blob(id.as_uuid())],
        IdentityKey::OneTimeToken(id) => vec![blob(id.as_uuid())],
        IdentityKey::ApiKey(team, id) => vec![blob(team.as_uuid()), blob(id.as_uuid())],
        IdentityKey::SigningKey(kid) => vec![Value::Text(kid.as_str().to_owned())],
    }
}

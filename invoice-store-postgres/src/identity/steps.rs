//! The steps of a change, one statement each.

use invoice_core::Version;
use invoice_core::identity::{IdentityKey, IdentityRecord};
use invoice_core::ports::StoreError;
use invoice_store_common::identity::Step;
use sqlx::{PgConnection, Row as _};

use super::commit::{Stopped, Writer};
use super::rows::{Bound, version_column};
use super::write;
use crate::error::database;

impl Writer<'_> {
    pub(super) async fn take(self, connection: &mut PgConnection, step: Step<'_>) -> Result<(), Stopped> {
        match step {
            Step::Insert(record) => self.insert(connection, record).await,
            Step::Update(record, expected) => self.update(connection, record, expected).await,
            Step::Guard(key, expected) => {
                let found = self.version(connection, table(key).share, key).await?;
                same(expected, found)
            }
            Step::Claim(key, expected) => {
                let found = self.version(connection, table(key).claim, key).await?;
                same(expected, found)
            }
            Step::Delete(key, expected) => {
                let query = bind_key(sqlx::query(self.store.sql(table(key).delete)), key);
                let done = query.bind(version_column(expected)).execute(&mut *connection).await?;
                if done.rows_affected() == 0 {
                    self.conflict(connection, key, expected).await
                } else {
                    Ok(())
                }
            }
            Step::Remove(key) => {
                let query = bind_key(sqlx::query(self.store.sql(table(key).remove)), key);
                match query.execute(connection).await {
                    Ok(_) => Ok(()),
                    Err(error) if is_reference(&error) => Err(Stopped::Answer(StoreError::InUse)),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    async fn insert(self, connection: &mut PgConnection, record: &IdentityRecord) -> Result<(), Stopped> {
        let done = write::insert(self.store, record).execute(connection).await?;
        // A membership takes its search keys from its user, and finds none.
        if done.rows_affected() == 0 { Err(Stopped::Answer(StoreError::NotFound)) } else { Ok(()) }
    }

    async fn update(
        self,
        connection: &mut PgConnection,
        record: &IdentityRecord,
        expected: Version,
    ) -> Result<(), Stopped> {
        let done = write::update(self.store, record).execute(&mut *connection).await?;
        if done.rows_affected() == 0 {
            return self.conflict(connection, &record.key(), expected).await;
        }
        if let IdentityRecord::User(user) = record {
            // A statement of its own: it must see the memberships of whoever was waited for.
            write::search_keys(self.store, user).execute(connection).await?;
        }
        Ok(())
    }

    async fn conflict(
        self,
        connection: &mut PgConnection,
        key: &IdentityKey,
        expected: Version,
    ) -> Result<(), Stopped> {
        let found = self.version(connection, table(key).version, key).await?;
        // It got to the expected version after it was not found there.
        same(expected, found).and(Err(Stopped::Moved))
    }

    async fn version(
        self,
        connection: &mut PgConnection,
        text: &'static str,
        key: &IdentityKey,
    ) -> Result<Option<Version>, Stopped> {
        let query = bind_key(sqlx::query(self.store.sql(text)), key);
        let row = query.fetch_optional(connection).await?;
        let found: Option<i64> = row.map(|row| row.try_get(0)).transpose()?;
        Ok(found.map(|version| Version::new(version.unsigned_abs())))
    }
}

fn same(expected: Version, found: Option<Version>) -> Result<(), Stopped> {
    if found == Some(expected) {
        return Ok(());
    }
    Err(Stopped::Answer(StoreError::Conflict { expected, found }))
}

fn is_reference(error: &sqlx::Error) -> bool {
    database(error).is_some_and(|error| error.code() == "23503")
}

/// The statements that name a record by its key.
struct Table {
    version: &'static str,
    share: &'static str,
    claim: &'static str,
    delete: &'static str,
    remove: &'static str,
}

macro_rules! table {
    ($name:literal, $key:literal, $next:literal) => {
        Table {
            version: concat!("SELECT version FROM {s}.", $name, " WHERE ", $key),
            share: concat!("SELECT version FROM {s}.", $name, " WHERE ", $key, " FOR SHARE"),
            claim: concat!("SELECT version FROM {s}.", $name, " WHERE ", $key, " FOR UPDATE"),
            delete: concat!("DELETE FROM {s}.", $name, " WHERE ", $key, " AND version = ", $next),
            remove: concat!("DELETE FROM {s}.", $name, " WHERE ", $key),
        }
    };
}

const fn table(key: &IdentityKey) -> Table {
    match key {
        IdentityKey::User(_) => table!("users", "id = $1", "$2"),
        IdentityKey::Team(_) => table!("teams", "id = $1", "$2"),
        IdentityKey::Membership(..) => table!("memberships", "team_id = $1 AND user_id = $2", "$3"),
        IdentityKey::Invitation(..) => table!("invitations", "team_id = $1 AND id = $2", "$3"),
        IdentityKey::Session(_) => table!("sessions", "id = $1", "$2"),
        IdentityKey::OneTimeToken(_) => table!("one_time_tokens", "id = $1", "$2"),
        IdentityKey::ApiKey(..) => table!("api_keys", "team_id = $1 AND id = $2", "$3"),
        IdentityKey::SigningKey(_) => table!("signing_keys", "kid = $1", "$2"),
    }
}

fn bind_key<'q>(query: Bound<'q>, key: &'q IdentityKey) -> Bound<'q> {
    match key {
        IdentityKey::User(id) => query.bind(id.as_uuid()),
        IdentityKey::Team(id) => query.bind(id.as_uuid()),
        IdentityKey::Membership(team, user) => query.bind(team.as_uuid()).bind(user.as_uuid()),
        IdentityKey::Invitation(team, id) => query.bind(team.as_uuid()).bind(id.as_uuid()),
        IdentityKey::Session(id) => query.bind(id.as_uuid()),
        IdentityKey::OneTimeToken(id) => query.bind(id.as_uuid()),
        IdentityKey::ApiKey(team, id) => query.bind(team.as_uuid()).bind(id.as_uuid()),
        IdentityKey::SigningKey(kid) => query.bind(kid.as_str()),
    }
}

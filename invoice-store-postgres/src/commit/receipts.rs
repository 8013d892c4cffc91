//! What was committed before.

use chrono::{DateTime, Utc};
use invoice_core::change::{ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt, Record};
use invoice_core::ports::{StoreError, Unique};
use invoice_core::{CommitId, Hash, TeamId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::Trouble;
use crate::PostgresStore;
use crate::error::unreadable;
use crate::record::Stored;

const BY_ID: &str = "SELECT c.id, c.at, c.fingerprint, v.kind, v.data FROM {s}.commits AS c \
    LEFT JOIN {s}.versions AS v ON v.team = c.team AND v.commit_id = c.id \
    WHERE c.team = $1 AND c.id = $2 ORDER BY v.ordinal";

const BY_KEY: &str = "SELECT c.id, c.at, c.fingerprint, v.kind, v.data FROM {s}.commits AS c \
    LEFT JOIN {s}.versions AS v ON v.team = c.team AND v.commit_id = c.id \
    WHERE c.team = $1 AND c.idempotency_key = $2 ORDER BY v.ordinal";

struct Found {
    commit: CommitId,
    at: DateTime<Utc>,
    fingerprint: Option<Hash>,
    records: Vec<Record>,
}

impl PostgresStore {
    /// The answer to a change set that was committed, or a request that was answered, before.
    pub(super) async fn answer_again(
        &self,
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<Option<Receipt>, Trouble> {
        let rows = sqlx::query(self.sql(BY_ID))
            .bind(change.team.as_uuid())
            .bind(change.id.as_uuid())
            .fetch_all(&mut *connection)
            .await?;
        if let Some(Found { commit, records, .. }) = found(&rows)? {
            return Ok(Some(Receipt { commit, records, replayed: false }));
        }
        let Some(request) = &change.idempotency else { return Ok(None) };
        match found(&self.by_key(connection, change.team, &request.key).await?)? {
            None => Ok(None),
            Some(Found { commit, fingerprint, records, .. }) if fingerprint == Some(request.fingerprint) => {
                Ok(Some(Receipt { commit, records, replayed: true }))
            }
            Some(_) => Err(StoreError::Duplicate { what: Unique::IdempotencyKey }.into()),
        }
    }

    async fn by_key(
        &self,
        connection: &mut PgConnection,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let query = sqlx::query(self.sql(BY_KEY)).bind(team.as_uuid()).bind(key.as_str());
        query.fetch_all(connection).await
    }

    pub(super) async fn request(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let mut connection = self.connection().await?;
        let rows = self.by_key(&mut connection, team, key).await;
        let rows = connection.done(rows)?;
        let Some(Found { commit, at, fingerprint, records }) = found(&rows)? else { return Ok(None) };
        let fingerprint = fingerprint.ok_or_else(|| unreadable("commit", "a key without a fingerprint"))?;
        Ok(Some(IdempotencyRecord { key: key.clone(), fingerprint, commit, at: at.into(), answer: records }))
    }
}

/// One commit; a row for each record that it wrote, or one without any.
fn found(rows: &[PgRow]) -> Result<Option<Found>, StoreError> {
    let wrong = |error: sqlx::Error| unreadable("commit", error);
    let Some(first) = rows.first() else { return Ok(None) };
    let fingerprint: Option<&[u8]> = first.try_get(2).map_err(wrong)?;
    let fingerprint = fingerprint.map(|bytes| Ok(Hash::from_bytes(bytes.try_into()?))).transpose();
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(kind) = row.try_get::<Option<&str>, _>(3).map_err(wrong)? {
            records.push(row.try_get::<Stored<'_>, _>(4).map_err(wrong)?.record(kind)?);
        }
    }
    Ok(Some(Found {
        commit: CommitId::from_uuid(first.try_get::<Uuid, _>(0).map_err(wrong)?),
        at: first.try_get(1).map_err(wrong)?,
        fingerprint: fingerprint
            .map_err(|error: std::array::TryFromSliceError| unreadable("commit", error))?,
        records,
    }))
}

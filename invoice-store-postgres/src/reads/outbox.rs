//! The outbox: for each aggregate a lane of events, of which only the oldest is handed out.

use async_trait::async_trait;
use invoice_core::ports::{ClaimedEvent, Outbox, StoreError};
use invoice_core::{Event, EventId, Timestamp};
use invoice_store_common::lists::Value;
use sqlx::postgres::PgRow;

use super::row::{column, count, instant, record};
use crate::PostgresStore;

/// Rows that another worker is at are passed over; nobody waits. It reads from the oldest event on, with a look
/// at the lane of each, however full the outbox is.
const CLAIM: &str = "\
    UPDATE {s}.outbox \
    SET attempts = least(attempts, 2147483646) + 1, leased_until = $2, not_before = NULL \
    WHERE position = ANY (ARRAY( \
        SELECT o.position FROM {s}.outbox o \
        WHERE o.buried_reason IS NULL AND (o.leased_until IS NULL OR o.leased_until <= $1) \
            AND (o.not_before IS NULL OR o.not_before <= $1) \
            AND NOT EXISTS (SELECT FROM {s}.outbox e \
                WHERE e.team = o.team AND e.aggregate_kind = o.aggregate_kind AND e.aggregate = o.aggregate \
                    AND e.buried_reason IS NULL \
                    AND (e.aggregate_version, e.ordinal, e.id) < (o.aggregate_version, o.ordinal, o.id)) \
        ORDER BY o.position LIMIT {limit} FOR UPDATE OF o SKIP LOCKED \
    )) \
    RETURNING position, event, attempts::bigint";

/// A claim is known by how often its event was claimed, and until when.
const ACKNOWLEDGE: &str = "\
    DELETE FROM {s}.outbox o USING unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[]) \
        AS held (team, id, attempts, leased_until) \
    WHERE o.team = held.team AND o.id = held.id AND o.attempts = held.attempts \
        AND o.leased_until = held.leased_until AND o.buried_reason IS NULL";

const RETRY: &str = "\
    UPDATE {s}.outbox SET leased_until = NULL, not_before = $5 \
    WHERE team = $1 AND id = $2 AND attempts = $3 AND leased_until = $4 AND buried_reason IS NULL";

const BURY: &str = "\
    UPDATE {s}.outbox SET buried_reason = $5 \
    WHERE team = $1 AND id = $2 AND attempts = $3 AND leased_until = $4 AND buried_reason IS NULL";

const BURIED: &str = "\
    SELECT event, buried_reason FROM {s}.outbox WHERE buried_reason IS NOT NULL ORDER BY position LIMIT {limit}";

/// Teams may use the same identifiers: the oldest is meant.
const REVIVE: &str = "\
    UPDATE {s}.outbox SET buried_reason = NULL, leased_until = NULL \
    WHERE position = (SELECT min(position) FROM {s}.outbox WHERE id = $1 AND buried_reason IS NOT NULL) \
        AND buried_reason IS NOT NULL";

#[async_trait]
impl Outbox for PostgresStore {
    async fn claim(
        &self,
        now: Timestamp,
        lease_millis: u32,
        limit: u16,
    ) -> Result<Vec<ClaimedEvent>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let leased_until = now.plus_millis(lease_millis.into());
        let values = [Value::Instant(now), Value::Instant(leased_until)];
        // A claim whose answer was lost ends with its lease, so that claiming again harms nobody.
        let rows = self.limited(CLAIM, limit.into(), &values).await?;
        let mut claimed =
            rows.iter().map(|row| claimed(row, leased_until)).collect::<Result<Vec<_>, StoreError>>()?;
        claimed.sort_unstable_by_key(|(position, _)| *position);
        Ok(claimed.into_iter().map(|(_, event)| event).collect())
    }

    async fn acknowledge(&self, claimed: &[ClaimedEvent]) -> Result<u64, StoreError> {
        if claimed.is_empty() {
            return Ok(0);
        }
        let teams: Vec<_> = claimed.iter().map(|it| it.event.team.as_uuid()).collect();
        let ids: Vec<_> = claimed.iter().map(|it| it.event.id.as_uuid()).collect();
        let attempts: Vec<_> = claimed.iter().map(|it| i64::from(it.attempts)).collect();
        let leases: Vec<_> = claimed.iter().map(|it| instant(it.leased_until)).collect();
        let query = || {
            let query = sqlx::query(self.sql(ACKNOWLEDGE)).bind(&teams).bind(&ids);
            query.bind(&attempts).bind(&leases)
        };
        self.written(query).await.map(|done| done.rows_affected())
    }

    async fn retry(&self, claimed: &ClaimedEvent, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(RETRY, &held(claimed, Value::Instant(at))).await?.rows_affected() == 1)
    }

    async fn bury(&self, claimed: &ClaimedEvent, reason: &str) -> Result<bool, StoreError> {
        // PostgreSQL keeps no NUL.
        let reason = Value::Text(reason.replace('\0', "\u{fffd}"));
        Ok(self.execute(BURY, &held(claimed, reason)).await?.rows_affected() == 1)
    }

    async fn buried(&self, limit: u16) -> Result<Vec<(Event, String)>, StoreError> {
        let rows = self.limited(BURIED, limit.into(), &[]).await?;
        rows.iter().map(|row| Ok((record(row, 0)?, column(row, 1)?))).collect()
    }

    async fn revive(&self, id: EventId) -> Result<bool, StoreError> {
        Ok(self.execute(REVIVE, &[Value::Uuid(id.as_uuid())]).await?.rows_affected() == 1)
    }
}

fn held(claimed: &ClaimedEvent, change: Value) -> [Value; 5] {
    [
        Value::Uuid(claimed.event.team.as_uuid()),
        Value::Uuid(claimed.event.id.as_uuid()),
        Value::Int(claimed.attempts.into()),
        Value::Instant(claimed.leased_until),
        change,
    ]
}

fn claimed(row: &PgRow, leased_until: Timestamp) -> Result<(i64, ClaimedEvent), StoreError> {
    let attempts = u32::try_from(count(row, 2, "event")?).unwrap_or(u32::MAX);
    Ok((column(row, 0)?, ClaimedEvent { event: record(row, 1)?, attempts, leased_until }))
}

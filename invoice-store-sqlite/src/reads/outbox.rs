//! The outbox: for each aggregate a lane of events, of which only the oldest is handed out.

use async_trait::async_trait;
use invoice_core::ports::{ClaimedEvent, Outbox, StoreError};
use invoice_core::{Event, EventId, Timestamp};
use rusqlite::{Connection, Params};

use crate::SqliteStore;
use crate::error::Stored as _;
use crate::values::{int, json};

/// The oldest events of their lanes that nobody holds and whose time has come.
pub(super) const CLAIMABLE: &str = "
    SELECT o.position, o.event, o.attempts FROM outbox o
    WHERE o.buried_reason IS NULL
        AND (o.leased_until IS NULL OR o.leased_until <= ?1) AND (o.not_before IS NULL OR o.not_before <= ?1)
        AND NOT EXISTS (
            SELECT 1 FROM outbox e
            WHERE e.buried_reason IS NULL AND e.team = o.team AND e.aggregate_kind = o.aggregate_kind
                AND e.aggregate = o.aggregate
                AND (e.aggregate_version, e.ordinal, e.id) < (o.aggregate_version, o.ordinal, o.id)
        )
    ORDER BY o.position LIMIT ?2";

/// The conditions of still holding an event.
macro_rules! if_held {
    ($statement:literal) => {
        concat!(
            $statement,
            " WHERE team = ?1 AND id = ?2 AND attempts = ?3 AND leased_until = ?4 AND buried_reason IS NULL"
        )
    };
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn claim(
        &self,
        now: Timestamp,
        lease_millis: u32,
        limit: u16,
    ) -> Result<Vec<ClaimedEvent>, StoreError> {
        // A worker that finds nothing holds up no writer.
        if self.scan(move |it| claimable(it, now, limit.min(1))).await?.is_empty() {
            return Ok(Vec::new());
        }
        self.write(move |it| claim(it, now, lease_millis, limit)).await
    }

    async fn acknowledge(&self, claimed: &[ClaimedEvent]) -> Result<u64, StoreError> {
        if claimed.is_empty() {
            return Ok(0);
        }
        let claimed = claimed.to_vec();
        self.write(move |it| {
            let mut held = 0;
            for claimed in &claimed {
                held += u64::from(execute(it, if_held!("DELETE FROM outbox"), claim_of(claimed))?);
            }
            Ok(held)
        })
        .await
    }

    async fn retry(&self, claimed: &ClaimedEvent, at: Timestamp) -> Result<bool, StoreError> {
        let claimed = claimed.clone();
        self.write(move |it| {
            let text = if_held!("UPDATE outbox SET leased_until = NULL, not_before = ?5");
            let (team, id, attempts, until) = claim_of(&claimed);
            execute(it, text, (team, id, attempts, until, at.as_millis()))
        })
        .await
    }

    async fn bury(&self, claimed: &ClaimedEvent, reason: &str) -> Result<bool, StoreError> {
        let (claimed, reason) = (claimed.clone(), reason.to_owned());
        self.write(move |it| {
            let text = if_held!("UPDATE outbox SET buried_reason = ?5");
            let (team, id, attempts, until) = claim_of(&claimed);
            execute(it, text, (team, id, attempts, until, &reason))
        })
        .await
    }

    async fn buried(&self, limit: u16) -> Result<Vec<(Event, String)>, StoreError> {
        self.scan(move |it| {
            let text = "
                SELECT event, buried_reason FROM outbox
                WHERE buried_reason IS NOT NULL ORDER BY position LIMIT ?1";
            let mut statement = it.prepare_cached(text).stored()?;
            let mut rows = statement.query([limit]).stored()?;
            let mut buried = Vec::new();
            while let Some(row) = rows.next().stored()? {
                let event = row.get_ref(0).and_then(|it| Ok(it.as_str()?)).stored()?;
                buried.push((json(event, "event")?, row.get(1).stored()?));
            }
            Ok(buried)
        })
        .await
    }

    async fn revive(&self, id: EventId) -> Result<bool, StoreError> {
        self.write(move |it| {
            // Teams may use the same identifiers: the oldest, then.
            let text = "
                UPDATE outbox SET buried_reason = NULL, leased_until = NULL WHERE position = (
                    SELECT position FROM outbox
                    WHERE buried_reason IS NOT NULL AND id = ?1 ORDER BY position LIMIT 1
                )";
            execute(it, text, [id.as_uuid()])
        })
        .await
    }
}

fn execute(connection: &Connection, text: &str, values: impl Params) -> Result<bool, StoreError> {
    connection.prepare_cached(text).and_then(|mut it| it.execute(values)).map(|rows| rows > 0).stored()
}

/// What a claim is recognised by.
fn claim_of(claimed: &ClaimedEvent) -> (uuid::Uuid, uuid::Uuid, u32, i64) {
    let ClaimedEvent { event, attempts, leased_until } = claimed;
    (event.team.as_uuid(), event.id.as_uuid(), *attempts, leased_until.as_millis())
}

/// What can be claimed: place, event and how often it was claimed.
fn claimable(
    connection: &Connection,
    now: Timestamp,
    limit: u16,
) -> Result<Vec<(i64, String, u32)>, StoreError> {
    let mut statement = connection.prepare_cached(CLAIMABLE).stored()?;
    let rows =
        statement.query_map((now.as_millis(), int(limit)), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.and_then(Iterator::collect).stored()
}

fn claim(
    connection: &Connection,
    now: Timestamp,
    lease_millis: u32,
    limit: u16,
) -> Result<Vec<ClaimedEvent>, StoreError> {
    let leased_until = now.plus_millis(lease_millis.into());
    let mut claimed = Vec::new();
    for (position, event, attempts) in claimable(connection, now, limit)? {
        let attempts = attempts.saturating_add(1);
        let text =
            "UPDATE outbox SET attempts = ?2, leased_until = ?3, not_before = NULL WHERE position = ?1";
        execute(connection, text, (position, attempts, leased_until.as_millis()))?;
        claimed.push(ClaimedEvent { event: json(&event, "event")?, attempts, leased_until });
    }
    Ok(claimed)
}

//! What is stored of some aggregates, read under locks.

use std::collections::BTreeMap;

use invoice_core::change::AggregateId;
use invoice_core::ports::StoreError;
use invoice_core::{Counter, CounterKey, TeamId, Version};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use uuid::Uuid;

use super::Trouble;
use super::counters;
use super::table::Table;
use crate::PostgresStore;
use crate::error::unreadable;

/// An aggregate as it is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) version: Version,
    /// A document that is issued and not void.
    pub(super) live: bool,
}

/// How a row is held until the end of the transaction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hold {
    /// As whoever writes it does.
    ForWriting,
    /// Only so that it stays.
    ForReferring,
}

impl PostgresStore {
    /// Looks aggregates up and holds them, table by table, in the order of their keys.
    pub(super) async fn look_up(
        &self,
        connection: &mut PgConnection,
        team: TeamId,
        ids: &[AggregateId],
        hold: Hold,
    ) -> Result<BTreeMap<AggregateId, Standing>, Trouble> {
        let mut found = BTreeMap::new();
        for table in Table::ALL {
            let wanted = || ids.iter().filter(|id| Table::of(**id) == table);
            if wanted().next().is_none() {
                continue;
            }
            let uuids: Vec<Uuid> = wanted().map(|id| id.as_uuid()).collect();
            let kinds: Vec<&str> = wanted().map(|id| id.kind().as_str()).collect();
            let query = sqlx::query(AssertSqlSafe(self.fill(&text(table, hold))));
            let rows = query.bind(team.as_uuid()).bind(uuids).bind(kinds).fetch_all(&mut *connection).await?;
            for row in rows {
                let id: Uuid = row.try_get(0)?;
                let version: i64 = row.try_get(1)?;
                let version = u64::try_from(version).map_err(|error| unreadable("version", error))?;
                let id = of_kind(row.try_get(3)?, id)?;
                let standing = Standing { version: Version::new(version), live: row.try_get(2)? };
                found.insert(id, standing);
            }
        }
        Ok(found)
    }

    /// Counters as they are, held until the end of the transaction.
    pub(super) async fn hold_counters(
        &self,
        connection: &mut PgConnection,
        team: TeamId,
        keys: &[CounterKey],
    ) -> Result<BTreeMap<CounterKey, Counter>, Trouble> {
        let text = "SELECT c.series, c.period, c.next, c.head, c.last_issue_date FROM {s}.counters AS c \
            JOIN unnest($2::uuid[], $3::text[]) AS w(series, period) ON c.series = w.series AND c.period = w.period \
            WHERE c.team = $1 ORDER BY c.series, c.period FOR UPDATE OF c";
        let series: Vec<Uuid> = keys.iter().map(|key| key.series.as_uuid()).collect();
        let periods: Vec<String> = keys.iter().map(|key| key.period.to_string()).collect();
        let rows = sqlx::query(self.sql(text))
            .bind(team.as_uuid())
            .bind(series)
            .bind(periods)
            .fetch_all(connection)
            .await?;
        let counters = rows.iter().map(|row| counters::read(row, 0)).collect::<Result<Vec<_>, _>>()?;
        Ok(counters.into_iter().flatten().collect())
    }
}

fn text(table: Table, hold: Hold) -> String {
    let hold = match hold {
        Hold::ForWriting => "FOR NO KEY UPDATE",
        Hold::ForReferring => "FOR KEY SHARE",
    };
    let name = table.name();
    let wanted = "unnest($2::uuid[], $3::text[]) AS w(id, kind)";
    match table {
        Table::Suppliers => format!(
            "SELECT t.team, t.version, false, w.kind FROM {{s}}.{name} AS t, {wanted} WHERE t.team = $1 {hold} OF t"
        ),
        Table::Documents => format!(
            "SELECT t.id, t.version, t.live, t.kind FROM {{s}}.{name} AS t JOIN {wanted} \
             ON t.kind = w.kind AND t.id = w.id WHERE t.team = $1 ORDER BY t.kind, t.id {hold} OF t"
        ),
        Table::Clients | Table::Items | Table::Series | Table::Payments => format!(
            "SELECT t.id, t.version, false, w.kind FROM {{s}}.{name} AS t JOIN {wanted} ON t.id = w.id \
             WHERE t.team = $1 ORDER BY t.id {hold} OF t"
        ),
    }
}

fn of_kind(kind: &str, id: Uuid) -> Result<AggregateId, StoreError> {
    let kind = kind.parse().map_err(|error| unreadable("record", error))?;
    Ok(AggregateId::new(kind, id))
}

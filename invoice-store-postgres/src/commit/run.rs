//! The statement, run.

use std::sync::{Arc, PoisonError};

use invoice_core::ports::StoreError;
use invoice_core::{Counter, CounterKey, TeamId};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, AssertSqlSafe, PgConnection, Row as _};
use uuid::Uuid;

use super::Trouble;
use super::counters;
use super::rows::Batch;
use super::text::{Shape, statement};
use super::value;
use crate::PostgresStore;
use crate::store::Shared;

/// What became of a statement that did not fail.
pub(super) enum Outcome {
    /// All of it is written.
    Landed,
    /// Nothing is written: the counters are not as predicted, but like this.
    Missed(Vec<(TeamId, CounterKey, Counter)>),
}

/// A statement with its arguments.
pub(super) struct Prepared {
    text: Arc<str>,
    arguments: PgArguments,
}

impl Prepared {
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Shared {
    fn commit_text(&self, shape: Shape) -> Arc<str> {
        if let Some(text) = self.commits.read().unwrap_or_else(PoisonError::into_inner).get(&shape) {
            return Arc::clone(text);
        }
        let text: Arc<str> = statement(&shape).replace("{s}", self.quoted_schema()).into();
        self.commits.write().unwrap_or_else(PoisonError::into_inner).insert(shape, Arc::clone(&text));
        text
    }
}

impl PostgresStore {
    pub(super) fn prepare(&self, batch: &Batch<'_>) -> Result<Prepared, StoreError> {
        let text = self.shared.commit_text(batch.shape());
        let arguments = arguments(batch).map_err(StoreError::Backend)?;
        Ok(Prepared { text, arguments })
    }
}

fn arguments(batch: &Batch<'_>) -> Result<PgArguments, Arc<dyn std::error::Error + Send + Sync>> {
    let mut arguments = PgArguments::default();
    arguments.reserve(128, 8_192);
    if !batch.mixed {
        arguments.add(batch.team).map_err(Arc::from)?;
    }
    let mut column = Vec::new();
    for (part, rows) in &batch.parts {
        if batch.mixed {
            arguments.add(&rows.teams).map_err(Arc::from)?;
        }
        let many = batch.is_array(rows);
        for (index, (_, kind)) in part.columns().iter().enumerate() {
            column.clear();
            column.extend(rows.rows.iter().filter_map(|row| row.get(index)));
            value::add(&mut arguments, *kind, &column, many).map_err(Arc::from)?;
        }
    }
    Ok(arguments)
}

/// Runs it, in one round trip once the connection knows it.
pub(super) async fn run(connection: &mut PgConnection, prepared: Prepared) -> Result<Outcome, sqlx::Error> {
    let Prepared { text, arguments } = prepared;
    let rows = sqlx::query_with(AssertSqlSafe(text), arguments).fetch_all(connection).await?;
    if rows.first().map_or(Ok(false), |row| row.try_get(0))? {
        return Ok(Outcome::Landed);
    }
    let found = rows.iter().map(|row| {
        let Some(team) = row.try_get::<Option<Uuid>, _>(1)? else { return Ok(None) };
        let found = counters::read(row, 2).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(found.map(|(key, counter)| (TeamId::from_uuid(team), key, counter)))
    });
    let found = found.collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(Outcome::Missed(found.into_iter().flatten().collect()))
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

//! Reading: each question is one statement and one round trip.

mod catalog;
mod documents;
mod gather;
mod invoices;
mod outbox;
mod payments;
mod reports;
mod row;
mod statement;
mod trail;

use std::sync::Arc;

use invoice_core::ports::{Cursor, Page, PageRequest, StoreError};
use invoice_store_common::lists::{Dialect, Statement, Value};
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};

use crate::PostgresStore;
use crate::commit::{TRIES, pause};
use crate::error::{is_contention, is_lost, store_error};

pub(crate) use gather::Readers;
use row::{instant, record};

/// A column of the current version, `v`, of the row called `$of`. A sub-select, because the server looks for its one row
/// by the whole key, whereas it may join by the team alone while it believes that a new table is empty.
macro_rules! version {
    ($column:literal, $of:literal) => {
        concat!(
            "(SELECT ",
            $column,
            " FROM {s}.versions v WHERE v.team = ",
            $of,
            ".team AND v.commit_id = ",
            $of,
            ".commit_id AND v.ordinal = ",
            $of,
            ".ordinal)"
        )
    };
}
use version;

/// The current version of the row called `$of`.
macro_rules! data {
    ($of:literal) => {
        crate::reads::version!("v.data", $of)
    };
}
use data;

/// The same, unless it is large.
macro_rules! small_data {
    ($of:literal) => {
        crate::reads::version!("CASE WHEN pg_column_size(v.data) <= 65536 THEN v.data END", $of)
    };
}
use small_data;

/// The client, the profile and the series that a condition chooses, each null if it is absent.
macro_rules! context {
    ($team:literal, $client:literal, $series:literal) => {
        concat!(
            "(SELECT ",
            crate::reads::data!("c"),
            " FROM {s}.clients c WHERE c.team = ",
            $team,
            " AND c.id = ",
            $client,
            "), (SELECT ",
            crate::reads::data!("p"),
            " FROM {s}.suppliers p WHERE p.team = ",
            $team,
            "), (SELECT ",
            crate::reads::data!("r"),
            " FROM {s}.series r WHERE r.team = ",
            $team,
            " AND ",
            $series,
            ")"
        )
    };
}
use context;

/// Selects the current version of rows of a table, called `d`.
macro_rules! data_of {
    ($table:literal, $condition:expr) => {
        concat!(
            "SELECT ",
            crate::reads::data!("d"),
            " FROM {s}.",
            $table,
            " d WHERE d.team = $1 AND ",
            $condition
        )
    };
}
use data_of;

/// Selects the document of a kind by a unique column, `$2`. The kind is no constant to the server, lest it take
/// an index of that kind alone for as good as the key while it believes that a new table is empty.
macro_rules! document {
    ($kind:literal, $column:literal) => {
        crate::reads::data_of!(
            "documents",
            concat!("d.kind = (SELECT '", $kind, "') AND d.", $column, " = $2")
        )
    };
}
use document;

fn bound<'q>(
    mut query: Query<'q, Postgres, PgArguments>,
    values: &'q [Value],
) -> Query<'q, Postgres, PgArguments> {
    for value in values {
        query = match value {
            Value::Uuid(id) => query.bind(id),
            Value::Int(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Date(date) => query.bind(date),
            Value::Instant(at) => query.bind(instant(*at)),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Bool(flag) => query.bind(flag),
        };
    }
    query
}

impl PostgresStore {
    pub(super) fn dialect(&self) -> Dialect<'_> {
        Dialect::Postgres { schema: self.shared.quoted_schema() }
    }

    async fn rows_of(
        &self,
        text: &Arc<str>,
        values: &[Value],
        keeps_plan: bool,
    ) -> Result<Vec<PgRow>, StoreError> {
        let query = || bound(sqlx::query(AssertSqlSafe(Arc::clone(text))), values).persistent(keeps_plan);
        self.asked(query).await
    }

    /// The rows of a statement. A connection that turns out to be gone costs one more attempt: reading
    /// twice harms nobody. What met others' writes, where the database is set to a strict isolation level,
    /// did nothing.
    async fn asked<'q>(
        &self,
        query: impl Fn() -> Query<'q, Postgres, PgArguments> + Send + Sync,
    ) -> Result<Vec<PgRow>, StoreError> {
        let mut tries = 0;
        loop {
            let mut connection = self.connection().await?;
            let result = query().fetch_all(&mut *connection).await;
            match connection.give_back(result) {
                Err(error) if tries == 0 && is_lost(&error) => tries += 1,
                Err(error) if tries < TRIES && is_contention(&error) => {
                    tries += 1;
                    pause(tries).await;
                }
                result => return result.map_err(store_error),
            }
        }
    }

    async fn rows(&self, template: &'static str, values: &[Value]) -> Result<Vec<PgRow>, StoreError> {
        let AssertSqlSafe(text) = self.sql(template);
        self.rows_of(&text, values, true).await
    }

    /// Rows of a statement with a `{limit}`, which the server knows when it plans.
    async fn limited(
        &self,
        template: &'static str,
        limit: usize,
        values: &[Value],
    ) -> Result<Vec<PgRow>, StoreError> {
        let text = self.fill(template).replace("{limit}", &limit.to_string());
        self.rows_of(&text.into(), values, true).await
    }

    async fn row(&self, template: &'static str, values: &[Value]) -> Result<Option<PgRow>, StoreError> {
        Ok(self.rows(template, values).await?.pop())
    }

    /// Writes that a caller may not repeat.
    async fn execute(&self, template: &'static str, values: &[Value]) -> Result<PgQueryResult, StoreError> {
        self.written(|| bound(sqlx::query(self.sql(template)), values)).await
    }

    /// Runs a statement that writes; again if it met others' writes and did nothing.
    async fn written<'q>(
        &self,
        query: impl Fn() -> Query<'q, Postgres, PgArguments> + Send + Sync,
    ) -> Result<PgQueryResult, StoreError> {
        let mut tries = 0;
        loop {
            let mut connection = self.connection().await?;
            let result = query().execute(&mut *connection).await;
            match connection.give_back(result) {
                Err(error) if tries < TRIES && is_contention(&error) => {
                    tries += 1;
                    pause(tries).await;
                }
                result => return result.map_err(store_error),
            }
        }
    }

    /// The record that a statement finds; none, if a text can't be stored.
    async fn one<T: DeserializeOwned>(
        &self,
        template: &'static str,
        values: &[Value],
    ) -> Result<Option<T>, StoreError> {
        if values.iter().any(|value| matches!(value, Value::Text(text) if text.contains('\0'))) {
            return Ok(None);
        }
        self.row(template, values).await?.map(|row| record(&row, 0)).transpose()
    }

    async fn list(&self, statement: Statement) -> Result<Vec<PgRow>, StoreError> {
        let keeps_plan = !statement.depends_on_values();
        let (text, values) = statement.into_parts();
        self.rows_of(&text.into(), &values, keeps_plan).await
    }

    /// A page of whole records.
    async fn page<T: DeserializeOwned>(
        &self,
        statement: Statement,
        request: &PageRequest,
        cursor: impl FnOnce(&T) -> Result<Cursor, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let rows = self.list(statement).await?;
        let rows = rows.iter().take(request.limit().saturating_add(1));
        let records = rows.map(|row| record(row, 0)).collect::<Result<_, _>>()?;
        Page::from_overfull(records, request, cursor)
    }
}

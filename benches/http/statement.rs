//! A statement that the store sent, to be sent again with other identifiers.

use std::sync::Arc;

use invoice_benches::Wrong;
use invoice_benches::told::Told;
use invoice_store_postgres::sqlx::encode::IsNull;
use invoice_store_postgres::sqlx::error::BoxDynError;
use invoice_store_postgres::sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use invoice_store_postgres::sqlx::query::Query;
use invoice_store_postgres::sqlx::{
    self, Arguments as _, AssertSqlSafe, Either, Encode, Executor as _, PgConnection, Postgres,
    SqlSafeStr as _, Statement as _, Type, TypeInfo as _,
};
use uuid::Uuid;

/// A statement, its values in the form in which they go over the wire, and where identifiers are in them.
pub(crate) struct Statement {
    text: Arc<str>,
    values: Vec<Value>,
    identifiers: usize,
}

#[derive(Debug, Clone)]
struct Value {
    kind: PgTypeInfo,
    bytes: Option<Vec<u8>>,
    /// Where, and the place of which identifier.
    places: Vec<(usize, usize)>,
}

impl Statement {
    /// What was told twice, of two requests that differ in their identifiers alone.
    pub(crate) async fn learn(
        connection: &mut PgConnection,
        first: &Told,
        second: &Told,
    ) -> Result<Self, Wrong> {
        if first.text != second.text || first.values.len() != second.values.len() {
            return Err(format!("not the same statement: {} and {}", first.text, second.text).into());
        }
        let text: Arc<str> = first.text.as_str().into();
        let prepared = (&mut *connection).prepare(AssertSqlSafe(first.text.clone()).into_sql_str()).await?;
        let Some(Either::Left(kinds)) = prepared.parameters() else { return Err("untyped values".into()) };
        let mut identifiers: Vec<Uuid> = Vec::new();
        for (one, other) in first.values.iter().zip(&second.values) {
            for (one, other) in parts(one.as_deref()).zip(parts(other.as_deref())) {
                if let Ok(id) = one.parse()
                    && one != other
                    && !identifiers.contains(&id)
                {
                    identifiers.push(id);
                }
            }
        }
        let mut values = Vec::with_capacity(kinds.len());
        for (kind, value) in kinds.iter().zip(&first.values) {
            let bytes = match value {
                Some(value) => Some(wire(connection, kind.name(), value).await?),
                None => None,
            };
            let places = bytes.as_deref().map(|bytes| places(bytes, &identifiers)).unwrap_or_default();
            values.push(Value { kind: kind.clone(), bytes, places });
        }
        Ok(Self { text, values, identifiers: identifiers.len() })
    }

    /// How many identifiers it takes.
    pub(crate) fn identifiers(&self) -> usize {
        self.identifiers
    }

    /// Whether it writes.
    pub(crate) fn is_commit(&self) -> bool {
        self.text.contains("commits")
    }

    /// With these identifiers in it.
    pub(crate) fn query(&self, ids: &[Uuid]) -> Result<Query<'_, Postgres, PgArguments>, Wrong> {
        let mut arguments = PgArguments::default();
        arguments.reserve(self.values.len(), 8_192);
        for value in &self.values {
            let bytes = match &value.bytes {
                Some(bytes) if !value.places.is_empty() => {
                    let mut bytes = bytes.clone();
                    for (place, id) in &value.places {
                        let id = ids.get(*id).ok_or("too few identifiers")?;
                        let target = bytes.get_mut(*place..*place + 16).ok_or("a short value")?;
                        target.copy_from_slice(id.as_bytes());
                    }
                    Some(bytes.into())
                }
                bytes => bytes.as_deref().map(std::borrow::Cow::Borrowed),
            };
            arguments.add(Sent { kind: value.kind.clone(), bytes })?;
        }
        Ok(sqlx::query_with(AssertSqlSafe(Arc::clone(&self.text)), arguments))
    }
}

/// The elements of an array, or the value itself.
fn parts(value: Option<&str>) -> impl Iterator<Item = &str> {
    value.unwrap_or_default().trim_start_matches('{').trim_end_matches('}').split(',')
}

/// Where identifiers are in a value.
fn places(bytes: &[u8], identifiers: &[Uuid]) -> Vec<(usize, usize)> {
    let found = |(place, part): (usize, &[u8])| {
        let id = identifiers.iter().position(|id| id.as_bytes() == part)?;
        Some((place, id))
    };
    bytes.windows(16).enumerate().filter_map(found).collect()
}

/// A value in the form in which it goes over the wire, which the server makes of its text.
async fn wire(connection: &mut PgConnection, kind: &str, value: &str) -> Result<Vec<u8>, Wrong> {
    let send: String = sqlx::query_scalar("SELECT typsend::text FROM pg_type WHERE oid = $1::text::regtype")
        .bind(kind)
        .fetch_one(&mut *connection)
        .await?;
    let text = format!("SELECT {send}($1::text::{kind})");
    Ok(sqlx::query_scalar(AssertSqlSafe(text)).bind(value).fetch_one(connection).await?)
}

/// Bytes that are in their form already.
struct Sent<'v> {
    kind: PgTypeInfo,
    bytes: Option<std::borrow::Cow<'v, [u8]>>,
}

impl Type<Postgres> for Sent<'_> {
    fn type_info() -> PgTypeInfo {
        // Each value says its own.
        <Vec<u8> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Sent<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = &self.bytes else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.kind.clone())
    }
}

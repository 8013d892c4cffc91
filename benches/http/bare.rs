//! The limit: handlers with nothing but the token check, the statements and the answer.
//!
//! - **The statements** are those that our route sends to PostgreSQL for the same request, taken from the server's log:
//!   prepared, over connections held, one for the whole request. Ours are sent twice to learn which identifiers
//!   differ from one request to the next; the bare side makes these anew and sends all else as it was, the stored
//!   JSON among it. It calculates nothing.
//! - **The token check** is the very same, `Auth` with its cache of verified tokens.
//! - **The answer** has the bytes of JSON that ours had. A body is read as JSON into plain types first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use invoice_auth::Auth;
use invoice_benches::Wrong;
use invoice_core::InvoiceId;
use invoice_core::ports::{Clock as _, IdGenerator as _};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_http::Authenticator;
use invoice_store_postgres::sqlx::postgres::PgConnectOptions;
use invoice_store_postgres::sqlx::{self, ConnectOptions as _, PgConnection, Row as _};
use serde::Deserialize;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::database::CONNECTIONS;
use crate::statement::Statement;

/// What the handlers have.
pub(crate) struct Bare {
    pub(crate) auth: Auth,
    pub(crate) held: Held,
    pub(crate) read: Vec<Statement>,
    pub(crate) create: Vec<Statement>,
    pub(crate) read_answer: Bytes,
    pub(crate) create_answer: Bytes,
    pub(crate) ids: RandomIds,
}

/// The two routes.
pub(crate) fn router(bare: Bare) -> Router {
    Router::new()
        .route("/api/v1/invoices/{id}", get(read))
        .route("/api/v1/invoices", post(create))
        .with_state(Arc::new(bare))
}

async fn read(
    State(bare): State<Arc<Bare>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, StatusCode> {
    let (parts, _) = request.into_parts();
    check(&bare.auth, &parts).await?;
    let id: InvoiceId = id.parse().map_err(|_| StatusCode::NOT_FOUND)?;
    bare.held.run(&bare.read, &[id.as_uuid()]).await.map_err(|error| failed(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bare.read_answer.clone()).into_response())
}

/// What a draft says, as much of it as the benchmark sends.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read, and thrown away")]
struct Draft {
    client: String,
    currency: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read, and thrown away")]
struct Line {
    name: String,
    quantity: String,
    price: String,
    taxes: Vec<Tax>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is read, and thrown away")]
struct Tax {
    category: String,
    rate: String,
}

async fn create(State(bare): State<Arc<Bare>>, request: Request) -> Result<Response, StatusCode> {
    let (parts, body) = request.into_parts();
    check(&bare.auth, &parts).await?;
    let body = Json::<Draft>::from_request(Request::from_parts(parts, body), &()).await;
    let _: Json<Draft> = body.map_err(|_| StatusCode::BAD_REQUEST)?;
    let fresh = bare.create.iter().map(Statement::identifiers).max().unwrap_or_default();
    let now = SystemClock.now();
    let ids: Vec<Uuid> = (0..fresh).map(|_| bare.ids.uuid(now)).collect();
    bare.held.run(&bare.create, &ids).await.map_err(|error| failed(&error))?;
    let head = [(header::CONTENT_TYPE, "application/json")];
    Ok((StatusCode::CREATED, head, bare.create_answer.clone()).into_response())
}

async fn check(auth: &Auth, parts: &axum::http::request::Parts) -> Result<(), StatusCode> {
    Authenticator::authenticate(auth, parts).await.map(drop).map_err(|_| StatusCode::UNAUTHORIZED)
}

fn failed(error: &Wrong) -> StatusCode {
    eprintln!("the bare handler: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

/// Connections that stay open, and are not asked whether they live. One whose request was broken off is closed, as ours
/// are: it may be in the middle of a statement.
pub(crate) struct Held {
    options: PgConnectOptions,
    idle: Mutex<Vec<PgConnection>>,
    free: Semaphore,
}

impl Held {
    /// As many as the store has, with its settings.
    pub(crate) fn new(options: PgConnectOptions) -> Self {
        Self { options, idle: Mutex::default(), free: Semaphore::new(CONNECTIONS) }
    }

    /// Each of these on one connection.
    async fn run(&self, statements: &[Statement], ids: &[Uuid]) -> Result<(), Wrong> {
        let _permit = self.free.acquire().await?;
        let idle = self.lock().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        for statement in statements {
            let row = statement.query(ids)?.fetch_one(&mut connection).await?;
            // What a commit says of itself, or else a record: fetched, and parsed by nobody.
            if statement.is_commit() && !row.try_get::<bool, _>(0)? {
                return Err("the statement did not land".into());
            }
        }
        self.lock().push(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<PgConnection, Wrong> {
        let mut connection = self.options.connect().await?;
        sqlx::raw_sql("SET enable_seqscan = off; SET jit = off").execute(&mut connection).await?;
        Ok(connection)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

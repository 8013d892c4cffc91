//! Writes: who calls, under which conditions, and the body.

use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use invoice_core::service::{Billing, Call};
use invoice_core::{Actor, Hash, IdempotencyKey, UserId, Version};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::json::{Body, Patched};
use super::precondition::{idempotency_key, if_match, required, same, without};
use super::query::no_params;
use super::reading::actor;
use crate::routes::within_base;
use crate::{InvoiceState, Problem, ProblemCode};

/// A POST about a record: may name its version, and a key that makes the request repeatable.
pub(crate) struct Post<T> {
    pub(crate) state: InvoiceState,
    pub(crate) call: Call,
    pub(crate) body: T,
}

/// A POST about no record that is there yet: may name a key, and no version.
pub(crate) struct Create<T> {
    pub(crate) state: InvoiceState,
    pub(crate) call: Call,
    pub(crate) body: T,
}

/// A POST that does the same to several records, each in a commit of its own.
pub(crate) struct Bulk<T> {
    pub(crate) state: InvoiceState,
    pub(crate) body: T,
    actor: Actor,
    repeatable: Option<(IdempotencyKey, Hash)>,
}

impl<T> Bulk<T> {
    /// The call for one of the records. Its key is made of the request's and the record's, so that what was done
    /// is not done again when the request is repeated.
    pub(crate) fn call(&self, id: &impl std::fmt::Display) -> Call {
        let call = Call::new(self.actor);
        let Some((key, fingerprint)) = &self.repeatable else { return call };
        let own = Sha256::digest(format!("{key}\n{id}"));
        match IdempotencyKey::new(format!("bulk:{}", Hash::from_bytes(own.into()))) {
            Ok(own) => call.with_idempotency(own, *fingerprint),
            Err(_) => call,
        }
    }
}

/// A PUT: names the version it replaces, unless its route allows to create.
pub(crate) struct Put<T> {
    pub(crate) state: InvoiceState,
    pub(crate) call: Call,
    pub(crate) conditional: bool,
    pub(crate) body: T,
}

impl<T> Put<T> {
    /// For routes that do not create: the version must be named.
    pub(crate) fn required(&self) -> Result<(), Problem> {
        if self.conditional { Ok(()) } else { Err(Problem::new(ProblemCode::PreconditionRequired)) }
    }
}

/// A PATCH: names the version it changes.
pub(crate) struct Patch {
    pub(crate) state: InvoiceState,
    pub(crate) call: Call,
    pub(crate) body: Patched,
    version: Version,
}

impl Patch {
    /// Refuses to change what was read at another version than the one named.
    pub(crate) fn check(&self, found: Version) -> Result<(), Problem> {
        same(found, self.version)
    }

    /// Whether it is empty. Who may not change what this user made is refused, as with any other patch.
    pub(crate) fn changes_nothing(
        &self,
        created_by: Option<UserId>,
        is_issued: bool,
    ) -> Result<bool, Problem> {
        if !self.body.is_empty() {
            return Ok(false);
        }
        self.call.permit_change(created_by, is_issued)?;
        Ok(true)
    }
}

/// A DELETE: names the version it removes.
pub(crate) struct Remove {
    pub(crate) state: InvoiceState,
    pub(crate) call: Call,
}

/// The conditions of a request, before its body is read.
struct Head {
    state: InvoiceState,
    call: Call,
    version: Option<Version>,
}

impl Head {
    async fn read<S>(parts: &mut Parts, state: &S) -> Result<Self, Problem>
    where
        InvoiceState: FromRef<S>,
    {
        let state = InvoiceState::from_ref(state);
        let mut call = Call::new(actor(parts, &state).await?);
        no_params(parts)?;
        let version = if_match(&parts.headers)?;
        if let Some(version) = version {
            call = call.if_version(version);
        }
        Ok(Self { state, call, version })
    }
}

/// What must be equal for a repeated request to be the same: method, path and body. The path is that of the route,
/// wherever it is mounted.
fn fingerprint(method: &str, path: &str, body: &Body) -> Hash {
    let (mut hash, path) = (Sha256::new(), within_base(path));
    for part in [method.as_bytes(), b"\0", path.as_bytes(), b"\0", &body.0] {
        hash.update(part);
    }
    Hash::from_bytes(hash.finalize().into())
}

impl<S, T> FromRequest<S> for Post<T>
where
    S: Send + Sync,
    InvoiceState: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (Head { state, mut call, .. }, repeatable, body) = repeatable(request, state).await?;
        if let Some((key, fingerprint)) = repeatable {
            call = call.with_idempotency(key, fingerprint);
        }
        Ok(Self { state, call, body: body.parse()? })
    }
}

impl<S, T> FromRequest<S> for Create<T>
where
    S: Send + Sync,
    InvoiceState: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = unversioned(request, state).await?;
        let Post { state, call, body } = Post::from_request(request, state).await?;
        Ok(Self { state, call, body })
    }
}

impl<S, T> FromRequest<S> for Bulk<T>
where
    S: Send + Sync,
    InvoiceState: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = unversioned(request, state).await?;
        let (Head { state, call, .. }, repeatable, body) = repeatable(request, state).await?;
        Ok(Self { state, body: body.parse()?, actor: *call.actor(), repeatable })
    }
}

/// A request that names no version, after who calls is known.
async fn unversioned<S>(request: Request, state: &S) -> Result<Request, Problem>
where
    InvoiceState: FromRef<S>,
{
    let (mut parts, body) = request.into_parts();
    actor(&mut parts, &InvoiceState::from_ref(state)).await?;
    without(&parts.headers, &IF_MATCH)?;
    Ok(Request::from_parts(parts, body))
}

/// The conditions of a POST, its key and fingerprint, and its body.
async fn repeatable<S>(
    request: Request,
    state: &S,
) -> Result<(Head, Option<(IdempotencyKey, Hash)>, Body), Problem>
where
    InvoiceState: FromRef<S>,
{
    let (mut parts, body) = request.into_parts();
    let head = Head::read(&mut parts, state).await?;
    let key = idempotency_key(&parts.headers)?;
    let key = key.map(|key| (key, parts.method.clone(), parts.uri.clone()));
    let body = Body::read(Request::from_parts(parts, body), head.state.body_limit(), false).await?;
    let key = key.map(|(key, method, uri)| (key, fingerprint(method.as_str(), uri.path(), &body)));
    Ok((head, key, body))
}

impl<S, T> FromRequest<S> for Put<T>
where
    S: Send + Sync,
    InvoiceState: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Head { state, call, version } = Head::read(&mut parts, state).await?;
        let conditional = version.is_some();
        let body = Body::read(Request::from_parts(parts, body), state.body_limit(), false).await?;
        Ok(Self { state, call, conditional, body: body.parse()? })
    }
}

impl<S> FromRequest<S> for Patch
where
    S: Send + Sync,
    InvoiceState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Head { state, call, version } = Head::read(&mut parts, state).await?;
        let version = required(version)?;
        let body = Body::read(Request::from_parts(parts, body), state.body_limit(), true).await?;
        Ok(Self { state, call, body: body.parse()?, version })
    }
}

impl<S> FromRequestParts<S> for Remove
where
    S: Send + Sync,
    InvoiceState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let head = Head::read(parts, state).await?;
        required(head.version)?;
        Ok(Self { state: head.state, call: head.call })
    }
}

impl<T> Put<T> {
    /// On whose behalf.
    pub(crate) fn actor(&self) -> &Actor {
        self.call.actor()
    }
}

impl Patch {
    /// On whose behalf.
    pub(crate) fn actor(&self) -> &Actor {
        self.call.actor()
    }
}

macro_rules! billing {
    ($($name:ident $(<$t:ident>)?),+) => {$(
        impl $(<$t>)? $name $(<$t>)? {
            /// The use cases.
            pub(crate) fn billing(&self) -> &Billing {
                self.state.billing()
            }

        }
    )+};
}

billing!(Post<T>, Put<T>, Patch, Remove);

//! What the routes of accounts and teams take. Unlike billing's, they need no active team.

use std::str::FromStr;

use axum::extract::{FromRef, FromRequest, FromRequestParts, Path, Request};
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use invoice_auth::{Auth, Caller, ClientInfo};
use invoice_core::{TeamId, Version};
use serde::de::DeserializeOwned;

use super::json::{Body, Patched};
use super::precondition::{IDEMPOTENCY_KEY, if_match, required, same, without};
use super::query::no_params;
use crate::authenticator::{Authenticator, Outside, client_info};
use crate::{Problem, ProblemCode};

/// Longest body of these routes: anybody may send some of them.
const LONGEST: usize = 32 * 1024;

/// Who calls, asked once per request: a layer before the routes may have asked already.
async fn caller(parts: &mut Parts, auth: &Auth) -> Result<Caller, Problem> {
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(caller.clone());
    }
    if let Some(Outside(caller)) = parts.extensions.get::<Outside>() {
        return Ok(caller.clone());
    }
    Ok(Authenticator::identify(auth, parts).await?.remembered(parts))
}

/// Who calls. Of a request without a body.
pub(crate) struct Calling {
    pub(crate) auth: Auth,
    pub(crate) caller: Caller,
}

impl Calling {
    /// The same caller, in this team. Which role they have in it, if any, is for the use cases to find out. An API key
    /// stays in its own team, where nobody else's is found.
    pub(crate) fn in_team(&self, team: TeamId) -> Caller {
        let role = self.caller.role().filter(|_| self.caller.team() == Some(team));
        self.caller.clone().in_team(team, role)
    }
}

impl<S> FromRequestParts<S> for Calling
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let auth = Auth::from_ref(state);
        let caller = caller(parts, &auth).await?;
        Ok(Self { auth, caller })
    }
}

/// A POST of anybody.
pub(crate) struct Open<T> {
    pub(crate) auth: Auth,
    pub(crate) client: ClientInfo,
    pub(crate) body: T,
}

impl<S, T> FromRequest<S> for Open<T>
where
    S: Send + Sync,
    Auth: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        plain(&parts)?;
        let (auth, client) = (Auth::from_ref(state), client_info(&parts));
        let body = Body::read(Request::from_parts(parts, body), LONGEST, false).await?;
        Ok(Self { auth, client, body: body.parse()? })
    }
}

/// Refuses a query and conditions.
fn plain(parts: &Parts) -> Result<(), Problem> {
    no_params(parts)?;
    without(&parts.headers, &IF_MATCH)?;
    without(&parts.headers, &IDEMPOTENCY_KEY)
}

/// A POST of who is logged in.
pub(crate) struct Called<T> {
    pub(crate) by: Calling,
    pub(crate) body: T,
}

impl<S, T> FromRequest<S> for Called<T>
where
    S: Send + Sync,
    Auth: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let by = Calling::from_request_parts(&mut parts, state).await?;
        plain(&parts)?;
        let body = Body::read(Request::from_parts(parts, body), LONGEST, false).await?;
        Ok(Self { by, body: body.parse()? })
    }
}

/// A PATCH: names the version it changes.
pub(crate) struct CalledPatch {
    pub(crate) by: Calling,
    pub(crate) version: Version,
    pub(crate) body: Patched,
}

impl CalledPatch {
    /// Refuses to change what was read at another version than the one named.
    pub(crate) fn check(&self, found: Version) -> Result<(), Problem> {
        same(found, self.version)
    }
}

impl<S> FromRequest<S> for CalledPatch
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let by = Calling::from_request_parts(&mut parts, state).await?;
        no_params(&parts)?;
        let version = required(if_match(&parts.headers)?)?;
        let body = Body::read(Request::from_parts(parts, body), LONGEST, true).await?;
        Ok(Self { by, version, body: body.parse()? })
    }
}

/// A DELETE: names the version it removes.
pub(crate) struct CalledRemove {
    pub(crate) by: Calling,
    pub(crate) version: Version,
}

impl<S> FromRequestParts<S> for CalledRemove
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let by = Calling::from_request_parts(parts, state).await?;
        no_params(parts)?;
        Ok(Self { by, version: required(if_match(&parts.headers)?)? })
    }
}

/// A DELETE that ends something, whatever became of it since it was seen: who ends a session or a key that leaked must
/// not be held up by its being used.
pub(crate) struct CalledEnd {
    pub(crate) by: Calling,
}

impl<S> FromRequestParts<S> for CalledEnd
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let by = Calling::from_request_parts(parts, state).await?;
        plain(parts)?;
        Ok(Self { by })
    }
}

/// The identifiers in the path. Malformed ones answer like those that are not there, after who calls is known.
pub(crate) struct PathIds<T>(pub(crate) T);

/// As many identifiers as a route has: the last of the path, behind those of the path it is mounted under.
pub(crate) trait FromTexts: Sized {
    fn from_texts(texts: &[String]) -> Option<Self>;
}

impl<A: FromStr> FromTexts for (A,) {
    fn from_texts(texts: &[String]) -> Option<Self> {
        let [.., one] = texts else { return None };
        Some((one.parse().ok()?,))
    }
}

impl<A: FromStr, B: FromStr> FromTexts for (A, B) {
    fn from_texts(texts: &[String]) -> Option<Self> {
        let [.., one, two] = texts else { return None };
        Some((one.parse().ok()?, two.parse().ok()?))
    }
}

impl<S, T> FromRequestParts<S> for PathIds<T>
where
    S: Send + Sync,
    Auth: FromRef<S>,
    T: FromTexts,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        caller(parts, &Auth::from_ref(state)).await?;
        let absent = || Problem::new(ProblemCode::NotFound);
        let Path(texts) =
            Path::<Vec<String>>::from_request_parts(parts, state).await.map_err(|_| absent())?;
        T::from_texts(&texts).map(Self).ok_or_else(absent)
    }
}

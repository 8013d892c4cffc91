use std::str::FromStr;

use axum::extract::{FromRef, FromRequestParts, Path};
use axum::http::request::Parts;

use super::reading::actor;
use crate::{InvoiceState, Problem, ProblemCode};

/// An identifier in the path. A malformed one answers like one that is not there, after who calls is known.
pub(crate) struct Id<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    InvoiceState: FromRef<S>,
    T: FromStr,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        actor(parts, &InvoiceState::from_ref(state)).await?;
        let absent = || Problem::new(ProblemCode::NotFound);
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| absent())?;
        text.parse().map(Self).map_err(|_| absent())
    }
}

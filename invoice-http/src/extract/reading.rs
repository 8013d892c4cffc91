use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use invoice_auth::Caller;
use invoice_core::Actor;
use invoice_core::service::Billing;

use crate::{InvoiceState, Problem};

/// On whose behalf, asked once per request: a layer before the routes may have asked already.
pub(crate) async fn actor(parts: &mut Parts, state: &InvoiceState) -> Result<Actor, Problem> {
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(caller.actor()?);
    }
    let caller = state.authenticator().authenticate(parts).await?;
    let actor = caller.actor();
    parts.extensions.insert(caller);
    Ok(actor?)
}

/// The use cases, and on whose behalf to read.
pub(crate) struct Reading {
    pub(crate) state: InvoiceState,
    pub(crate) actor: Actor,
}

impl Reading {
    pub(crate) fn billing(&self) -> &Billing {
        self.state.billing()
    }
}

impl<S> FromRequestParts<S> for Reading
where
    S: Send + Sync,
    InvoiceState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = InvoiceState::from_ref(state);
        let actor = actor(parts, &state).await?;
        Ok(Self { state, actor })
    }
}

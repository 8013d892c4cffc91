use std::fmt;
use std::sync::Arc;

#[cfg(feature = "auth-routes")]
use axum::extract::FromRef;
#[cfg(feature = "auth-routes")]
use invoice_auth::Auth;
use invoice_core::service::Billing;

use crate::{Authenticator, Delivery};

/// What the routes need, cheap to clone: the use cases, and who tells callers apart.
#[derive(Clone)]
pub struct InvoiceState(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    billing: Billing,
    authenticator: Arc<dyn Authenticator>,
    delivery: Option<Arc<dyn Delivery>>,
    body_limit: usize,
}

impl InvoiceState {
    /// Longest body taken unless [`with_body_limit`](Self::with_body_limit) says otherwise: 4 MiB, a document
    /// of 10,000 lines.
    pub const BODY_LIMIT: usize = 4 * 1024 * 1024;

    /// Routes over these use cases, for whom this authenticator lets in.
    pub fn new(billing: Billing, authenticator: Arc<dyn Authenticator>) -> Self {
        Self(Arc::new(Parts { billing, authenticator, delivery: None, body_limit: Self::BODY_LIMIT }))
    }

    /// Takes bodies of at most so many bytes.
    #[must_use]
    pub fn with_body_limit(self, bytes: usize) -> Self {
        Self(Arc::new(Parts { body_limit: bytes, ..self.parts() }))
    }

    /// Asks this delivery whether an invoice can be sent, before the send is recorded. What brings it to the customer
    /// is [`Deliveries`](crate::Deliveries) over the same. Without one, sends are only recorded.
    #[must_use]
    pub fn with_delivery(self, delivery: Arc<dyn Delivery>) -> Self {
        Self(Arc::new(Parts { delivery: Some(delivery), ..self.parts() }))
    }

    fn parts(&self) -> Parts {
        (*self.0).clone()
    }

    /// The use cases.
    pub fn billing(&self) -> &Billing {
        &self.0.billing
    }

    /// Who tells callers apart.
    pub fn authenticator(&self) -> &dyn Authenticator {
        &*self.0.authenticator
    }

    pub(crate) fn delivery(&self) -> Option<&dyn Delivery> {
        self.0.delivery.as_deref()
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.0.body_limit
    }
}

impl fmt::Debug for InvoiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvoiceState").field("body_limit", &self.0.body_limit).finish_non_exhaustive()
    }
}

/// The state of an application that serves billing and its accounts and nothing else. One with more has a state of
/// its own that both can be taken from.
#[cfg(feature = "auth-routes")]
#[derive(Debug, Clone)]
pub struct FullState {
    billing: InvoiceState,
    auth: Auth,
}

#[cfg(feature = "auth-routes")]
impl FullState {
    /// Routes over these use cases of billing, for whom these accounts let in.
    pub fn new(billing: Billing, auth: Auth) -> Self {
        let authenticator: Arc<dyn Authenticator> = Arc::new(auth.clone());
        Self { billing: InvoiceState::new(billing, authenticator), auth }
    }

    /// Billing's part, which [`middleware`](crate::middleware) is given.
    pub fn billing(&self) -> &InvoiceState {
        &self.billing
    }

    /// With billing's part changed, such as by [`InvoiceState::with_delivery`].
    #[must_use]
    pub fn with_billing(self, change: impl FnOnce(InvoiceState) -> InvoiceState) -> Self {
        Self { billing: change(self.billing), ..self }
    }
}

#[cfg(feature = "auth-routes")]
impl FromRef<FullState> for InvoiceState {
    fn from_ref(state: &FullState) -> Self {
        state.billing.clone()
    }
}

#[cfg(feature = "auth-routes")]
impl FromRef<FullState> for Auth {
    fn from_ref(state: &FullState) -> Self {
        state.auth.clone()
    }
}

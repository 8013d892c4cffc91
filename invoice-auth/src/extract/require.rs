use std::fmt;
use std::marker::PhantomData;

use axum_core::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use invoice_core::{Permission, Role};
use serde::de::DeserializeOwned;

use super::AuthRejection;
use crate::auth::Auth;
use crate::caller::{Authenticated, Caller};
use crate::token::NoClaims;

/// What a handler needs of a caller's role. The types in [`role`] and [`permission`] are some; an application may
/// add its own.
pub trait Need {
    /// Fails if this role is not enough.
    fn check(role: Role) -> Result<(), AuthRejection>;
}

/// Who calls, in a team and with a role that is enough; 403 otherwise.
///
/// The role is what the store said at most ten seconds ago. Use cases check permissions again by themselves: this
/// is for handlers that have none.
pub struct Require<N, C = NoClaims> {
    found: Authenticated<C>,
    need: PhantomData<fn() -> N>,
}

/// [`Require`] with one of [`role`]: `RequireRole<role::Admin>`.
pub type RequireRole<R, C = NoClaims> = Require<R, C>;

/// [`Require`] with one of [`permission`]: `RequirePermission<permission::Export>`.
pub type RequirePermission<P, C = NoClaims> = Require<P, C>;

impl<N, C> Require<N, C> {
    /// Who calls.
    pub const fn caller(&self) -> &Caller {
        self.found.caller()
    }

    /// The application's own claims.
    pub const fn claims(&self) -> &C {
        self.found.claims()
    }

    /// Who was found to call.
    pub fn into_inner(self) -> Authenticated<C> {
        self.found
    }
}

impl<N, C: fmt::Debug> fmt::Debug for Require<N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Require").field(&self.found).finish()
    }
}

impl<S, N, C> FromRequestParts<S> for Require<N, C>
where
    S: Send + Sync,
    Auth: FromRef<S>,
    N: Need,
    C: DeserializeOwned,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthRejection> {
        let found = <Authenticated<C> as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        N::check(found.caller().role().ok_or(AuthRejection::NoTeam)?)?;
        Ok(Self { found, need: PhantomData })
    }
}

pub(super) fn at_least(role: Role, least: Role) -> Result<(), AuthRejection> {
    if role >= least { Ok(()) } else { Err(AuthRejection::RoleTooLow(least)) }
}

pub(super) fn permitted(role: Role, permission: Permission) -> Result<(), AuthRejection> {
    if role.may(permission) { Ok(()) } else { Err(AuthRejection::NotPermitted(permission)) }
}

macro_rules! needs {
    ($(#[$doc:meta])* $module:ident: $kind:ident by $check:ident; $($name:ident)+) => {
        $(#[$doc])*
        pub mod $module {
            use super::{AuthRejection, Need};

            $(
                #[doc = concat!("Needs [`", stringify!($name), "`](invoice_core::", stringify!($kind), "::", stringify!($name), ").")]
                #[derive(Debug, Clone, Copy)]
                pub enum $name {}

                impl Need for $name {
                    fn check(role: invoice_core::Role) -> Result<(), AuthRejection> {
                        super::$check(role, invoice_core::$kind::$name)
                    }
                }
            )+
        }
    };
}

needs! {
    /// Roles to ask for: each lets the stronger ones in as well.
    role: Role by at_least;
    Viewer Member Accountant Admin Owner
}

needs! {
    /// Permissions to ask for, one type for each.
    permission: Permission by permitted;
    Read WriteOwn WriteAll IssueDocuments HandlePayments Export ManageSupplier ManageSeries ManageMembers
    ManageApiKeys ManageWebhooks TransferTeam DeleteTeam
}

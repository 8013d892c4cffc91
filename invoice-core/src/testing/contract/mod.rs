//! The contract of a store: what every adapter must do, as cases that run against any implementation.
//!
//! A suite is a list of cases. Each case is an async function over the ports that panics with a sentence
//! when the store breaks the rule the case is named after. A macro per suite turns the list into one
//! `#[test]` per case; the same list is there as data, for runners of your own.
//!
//! # Checking your own store
//!
//! Write a function that opens your store, **empty**, and call the suite's macro in an integration test:
//!
//! ```
//! # mod tests {
//! use std::sync::Arc;
//!
//! use invoice_core::memory::MemoryIdentity;
//! use invoice_core::ports::identity::IdentityPorts;
//!
//! async fn an_empty_store() -> IdentityPorts {
//!     // Your store, with a database of this case's own: cases run at the same time.
//!     IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()))
//! }
//!
//! // One #[test] per case, in a module `identity_contract`.
//! invoice_core::identity_contract!(an_empty_store);
//! # }
//! ```
//!
//! The cases are data too, for a runner of your own:
//!
//! ```
//! # use std::sync::Arc;
//! # use invoice_core::memory::MemoryIdentity;
//! # use invoice_core::ports::identity::IdentityPorts;
//! # async fn an_empty_store() -> IdentityPorts {
//! #     IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()))
//! # }
//! for case in invoice_core::testing::contract::identity::CASES {
//!     if let Err(sentence) = case.outcome(an_empty_store) {
//!         eprintln!("{}: {sentence}", case.name());
//!     }
//! }
//! ```
//!
//! A case that does not end within [`TIME_LIMIT`] fails, even if the store blocks its thread.

pub mod billing;
pub mod identity;

mod case;
mod check;
mod race;

pub use case::{Case, CaseFuture, TIME_LIMIT};
pub use check::{must, must_conflict, must_duplicate, must_not_be_found, must_refuse};
pub use race::race;

/// Turns a suite's list of cases into tests; the suites' own macros call it.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract_tests {
    ($name:ident, $make:expr; $suite:tt $($group:ident :: $case:ident,)+) => {
        mod $name {
            #[allow(unused_imports, clippy::wildcard_imports)]
            use super::*;
            $(
                #[test]
                fn $case() {
                    $crate::__contract_case!($suite $group :: $case).run($make);
                }
            )+
        }
    };
}

/// Turns a suite's list of cases into a slice of [`Case`]; the suites' own `CASES` are made with it.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract_list {
    ($suite:tt $($group:ident :: $case:ident,)+) => {
        &[$($crate::__contract_case!($suite $group :: $case),)+]
    };
}

/// One case out of a suite's list.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract_case {
    (($($suite:tt)+) $group:ident :: $case:ident) => {
        $crate::testing::contract::Case::new(stringify!($case), |ports| {
            ::std::boxed::Box::pin($($suite)+ :: $group :: $case(ports))
        })
    };
}

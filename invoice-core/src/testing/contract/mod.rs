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
//! use invoice_core::testing::contract::Case;
//!
//! struct Ports;
//!
//! async fn an_empty_store() -> Ports {
//!     // A database of this case's own: cases run at the same time.
//!     Ports
//! }
//!
//! // What a suite's macro puts into each test.
//! Case::<Ports>::new("a_rule", |_ports| Box::pin(async {})).run(an_empty_store);
//! ```
//!
//! A case that does not end within [`TIME_LIMIT`] fails, even if the store blocks its thread.

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
    ($name:ident, $make:expr; ($($suite:tt)+) $($group:ident :: $case:ident,)+) => {
        mod $name {
            #[allow(unused_imports, clippy::wildcard_imports)]
            use super::*;
            $(
                #[test]
                fn $case() {
                    $crate::__contract_case!(($($suite)+) $group :: $case).run($make);
                }
            )+
        }
    };
}

/// Turns a suite's list of cases into a slice of [`Case`]; the suites' own `CASES` are made with it.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract_list {
    (($($suite:tt)+) $($group:ident :: $case:ident,)+) => {
        &[$($crate::__contract_case!(($($suite)+) $group :: $case),)+]
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

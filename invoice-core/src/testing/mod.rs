//! For tests: the contract suites every store must pass, mocks, a fixed clock and predictable identifiers.
//!
//! Behind the feature `testing`, which belongs into `[dev-dependencies]`. The mocks stand beside their
//! traits in [`ports`](crate::ports); [`contract`] shows how to run the suites against your own store.

pub mod contract;

mod clock;
pub(crate) mod fixtures;
mod identity;
mod ids;
mod runtime;

pub use clock::FixedClock;
pub use fixtures::{BillingChange, BillingFixtures, day, euros};
pub use identity::IdentityFixtures;
pub use ids::SequentialIds;
pub use runtime::run;

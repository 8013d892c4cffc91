//! The use cases over the in-memory store: what a user of the engine sees.

mod advances;
mod credit;
mod idempotency;
mod import;
mod issue;
mod numbers;
mod payments;
mod permissions;
mod quotes;
mod revise;
mod states;
mod story;
mod sweep;
mod trail;
mod versions;

//! The use cases over the in-memory store: what a user of the engine sees.

mod idempotency;
mod story;

//! Kills the stores while they work, and looks at what is left.
//!
//! `cargo xtask crash` starts several [`worker`]s, which issue invoices as [`plan`]ned and keep a [`journal`] of what they
//! set out to do and of what was acknowledged. It kills them, and the database server, with SIGKILL at random moments, and
//! starts them again. At the end the [`judge`] compares the journals with what the store holds.
//!
//! SIGKILL leaves what the operating system has taken over. This shows nothing about power loss or about `fsync`.

pub mod journal;
pub mod judge;
pub mod patience;
pub mod plan;
pub mod random;
pub mod store;
pub mod worker;
pub mod world;

//! Teams, invitations and members, as stories on every store.

#![expect(clippy::unwrap_used, reason = "a story that can't go on fails")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../desk/mod.rs"]
mod desk;

mod invitations;
mod meanwhile;
mod members;
mod ownership;
mod team;
mod unheard;

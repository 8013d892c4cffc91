//! Teams, who is in them, and who may come in.
//!
//! Use cases work in the caller's active team. Who is not in it finds no such team, whether there is one or not.
//! What is decided about people rests on what the store says at that moment, never on [`Caller::role`], and is
//! decided again if somebody else was faster. A change takes a person: an API key reads.
//!
//! [`Caller::role`]: crate::Caller::role

mod audit;
mod invitations;
mod members;
mod seat;
mod team;

pub(crate) use seat::again;

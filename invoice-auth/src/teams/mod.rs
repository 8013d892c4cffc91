//! Teams, who is in them, and who may come in.
//!
//! Use cases work in the caller's active team. Who is not in it finds no such team, whether there is one or not.
//! What is decided about people rests on what the store says at that moment, never on [`Caller::role`], and is
//! decided again if somebody else was faster. A change takes a person: an API key reads. It is written only while that
//! person's account, epoch and session are still good; lists rely on what was checked when the caller was let in.
//!
//! Who changes or takes away what others may have changed meanwhile names the version they saw, and another one is a
//! conflict at once. What can only end takes no version, since all that could have happened to it is that it ended:
//! invitations and API keys; nor do sessions, whose holder would move the version on by refreshing.
//!
//! [`Caller::role`]: crate::Caller::role

mod audit;
mod invitations;
mod members;
mod seat;
mod team;

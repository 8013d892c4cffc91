//! The ring on a store in memory, in one process and in several.

mod changing_masters;
mod derived;
mod jumping;
mod load;
mod revoking;
mod rotating;
mod sharing;
mod world;

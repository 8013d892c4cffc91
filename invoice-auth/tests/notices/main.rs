//! What one process tells, the others hear: through a real Redis that goes away and comes back.

mod channel;
mod ear;
mod server;

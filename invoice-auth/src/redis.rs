//! Redis, for several processes.

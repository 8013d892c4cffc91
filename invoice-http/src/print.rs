//! Documents to be printed.

//! For axum.

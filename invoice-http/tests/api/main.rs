//! The API as its users see it: requests in, answers out.

mod clients;
mod conventions;
mod document;
mod invoices;
mod problems;
mod support;

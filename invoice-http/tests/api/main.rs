//! The API as its users see it: requests in, answers out.

mod clients;
mod conventions;
mod document;
mod guard;
mod invoices;
mod money;
mod problems;
mod reports;
mod support;

//! What handlers take from a request, strictly.

#[cfg(feature = "auth-routes")]
mod calling;
mod command;
mod json;
mod media_type;
mod merged;
mod objects;
mod page;
mod patch_schema;
mod path;
mod precondition;
mod query;
mod reading;
mod strict;
mod words;

#[cfg(feature = "auth-routes")]
pub(crate) use calling::{Called, CalledEnd, CalledPatch, CalledRemove, Calling, Open, PathIds};
pub(crate) use command::{Bulk, Create, Patch, Post, Put, Remove};
pub(crate) use json::{TextMap, merge_patch};
pub(crate) use page::PageParams;
pub(crate) use patch_schema::{
    ClientPatch, CreditNotePatch, InvoicePatch, ItemPatch, QuotePatch, SupplierPatch,
};
#[cfg(feature = "auth-routes")]
pub(crate) use patch_schema::{MemberPatch, ProfilePatch, TeamPatch};
pub(crate) use path::Id;
pub(crate) use precondition::etag;
pub(crate) use query::{NoParams, Params};
pub(crate) use reading::Reading;
pub(crate) use words::plain;

//! What every store does alike, for those who write one: pure functions over records.
//!
//! | a store needs to know | here |
//! | --- | --- |
//! | whether a change set contradicts itself | [`ChangeSet::check`](crate::change::ChangeSet::check) |
//! | what must exist before a record, and what it shares with no other | [`references`], [`UniqueValue`] |
//! | what lists filter and sort documents by | [`DocumentRow`] |
//! | how a list is ordered and where a page starts | [`Order`], [`Position`] |
//! | what a document adds to the monthly reports | [`Postings`] |
//! | what it adds to a client's statement | [`statement`] |

mod keyset;
mod postings;
mod relations;
mod row;
pub mod statement;

pub use keyset::{Key, Order, Position, foreign_cursor};
pub use postings::{Postings, TaxPosting, in_order};
pub use relations::{UniqueValue, references};
pub use row::{DocumentRow, OpenItem};

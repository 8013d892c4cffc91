//! A document of a hash chain.

use crate::document::Issued;
use crate::seal::{Hash, Seal};
use crate::{CreditNote, Invoice, Quote};

/// A numbered document, whichever kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the document it says")]
pub enum ChainDocument {
    Invoice(Box<Invoice>),
    CreditNote(Box<CreditNote>),
    Quote(Box<Quote>),
}

impl ChainDocument {
    /// Its issue.
    pub fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Invoice(document) => document.issued(),
            Self::CreditNote(document) => document.issued(),
            Self::Quote(document) => document.issued(),
        }
    }

    /// Its number.
    pub fn number(&self) -> Option<&str> {
        self.issued().map(Issued::number)
    }

    /// Its place in its counter.
    pub fn seq(&self) -> Option<u64> {
        self.issued().map(|issued| issued.origin().seq())
    }

    /// Its link in the chain.
    pub fn seal(&self) -> Option<Seal> {
        self.issued().map(Issued::seal)
    }

    /// The hash over the document as it is now; `None` if it is not issued or its seal is of a version
    /// this release does not know.
    pub fn recompute_hash(&self) -> Option<Hash> {
        match self {
            Self::Invoice(document) => document.recompute_hash(),
            Self::CreditNote(document) => document.recompute_hash(),
            Self::Quote(document) => document.recompute_hash(),
        }
    }
}

//! Walking a chain and telling where it is broken.

use super::Hash;
use crate::ports::ChainDocument;
use crate::series::Counter;

/// What is wrong with a chain, at its first bad link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainFault {
    /// A sequence is missing or there twice.
    Gap {
        /// The sequence that should come here.
        expected: u64,
        /// The sequence found.
        found: u64,
    },
    /// A document does not continue the one before it.
    Unlinked {
        /// Its number.
        number: String,
    },
    /// A document is not what was sealed.
    Changed {
        /// Its number.
        number: String,
    },
    /// The chain ends elsewhere than its counter: documents at its end are missing.
    Truncated {
        /// The last sequence found; `None` if there is none.
        last: Option<u64>,
        /// The sequence the counter would give next.
        next: u64,
    },
}

/// What a walk over a chain found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChainReport {
    /// Documents looked at.
    pub documents: u64,
    /// The first fault; `None` if the chain is whole.
    pub fault: Option<ChainFault>,
}

/// Verifies the documents of one counter, fed in the order of their sequences.
#[derive(Debug, Clone)]
pub struct ChainVerifier {
    head: Hash,
    expected: u64,
    report: ChainReport,
}

impl ChainVerifier {
    /// A verifier for a counter whose first sequence is `first`.
    ///
    /// ```
    /// use invoice_core::{ChainVerifier, Counter};
    ///
    /// let report = ChainVerifier::new(1).finish(&Counter::starting_at(1));
    /// assert_eq!(report.fault, None);
    /// ```
    pub fn new(first: u64) -> Self {
        Self { head: Hash::NOTHING, expected: first, report: ChainReport::default() }
    }

    /// The sequence to feed next.
    pub fn expected(&self) -> u64 {
        self.expected
    }

    /// Whether a fault was found: what follows is not looked at.
    pub fn is_broken(&self) -> bool {
        self.report.fault.is_some()
    }

    /// Looks at one document.
    pub fn feed(&mut self, document: &ChainDocument) {
        if self.is_broken() {
            return;
        }
        self.report.documents += 1;
        self.report.fault = self.fault_in(document);
        if let Some(seal) = document.seal() {
            self.head = seal.hash;
        }
        self.expected = self.expected.saturating_add(1);
    }

    fn fault_in(&self, document: &ChainDocument) -> Option<ChainFault> {
        let number = || document.number().unwrap_or_default().to_owned();
        let found = document.seq().unwrap_or(0);
        if found != self.expected {
            return Some(ChainFault::Gap { expected: self.expected, found });
        }
        let Some(seal) = document.seal() else { return Some(ChainFault::Changed { number: number() }) };
        if seal.previous != self.head {
            return Some(ChainFault::Unlinked { number: number() });
        }
        if document.recompute_hash() != Some(seal.hash) {
            return Some(ChainFault::Changed { number: number() });
        }
        None
    }

    /// Compares the end with the counter.
    pub fn finish(mut self, counter: &Counter) -> ChainReport {
        let whole = counter.next == self.expected && counter.head == self.head;
        if self.report.fault.is_none() && !whole {
            let last = self.expected.checked_sub(1).filter(|_| self.report.documents > 0);
            self.report.fault = Some(ChainFault::Truncated { last, next: counter.next });
        }
        self.report
    }
}

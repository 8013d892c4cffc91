//! Which series number the documents of a team unless another is chosen, as it was seen last.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use invoice_core::{DocumentType, SeriesId, TeamId};

/// Only guesses: whoever takes one looks at the series whether it is true. It spares the server a question that has to be
/// answered out of another index.
#[derive(Debug, Default)]
pub(crate) struct Defaults(Mutex<HashMap<(TeamId, DocumentType), SeriesId>>);

impl Defaults {
    /// About 5 MB; with more than that it begins anew.
    const CAPACITY: usize = 65_536;

    fn seen(&self) -> MutexGuard<'_, HashMap<(TeamId, DocumentType), SeriesId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn guess(&self, team: TeamId, document_type: DocumentType) -> Option<SeriesId> {
        self.seen().get(&(team, document_type)).copied()
    }

    /// As it was found just now.
    pub(super) fn learn(&self, team: TeamId, document_type: DocumentType, series: Option<SeriesId>) {
        let mut seen = self.seen();
        if seen.len() >= Self::CAPACITY {
            seen.clear();
        }
        match series {
            Some(series) => seen.insert((team, document_type), series),
            None => seen.remove(&(team, document_type)),
        };
    }
}

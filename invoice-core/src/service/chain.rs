//! Verifying that the past was not changed.

use super::{Billing, Error, permit};
use crate::series::CounterKey;
use crate::{Actor, ChainReport, ChainVerifier, Permission};

/// What the verification of one counter found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterReport {
    /// The counter.
    pub counter: CounterKey,
    /// What was found.
    pub report: ChainReport,
}

/// Documents read at once.
const BATCH: u16 = 200;

impl Billing {
    /// Walks the hash chain of every counter of the team: no number missing, no document changed, none
    /// cut off at the end. Documents issued during the walk are left to the next one.
    ///
    /// A counter that was removed together with all its documents leaves nothing to walk.
    pub async fn verify(&self, actor: &Actor) -> Result<Vec<CounterReport>, Error> {
        permit(actor, Permission::Read)?;
        let mut reports = Vec::new();
        for (key, counter) in self.ports.trail.counters(actor.team()).await? {
            let series = self.ports.catalog.series(actor.team(), key.series).await?;
            let first = series.map_or(1, |series| series.first_seq(key.period));
            let mut verifier = ChainVerifier::new(first);
            while verifier.expected() < counter.next && !verifier.is_broken() {
                let from = verifier.expected();
                let documents = self.ports.trail.chain(actor.team(), key, from, BATCH).await?;
                let wanted =
                    documents.iter().filter(|document| document.seq().is_none_or(|seq| seq < counter.next));
                let before = verifier.expected();
                wanted.for_each(|document| verifier.feed(document));
                if verifier.expected() == before {
                    break;
                }
            }
            reports.push(CounterReport { counter: key, report: verifier.finish(&counter) });
        }
        Ok(reports)
    }
}

//! Counters as they probably are, so that numbers can be bound without asking first.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use invoice_core::{Counter, CounterKey, TeamId};

/// Counters of a team, as [`resolve`](invoice_core::change::resolve) takes them.
pub type Counters = BTreeMap<CounterKey, Counter>;

/// How counters were left by the last commits, to predict how the next one finds them. A store compares when it
/// writes: a prediction that is wrong costs a round trip and nothing else.
///
/// ```
/// use invoice_core::{Counter, CounterKey, TeamId};
/// use invoice_store_common::predict::Predictions;
///
/// let team = TeamId::from_uuid(uuid::Uuid::from_u128(1));
/// let (key, counter) = (CounterKey::imports(team), Counter::starting_at(7));
/// let predictions = Predictions::default();
/// assert!(predictions.predict(team, [key]).is_empty());
/// predictions.learn(team, [(key, counter)]);
/// assert_eq!(predictions.predict(team, [key]).get(&key), Some(&counter));
/// ```
#[derive(Debug, Default)]
pub struct Predictions(Mutex<HashMap<(TeamId, CounterKey), Counter>>);

impl Predictions {
    /// About 10 MB of counters; with more than that it begins anew.
    const CAPACITY: usize = 65_536;

    fn known(&self) -> MutexGuard<'_, HashMap<(TeamId, CounterKey), Counter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of the counters that are known. What is not among them may exist all the same.
    pub fn predict(&self, team: TeamId, keys: impl IntoIterator<Item = CounterKey>) -> Counters {
        let known = self.known();
        keys.into_iter().filter_map(|key| Some((key, *known.get(&(team, key))?))).collect()
    }

    /// Counters as a commit left or found them.
    pub fn learn(&self, team: TeamId, counters: impl IntoIterator<Item = (CounterKey, Counter)>) {
        let mut known = self.known();
        if known.len() >= Self::CAPACITY {
            known.clear();
        }
        known.extend(counters.into_iter().map(|(key, counter)| ((team, key), counter)));
    }

    /// Counters that turned out not to exist.
    pub fn forget(&self, team: TeamId, keys: impl IntoIterator<Item = CounterKey>) {
        let mut known = self.known();
        for key in keys {
            known.remove(&(team, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn team(id: u128) -> TeamId {
        TeamId::from_uuid(Uuid::from_u128(id))
    }

    #[test]
    fn the_last_that_was_learned_is_predicted_and_what_is_forgotten_is_not() {
        let predictions = Predictions::default();
        let key = CounterKey::imports(team(1));
        predictions.learn(team(1), [(key, Counter::starting_at(1))]);
        predictions.learn(team(1), [(key, Counter::starting_at(2))]);
        assert_eq!(predictions.predict(team(1), [key]), Counters::from([(key, Counter::starting_at(2))]));
        predictions.forget(team(1), [key]);
        assert_eq!(predictions.predict(team(1), [key]), Counters::new());
    }

    #[test]
    fn a_counter_is_predicted_to_its_team_alone() {
        let predictions = Predictions::default();
        let key = CounterKey::imports(team(1));
        predictions.learn(team(1), [(key, Counter::starting_at(1))]);
        assert_eq!(predictions.predict(team(2), [key]), Counters::new());
        predictions.forget(team(2), [key]);
        assert_eq!(predictions.predict(team(1), [key]).len(), 1);
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let predictions = Predictions::default();
        for id in 0..=Predictions::CAPACITY {
            let team = team(u128::try_from(id).unwrap());
            predictions.learn(team, [(CounterKey::imports(team), Counter::starting_at(1))]);
        }
        assert_eq!(predictions.known().len(), 1);
    }
}

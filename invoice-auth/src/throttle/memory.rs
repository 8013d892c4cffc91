use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::ports::Clock;

use super::counter::Counter;
use super::key::Kind;
use super::{Throttle, ThrottleKey};

/// Counters of each of the five kinds that are kept at most: about 75 MB for all.
const ROOM: usize = 50_000;

/// Counters in this process, 50,000 at most of each kind: accounts, accounts at an address, addresses, mails, and
/// registrations.
///
/// When there is no room for another, the one of its kind that would be forgotten first goes, which is the one of fewest
/// failures. So nobody washes the counter of an account away by trying at others, or by asking for mails, which costs
/// less: for each counter there must then be another of as many failures, and each of these takes as many attempts and
/// waits, with a password hashed each time. What such a flood does wash away are counters of one failure or two.
pub struct InMemoryThrottle {
    clock: Arc<dyn Clock>,
    room: usize,
    counters: Mutex<Rooms>,
}

/// The counters of each kind have room of their own.
#[derive(Default)]
struct Rooms(HashMap<Kind, Counters>);

impl Rooms {
    fn of(&mut self, key: &ThrottleKey) -> &mut Counters {
        self.0.entry(key.kind()).or_default()
    }
}

#[derive(Default)]
struct Counters {
    by_key: HashMap<ThrottleKey, Counter>,
    /// The same by when they end.
    by_end: BTreeSet<(i64, ThrottleKey)>,
}

impl InMemoryThrottle {
    /// With this clock.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use invoice_auth::{InMemoryThrottle, Throttle as _, ThrottleKey};
    /// use invoice_core::identity::Fingerprint;
    /// use invoice_core::system::SystemClock;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let throttle = InMemoryThrottle::new(Arc::new(SystemClock));
    /// let keys = ThrottleKey::of_attempt(Fingerprint::new([7; 32]), None);
    /// for _ in 0..5 {
    ///     assert!(throttle.attempt(&keys).await.is_ok());
    /// }
    /// assert!(throttle.attempt(&keys).await.is_err());
    /// # }
    /// ```
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, room: ROOM, counters: Mutex::default() }
    }

    /// With room for so many counters of each kind. An attempt's own are counted even if there is less.
    #[must_use]
    pub fn with_room(self, counters: usize) -> Self {
        Self { room: counters, ..self }
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    fn get(&self, key: &ThrottleKey, now: i64) -> Counter {
        self.by_key.get(key).copied().unwrap_or(Counter::new(now)).at(now)
    }

    fn put(&mut self, key: &ThrottleKey, counter: Counter) {
        if let Some(old) = self.by_key.insert(key.clone(), counter) {
            self.by_end.remove(&(old.ends(), key.clone()));
        }
        self.by_end.insert((counter.ends(), key.clone()));
    }

    /// Without the last attempt.
    fn take_back(&mut self, key: &ThrottleKey) {
        match self.by_key.get(key).and_then(|counter| counter.take_back()) {
            Some(counter) => self.put(key, counter),
            None => self.remove(key),
        }
    }

    fn remove(&mut self, key: &ThrottleKey) {
        if let Some(old) = self.by_key.remove(key) {
            self.by_end.remove(&(old.ends(), key.clone()));
        }
    }

    /// Takes out what has ended, and what is too much for so many.
    fn shrink(&mut self, now: i64, room: usize) {
        while let Some((end, _)) = self.by_end.first()
            && (*end <= now || self.by_key.len() > room)
            && let Some((_, key)) = self.by_end.pop_first()
        {
            self.by_key.remove(&key);
        }
    }
}

#[async_trait]
impl Throttle for InMemoryThrottle {
    async fn attempt(&self, keys: &[ThrottleKey]) -> Result<(), Duration> {
        let mut rooms = self.lock();
        // Read under the lock, so that it does not go back from one attempt to the next.
        let now = self.clock.now().as_millis();
        let found: Vec<_> = keys.iter().map(|key| (key, rooms.of(key).get(key, now))).collect();
        let wait = found.iter().map(|(_, counter)| counter.wait(now)).max().unwrap_or_default();
        if wait > Duration::ZERO {
            // As they are now: if the clock was set back they must not wait for it to catch up.
            for (key, counter) in found {
                let counters = rooms.of(key);
                if counters.by_key.contains_key(key) {
                    counters.put(key, counter);
                }
            }
            return Err(wait);
        }
        for key in keys {
            rooms.of(key).shrink(now, self.room.saturating_sub(keys.len()));
        }
        for (key, counter) in found {
            rooms.of(key).put(key, counter.count(now));
        }
        Ok(())
    }

    async fn succeeded(&self, keys: &[ThrottleKey]) {
        let mut rooms = self.lock();
        for key in keys {
            let counters = rooms.of(key);
            if key.is_of_address() { counters.take_back(key) } else { counters.remove(key) }
        }
    }

    async fn take_back(&self, keys: &[ThrottleKey]) {
        let mut rooms = self.lock();
        for key in keys {
            rooms.of(key).take_back(key);
        }
    }
}

impl fmt::Debug for InMemoryThrottle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryThrottle").field("room", &self.room).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use invoice_core::identity::Fingerprint;
    use invoice_core::testing::{FixedClock, run};

    use super::*;

    fn account(number: u8) -> Vec<ThrottleKey> {
        ThrottleKey::of_attempt(Fingerprint::new([number; 32]), None)
    }

    fn throttle(room: usize) -> (Arc<FixedClock>, InMemoryThrottle) {
        let clock = Arc::new(FixedClock::default());
        (clock.clone(), InMemoryThrottle::new(clock).with_room(room))
    }

    fn len(throttle: &InMemoryThrottle) -> usize {
        let rooms = throttle.lock();
        assert!(rooms.0.values().all(|counters| counters.by_key.len() == counters.by_end.len()));
        rooms.0.values().map(|counters| counters.by_key.len()).sum()
    }

    #[test]
    fn what_nobody_tries_any_more_is_forgotten() {
        let (clock, throttle) = throttle(100);
        run(async {
            for number in 0..50 {
                throttle.attempt(&account(number)).await.unwrap();
            }
            assert_eq!(len(&throttle), 50);
            clock.advance_millis(15 * 60 * 1_000);
            throttle.attempt(&account(99)).await.unwrap();
        });
        assert_eq!(len(&throttle), 1);
    }

    #[test]
    fn a_flood_of_others_does_not_wash_a_counter_away() {
        let (_, throttle) = throttle(20);
        run(async {
            for _ in 0..5 {
                throttle.attempt(&account(0)).await.unwrap();
            }
            for number in 1..=200 {
                throttle.attempt(&account(number)).await.unwrap();
                assert!(len(&throttle) <= 20);
            }
            assert!(throttle.attempt(&account(0)).await.is_err());
        });
    }

    #[test]
    fn mails_asked_for_wash_no_counter_of_attempts_away() {
        let (_, throttle) = throttle(20);
        run(async {
            for _ in 0..5 {
                throttle.attempt(&account(0)).await.unwrap();
            }
            for number in 1..=200 {
                for _ in 0..5 {
                    throttle.attempt(&ThrottleKey::of_mail(Fingerprint::new([number; 32]))).await.unwrap();
                }
                assert!(len(&throttle) <= 21);
            }
            assert!(throttle.attempt(&account(0)).await.is_err());
        });
    }

    #[test]
    fn a_clock_set_back_makes_nobody_wait_until_it_has_caught_up() {
        let (clock, throttle) = throttle(100);
        run(async {
            for _ in 0..5 {
                throttle.attempt(&account(0)).await.unwrap();
            }
            clock.advance_millis(-3_600_000);
            assert_eq!(throttle.attempt(&account(0)).await, Err(Duration::from_secs(1)));
            clock.advance_millis(1_000);
            assert!(throttle.attempt(&account(0)).await.is_ok());
        });
    }

    #[test]
    fn without_any_room_an_attempts_own_counters_are_kept_even_so() {
        let (_, throttle) = throttle(0);
        run(async {
            for _ in 0..5 {
                throttle.attempt(&account(0)).await.unwrap();
            }
            assert!(throttle.attempt(&account(0)).await.is_err());
        });
    }
}

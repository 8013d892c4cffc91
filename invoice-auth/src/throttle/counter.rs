use std::time::Duration;

/// Attempts that wait for nothing.
pub(crate) const FREE: u32 = 5;
/// Milliseconds. The longest wait, and the quiet time that takes one failure back: were it shorter, waiting for it
/// would be the faster way to guess.
pub(crate) const LONGEST_MS: i64 = 15 * 60 * 1_000;
/// From here on the wait is the longest, and there is nothing more to count.
pub(crate) const MOST: u32 = 15;

/// The failures counted by one key, and when. All times are milliseconds of one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counter {
    failures: u32,
    last: i64,
    /// The last attempt before that, to take one back.
    before: i64,
}

impl Counter {
    pub(super) const fn new(now: i64) -> Self {
        Self { failures: 0, last: now, before: now }
    }

    /// What is left of it now. A clock that was set back does not make anybody wait for longer.
    pub(super) fn at(self, now: i64) -> Self {
        let last = self.last.min(now);
        let quiet = now.saturating_sub(last) / LONGEST_MS;
        let failures = self.failures.saturating_sub(u32::try_from(quiet).unwrap_or(u32::MAX));
        Self { failures, last, before: self.before.min(last) }
    }

    /// How long the next attempt has to wait; not at all if that is zero.
    pub(super) fn wait(&self, now: i64) -> Duration {
        let Some(over) = self.failures.checked_sub(FREE) else { return Duration::ZERO };
        let wait = 1_000_i64.checked_shl(over).unwrap_or(LONGEST_MS).min(LONGEST_MS);
        let left = self.last.saturating_add(wait).saturating_sub(now);
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// One attempt more.
    pub(super) fn count(self, now: i64) -> Self {
        Self { failures: self.failures.saturating_add(1).min(MOST), last: now, before: self.last }
    }

    /// Without the last attempt; `None` if there was no other.
    pub(super) fn take_back(self) -> Option<Self> {
        let failures = self.failures.checked_sub(1).filter(|failures| *failures > 0)?;
        Some(Self { failures, last: self.before, before: self.before })
    }

    /// When nothing will be left of it.
    pub(super) fn ends(&self) -> i64 {
        self.last.saturating_add(LONGEST_MS.saturating_mul(i64::from(self.failures)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries whenever it is allowed; the seconds waited before each attempt.
    fn waits(attempts: usize) -> Vec<u64> {
        let (mut counter, mut now) = (Counter::new(0), 0);
        let mut waits = Vec::new();
        for _ in 0..attempts {
            counter = counter.at(now);
            let wait = counter.wait(now);
            waits.push(wait.as_secs());
            now += i64::try_from(wait.as_millis()).unwrap();
            counter = counter.at(now);
            assert_eq!(counter.wait(now), Duration::ZERO);
            counter = counter.count(now);
        }
        waits
    }

    #[test]
    fn five_are_free_and_then_the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let expected = [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900];
        assert_eq!(waits(18), expected);
    }

    #[test]
    fn no_pause_lets_more_guesses_through_than_trying_whenever_it_is_allowed() {
        let day = 24 * 3_600 * 1_000;
        let guesses = |pause_after: u32, pause: i64| {
            let (mut counter, mut now, mut guesses) = (Counter::new(0), 0, 0);
            while now < 10 * day {
                counter = counter.at(now);
                let wait = i64::try_from(counter.wait(now).as_millis()).unwrap();
                if wait > 0 {
                    now += if counter.failures >= pause_after { wait.max(pause) } else { wait };
                    continue;
                }
                counter = counter.count(now);
                guesses += 1;
            }
            guesses
        };
        let eager = guesses(u32::MAX, 0);
        for pause_after in FREE..=MOST {
            for quarters in 1..=15 {
                let patient = guesses(pause_after, quarters * LONGEST_MS);
                assert!(
                    patient <= eager + 15,
                    "{patient} instead of {eager}: {quarters} after {pause_after}"
                );
            }
        }
    }

    #[test]
    fn a_quarter_of_an_hour_takes_one_back_and_fifteen_all() {
        let counter = (0..20).fold(Counter::new(0), |counter, _| counter.count(0));
        assert_eq!(counter.at(LONGEST_MS - 1).failures, 15);
        assert_eq!(counter.at(LONGEST_MS).failures, 14);
        assert_eq!(counter.at(15 * LONGEST_MS - 1).failures, 1);
        assert_eq!(counter.at(15 * LONGEST_MS).failures, 0);
        assert_eq!(counter.ends(), 15 * LONGEST_MS);
    }

    #[test]
    fn an_attempt_taken_back_leaves_the_wait_as_it_was() {
        let before = (0..6).fold(Counter::new(0), |counter, _| counter.count(0)).at(2_000);
        let after = before.count(2_000).take_back().unwrap();
        assert_eq!((after.failures, after.wait(2_000)), (6, before.wait(2_000)));
        assert_eq!(Counter::new(0).count(0).take_back(), None);
    }

    #[test]
    fn a_clock_set_back_by_a_year_makes_nobody_wait_for_a_year() {
        let year = 365 * 24 * 3_600 * 1_000;
        let counter = (0..20).fold(Counter::new(year), |counter, _| counter.count(year)).at(0);
        assert_eq!(counter.wait(0), Duration::from_mins(15));
        assert_eq!(counter.at(900_000).wait(900_000), Duration::ZERO);
    }
}

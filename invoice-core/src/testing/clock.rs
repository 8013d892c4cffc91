use std::sync::atomic::{AtomicI64, Ordering};

use crate::Timestamp;
use crate::ports::Clock;

/// A clock that stands still until it is set or advanced.
///
/// Share it as `Arc<FixedClock>`: the engine holds it as `Arc<dyn Clock>`, the test moves it.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `now`.
    ///
    /// ```
    /// use invoice_core::Timestamp;
    /// use invoice_core::ports::Clock as _;
    /// use invoice_core::testing::FixedClock;
    ///
    /// let clock = FixedClock::new(Timestamp::from_millis(1_000));
    /// clock.advance_millis(500);
    /// assert_eq!(clock.now(), Timestamp::from_millis(1_500));
    /// ```
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Shows `now` from here on, be it later or earlier.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Moves on by `millis` milliseconds; a negative number moves back.
    pub fn advance_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// 2026-03-02T09:00:00Z, a Monday.
    fn default() -> Self {
        Self::new(Timestamp::from_millis(1_772_442_000_000))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_clock_shows_a_monday_morning() {
        assert_eq!(FixedClock::default().now().to_string(), "2026-03-02T09:00:00.000Z");
    }

    #[test]
    fn a_clock_that_was_set_stands_still_there() {
        let clock = FixedClock::default();
        clock.set(Timestamp::from_millis(7));
        assert_eq!(clock.now(), Timestamp::from_millis(7));
        assert_eq!(clock.now(), Timestamp::from_millis(7));
    }
}

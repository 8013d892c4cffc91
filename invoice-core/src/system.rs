//! The operating system's clock and randomness, for applications that need nothing else.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{ContextV7, Uuid};

use crate::Timestamp;
use crate::ports::{Clock, IdGenerator};

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock port's adapter")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 counts as 1970.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// UUIDv7 with the operating system's randomness; ids of one generator sort in the order they were made,
/// also within a millisecond.
#[derive(Debug)]
pub struct RandomIds(Mutex<ContextV7>);

impl RandomIds {
    /// A generator.
    ///
    /// ```
    /// use invoice_core::Timestamp;
    /// use invoice_core::ports::IdGenerator as _;
    /// use invoice_core::system::RandomIds;
    ///
    /// let ids = RandomIds::new();
    /// let now = Timestamp::from_millis(1_767_223_800_000);
    /// assert!(ids.uuid(now) < ids.uuid(now));
    /// ```
    pub fn new() -> Self {
        Self(Mutex::new(ContextV7::new()))
    }
}

impl Default for RandomIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdGenerator for RandomIds {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let context = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = now.as_millis().unsigned_abs();
        let nanos = u32::try_from(millis % 1_000 * 1_000_000).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*context, millis / 1_000, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_carry_the_instant_they_were_asked_for() {
        let instant = Timestamp::from_millis(1_767_223_800_123);
        let id = RandomIds::new().uuid(instant);
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.as_u128() >> 80, 1_767_223_800_123);
    }

    #[test]
    fn the_clock_tells_a_time_after_this_was_written() {
        assert!(SystemClock.now() > Timestamp::from_millis(1_767_223_800_000));
    }
}

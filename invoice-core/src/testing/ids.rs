use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};

use crate::Timestamp;
use crate::ports::IdGenerator;

/// Predictable identifiers: UUIDs of version 7 whose random part counts 1, 2, 3, …
///
/// The same calls give the same ids in every run; threads may share one generator.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl SequentialIds {
    /// A generator whose first identifier ends in 1.
    ///
    /// ```
    /// use invoice_core::Timestamp;
    /// use invoice_core::ports::IdGenerator as _;
    /// use invoice_core::testing::SequentialIds;
    ///
    /// let ids = SequentialIds::new();
    /// let id = ids.uuid(Timestamp::from_millis(0x0190_0000_0000));
    /// assert_eq!(id.to_string(), "01900000-0000-7000-8000-000000000001");
    /// ```
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl IdGenerator for SequentialIds {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        let mut random = [0; 10];
        for (place, byte) in random.iter_mut().skip(2).zip(count.to_be_bytes()) {
            *place = byte;
        }
        Builder::from_unix_timestamp_millis(now.as_millis().unsigned_abs(), &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_sort_later_and_are_version_seven() {
        let ids = SequentialIds::new();
        let made: Vec<_> = (0..300).map(|_| ids.uuid(Timestamp::from_millis(1_000))).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
        assert!(made.iter().all(|id| *id < ids.uuid(Timestamp::from_millis(1_001))));
    }
}

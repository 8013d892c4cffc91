//! Numbers and identifiers that follow from a seed, so that a worker that comes back sets out to do the same again.

use std::sync::{Mutex, PoisonError};

use invoice_core::Timestamp;
use invoice_core::ports::{Clock, IdGenerator};
use uuid::{Builder, Uuid};

/// A stream of numbers (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream that belongs to these numbers, such as a seed, a worker and a place.
    ///
    /// ```
    /// use invoice_crash::random::Random;
    ///
    /// assert_eq!(Random::of(&[7, 1]).number(), Random::of(&[7, 1]).number());
    /// assert_ne!(Random::of(&[7, 1]).number(), Random::of(&[1, 7]).number());
    /// ```
    pub fn of(parts: &[u64]) -> Self {
        let mut random = Self(0);
        for part in parts {
            random = Self(random.number() ^ part);
        }
        random
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }

    /// Whether something that happens `times` in `of` cases does.
    pub fn chance(&mut self, times: u64, of: u64) -> bool {
        self.below(of) < times
    }

    /// The next 32 bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.number().to_be_bytes());
        }
        bytes
    }
}

/// Identifiers from a stream: the same stream and clock give the same ones again.
#[derive(Debug)]
pub struct DerivedIds(Mutex<Random>);

impl DerivedIds {
    /// A generator.
    ///
    /// ```
    /// use invoice_core::Timestamp;
    /// use invoice_core::ports::IdGenerator as _;
    /// use invoice_crash::random::{DerivedIds, Random};
    ///
    /// let ids = || DerivedIds::new(Random::of(&[7])).uuid(Timestamp::from_millis(1));
    /// assert_eq!(ids(), ids());
    /// ```
    pub fn new(random: Random) -> Self {
        Self(Mutex::new(random))
    }
}

impl IdGenerator for DerivedIds {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes();
        let mut random = [0; 10];
        random.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        Builder::from_unix_timestamp_millis(now.as_millis().unsigned_abs(), &random).into_uuid()
    }
}

/// A clock that always shows the same instant: a run that passes midnight is like any other.
#[derive(Debug, Clone, Copy)]
pub struct Stopped(pub Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

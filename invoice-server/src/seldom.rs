//! Things that may happen a thousand times a minute and are worth a line in the log now and then.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets one through in a while, and counts those that it held back.
pub(crate) struct Seldom {
    every: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<Instant>,
    held_back: u64,
}

impl Seldom {
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, state: Mutex::default() }
    }

    /// Whether this one is let through: then how many were held back before it.
    pub(crate) fn pass(&self) -> Option<u64> {
        // Nothing can panic while it is held.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| last.elapsed() < self.every) {
            state.held_back += 1;
            return None;
        }
        state.last = Some(Instant::now());
        Some(std::mem::take(&mut state.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_passes_and_the_next_ones_are_counted_until_the_time_is_over() {
        let seldom = Seldom::new(Duration::from_hours(1));
        assert_eq!([seldom.pass(), seldom.pass(), seldom.pass()], [Some(0), None, None]);
        let past = Seldom { every: Duration::ZERO, state: seldom.state };
        assert_eq!([past.pass(), past.pass()], [Some(2), Some(0)]);
    }
}

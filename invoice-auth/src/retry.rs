use crate::error::AuthError;

/// How often a change is decided before it is given up.
const MOST: u8 = 5;
/// The same where somebody may be against it: who holds a stolen token can write a session again and again.
const MOST_CONTESTED: u8 = 20;

/// Counts how often a change was decided: again from fresh reads when somebody else was faster.
///
/// A loop instead of a closure, since futures of closures that borrow can't be shown to be `Send`.
#[derive(Debug)]
pub(crate) struct Tries {
    so_far: u8,
    most: u8,
}

impl Default for Tries {
    fn default() -> Self {
        Self { so_far: 0, most: MOST }
    }
}

impl Tries {
    /// For what must be done against somebody who is in the way.
    pub(crate) const fn contested() -> Self {
        Self { so_far: 0, most: MOST_CONTESTED }
    }

    /// Whether to decide again after this answer.
    pub(crate) fn again<T>(&mut self, answer: &Result<T, AuthError>) -> bool {
        self.so_far = self.so_far.saturating_add(1);
        self.so_far < self.most && matches!(answer, Err(AuthError::Store(error)) if error.is_conflict())
    }

    /// How often it was decided so far.
    pub(crate) const fn so_far(&self) -> u8 {
        self.so_far
    }
}

#[cfg(test)]
mod tests {
    use invoice_core::Version;
    use invoice_core::ports::StoreError;

    use super::*;

    #[test]
    fn a_conflict_is_decided_again_five_times_at_most_or_twenty() {
        for (mut tries, most) in [(Tries::default(), 5), (Tries::contested(), 20)] {
            let conflict = StoreError::Conflict { expected: Version::FIRST, found: None };
            let answer: Result<(), AuthError> = Err(conflict.into());
            let decided = 1 + (0..50).take_while(|_| tries.again(&answer)).count();
            assert_eq!(decided, most);
        }
    }

    #[test]
    fn what_is_no_conflict_is_answered_at_once() {
        assert!(!Tries::default().again(&Ok(())));
        assert!(!Tries::default().again::<()>(&Err(AuthError::NotFound)));
        assert!(!Tries::default().again::<()>(&Err(StoreError::Unavailable.into())));
    }
}

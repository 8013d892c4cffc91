use crate::error::AuthError;

/// How often a change is decided before it is given up.
const MOST: u8 = 5;

/// Counts how often a change was decided: again from fresh reads when somebody else was faster.
///
/// A loop instead of a closure, since futures of closures that borrow can't be shown to be `Send`.
#[derive(Debug, Default)]
pub(crate) struct Tries(u8);

impl Tries {
    /// Whether to decide again after this answer.
    pub(crate) fn again<T>(&mut self, answer: &Result<T, AuthError>) -> bool {
        self.0 += 1;
        self.0 < MOST && matches!(answer, Err(AuthError::Store(error)) if error.is_conflict())
    }

    /// How often it was decided so far.
    pub(crate) const fn so_far(&self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use invoice_core::Version;
    use invoice_core::ports::StoreError;

    use super::*;

    #[test]
    fn a_conflict_is_decided_again_five_times_at_most() {
        let conflict = StoreError::Conflict { expected: Version::FIRST, found: None };
        let answer: Result<(), AuthError> = Err(conflict.into());
        let mut tries = Tries::default();
        let decided = 1 + (0..10).take_while(|_| tries.again(&answer)).count();
        assert_eq!(decided, 5);
    }

    #[test]
    fn what_is_no_conflict_is_answered_at_once() {
        assert!(!Tries::default().again(&Ok(())));
        assert!(!Tries::default().again::<()>(&Err(AuthError::NotFound)));
        assert!(!Tries::default().again::<()>(&Err(StoreError::Unavailable.into())));
    }
}

use std::time::Duration;

use invoice_core::ports::{StoreError, Unique};

use crate::error::AuthError;
use crate::runtime::runtime;
use crate::secret::random;

/// How often something is decided before it is given up: enough for twenty at once that write the same record, and for
/// who is in a race with a thief that writes a session again and again.
const MOST: u8 = 20;
/// The longest first wait; each next one may be twice as long.
const FIRST: Duration = Duration::from_millis(1);
/// The longest of all waits: several times what deciding takes where many decide at once, or they would go on meeting.
const LONGEST: Duration = Duration::from_millis(200);

/// Decides again, from fresh reads, what met a change of others; in the end their conflict is the answer.
///
/// What is final though it looks like a lost race, such as another version than the one that the caller named, is to be
/// inside of what `decide` answers, not its error.
pub(crate) async fn again<T, F>(mut decide: impl FnMut() -> F + Send) -> Result<T, AuthError>
where
    T: Send + Sync,
    F: Future<Output = Result<T, AuthError>> + Send,
{
    let mut tries = Tries::default();
    loop {
        let answer = decide().await;
        if !tries.again(&answer).await {
            return answer;
        }
    }
}

/// Counts how often a change was decided: again from fresh reads when somebody else was faster.
///
/// For loops that can't be [`again`], since futures of closures that borrow what they change can't be shown to be
/// `Send`.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    so_far: u8,
}

impl Tries {
    /// Whether to decide again after this answer; waits a moment if so. All who lost wait for times of their own, so
    /// that they don't meet again.
    pub(crate) async fn again<T: Sync>(&mut self, answer: &Result<T, AuthError>) -> bool {
        self.so_far = self.so_far.saturating_add(1);
        if self.so_far >= MOST || !matches!(answer, Err(AuthError::Store(error)) if is_lost_race(error)) {
            return false;
        }
        // Elsewhere nothing can be slept through, and tokio panics.
        if runtime().is_ok() {
            tokio::time::sleep(any_up_to(longest_wait(self.so_far))).await;
        }
        true
    }

    /// How often it was decided so far.
    pub(crate) const fn so_far(&self) -> u8 {
        self.so_far
    }
}

/// A store may tell of a membership that came in between, or a record that went, before it looks at versions.
fn is_lost_race(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Conflict { .. }
            | StoreError::NotFound
            | StoreError::Duplicate { what: Unique::Membership }
    )
}

fn longest_wait(so_far: u8) -> Duration {
    let doubled = 1_u32.checked_shl(u32::from(so_far.saturating_sub(1))).unwrap_or(u32::MAX);
    FIRST.saturating_mul(doubled).min(LONGEST)
}

/// A random time; the whole of it if there is no randomness.
fn any_up_to(longest: Duration) -> Duration {
    let Ok(bytes) = random::<4>() else { return longest };
    let share = u64::from(u32::from_le_bytes(*bytes));
    // Less than 2^26 microseconds times less than 2^32.
    let micros = u64::try_from(longest.as_micros()).unwrap_or_default().saturating_mul(share) >> 32;
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use invoice_core::Version;
    use tokio::time::Instant;

    use super::*;

    fn conflict() -> AuthError {
        StoreError::Conflict { expected: Version::FIRST, found: None }.into()
    }

    /// How often it is decided when this is the answer each time, and how long that takes.
    async fn decided(answer: AuthError) -> (u32, Duration) {
        let (mut times, begin) = (0, Instant::now());
        let last: Result<(), _> = again(|| {
            times += 1;
            let answer = answer.clone();
            async { Err(answer) }
        })
        .await;
        assert_eq!(format!("{last:?}"), format!("{:?}", Err::<(), _>(answer)));
        (times, begin.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_lost_to_others_is_decided_twenty_times_and_then_answered() {
        let lost = [
            conflict(),
            StoreError::NotFound.into(),
            StoreError::Duplicate { what: Unique::Membership }.into(),
        ];
        for answer in lost {
            assert_eq!(decided(answer).await.0, 20);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_other_answers_are_given_at_once() {
        let others = [AuthError::NotFound, StoreError::Unavailable.into(), StoreError::UnknownOutcome.into()];
        for answer in others {
            assert_eq!(decided(answer).await, (1, Duration::ZERO));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_always_loses_is_told_so_after_two_and_a_half_seconds_at_most() {
        let (_, took) = decided(conflict()).await;
        assert!(took > Duration::from_millis(200) && took <= Duration::from_millis(2_500), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn two_who_lose_together_do_not_wait_alike() {
        let (one, other) = (decided(conflict()).await.1, decided(conflict()).await.1);
        assert_ne!(one, other);
    }

    #[test]
    fn waits_double_from_a_millisecond_to_two_hundred() {
        let waits: Vec<_> = (1..=10).map(|so_far| longest_wait(so_far).as_millis()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 200, 200]);
        assert_eq!(longest_wait(u8::MAX), LONGEST);
        assert!((0..1_000).all(|_| any_up_to(LONGEST) <= LONGEST));
    }
}

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use invoice_core::Timestamp;

pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// So many requests in any window of so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    requests: u32,
    window: Duration,
}

impl Limit {
    /// At most `requests` in a window, which is at least a second.
    pub const fn new(requests: u32, window: Duration) -> Self {
        let window = if window.as_secs() == 0 { Duration::from_secs(1) } else { window };
        Self { requests, window }
    }

    /// How many.
    pub const fn requests(&self) -> u32 {
        self.requests
    }

    /// In how long.
    pub const fn window(&self) -> Duration {
        self.window
    }

    fn millis(self) -> u64 {
        u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// Whether one more may come after `last` in the window before and `present` in the present one, of which `over`
    /// is over.
    pub(super) fn decide(self, last: u32, present: u32, over: Duration) -> Decision {
        let (most, millis) = (u64::from(self.requests), self.millis());
        let left = millis.saturating_sub(u64::try_from(over.as_millis()).unwrap_or(u64::MAX));
        let (last, present) = (u64::from(last), u64::from(present));
        // Rounded up: a window never lets more through than it says.
        let used = (last * left).div_ceil(millis) + present;
        let allowed = used < most;
        let reset = if !allowed && present < most && last > 0 {
            // As the last window goes out of sight, room for one more comes.
            let excess = used + 1 - most;
            (excess * millis).div_ceil(last).min(left)
        } else {
            left
        };
        let remaining = most.saturating_sub(used + u64::from(allowed));
        let remaining = u32::try_from(remaining).unwrap_or(u32::MAX);
        Decision { allowed, remaining, reset: Duration::from_millis(reset.max(1)) }
    }
}

/// Whether a request may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may.
    pub allowed: bool,
    /// How many more may come now.
    pub remaining: u32,
    /// Until when it is better to wait.
    pub reset: Duration,
}

/// A limit with the name it goes by in answers.
#[derive(Debug)]
pub(super) struct Policy {
    name: &'static str,
    limit: Limit,
    /// The field `RateLimit-Policy`, the same in all answers.
    field: Option<HeaderValue>,
}

impl Policy {
    pub(super) fn new(name: &'static str, limit: Limit) -> Self {
        let field = format!("\"{name}\";q={};w={}", limit.requests, limit.window.as_secs());
        Self { name, limit, field: HeaderValue::try_from(field).ok() }
    }

    pub(super) fn limit(&self) -> Limit {
        self.limit
    }

    /// The fields `RateLimit` and `RateLimit-Policy`.
    pub(super) fn write(&self, decision: Decision, headers: &mut HeaderMap) {
        let seconds = decision.reset.as_secs() + u64::from(decision.reset.subsec_millis() > 0);
        let state = format!("\"{}\";r={};t={seconds}", self.name, decision.remaining);
        let fields =
            [(RATE_LIMIT, HeaderValue::try_from(state).ok()), (RATE_LIMIT_POLICY, self.field.clone())];
        for (name, value) in fields {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
    }
}

/// Counts requests.
#[async_trait]
pub trait Limits: Send + Sync {
    /// Counts a request of whom `key` names, if the limit allows one more at `now`. A counter that can't be
    /// reached allows it: limits protect the service and must not end it.
    async fn take(&self, key: &str, limit: Limit, now: Timestamp) -> Decision;
}

/// Counts in this process: a window slides over the counts of the present and the last one, weighted by how much of
/// each it covers.
#[derive(Debug)]
pub struct InProcessLimits {
    shards: [Mutex<HashMap<Box<str>, Counts>>; 16],
    hasher: RandomState,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// The number of the present window since 1970.
    window: u64,
    present: u32,
    last: u32,
    millis: u64,
}

/// Keys in one shard before it is swept of those whose windows are over.
const SWEEP_AT: usize = 4_096;

impl Default for InProcessLimits {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl Counts {
    fn at(self, window: u64, millis: u64) -> Self {
        let last = match window.checked_sub(self.window) {
            _ if self.millis != millis => 0,
            Some(0) => return self,
            Some(1) => self.present,
            _ => 0,
        };
        Self { window, present: 0, last, millis }
    }
}

impl InProcessLimits {
    fn count(&self, key: &str, limit: Limit, now: Timestamp) -> Decision {
        let (now, millis) = (now.as_millis().unsigned_abs(), limit.millis());
        let place = usize::try_from(self.hasher.hash_one(key) % 16).unwrap_or(0);
        let Some(shard) = self.shards.get(place) else {
            return Decision { allowed: true, remaining: 0, reset: Duration::ZERO };
        };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= SWEEP_AT && !shard.contains_key(key) {
            shard.retain(|_, counts| now / counts.millis <= counts.window + 1);
        }
        let window = now / millis;
        let known = shard.get_mut(key);
        let mut counts = known.as_deref().copied().unwrap_or_default().at(window, millis);
        let decision = limit.decide(counts.last, counts.present, Duration::from_millis(now % millis));
        counts.present = counts.present.saturating_add(u32::from(decision.allowed));
        match known {
            Some(place) => *place = counts,
            None => drop(shard.insert(key.into(), counts)),
        }
        decision
    }
}

#[async_trait]
impl Limits for InProcessLimits {
    async fn take(&self, key: &str, limit: Limit, now: Timestamp) -> Decision {
        self.count(key, limit, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Limit = Limit::new(10, Duration::from_mins(1));

    fn burst(limits: &InProcessLimits, key: &str, seconds: i64, requests: usize) -> usize {
        let now = Timestamp::from_millis(1_772_442_000_000 + seconds * 1_000);
        (0..requests).filter(|_| limits.count(key, MINUTE, now).allowed).count()
    }

    #[test]
    fn no_window_lets_more_through_than_it_says() {
        let limits = InProcessLimits::default();
        assert_eq!(burst(&limits, "a", 59, 20), 10);
        // A fixed window would start anew here.
        assert_eq!(burst(&limits, "a", 60, 20), 0);
        assert_eq!(burst(&limits, "a", 90, 20), 5);
        assert_eq!(burst(&limits, "a", 180, 20), 10);
        assert_eq!(burst(&limits, "b", 60, 20), 10);
    }

    #[test]
    fn who_waits_as_told_gets_through() {
        let limits = InProcessLimits::default();
        burst(&limits, "a", 59, 10);
        let mut now = Timestamp::from_millis(1_772_442_000_000 + 60_000);
        let refused = limits.count("a", MINUTE, now);
        assert!(!refused.allowed && refused.remaining == 0);
        now = now.plus_millis(i64::try_from(refused.reset.as_millis()).unwrap());
        assert!(limits.count("a", MINUTE, now).allowed);
    }

    #[test]
    fn those_who_went_away_are_forgotten() {
        let limits = InProcessLimits::default();
        for client in 0..16 * SWEEP_AT + 16 {
            burst(&limits, &format!("client {client}"), 0, 1);
        }
        for client in 0..100 {
            burst(&limits, &format!("late client {client}"), 600, 1);
        }
        let kept: usize = limits.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(kept < 16 * SWEEP_AT, "{kept}");
    }
}

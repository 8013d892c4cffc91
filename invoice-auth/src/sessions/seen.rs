use std::time::Duration;

use invoice_core::{SessionId, Timestamp};
use moka::Entry;
use moka::ops::compute::{CompResult, Op};
use moka::sync::Cache;

use crate::auth::Auth;
use crate::runtime::runtime;

/// How often a session's last use is written at most.
const EVERY_MILLIS: i64 = 60_000;
/// What was not used for so long is due anyway.
const KEPT: Duration = Duration::from_mins(2);

/// When this process last wrote that a session was used.
pub(crate) struct LastSeen(Cache<SessionId, Timestamp>);

impl LastSeen {
    /// Of so many sessions; of one that had to make place, the next use is written again.
    pub(crate) fn new(sessions: u64) -> Self {
        Self(Cache::builder().max_capacity(sessions).time_to_live(KEPT).build())
    }

    /// Whether a use now is to be written; of many at once, one is.
    pub(crate) fn is_due(&self, session: SessionId, now: Timestamp) -> bool {
        let recent = |at: Timestamp| now < at.plus_millis(EVERY_MILLIS);
        if self.0.get(&session).is_some_and(recent) {
            return false;
        }
        let put = self.0.entry(session).and_compute_with(|kept| match kept.map(Entry::into_value) {
            Some(at) if recent(at) => Op::Nop,
            _ => Op::Put(now),
        });
        !matches!(put, CompResult::Unchanged(_))
    }
}

impl Auth {
    /// A session was used: writes so, at most once a minute, and nobody waits for it. Where there is no runtime in
    /// which to do that, it is left.
    pub(crate) fn saw(&self, session: SessionId) {
        let Ok(runtime) = runtime() else { return };
        let now = self.parts().now();
        if !self.parts().last_seen.is_due(session, now) {
            return;
        }
        let auth = self.clone();
        runtime.spawn(async move {
            if let Err(error) = auth.parts().ports.sessions.touch_session(session, now).await {
                tracing::warn!(%session, %error, "that a session was used could not be written");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_use_is_written_at_most_once_a_minute_for_each_session() {
        let seen = LastSeen::new(10);
        let [one, other] = [1, 2].map(|n| SessionId::from_uuid(Uuid::from_u128(n)));
        let at = Timestamp::from_millis;
        assert!(seen.is_due(one, at(0)) && seen.is_due(other, at(0)));
        assert!(!seen.is_due(one, at(59_999)));
        assert!(seen.is_due(one, at(60_000)));
        assert!(!seen.is_due(one, at(119_999)));
    }
}

//! The outbox.

use async_trait::async_trait;
use invoice_core::ports::{ClaimedEvent, Outbox, StoreError};
use invoice_core::{Event, EventId, Timestamp};

use super::{Broken, Fault};

impl Broken {
    /// The claim as the store knows it.
    fn claim_of(&self, claimed: &ClaimedEvent) -> ClaimedEvent {
        let mut claim = ClaimedEvent { event: self.as_stored(&claimed.event), ..claimed.clone() };
        let renewed =
            matches!(self.fault, Fault::LetsAnyoneAcknowledge | Fault::IgnoresLeases | Fault::LeasesForEver);
        if renewed && let Some(newest) = self.seen().claims.get(&claimed.event.id) {
            claim = newest.clone();
        }
        // The number was given in the commit.
        claim.event.number.clone_from(&claimed.event.number);
        claim
    }
}

#[async_trait]
impl Outbox for Broken {
    async fn claim(
        &self,
        now: Timestamp,
        lease_millis: u32,
        limit: u16,
    ) -> Result<Vec<ClaimedEvent>, StoreError> {
        let lease = if self.has(Fault::LeasesForEver) { u32::MAX } else { lease_millis };
        let limit = if self.has(Fault::IgnoresLimits) { u16::MAX } else { limit };
        let at = if self.has(Fault::IgnoresLeases) { now.plus_millis(i64::MAX) } else { now };
        let mut claimed = self.inner.claim(at, lease, limit).await?;
        for claim in &mut claimed {
            self.seen().claims.insert(claim.event.id, claim.clone());
            claim.leased_until = now.plus_millis(lease_millis.into());
            claim.event = Event { number: claim.event.number.clone(), ..self.as_told(&claim.event) };
        }
        match self.fault {
            Fault::HandsOutYoungestFirst => claimed.reverse(),
            Fault::HandsOutTwice => claimed.extend(claimed.first().cloned()),
            _ => {}
        }
        Ok(claimed)
    }

    async fn acknowledge(&self, claimed: &[ClaimedEvent]) -> Result<u64, StoreError> {
        let claims: Vec<_> = claimed.iter().map(|claimed| self.claim_of(claimed)).collect();
        let held = self.inner.acknowledge(&claims).await?;
        Ok(if self.has(Fault::CountsAllAcknowledged) { claimed.len() as u64 } else { held })
    }

    async fn retry(&self, claimed: &ClaimedEvent, at: Timestamp) -> Result<bool, StoreError> {
        let at = if self.has(Fault::RetriesAtOnce) { Timestamp::from_millis(0) } else { at };
        self.inner.retry(&self.claim_of(claimed), at).await
    }

    async fn bury(&self, claimed: &ClaimedEvent, reason: &str) -> Result<bool, StoreError> {
        let reason = if self.has(Fault::ForgetsReasons) { "" } else { reason };
        if self.has(Fault::BuriesInPlace) {
            let never = Timestamp::from_millis(i64::MAX);
            return self.inner.retry(&self.claim_of(claimed), never).await;
        }
        self.inner.bury(&self.claim_of(claimed), reason).await
    }

    async fn buried(&self, limit: u16) -> Result<Vec<(Event, String)>, StoreError> {
        let limit = if self.has(Fault::IgnoresLimits) { u16::MAX } else { limit };
        let buried = self.inner.buried(limit).await?;
        Ok(buried.into_iter().map(|(event, reason)| (self.as_told(&event), reason)).collect())
    }

    async fn revive(&self, id: EventId) -> Result<bool, StoreError> {
        if self.has(Fault::RevivesNothing) {
            let buried = self.inner.buried(u16::MAX).await?;
            return Ok(buried.iter().any(|(event, _)| event.id == id));
        }
        self.inner.revive(id).await
    }
}

//! The use cases: load → decide → commit.
//!
//! [`Billing`] is what an application holds. Each method takes a [`Call`], which says who asks, checks
//! the permission matrix, reads what it has to know, lets the domain decide, and commits one change set.

mod catalog;
mod chain;
mod changes;
mod credit_notes;
mod error;
mod import;
mod invoices;
mod issue;
mod payments;
mod quotes;
mod reads;
mod relay;
mod revise;
mod settle;
mod sweep;

pub use chain::CounterReport;
pub use error::Error;
pub use import::{ImportedCreditNote, ImportedInvoice};
pub use payments::{Paid, PayData, RefundData};
pub use relay::{NotReceived, Pass, Patience, Receiver, Relay};
pub use revise::check_reason;
pub use settle::WriteOffData;
pub use sweep::SweepReport;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::change::{ChangeSet, Idempotency, IdempotencyKey, Receipt, Record};
use crate::ports::{BillingPorts, Clock, IdGenerator, StoreError, Unique};
use crate::{Actor, Hash, Permission, SupplierProfile, TeamId, Timestamp, UserId, Version};

use changes::Changes;

/// How often a use case loads and decides again when others were faster.
const MAX_ATTEMPTS: usize = 40;
/// How often the same change set is committed again when its outcome is unknown.
const MAX_COMMITS: usize = 3;

/// One call of a use case: who asks, and under which conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    actor: Actor,
    idempotency: Option<Idempotency>,
    expected: Option<Version>,
}

impl Call {
    /// A call without conditions.
    ///
    /// ```
    /// use invoice_core::service::Call;
    /// use invoice_core::{Actor, TeamId};
    ///
    /// let call = Call::new(Actor::system(TeamId::from_uuid(uuid::Uuid::from_u128(1))));
    /// assert_eq!(call.actor().user_id(), None);
    /// ```
    pub const fn new(actor: Actor) -> Self {
        Self { actor, idempotency: None, expected: None }
    }

    /// A repeated call with the same key and fingerprint is answered as the first was, and does nothing;
    /// one with another fingerprint is refused. Keys belong to the team.
    #[must_use]
    pub fn with_idempotency(mut self, key: IdempotencyKey, fingerprint: Hash) -> Self {
        self.idempotency = Some(Idempotency { key, fingerprint });
        self
    }

    /// Refused unless the aggregate named by the call is at this version.
    #[must_use]
    pub fn if_version(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }

    /// Who asks.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    fn team(&self) -> TeamId {
        self.actor.team()
    }

    /// Refused unless who asks has this permission.
    pub fn permit(&self, permission: Permission) -> Result<(), Error> {
        permit(&self.actor, permission)
    }

    /// Members write what they created, accountants everything.
    fn permit_write(&self, created_by: Option<UserId>) -> Result<(), Error> {
        let own = self.actor.user_id().is_some() && created_by == self.actor.user_id();
        self.permit(if own { Permission::WriteOwn } else { Permission::WriteAll })
    }

    /// Refused unless who asks may change a record that this user made, or the notes of an issued document.
    ///
    /// What members may write of their own are drafts; an issued document's notes are everyone's.
    pub fn permit_change(&self, created_by: Option<UserId>, is_issued: bool) -> Result<(), Error> {
        if is_issued { self.permit(Permission::WriteAll) } else { self.permit_write(created_by) }
    }

    fn check_version(&self, found: Version) -> Result<(), Error> {
        match self.expected {
            Some(expected) if expected != found => Err(Error::Conflict { expected, found: Some(found) }),
            _ => Ok(()),
        }
    }
}

impl From<Actor> for Call {
    fn from(actor: Actor) -> Self {
        Self::new(actor)
    }
}

fn permit(actor: &Actor, permission: Permission) -> Result<(), Error> {
    if actor.may(permission) { Ok(()) } else { Err(Error::Forbidden { permission }) }
}

/// The use cases of billing over any store.
///
/// Cheap to clone; holds no state of its own.
#[derive(Clone)]
pub struct Billing {
    ports: BillingPorts,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    tells: bool,
}

impl Billing {
    /// The use cases over a store's ports, a clock and a source of identifiers.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use std::sync::Arc;
    /// use invoice_core::memory::MemoryBilling;
    /// use invoice_core::ports::BillingPorts;
    /// use invoice_core::service::Billing;
    /// use invoice_core::testing::{FixedClock, SequentialIds};
    /// use invoice_core::Timestamp;
    ///
    /// let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
    /// let clock = Arc::new(FixedClock::new(Timestamp::from_millis(0)));
    /// let billing = Billing::new(ports, clock, Arc::new(SequentialIds::new()));
    /// # }
    /// ```
    pub fn new(ports: BillingPorts, clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>) -> Self {
        Self { ports, clock, ids, tells: true }
    }

    /// The same without events: for whoever has no [`Relay`] that takes them out of the outbox again. It spares a good part
    /// of each commit. What happened is in the audit trail all the same.
    #[must_use]
    pub fn without_events(self) -> Self {
        Self { tells: false, ..self }
    }

    /// The store's ports, for what the use cases do not cover, such as the outbox.
    pub fn ports(&self) -> &BillingPorts {
        &self.ports
    }

    /// The present instant by the engine's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Today in the team's time zone; in UTC for a team without a profile.
    fn today(supplier: Option<&SupplierProfile>, now: Timestamp) -> NaiveDate {
        supplier.map_or(crate::TimeZone::UTC, SupplierProfile::time_zone).date_at(now)
    }

    async fn supplier_of(&self, call: &Call) -> Result<Option<SupplierProfile>, Error> {
        Ok(self.ports.catalog.supplier(call.team()).await?)
    }

    /// Runs a use case: decides, commits, and decides again if others were faster. A call that was
    /// answered before is answered again, whatever the state has become since.
    async fn run<F>(&self, call: &Call, decide: impl Fn() -> F + Send + Sync) -> Result<Vec<Record>, Error>
    where
        F: Future<Output = Result<Changes, Error>> + Send,
    {
        let mut attempts = 1;
        loop {
            let error = match decide().await {
                // What was read does not fit together: somebody wrote in between.
                Err(Error::Conflict { found: None, .. }) if attempts < MAX_ATTEMPTS => {
                    attempts += 1;
                    continue;
                }
                Ok(changes) if changes.is_empty() => return Ok(Vec::new()),
                Ok(changes) => match self.commit(changes.into_set(call.idempotency.clone())).await {
                    Ok(receipt) => return Ok(receipt.records),
                    // Deciding again looks whether the version asked for is still there.
                    Err(Error::Conflict { .. }) if attempts < MAX_ATTEMPTS => {
                        attempts += 1;
                        continue;
                    }
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if matches!(error, Error::Forbidden { .. }) || !call.actor.may(Permission::WriteOwn) {
                return Err(error);
            }
            return self.answered_before(call).await?.ok_or(error);
        }
    }

    /// Whether a call's idempotency key was answered before: repeating it does nothing any more.
    pub async fn was_answered(&self, call: &Call) -> Result<bool, Error> {
        Ok(call.actor.may(Permission::Read) && self.answered_before(call).await?.is_some())
    }

    async fn answered_before(&self, call: &Call) -> Result<Option<Vec<Record>>, Error> {
        let Some(request) = &call.idempotency else { return Ok(None) };
        match self.ports.commits.idempotency(call.team(), &request.key).await? {
            Some(record) if record.fingerprint == request.fingerprint => Ok(Some(record.answer)),
            Some(_) => Err(Error::IdempotencyMismatch),
            None => Ok(None),
        }
    }

    async fn commit(&self, set: ChangeSet) -> Result<Receipt, Error> {
        let set = Arc::new(set);
        let mut commits = 1;
        loop {
            let answer = self.ports.commits.commit_all(vec![Arc::clone(&set)]).await.pop();
            match answer.unwrap_or(Err(StoreError::UnknownOutcome)) {
                Ok(receipt) => return Ok(receipt),
                Err(StoreError::UnknownOutcome) if commits < MAX_COMMITS => commits += 1,
                Err(StoreError::Duplicate { what: Unique::IdempotencyKey }) => {
                    return Err(Error::IdempotencyMismatch);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl std::fmt::Debug for Billing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Billing")
    }
}

/// Takes the next record of an answer; the order is that of the writes. An answer of another kind is that
/// of another use case under the same key.
fn next<T: TryFrom<Record>>(call: &Call, records: &mut std::vec::IntoIter<Record>) -> Result<T, Error> {
    let record = records.next().and_then(|record| T::try_from(record).ok());
    record.ok_or_else(|| match call.idempotency {
        Some(_) => Error::IdempotencyMismatch,
        None => Error::foreign_answer(),
    })
}

/// Takes the first record of an answer, the aggregate the call is about.
fn first<T: TryFrom<Record>>(call: &Call, records: Vec<Record>) -> Result<T, Error> {
    next(call, &mut records.into_iter())
}

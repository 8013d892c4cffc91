//! What was decided is told to every process, also when nobody waits for the answer any more.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use invoice_auth::{ApiKeyData, AuthError, Broadcast, Listener, Notice};
use invoice_core::identity::{IdentityChange, IdentityReceipt};
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::{IdentityCommits, IdentityPorts};
use invoice_core::{Role, Version};
use tokio::sync::{Semaphore, watch};

use crate::desk::stores::in_memory;
use crate::desk::{Desk, address, team};

/// Writes, and holds the answer back while the gate is closed; or loses it for good.
struct Gate {
    commits: Arc<dyn IdentityCommits>,
    written: Semaphore,
    open: Semaphore,
    is_lossy: Mutex<bool>,
}

#[async_trait]
impl IdentityCommits for Gate {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        let answer = self.commits.commit_identity(change).await;
        self.written.add_permits(1);
        drop(self.open.acquire().await);
        if *self.is_lossy.lock().unwrap() { Err(StoreError::UnknownOutcome) } else { answer }
    }
}

/// Remembers what is told.
struct Ear(watch::Sender<Vec<Notice>>);

#[async_trait]
impl Broadcast for Ear {
    async fn tell(&self, notice: &Notice) {
        self.0.send_modify(|told| told.push(notice.clone()));
    }

    fn subscribe(&self, _listener: Listener) {}
}

impl Ear {
    async fn heard(&self, notice: &Notice) {
        let mut told = self.0.subscribe();
        let heard = told.wait_for(|told| told.contains(notice));
        let heard = tokio::time::timeout(Duration::from_secs(10), heard).await.map(|heard| heard.is_ok());
        assert_eq!(heard, Ok(true), "{notice:?} was not told");
    }
}

type Work = Pin<Box<dyn Future<Output = Result<(), AuthError>> + Send>>;

/// Each use case that others have to hear of, ready to begin, with what it tells.
async fn use_cases(desk: &Desk) -> Vec<(Work, Notice)> {
    let ada = desk.owner("ada").await;
    let team = team(&ada);
    let (bob, kim) =
        (desk.member(&ada, "bob", Role::Member).await, desk.member(&ada, "kim", Role::Admin).await);
    let (tom, zoe) = (desk.member(&ada, "tom", Role::Member).await, desk.person("zoe").await);
    let eve = desk.owner("eve").await;
    let gone = crate::desk::team(&eve);
    desk.auth.invite(&ada, &address("zoe"), Role::Member).await.unwrap();
    let invitation = desk.post.invitation(&address("zoe"));
    let key = desk.auth.create_api_key(&ada, ApiKeyData::new("Key", Role::Viewer)).await.unwrap().key.id();
    let member = desk.ports.teams.membership(team, bob.user_id()).await.unwrap().unwrap();
    let auth = || desk.auth.clone();
    let (owner, other, third) = (ada.clone(), ada.clone(), ada.clone());
    let (bobs, toms, kims, zoes) = (bob.user_id(), tom.user_id(), kim.user_id(), zoe.user_id());
    let (one, two, three, four, five, six, seven) = (auth(), auth(), auth(), auth(), auth(), auth(), auth());
    vec![
        (
            work(
                async move { one.change_role(&owner, bobs, Role::Viewer, member.version()).await.map(drop) },
            ),
            Notice::Member(team, bobs),
        ),
        (
            work(async move { two.remove_member(&other, toms, Version::FIRST).await }),
            Notice::Member(team, toms),
        ),
        (
            work(async move { three.accept_invitation(&zoe, &invitation).await.map(drop) }),
            Notice::Member(team, zoes),
        ),
        (work(async move { four.revoke_api_key(&third, key).await }), Notice::ApiKey(team, key)),
        (work(async move { five.leave_team(&kim).await }), Notice::Member(team, kims)),
        (work(async move { six.transfer_ownership(&ada, bobs).await }), Notice::Team(team)),
        (work(async move { seven.delete_team(&eve, Version::FIRST).await }), Notice::Team(gone)),
    ]
}

fn work(work: impl Future<Output = Result<(), AuthError>> + Send + 'static) -> Work {
    Box::pin(work)
}

async fn stage() -> (Desk, Arc<Gate>, Arc<Ear>) {
    let ports = in_memory();
    let gate = Arc::new(Gate {
        commits: ports.commits.clone(),
        written: Semaphore::new(0),
        open: Semaphore::new(1),
        is_lossy: Mutex::new(false),
    });
    let ports = IdentityPorts { commits: gate.clone(), ..ports };
    let ear = Arc::new(Ear(watch::Sender::new(Vec::new())));
    let desk = Desk::with(ports, |builder| builder.broadcast(ear.clone())).await;
    (desk, gate, ear)
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_process_uninformed() {
    let (desk, gate, ear) = stage().await;
    for (work, notice) in use_cases(&desk).await {
        ear.0.send_modify(Vec::clear);
        gate.open.forget_permits(1);
        gate.written.forget_permits(usize::MAX);
        let caller = tokio::spawn(work);
        gate.written.acquire().await.unwrap().forget();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        gate.open.add_permits(1);
        ear.heard(&notice).await;
    }
}

#[tokio::test]
async fn what_may_have_been_written_is_told() {
    let (desk, gate, ear) = stage().await;
    for (work, notice) in use_cases(&desk).await {
        ear.0.send_modify(Vec::clear);
        *gate.is_lossy.lock().unwrap() = true;
        let answer = work.await;
        *gate.is_lossy.lock().unwrap() = false;
        assert!(matches!(answer, Err(AuthError::Store(StoreError::UnknownOutcome))), "{answer:?}");
        ear.heard(&notice).await;
    }
}

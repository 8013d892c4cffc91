use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use invoice_auth::testing::{Notices, settings};
use invoice_auth::{Auth, AuthError, Tokens};
use invoice_core::SessionId;
use invoice_core::identity::{IdentityChange, IdentityReceipt, SecurityAction};
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::{IdentityCommits, IdentityPorts};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::common::stores::on_every_store;
use crate::common::watched::Away;
use crate::common::{PASSWORD, World, all as all_of_a_page, client, is_invalid_token, process, secret};

on_every_store! {
    logging_out_ends_this_session_at_once_and_no_other
    logging_out_twice_is_no_error
    logging_out_everywhere_ends_all_sessions
    many_sessions_end_together
    a_session_is_revoked_from_another
    a_foreign_session_is_not_found
    other_processes_hear_of_it
    a_commit_of_unknown_outcome_is_done_once
    a_session_opened_at_that_very_moment_ends_too
    a_thief_who_refreshes_all_the_time_can_not_keep_anybody_from_logging_out_everywhere
    a_thief_who_refreshes_all_the_time_can_not_keep_anybody_from_changing_the_password
    a_thief_who_refreshes_often_can_not_keep_anybody_from_logging_out
    what_is_left_to_revoke_when_the_store_goes_away_is_void_and_no_error
}

async fn logging_out_ends_this_session_at_once_and_no_other(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let (mine, other) = (world.person("ada").await, world.log_in("ada", PASSWORD).await.unwrap());
    let caller = world.caller(&mine).await;
    world.auth.log_out(&caller).await.unwrap();
    assert!(!world.is_in(&mine).await && is_invalid_token(&world.refresh(&mine).await));
    assert!(world.is_in(&other).await && world.refresh(&other).await.is_ok());
    let event = world.events(mine.user).await.pop().unwrap();
    assert_eq!(
        (event.action(), event.subject()),
        (SecurityAction::LoggedOut, mine.session.to_string().as_str())
    );
}

async fn logging_out_twice_is_no_error(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    world.auth.log_out(&caller).await.unwrap();
    world.auth.log_out(&caller).await.unwrap();
    assert_eq!(world.session(tokens.session).await.sv(), 2);
    world.auth.log_out(&invoice_auth::Caller::user(tokens.user)).await.unwrap();
}

async fn logging_out_everywhere_ends_all_sessions(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let (mine, other) = (world.person("ada").await, world.log_in("ada", PASSWORD).await.unwrap());
    let stranger = world.person("grace").await;
    let caller = world.caller(&mine).await;
    assert!(world.is_in(&other).await);
    world.auth.log_out_everywhere(&caller).await.unwrap();
    for tokens in [&mine, &other] {
        assert!(!world.is_in(tokens).await && is_invalid_token(&world.refresh(tokens).await));
        assert!(world.session(tokens.session).await.revoked_at().is_some());
    }
    assert_eq!(world.user(mine.user).await.uv(), 2);
    assert_eq!(world.last_action(mine.user).await, Some(SecurityAction::LoggedOutEverywhere));
    assert!(world.is_in(&stranger).await);
    let again = world.log_in("ada", PASSWORD).await.unwrap();
    assert!(world.is_in(&again).await && world.refresh(&again).await.is_ok());
}

async fn many_sessions_end_together(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let mut all = vec![world.person("ada").await];
    for _ in 0..130 {
        all.push(world.log_in("ada", PASSWORD).await.unwrap());
    }
    let caller = world.caller(&all[0]).await;
    world.auth.log_out_everywhere(&caller).await.unwrap();
    for tokens in &all {
        assert!(world.session(tokens.session).await.revoked_at().is_some());
    }
}

async fn a_session_is_revoked_from_another(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let (mine, lost) = (world.person("ada").await, world.log_in("ada", PASSWORD).await.unwrap());
    let caller = world.caller(&mine).await;
    assert!(world.is_in(&lost).await);
    world.auth.revoke_session(&caller, lost.session).await.unwrap();
    world.auth.revoke_session(&caller, lost.session).await.unwrap();
    assert!(!world.is_in(&lost).await && is_invalid_token(&world.refresh(&lost).await));
    assert!(world.is_in(&mine).await);
    let told = world.events(mine.user).await;
    let revoked = told.iter().filter(|event| event.action() == SecurityAction::SessionRevoked);
    assert_eq!(revoked.count(), 1);
}

async fn a_foreign_session_is_not_found(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let (ada, grace) = (world.person("ada").await, world.person("grace").await);
    let caller = world.caller(&ada).await;
    let absent = SessionId::from_uuid(Uuid::from_u128(1));
    for id in [grace.session, absent] {
        let answer = world.auth.revoke_session(&caller, id).await;
        assert!(matches!(answer, Err(AuthError::NotFound)), "{answer:?}");
    }
    assert!(world.is_in(&grace).await);
    // Even where a caller claims a session that is another's.
    world.auth.log_out(&caller.in_session(grace.session)).await.unwrap();
    assert!(world.is_in(&grace).await);
}

async fn other_processes_hear_of_it(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let notices = Notices::new();
    let auth = async |number| {
        let told = notices.process(number);
        let more = |builder: invoice_auth::AuthBuilder| builder.broadcast(told);
        process(&world.ports, &world.clock, &world.mailer, settings(), more).await
    };
    let (here, there) = (auth(1).await, auth(2).await);
    let is_in = async |auth: &Auth, tokens: &Tokens| {
        auth.authenticate::<invoice_auth::NoClaims>(tokens.access.expose(), client()).await.is_ok()
    };
    let (first, second, third) = (
        world.person("ada").await,
        world.log_in("ada", PASSWORD).await.unwrap(),
        world.log_in("ada", PASSWORD).await.unwrap(),
    );
    let caller = world.caller(&first).await;
    assert!(is_in(&there, &first).await && is_in(&there, &second).await && is_in(&there, &third).await);
    here.revoke_session(&caller, second.session).await.unwrap();
    assert!(is_in(&there, &first).await && !is_in(&there, &second).await);
    here.log_out_everywhere(&caller).await.unwrap();
    assert!(!is_in(&there, &first).await && !is_in(&there, &third).await);
}

async fn a_commit_of_unknown_outcome_is_done_once(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    let commits = Arc::new(Silent { commits: world.ports.commits.clone(), silent: AtomicBool::new(true) });
    let other = world.another(IdentityPorts { commits, ..world.ports.clone() }, settings()).await;
    other.auth.log_out_everywhere(&caller).await.unwrap();
    assert_eq!(world.user(tokens.user).await.uv(), 2);
    assert!(is_invalid_token(&world.refresh(&tokens).await));
}

/// Writes, but does not say so the first time.
struct Silent {
    commits: Arc<dyn IdentityCommits>,
    silent: AtomicBool,
}

#[async_trait]
impl IdentityCommits for Silent {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        let answer = self.commits.commit_identity(change).await;
        if self.silent.swap(false, Ordering::SeqCst) { Err(StoreError::UnknownOutcome) } else { answer }
    }
}

async fn a_thief_who_refreshes_all_the_time_can_not_keep_anybody_from_logging_out_everywhere(
    ports: IdentityPorts,
) {
    let world = World::on(ports).await;
    let (mine, stolen) = (world.person("ada").await, world.log_in("ada", PASSWORD).await.unwrap());
    let caller = world.caller(&mine).await;
    let (commits, other) = hurried(&world, &stolen, u32::MAX).await;
    other.auth.log_out_everywhere(&caller).await.unwrap();
    assert!(commits.stolen.load(Ordering::SeqCst) >= 3, "the thief was there first each time");
    let held = commits.held.lock().await;
    assert!(!world.is_in(&held).await && is_invalid_token(&world.refresh(&held).await));
    assert!(world.session(stolen.session).await.revoked_at().is_some());
}

async fn a_thief_who_refreshes_all_the_time_can_not_keep_anybody_from_changing_the_password(
    ports: IdentityPorts,
) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    let (commits, other) = hurried(&world, &tokens, u32::MAX).await;
    let (old, new) = (secret(PASSWORD), secret("a new password"));
    let answer = other.auth.change_password(&caller, &old, &new).await;
    assert!(matches!(answer, Ok(None)), "{answer:?}");
    let held = commits.held.lock().await;
    assert!(!other.is_in(&held).await && is_invalid_token(&world.refresh(&held).await));
    assert!(world.session(tokens.session).await.revoked_at().is_some());
    assert!(world.log_in("ada", "a new password").await.is_ok());
}

async fn a_thief_who_refreshes_often_can_not_keep_anybody_from_logging_out(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    let (commits, other) = hurried(&world, &tokens, 15).await;
    other.auth.log_out(&caller).await.unwrap();
    assert_eq!(commits.stolen.load(Ordering::SeqCst), 15);
    assert!(world.session(tokens.session).await.revoked_at().is_some());
}

async fn what_is_left_to_revoke_when_the_store_goes_away_is_void_and_no_error(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let mut all = vec![world.person("ada").await];
    for _ in 0..110 {
        all.push(world.log_in("ada", PASSWORD).await.unwrap());
    }
    let caller = world.caller(&all[0]).await;
    let commits = Away::after(&world.ports.commits, 1);
    let other = world.another(IdentityPorts { commits, ..world.ports.clone() }, settings()).await;
    other.auth.log_out_everywhere(&caller).await.unwrap();
    assert_eq!(other.auth.sessions(&caller, &all_of_a_page()).await.unwrap().items.len(), 12);
    for tokens in &all {
        assert!(!other.is_in(tokens).await && is_invalid_token(&other.refresh(tokens).await));
    }
}

/// A process that is slower than a thief, so many times.
async fn hurried(world: &World, stolen: &Tokens, most: u32) -> (Arc<Hurried>, World) {
    let commits = Arc::new(Hurried {
        commits: world.ports.commits.clone(),
        thief: world.another_process().await,
        held: tokio::sync::Mutex::new(stolen.clone()),
        stolen: AtomicU32::new(0),
        most,
    });
    let ports = IdentityPorts { commits: commits.clone(), ..world.ports.clone() };
    let other = world.another(ports, settings()).await;
    (commits, other)
}

/// Before each commit, a thief refreshes.
struct Hurried {
    commits: Arc<dyn IdentityCommits>,
    thief: World,
    held: tokio::sync::Mutex<Tokens>,
    stolen: AtomicU32,
    /// How often.
    most: u32,
}

#[async_trait]
impl IdentityCommits for Hurried {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        let mut held = self.held.lock().await;
        if self.stolen.load(Ordering::SeqCst) < self.most
            && let Ok(tokens) = self.thief.refresh(&held).await
        {
            self.stolen.fetch_add(1, Ordering::SeqCst);
            *held = tokens;
        }
        self.commits.commit_identity(change).await
    }
}

async fn a_session_opened_at_that_very_moment_ends_too(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    let thief = world.another_process().await;
    let commits = Arc::new(LoggingIn { commits: world.ports.commits.clone(), thief, got: OnceCell::new() });
    let ports = IdentityPorts { commits: commits.clone(), ..world.ports.clone() };
    let other = world.another(ports, settings()).await;
    other.auth.log_out_everywhere(&caller).await.unwrap();
    let got = commits.got.get().unwrap();
    assert_eq!(world.session(got.session).await.revoked_at(), None, "it was on nobody's list");
    assert!(!world.is_in(got).await && is_invalid_token(&world.refresh(got).await));
}

/// Before the first commit, a thief who knows the password logs in.
struct LoggingIn {
    commits: Arc<dyn IdentityCommits>,
    thief: World,
    got: OnceCell<Tokens>,
}

#[async_trait]
impl IdentityCommits for LoggingIn {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        self.got.get_or_init(async || self.thief.log_in("ada", PASSWORD).await.unwrap()).await;
        self.commits.commit_identity(change).await
    }
}

//! API keys: what they let in, for how long, and how soon they stop.

#![expect(clippy::unwrap_used, reason = "a story that can't go on fails")]

mod common;
mod desk;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::join_all;
use invoice_auth::{
    ApiKeyData, AuthError, Authenticated, Broadcast, Caller, ClientInfo, Listener, NewApiKey, NoClaims,
    Notice, Rule, TokenError,
};
use invoice_core::identity::{ApiKey, Fingerprint, SecurityAction};
use invoice_core::ports::identity::{ApiKeys, IdentityPorts};
use invoice_core::ports::{Clock as _, Page, PageRequest, StoreError};
use invoice_core::{ApiKeyId, Permission, Role, TeamId, Timestamp};
use serde::Deserialize;
use tokio::sync::Semaphore;
use uuid::Uuid;

use desk::stores::{self, in_memory};
use desk::{Desk, all, team, told};

stores::on_every_store! {
    a_key_acts_in_its_team_with_its_role
    a_key_is_shown_once
    nobody_makes_a_key_above_their_own_role
    a_key_ends_when_it_was_said_to
    a_revoked_key_is_refused_at_once
    the_keys_of_a_deleted_team_are_refused_at_once
    a_key_can_do_no_more_than_who_made_it
    a_key_of_a_disabled_account_is_refused
    the_last_use_is_recorded_once_a_minute
    keys_are_listed_for_those_who_manage_them
}

async fn make(desk: &Desk, caller: &Caller, role: Role) -> NewApiKey {
    desk.auth.create_api_key(caller, ApiKeyData::new("Web shop", role)).await.unwrap()
}

async fn show(desk: &Desk, key: &str) -> Result<Authenticated, TokenError> {
    desk.auth.authenticate(key, ClientInfo::new().with_user_agent("shop/1")).await
}

fn cause<T>(answer: Result<T, TokenError>) -> String {
    answer.err().map_or_else(|| "let in".to_owned(), |error| format!("{error:?}"))
}

async fn a_key_acts_in_its_team_with_its_role(desk: Desk) {
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Accountant).await;
    let found = show(&desk, made.secret.expose()).await.unwrap();
    let caller = found.caller();
    assert_eq!((caller.api_key_id(), caller.session_id()), (Some(made.key.id()), None));
    assert_eq!((caller.team(), caller.role()), (ada.team(), Some(Role::Accountant)));
    assert_eq!((caller.user_id(), caller.client().user_agent()), (ada.user_id(), "shop/1"));
    assert_eq!((found.claims(), found.expires_at()), (&NoClaims {}, None));
    let actor = caller.actor().unwrap();
    assert!(actor.may(Permission::IssueDocuments) && !actor.may(Permission::ManageSeries));
    assert_eq!(desk.auth.team(caller).await.unwrap().id(), team(&ada));
    assert_eq!(desk.actions(team(&ada)).await.last(), Some(&SecurityAction::ApiKeyCreated));
}

async fn a_key_is_shown_once(desk: Desk) {
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Viewer).await;
    let text = made.secret.expose();
    assert!(text.starts_with("ivk_") && text.len() == 47);
    assert_eq!(made.key.prefix(), &text[..12]);
    assert!(!serde_json::to_string(&made.key).unwrap().contains(&text[12..]));
    assert!(!format!("{made:?}").contains(&text[4..]));
    let kept = desk.auth.api_keys(&ada, &all()).await.unwrap().items;
    assert_eq!(kept, [made.key]);
    assert!(kept[0].is_open(desk.clock.now()));
    assert_ne!(make(&desk, &ada, Role::Viewer).await.secret, made.secret);
}

async fn nobody_makes_a_key_above_their_own_role(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    let kim = desk.member(&ada, "kim", Role::Accountant).await;
    let above = desk.auth.create_api_key(&bob, ApiKeyData::new("Key", Role::Owner)).await;
    assert!(matches!(above, Err(AuthError::Rule(Rule::RoleAboveOwn))), "{above:?}");
    let refused = desk.auth.create_api_key(&kim, ApiKeyData::new("Key", Role::Viewer)).await;
    assert!(matches!(refused, Err(AuthError::Forbidden(Permission::ManageApiKeys))), "{refused:?}");
    let unnamed = desk.auth.create_api_key(&bob, ApiKeyData::new("", Role::Admin)).await;
    let Err(AuthError::Invalid(found)) = unnamed else { panic!("made") };
    assert_eq!(found.iter().map(invoice_core::Violation::pointer).collect::<Vec<_>>(), ["/name"]);
    assert!(desk.auth.api_keys(&ada, &all()).await.unwrap().items.is_empty());
    // Whoever sees that a key leaked stops it.
    let owners = make(&desk, &ada, Role::Owner).await;
    desk.auth.revoke_api_key(&bob, owners.key.id()).await.unwrap();
}

async fn a_key_ends_when_it_was_said_to(desk: Desk) {
    let ada = desk.owner("ada").await;
    let end = desk.clock.now().plus_millis(60_000);
    let past = ApiKeyData::new("Key", Role::Viewer).expires_at(desk.clock.now());
    let Err(AuthError::Invalid(found)) = desk.auth.create_api_key(&ada, past).await else { panic!("made") };
    assert_eq!(found.iter().map(invoice_core::Violation::pointer).collect::<Vec<_>>(), ["/expires_at"]);

    let data = ApiKeyData::new("Key", Role::Viewer).expires_at(end);
    let made = desk.auth.create_api_key(&ada, data).await.unwrap();
    desk.clock.advance_millis(59_999);
    assert_eq!(show(&desk, made.secret.expose()).await.unwrap().expires_at(), Some(end));
    desk.clock.advance_millis(1);
    assert_eq!(cause(show(&desk, made.secret.expose()).await), "ApiKeyExpired");
}

async fn a_revoked_key_is_refused_at_once(desk: Desk) {
    let ada = desk.owner("ada").await;
    let (made, other) = (make(&desk, &ada, Role::Viewer).await, make(&desk, &ada, Role::Viewer).await);
    show(&desk, made.secret.expose()).await.unwrap();
    let eve = desk.owner("eve").await;
    assert_eq!(told(desk.auth.revoke_api_key(&eve, made.key.id()).await), "NotFound");
    desk.auth.revoke_api_key(&ada, made.key.id()).await.unwrap();
    assert_eq!(cause(show(&desk, made.secret.expose()).await), "ApiKeyRevoked");
    show(&desk, other.secret.expose()).await.unwrap();

    // A second time changes nothing, and says nothing in the audit.
    let kept = desk.auth.api_keys(&ada, &all()).await.unwrap().items;
    desk.clock.advance_millis(1);
    desk.auth.revoke_api_key(&ada, made.key.id()).await.unwrap();
    let now = desk.auth.api_keys(&ada, &all()).await.unwrap().items;
    assert_eq!(now.last(), kept.last());
    let revoked = SecurityAction::ApiKeyRevoked;
    assert_eq!(desk.actions(team(&ada)).await.iter().filter(|action| **action == revoked).count(), 1);

    // What the revoked key would read, it reads no more.
    let stale = Caller::api_key(made.key.id(), ada.user_id(), team(&ada), Role::Viewer);
    assert_eq!(told(desk.auth.team(&stale).await), "NotFound");
}

async fn the_keys_of_a_deleted_team_are_refused_at_once(desk: Desk) {
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Owner).await;
    show(&desk, made.secret.expose()).await.unwrap();
    desk.auth.delete_team(&ada, desk.team_version(&ada).await).await.unwrap();
    assert_eq!(cause(show(&desk, made.secret.expose()).await), "UnknownApiKey");
}

async fn a_key_can_do_no_more_than_who_made_it(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    let made = make(&desk, &bob, Role::Admin).await;
    let caller = show(&desk, made.secret.expose()).await.unwrap().caller().clone();
    assert_eq!(caller.role(), Some(Role::Admin));
    desk.auth.api_keys(&caller, &all()).await.unwrap();

    let seat = desk.ports.teams.membership(team(&ada), bob.user_id()).await.unwrap().unwrap();
    let seat = desk.auth.change_role(&ada, bob.user_id(), Role::Member, seat.version()).await.unwrap();
    assert_eq!(show(&desk, made.secret.expose()).await.unwrap().caller().role(), Some(Role::Member));
    assert_eq!(told(desk.auth.api_keys(&caller, &all()).await), "Forbidden(ManageApiKeys)");

    desk.auth.remove_member(&ada, bob.user_id(), seat.version()).await.unwrap();
    assert_eq!(cause(show(&desk, made.secret.expose()).await), "NotInTeam");
    assert_eq!(told(desk.auth.team(&caller).await), "NotFound");
}

async fn a_key_of_a_disabled_account_is_refused(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    let made = make(&desk, &bob, Role::Viewer).await;
    let caller = show(&desk, made.secret.expose()).await.unwrap().caller().clone();
    desk.auth.disable_user(bob.user_id(), &ClientInfo::new()).await.unwrap();
    assert_eq!(cause(show(&desk, made.secret.expose()).await), "Disabled");
    assert_eq!(told(desk.auth.team(&caller).await), "NotFound");
}

async fn the_last_use_is_recorded_once_a_minute(desk: Desk) {
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Viewer).await;
    let mut recorded = Vec::new();
    let begin = desk.clock.now().as_millis();
    for _ in 0..13 {
        show(&desk, made.secret.expose()).await.unwrap();
        let kept = desk.ports.api_keys.api_key(team(&ada), made.key.id()).await.unwrap().unwrap();
        recorded.push((kept.last_used_at().unwrap().as_millis() - begin) / 1_000);
        assert_eq!(kept.version(), made.key.version());
        desk.clock.advance_millis(10_000);
    }
    assert_eq!(recorded, [0, 0, 0, 0, 0, 0, 60, 60, 60, 60, 60, 60, 120]);
}

async fn keys_are_listed_for_those_who_manage_them(desk: Desk) {
    let ada = desk.owner("ada").await;
    let kim = desk.member(&ada, "kim", Role::Accountant).await;
    for _ in 0..3 {
        make(&desk, &ada, Role::Viewer).await;
    }
    let page = desk.auth.api_keys(&ada, &PageRequest::first(2).unwrap()).await.unwrap();
    assert_eq!((page.items.len(), page.next.is_some()), (2, true));
    assert_eq!(told(desk.auth.api_keys(&kim, &all()).await), "Forbidden(ManageApiKeys)");
    assert_eq!(told(desk.auth.revoke_api_key(&kim, page.items[0].id()).await), "Forbidden(ManageApiKeys)");
    let unknown = ApiKeyId::from_uuid(Uuid::from_u128(9));
    assert_eq!(told(desk.auth.revoke_api_key(&ada, unknown).await), "NotFound");
}

/// Counts what is asked of the store, and holds a look-up's answer back while the gate is closed.
struct Watched {
    keys: Arc<dyn ApiKeys>,
    reads: AtomicUsize,
    touches: AtomicUsize,
    gate: Semaphore,
    is_away: Mutex<bool>,
}

#[async_trait]
impl ApiKeys for Watched {
    async fn api_key(&self, team: TeamId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        self.keys.api_key(team, id).await
    }

    async fn api_key_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<ApiKey>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if *self.is_away.lock().unwrap() {
            return Err(StoreError::Unavailable);
        }
        let answer = self.keys.api_key_by_fingerprint(fingerprint).await;
        let _open = self.gate.acquire().await.unwrap();
        answer
    }

    async fn api_keys(&self, team: TeamId, page: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        self.keys.api_keys(team, page).await
    }

    async fn touch_api_key(&self, team: TeamId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        self.touches.fetch_add(1, Ordering::SeqCst);
        self.keys.touch_api_key(team, id, at).await
    }
}

fn watched() -> (IdentityPorts, Arc<Watched>) {
    let ports = in_memory();
    let watched = Arc::new(Watched {
        keys: ports.api_keys.clone(),
        reads: AtomicUsize::new(0),
        touches: AtomicUsize::new(0),
        gate: Semaphore::new(1_000),
        is_away: Mutex::new(false),
    });
    (IdentityPorts { api_keys: watched.clone(), ..ports }, watched)
}

#[tokio::test]
async fn a_key_in_use_is_read_every_ten_seconds() {
    let (ports, store) = watched();
    let desk = Desk::on(ports).await;
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Viewer).await;
    for _ in 0..1_000 {
        show(&desk, made.secret.expose()).await.unwrap();
    }
    assert_eq!(store.reads.load(Ordering::SeqCst), 1);
    desk.clock.advance_millis(9_999);
    show(&desk, made.secret.expose()).await.unwrap();
    assert_eq!(store.reads.load(Ordering::SeqCst), 1);
    desk.clock.advance_millis(1);
    show(&desk, made.secret.expose()).await.unwrap();
    assert_eq!(store.reads.load(Ordering::SeqCst), 2);
    // A clock that was set back makes nothing older younger.
    desk.clock.advance_millis(-5_000);
    show(&desk, made.secret.expose()).await.unwrap();
    assert_eq!(store.reads.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn of_many_first_uses_at_once_one_is_recorded() {
    let (ports, store) = watched();
    let desk = Desk::on(ports).await;
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Viewer).await;
    store.gate.forget_permits(1_000);
    let everybody = join_all((0..50).map(|_| show(&desk, made.secret.expose())));
    let opened = async {
        tokio::task::yield_now().await;
        store.gate.add_permits(1_000);
    };
    let (answers, ()) = tokio::join!(everybody, opened);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(store.reads.load(Ordering::SeqCst), 50);
    assert_eq!(store.touches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_read_before_a_revocation_is_not_believed_after_it() {
    let (ports, store) = watched();
    let desk = Desk::on(ports).await;
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Viewer).await;
    store.gate.forget_permits(1_000);
    // The store has answered, and the answer is on its way while the key is revoked.
    let on_its_way = show(&desk, made.secret.expose());
    let revoked = async {
        desk.auth.revoke_api_key(&ada, made.key.id()).await.unwrap();
        store.gate.add_permits(1_000);
    };
    let (_, ()) = tokio::join!(on_its_way, revoked);
    assert_eq!(cause(show(&desk, made.secret.expose()).await), "ApiKeyRevoked");
}

#[tokio::test]
async fn a_store_that_is_away_refuses_nobody() {
    let (ports, store) = watched();
    let desk = Desk::on(ports).await;
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Viewer).await;
    *store.is_away.lock().unwrap() = true;
    let answer = show(&desk, made.secret.expose()).await;
    assert!(matches!(answer, Err(TokenError::Store(StoreError::Unavailable))), "{answer:?}");
    *store.is_away.lock().unwrap() = false;
    show(&desk, made.secret.expose()).await.unwrap();
}

#[tokio::test]
async fn what_can_not_be_a_key_is_not_looked_up() {
    let (ports, store) = watched();
    let desk = Desk::on(ports).await;
    let long = format!("ivk_{}", "A".repeat(10_000));
    for wrong in ["ivk_", "ivk_short", &format!("ivk_{}=", "A".repeat(42)), &long] {
        assert_eq!(cause(show(&desk, wrong).await), "UnknownApiKey", "{wrong}");
        assert_eq!(cause(desk.auth.authenticate_api_key(wrong, ClientInfo::new()).await), "UnknownApiKey");
    }
    assert_eq!(store.reads.load(Ordering::SeqCst), 0);
    let random = format!("ivk_{}", "A".repeat(43));
    for _ in 0..3 {
        assert_eq!(cause(show(&desk, &random).await), "UnknownApiKey");
    }
    assert_eq!(store.reads.load(Ordering::SeqCst), 1);
}

/// Two processes that hear each other.
#[derive(Default, Clone)]
struct Wire(Arc<Mutex<Vec<Listener>>>);

#[async_trait]
impl Broadcast for Wire {
    async fn tell(&self, notice: &Notice) {
        self.0.lock().unwrap().iter().for_each(|listener| listener(notice));
    }

    fn subscribe(&self, listener: Listener) {
        self.0.lock().unwrap().push(listener);
    }
}

#[tokio::test]
async fn another_process_refuses_a_revoked_key_as_soon_as_it_is_told() {
    let (ports, wire) = (in_memory(), Wire::default());
    let here = Desk::with(ports.clone(), |builder| builder.broadcast(Arc::new(wire.clone()))).await;
    let there = Desk::sharing(ports, here.clock.clone(), here.post.clone(), |builder| {
        builder.broadcast(Arc::new(wire.clone()))
    })
    .await;
    let ada = here.owner("ada").await;
    let made = make(&here, &ada, Role::Viewer).await;
    show(&there, made.secret.expose()).await.unwrap();
    here.auth.revoke_api_key(&ada, made.key.id()).await.unwrap();
    assert_eq!(cause(show(&there, made.secret.expose()).await), "ApiKeyRevoked");
}

#[tokio::test]
async fn another_process_refuses_a_revoked_key_after_ten_seconds_in_any_case() {
    let ports = in_memory();
    let here = Desk::on(ports.clone()).await;
    let there = Desk::sharing(ports, here.clock.clone(), here.post.clone(), |builder| builder).await;
    let ada = here.owner("ada").await;
    let made = make(&here, &ada, Role::Viewer).await;
    show(&there, made.secret.expose()).await.unwrap();
    here.auth.revoke_api_key(&ada, made.key.id()).await.unwrap();
    here.clock.advance_millis(10_000);
    assert_eq!(cause(show(&there, made.secret.expose()).await), "ApiKeyRevoked");
}

#[derive(Debug, PartialEq, Deserialize)]
struct Plan {
    #[serde(default)]
    seats: u32,
}

#[derive(Debug, Deserialize)]
struct Needed {
    #[expect(dead_code, reason = "it is asked for, and nobody has it")]
    seats: u32,
}

#[tokio::test]
async fn an_api_key_has_no_claims_of_the_application() {
    let desk = Desk::on(in_memory()).await;
    let ada = desk.owner("ada").await;
    let made = make(&desk, &ada, Role::Viewer).await;
    let found = desk.auth.authenticate::<Plan>(made.secret.expose(), ClientInfo::new()).await.unwrap();
    assert_eq!(found.claims(), &Plan { seats: 0 });
    let refused = desk.auth.authenticate::<Needed>(made.secret.expose(), ClientInfo::new()).await;
    assert!(matches!(refused, Err(TokenError::AppClaims)), "{refused:?}");
}

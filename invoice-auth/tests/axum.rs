//! Extractors and layer in a router of axum: who gets in, and what everybody else is told.

#![expect(clippy::unwrap_used, reason = "a story that can't go on fails")]

mod common;
mod desk;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use http::header::{AUTHORIZATION, USER_AGENT, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, StatusCode};
use invoice_auth::extract::{AuthLayer, AuthRejection, RequirePermission, RequireRole, permission, role};
use invoice_auth::{ApiKeyData, Auth, Authenticated, Caller, ClientInfo, NoClaims, Tokens};
use invoice_core::identity::{ApiKey, Fingerprint};
use invoice_core::ports::identity::{ApiKeys, IdentityPorts};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{ApiKeyId, Permission, Role, TeamId, Timestamp};
use tower::ServiceExt as _;

use common::World;
use desk::Desk;
use desk::stores::in_memory;

/// An application's state, of which `Auth` is a part.
#[derive(Clone)]
struct App {
    auth: Auth,
    reached: Arc<AtomicUsize>,
}

impl FromRef<App> for Auth {
    fn from_ref(app: &App) -> Self {
        app.auth.clone()
    }
}

async fn whoami(found: Authenticated) -> String {
    say(found.caller())
}

async fn maybe(found: Option<Authenticated>) -> String {
    found.map_or_else(|| "anonymous".to_owned(), |found| say(found.caller()))
}

async fn why(found: Result<Authenticated, AuthRejection>) -> String {
    found.map_or_else(|cause| cause.to_string(), |_| "nothing".to_owned())
}

async fn issue(found: RequirePermission<permission::IssueDocuments>) -> String {
    say(found.caller())
}

async fn inside(State(app): State<App>, Extension(caller): Extension<Caller>) -> String {
    app.reached.fetch_add(1, Ordering::SeqCst);
    say(&caller)
}

async fn at_least<R>(found: RequireRole<R>) -> String {
    let (caller, NoClaims {}) = found.into_inner().into_parts();
    say(&caller)
}

fn say(caller: &Caller) -> String {
    let client = caller.client();
    let address = client.address().map(|address| address.to_string()).unwrap_or_default();
    let role = caller.role().map_or("nobody", Role::as_str);
    format!("{role} {address} {}", client.user_agent()).trim_end().to_owned()
}

fn router(app: &App) -> Router {
    let layer = |path| Router::new().route(path, get(inside));
    let auth = || AuthLayer::new(app.auth.clone());
    Router::new()
        .route("/me", get(whoami))
        .route("/maybe", get(maybe))
        .route("/why", get(why))
        .route("/issue", get(issue))
        .route("/viewer", get(at_least::<role::Viewer>))
        .route("/member", get(at_least::<role::Member>))
        .route("/accountant", get(at_least::<role::Accountant>))
        .route("/admin", get(at_least::<role::Admin>))
        .route("/owner", get(at_least::<role::Owner>))
        .merge(layer("/in").layer(auth()))
        .merge(layer("/in/admin").layer(auth().role(Role::Admin)))
        .merge(layer("/in/issue").layer(auth().permission(Permission::IssueDocuments)))
        .with_state(app.clone())
}

/// A router over a desk, with an API key of each role.
struct Service {
    desk: Desk,
    owner: Caller,
    app: App,
    router: Router,
}

impl Service {
    async fn start() -> Self {
        Self::on(in_memory()).await
    }

    async fn on(ports: IdentityPorts) -> Self {
        let desk = Desk::on(ports).await;
        let owner = desk.owner("ada").await;
        let app = App { auth: desk.auth.clone(), reached: Arc::default() };
        Self { router: router(&app), desk, owner, app }
    }

    async fn key(&self, role: Role) -> String {
        let made = self.desk.auth.create_api_key(&self.owner, ApiKeyData::new("Key", role)).await.unwrap();
        made.secret.expose().to_owned()
    }

    async fn get(&self, path: &str, authorization: &[&str]) -> Answer {
        self.send(path, authorization, |request| request).await
    }

    async fn send(
        &self,
        path: &str,
        authorization: &[&str],
        more: impl FnOnce(Request<Body>) -> Request<Body>,
    ) -> Answer {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        for value in authorization {
            request.headers_mut().append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        Answer::of(self.router.clone().oneshot(more(request)).await.unwrap()).await
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    challenge: Option<String>,
    body: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let challenge =
            response.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        Self { status, challenge, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    fn ok(body: &str) -> Self {
        Self { status: 200, challenge: None, body: body.to_owned() }
    }

    fn refused(status: StatusCode, challenge: &str) -> Self {
        let challenge = Some(challenge.to_owned()).filter(|challenge| !challenge.is_empty());
        Self { status: status.as_u16(), challenge, body: String::new() }
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn anonymous() -> Answer {
    Answer::refused(StatusCode::UNAUTHORIZED, "Bearer")
}

fn bad_token() -> Answer {
    Answer::refused(StatusCode::UNAUTHORIZED, "Bearer error=\"invalid_token\"")
}

fn bad_request() -> Answer {
    Answer::refused(StatusCode::BAD_REQUEST, "Bearer error=\"invalid_request\"")
}

fn forbidden() -> Answer {
    Answer::refused(StatusCode::FORBIDDEN, "Bearer error=\"insufficient_scope\"")
}

#[tokio::test]
async fn a_good_key_gets_in_whatever_the_case_of_the_scheme() {
    let service = Service::start().await;
    let key = service.key(Role::Accountant).await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        for path in ["/me", "/maybe", "/in", "/issue", "/in/issue"] {
            let answer = service.get(path, &[&format!("{scheme} {key}")]).await;
            assert_eq!(answer, Answer::ok("accountant"), "{path}");
        }
    }
}

#[tokio::test]
async fn who_shows_nothing_is_asked_to() {
    let service = Service::start().await;
    for path in ["/me", "/issue", "/admin", "/in", "/in/admin"] {
        assert_eq!(service.get(path, &[]).await, anonymous(), "{path}");
        assert_eq!(service.get(path, &["Basic YWRhOnNlY3JldA=="]).await, anonymous(), "{path}");
    }
    assert_eq!(service.app.reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_handler_may_let_anonymous_requests_in_but_no_bad_token() {
    let service = Service::start().await;
    assert_eq!(service.get("/maybe", &[]).await, Answer::ok("anonymous"));
    assert_eq!(service.get("/maybe", &["Bearer nonsense.nonsense.nonsense"]).await.status, 401);
    assert_eq!(service.get("/maybe", &["Basic YWRhOnNlY3JldA=="]).await, anonymous());
}

#[tokio::test]
async fn a_token_is_read_from_one_header_and_from_nowhere_else() {
    let service = Service::start().await;
    let key = service.key(Role::Owner).await;
    let good = bearer(&key);
    assert_eq!(service.get("/me", &[&good, &good]).await, bad_request());
    assert_eq!(service.get("/me", &[&good, "Basic YWRhOnNlY3JldA=="]).await, bad_request());
    assert_eq!(service.get(&format!("/me?access_token={key}"), &[]).await, anonymous());
    for malformed in
        ["Bearer", "Bearer ", &format!("{good} {key}"), &format!("{good},{good}"), "Bearer \"x\""]
    {
        assert_eq!(service.get("/me", &[malformed]).await, bad_request(), "{malformed}");
        assert_eq!(service.get("/in", &[malformed]).await, bad_request(), "{malformed}");
    }
}

#[tokio::test]
async fn all_that_is_refused_is_refused_alike() {
    let service = Service::start().await;
    let revoked = service.key(Role::Owner).await;
    let kept = service.desk.auth.api_keys(&service.owner, &desk::all()).await.unwrap().items;
    service.desk.auth.revoke_api_key(&service.owner, kept[0].id()).await.unwrap();
    let soon = invoice_core::ports::Clock::now(&*service.desk.clock).plus_millis(1);
    let data = ApiKeyData::new("Key", Role::Owner).expires_at(soon);
    let expired = service.desk.auth.create_api_key(&service.owner, data).await.unwrap();
    service.desk.clock.advance_millis(1);

    let unknown = format!("ivk_{}", "A".repeat(43));
    let mut causes = Vec::new();
    for token in [&revoked, expired.secret.expose(), &unknown, "ivk_short"] {
        for path in ["/me", "/issue", "/in", "/in/admin"] {
            assert_eq!(service.get(path, &[&bearer(token)]).await, bad_token(), "{path}");
        }
        causes.push(service.get("/why", &[&bearer(token)]).await.body);
    }
    // An application that logs them can tell them apart.
    causes.dedup();
    assert_eq!(causes.len(), 3, "{causes:?}");
    assert!(causes.iter().all(|cause| !cause.contains("ivk_")));
    assert_eq!(service.app.reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn each_role_gets_as_far_as_it_reaches() {
    let service = Service::start().await;
    for role in Role::ALL {
        let key = bearer(&service.key(role).await);
        for least in Role::ALL {
            let answer = service.get(&format!("/{least}"), &[&key]).await;
            let expected = if role >= least { Answer::ok(role.as_str()) } else { forbidden() };
            assert_eq!(answer, expected, "{role} where {least} is needed");
        }
        let may_issue = role >= Role::Accountant;
        for path in ["/issue", "/in/issue"] {
            assert_eq!(service.get(path, &[&key]).await.status, if may_issue { 200 } else { 403 }, "{role}");
        }
        let answer = service.get("/in/admin", &[&key]).await;
        assert_eq!(answer == forbidden(), role < Role::Admin, "{role}");
    }
}

#[tokio::test]
async fn the_client_is_what_the_application_says_or_else_what_it_calls_itself() {
    let service = Service::start().await;
    let key = bearer(&service.key(Role::Viewer).await);
    let named = |mut request: Request<Body>| {
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("shop/1"));
        request.headers_mut().insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
        request
    };
    let told = |request: Request<Body>| {
        let mut request = named(request);
        let client = ClientInfo::new().with_address("192.0.2.7".parse().ok()).with_user_agent("told");
        request.extensions_mut().insert(client);
        request
    };
    for path in ["/me", "/in"] {
        assert_eq!(service.send(path, &[&key], named).await, Answer::ok("viewer  shop/1"), "{path}");
        assert_eq!(service.send(path, &[&key], told).await, Answer::ok("viewer 192.0.2.7 told"), "{path}");
    }
}

/// Keys of a store that may be away.
struct Away(Arc<dyn ApiKeys>, AtomicBool);

#[async_trait]
impl ApiKeys for Away {
    async fn api_key(&self, team: TeamId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        self.0.api_key(team, id).await
    }

    async fn api_key_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<ApiKey>, StoreError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable);
        }
        self.0.api_key_by_fingerprint(fingerprint).await
    }

    async fn api_keys(&self, team: TeamId, page: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        self.0.api_keys(team, page).await
    }

    async fn touch_api_key(&self, team: TeamId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        self.0.touch_api_key(team, id, at).await
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_nobodys_fault() {
    let ports = in_memory();
    let away = Arc::new(Away(ports.api_keys.clone(), AtomicBool::new(false)));
    let service = Service::on(IdentityPorts { api_keys: away.clone(), ..ports }).await;
    let key = bearer(&service.key(Role::Owner).await);
    away.1.store(true, Ordering::SeqCst);
    for path in ["/me", "/maybe", "/admin", "/in"] {
        let answer = service.get(path, &[&key]).await;
        assert_eq!(answer, Answer::refused(StatusCode::SERVICE_UNAVAILABLE, ""), "{path}");
    }
    away.1.store(false, Ordering::SeqCst);
    assert_eq!(service.get("/me", &[&key]).await, Answer::ok("owner"));
}

/// What a router over a world answers to an access token.
async fn get_as(world: &World, tokens: &Tokens, path: &str) -> Answer {
    let router = router(&App { auth: world.auth.clone(), reached: Arc::default() });
    let token = bearer(tokens.access.expose());
    let request = Request::get(path).header(AUTHORIZATION, token).body(Body::empty()).unwrap();
    Answer::of(router.oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn who_is_logged_in_gets_in_until_they_log_out() {
    let world = World::on(in_memory()).await;
    let tokens = world.person("ada").await;
    for path in ["/me", "/maybe", "/in"] {
        assert_eq!(get_as(&world, &tokens, path).await, Answer::ok("nobody"), "{path}");
    }
    // Without a team there is no role.
    for path in ["/viewer", "/issue", "/in/admin", "/in/issue"] {
        assert_eq!(get_as(&world, &tokens, path).await, forbidden(), "{path}");
    }
    world.auth.log_out(&world.caller(&tokens).await).await.unwrap();
    for path in ["/me", "/maybe", "/viewer", "/in"] {
        assert_eq!(get_as(&world, &tokens, path).await, bad_token(), "{path}");
    }
    assert_eq!(get_as(&world, &tokens, "/why").await.body, "the token was refused: the session was revoked");
}

#[tokio::test]
async fn a_role_that_changes_changes_what_the_same_token_opens() {
    let world = World::on(in_memory()).await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let team = world.auth.create_team(&world.caller(&ada).await, "Engines").await.unwrap().id();
    let owner = world.caller(&ada).await.in_team(team, None);
    world.auth.invite(&owner, "bob@example.org", Role::Accountant).await.unwrap();
    let invitation = world.mailed("bob").await;
    let joined = world.auth.accept_invitation(&world.caller(&bob).await, &invitation).await.unwrap();
    let access = world.auth.switch_team(&world.caller(&bob).await, team).await.unwrap();
    let bob = Tokens { access, ..bob };
    assert_eq!(get_as(&world, &bob, "/issue").await, Answer::ok("accountant"));

    let changed =
        world.auth.change_role(&owner, joined.user(), Role::Viewer, joined.version()).await.unwrap();
    assert_eq!(get_as(&world, &bob, "/issue").await, forbidden());
    assert_eq!(get_as(&world, &bob, "/viewer").await, Answer::ok("viewer"));

    world.auth.remove_member(&owner, joined.user(), changed.version()).await.unwrap();
    assert_eq!(get_as(&world, &bob, "/me").await, bad_token());
    assert_eq!(get_as(&world, &bob, "/why").await.body, "the token was refused: not in the team");
}

#[tokio::test]
async fn use_cases_run_on_any_thread() {
    let world = World::on(in_memory()).await;
    let (auth, tokens) = (world.auth.clone(), world.person("ada").await);
    let ada = world.caller(&tokens).await;
    let all_of_it = async move {
        let team = auth.create_team(&ada, "Engines").await?;
        let ada = ada.in_team(team.id(), None);
        auth.rename_team(&ada, "Engines Ltd", team.version()).await?;
        let invitation = auth.invite(&ada, "bob@example.org", Role::Viewer).await?;
        auth.revoke_invitation(&ada, invitation.id()).await?;
        auth.members(&ada, Some("a"), &desk::all()).await?;
        auth.transfer_ownership(&ada, ada.user_id()).await?;
        let key = auth.create_api_key(&ada, ApiKeyData::new("Key", Role::Viewer)).await?;
        auth.authenticate::<NoClaims>(key.secret.expose(), ClientInfo::new()).await?;
        auth.revoke_api_key(&ada, key.key.id()).await?;
        let version = auth.team(&ada).await?.version();
        auth.delete_team(&ada, version).await
    };
    tokio::spawn(all_of_it).await.unwrap().unwrap();
}

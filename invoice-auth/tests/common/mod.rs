//! People with accounts to try things with, on each of the stores.

#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    clippy::expect_used,
    reason = "each test file takes what it needs, and fails where it can't begin"
)]

pub(crate) mod stores;
pub(crate) mod watched;

use std::sync::Arc;

use invoice_auth::testing::{MemoryMailer, settings, token};
use invoice_auth::{
    Auth, AuthBuilder, AuthError, Caller, ClientInfo, MasterKey, NoClaims, OpaqueToken, Password,
    Registration, Settings, TokenError, Tokens,
};
use invoice_core::identity::{SecurityAction, SecurityEvent, Session, User};
use invoice_core::ports::PageRequest;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::system::RandomIds;
use invoice_core::testing::FixedClock;
use invoice_core::{Role, SessionId, UserId};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

/// All parts, with a clock that the test moves.
pub(crate) struct World {
    pub(crate) auth: Auth,
    pub(crate) ports: IdentityPorts,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) mailer: Arc<MemoryMailer>,
}

impl World {
    pub(crate) async fn on(ports: IdentityPorts) -> Self {
        Self::with(ports, settings()).await
    }

    pub(crate) async fn with(ports: IdentityPorts, settings: Settings) -> Self {
        let (clock, mailer) = (Arc::new(FixedClock::default()), Arc::new(MemoryMailer::new()));
        let auth = process(&ports, &clock, &mailer, settings, |builder| builder).await;
        Self { auth, ports, clock, mailer }
    }

    /// Another process of the same deployment, which has nothing in memory.
    pub(crate) async fn another_process(&self) -> Self {
        self.another(self.ports.clone(), settings()).await
    }

    /// Another process, which reaches the store in its own way.
    pub(crate) async fn another(&self, ports: IdentityPorts, settings: Settings) -> Self {
        let (clock, mailer) = (self.clock.clone(), self.mailer.clone());
        let auth = process(&ports, &clock, &mailer, settings, |builder| builder).await;
        Self { auth, ports, clock, mailer }
    }

    /// Makes an account for `name@example.org`; its mail is left in the mailer.
    pub(crate) async fn register(&self, name: &str) {
        let new = registration(&address(name));
        self.auth.register(new, &client()).await.expect("everything about it is fine");
    }

    pub(crate) async fn log_in(&self, name: &str, password: &str) -> Result<Tokens, AuthError> {
        self.auth.log_in(&address(name), &secret(password), &client()).await
    }

    /// Somebody with a verified account, logged in.
    pub(crate) async fn person(&self, name: &str) -> Tokens {
        self.register(name).await;
        let token = self.mailed(name).await;
        self.auth.verify_email(&token, &client()).await.expect("the token was mailed");
        self.log_in(name, PASSWORD).await.expect("the password is right")
    }

    /// The token in the oldest mail to somebody.
    pub(crate) async fn mailed(&self, name: &str) -> OpaqueToken {
        self.mailed_to(&address(name)).await
    }

    pub(crate) async fn mailed_to(&self, address: &str) -> OpaqueToken {
        let mail = self.mailer.next_to(address).await;
        token(&mail).cloned().unwrap_or_else(|| panic!("no token in {mail:?}"))
    }

    pub(crate) async fn authenticate(&self, tokens: &Tokens) -> Result<Caller, TokenError> {
        let access = tokens.access.expose();
        let found = self.auth.authenticate::<NoClaims>(access, client()).await?;
        Ok(found.caller().clone())
    }

    /// Who holds these tokens.
    pub(crate) async fn caller(&self, tokens: &Tokens) -> Caller {
        self.authenticate(tokens).await.expect("the access token is good")
    }

    pub(crate) async fn is_in(&self, tokens: &Tokens) -> bool {
        self.authenticate(tokens).await.is_ok()
    }

    pub(crate) async fn refresh(&self, tokens: &Tokens) -> Result<Tokens, AuthError> {
        self.auth.refresh(&tokens.refresh, &client()).await
    }

    pub(crate) async fn session(&self, id: SessionId) -> Session {
        self.ports.sessions.session(id).await.expect("the store answers").expect("the session is there")
    }

    pub(crate) async fn user(&self, id: UserId) -> User {
        self.ports.users.user(id).await.expect("the store answers").expect("the user is there")
    }

    /// What the security audit says of a user, oldest first.
    pub(crate) async fn events(&self, user: UserId) -> Vec<SecurityEvent> {
        let page = self.ports.audit.events_of_user(user, &all()).await.expect("the store answers");
        page.items.into_iter().rev().collect()
    }

    /// What the audit says last.
    pub(crate) async fn last_action(&self, user: UserId) -> Option<SecurityAction> {
        self.events(user).await.last().map(SecurityEvent::action)
    }
}

pub(crate) async fn process(
    ports: &IdentityPorts,
    clock: &Arc<FixedClock>,
    mailer: &Arc<MemoryMailer>,
    settings: Settings,
    more: impl FnOnce(AuthBuilder) -> AuthBuilder,
) -> Auth {
    let builder = Auth::builder(ports.clone(), MasterKey::from_bytes([7; 32]), settings, mailer.clone());
    let builder = more(builder.clock(clock.clone(), Arc::new(RandomIds::new())));
    builder.build().await.expect("all parts are there")
}

pub(crate) fn registration(email: &str) -> Registration {
    Registration {
        email: email.to_owned(),
        password: secret(PASSWORD),
        name: "Ada".to_owned(),
        locale: Some("de-AT".to_owned()),
    }
}

pub(crate) fn address(name: &str) -> String {
    format!("{name}@example.org")
}

pub(crate) fn secret(text: &str) -> Password {
    Password::new(text).expect("a password that may be tried")
}

pub(crate) fn client() -> ClientInfo {
    client_at("192.0.2.7")
}

pub(crate) fn client_at(address: &str) -> ClientInfo {
    ClientInfo::new().with_address(address.parse().ok()).with_user_agent("tests/1")
}

pub(crate) fn all() -> PageRequest {
    PageRequest::first(200).expect("a page")
}

/// What an answer says, to compare answers by.
pub(crate) fn told<T>(answer: Result<T, AuthError>) -> String {
    answer.err().map_or_else(|| "done".to_owned(), |error| format!("{error:?}"))
}

pub(crate) fn is_invalid_token<T>(answer: &Result<T, AuthError>) -> bool {
    matches!(answer, Err(AuthError::InvalidToken))
}

pub(crate) fn is_wrong<T>(answer: &Result<T, AuthError>) -> bool {
    matches!(answer, Err(AuthError::InvalidCredentials))
}

/// Whether who called is not let in any more.
pub(crate) fn is_out<T>(answer: &Result<T, AuthError>) -> bool {
    matches!(answer, Err(AuthError::Unauthenticated(_)))
}

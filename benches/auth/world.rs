//! A deployment on the in-memory store, with one user in one team, logged in.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use invoice_auth::{
    Auth, AuthError, Authenticated, Caller, ClientInfo, MasterKey, NoClaims, Password, Registration,
    Settings, TokenError, TokenMode, Tokens, testing,
};
use invoice_core::identity::Session;
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::identity::IdentityPorts;
use tokio::runtime::Runtime;

pub(crate) type Failure = Box<dyn std::error::Error>;

pub(crate) struct World {
    pub(crate) auth: Auth,
    pub(crate) tokens: Tokens,
    pub(crate) session: Session,
    /// What a few things are done on in the background.
    runtime: Runtime,
}

impl World {
    /// With room for so many verified tokens.
    pub(crate) fn new(mode: TokenMode, cached_tokens: u64) -> Result<Self, Failure> {
        let runtime = Runtime::new()?;
        let settings = testing::settings().mode(mode).cached(100_000, cached_tokens);
        let (auth, tokens, session) = runtime.block_on(logged_in(settings))?;
        Ok(Self { auth, tokens, session, runtime })
    }

    /// Who holds the token. What an application does with each request.
    pub(crate) fn authenticate(&self) -> Result<Authenticated<NoClaims>, TokenError> {
        let _context = self.runtime.enter();
        at_once(self.auth.authenticate(self.tokens.access.expose(), ClientInfo::new()))
    }

    /// Another access token.
    pub(crate) fn issue(&self) -> Result<String, AuthError> {
        let _context = self.runtime.enter();
        at_once(testing::issue(&self.auth, &self.session, 1)).map(|token| token.expose().to_owned())
    }

    /// The refresh token exchanged for its child.
    pub(crate) fn refresh(&mut self) -> Result<(), AuthError> {
        let _context = self.runtime.enter();
        self.tokens = self.runtime.block_on(self.auth.refresh(&self.tokens.refresh, &ClientInfo::new()))?;
        Ok(())
    }

    /// The published key.
    pub(crate) fn public_key(&self) -> Result<jsonwebtoken::jwk::Jwk, Failure> {
        let set = self.runtime.block_on(self.auth.keys().jwks())?;
        let key = set.pointer("/keys/0").ok_or("no key is published")?;
        Ok(serde_json::from_value(key.clone())?)
    }
}

async fn logged_in(settings: Settings) -> Result<(Auth, Tokens, Session), Failure> {
    let ports = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
    let mailer = Arc::new(testing::MemoryMailer::new());
    let auth = Auth::builder(ports, MasterKey::generate()?, settings, mailer).build().await?;
    let (client, email) = (ClientInfo::new(), "ada@example.org");
    let password = || Password::new("correct horse battery staple");
    let ada =
        Registration { email: email.to_owned(), password: password()?, name: "Ada".to_owned(), locale: None };
    auth.register(ada, &client).await?;
    let user = auth.log_in(email, &password()?, &client).await?.user;
    let team = auth.create_team(&Caller::user(user), "Engines").await?;
    let tokens = auth.log_in_to_team(team.id(), email, &password()?, &client).await?;
    let session = auth.ports().sessions.session(tokens.session).await?.ok_or("no session")?;
    Ok((auth, tokens, session))
}

/// What has nothing to wait for: a runtime's own work is none of what is measured.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

//! People and teams to try things with, on each of the stores.

#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    clippy::expect_used,
    reason = "each test file takes what it needs, and fails where it can't begin"
)]

pub(crate) mod stores;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use invoice_auth::testing::settings;
use invoice_auth::{
    Auth, AuthBuilder, AuthError, Caller, ClientInfo, Mail, MailError, Mailer, MasterKey, OpaqueToken,
    Settings,
};
use invoice_core::identity::{
    EmailAddress, EmailKey, IdentityChange, IdentityReceipt, SecurityAction, SecurityEvent, User,
};
use invoice_core::ports::identity::{IdentityCommits, IdentityPorts};
use invoice_core::ports::{Clock as _, IdGenerator as _, PageRequest, StoreError};
use invoice_core::system::RandomIds;
use invoice_core::testing::FixedClock;
use invoice_core::{CommitId, Role, TeamId, UserId, Version};

/// Keeps what is mailed, or refuses it.
#[derive(Default)]
pub(crate) struct Post {
    mails: Mutex<Vec<Mail>>,
    is_closed: Mutex<bool>,
}

impl Post {
    pub(crate) fn close(&self, is_closed: bool) {
        *self.is_closed.lock().expect("nobody panics over it") = is_closed;
    }

    /// The token of the latest invitation to an address.
    pub(crate) fn invitation(&self, to: &str) -> OpaqueToken {
        let mails = self.mails.lock().expect("nobody panics over it");
        let token = mails.iter().rev().find_map(|mail| match mail {
            Mail::Invitation { token, to: address, .. } if address.shown() == to => Some(token.clone()),
            _ => None,
        });
        token.expect("somebody was invited")
    }

    pub(crate) fn count(&self) -> usize {
        self.mails.lock().expect("nobody panics over it").len()
    }
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        if *self.is_closed.lock().expect("nobody panics over it") {
            return Err(MailError::new(std::io::Error::other("closed")));
        }
        self.mails.lock().expect("nobody panics over it").push(mail);
        Ok(())
    }
}

/// Commits a moment after it was asked to, so that of two who decide at once both have read.
struct Late(Arc<dyn IdentityCommits>);

#[async_trait]
impl IdentityCommits for Late {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        tokio::task::yield_now().await;
        self.0.commit_identity(change).await
    }
}

/// All parts, with a clock that the test moves.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) auth: Auth,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) post: Arc<Post>,
    pub(crate) ports: IdentityPorts,
    ids: Arc<RandomIds>,
}

impl Desk {
    pub(crate) async fn on(ports: IdentityPorts) -> Self {
        Self::with(ports, |builder| builder).await
    }

    /// With what the builder is given besides.
    pub(crate) async fn with(ports: IdentityPorts, more: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        let (clock, post) = (Arc::new(FixedClock::default()), Arc::new(Post::default()));
        Self::sharing(ports, clock, post, more).await
    }

    /// Another process on the same store.
    pub(crate) async fn sharing(
        ports: IdentityPorts,
        clock: Arc<FixedClock>,
        post: Arc<Post>,
        more: impl FnOnce(AuthBuilder) -> AuthBuilder,
    ) -> Self {
        let ports = IdentityPorts { commits: Arc::new(Late(ports.commits.clone())), ..ports };
        let (ids, settings) = (Arc::new(RandomIds::new()), settings());
        let builder = Auth::builder(ports.clone(), MasterKey::from_bytes([7; 32]), settings, post.clone());
        let builder = more(builder.clock(clock.clone(), ids.clone()));
        let auth = builder.build().await.expect("all parts are there");
        Self { auth, clock, post, ports, ids }
    }

    /// A person with an account, whose address is their name at `example.org`.
    pub(crate) async fn person(&self, name: &str) -> Caller {
        let (now, address) = (self.clock.now(), address(name));
        let key = EmailKey::new(address.to_lowercase()).expect("a plain address");
        let email = EmailAddress::new(address, key).expect("a plain address");
        let id = UserId::from_uuid(self.ids.uuid(now));
        let user = User::new(id, email, name, now).expect("a plain name").with_email_verified(now);
        self.write(|change| change.insert(user)).await;
        let client = ClientInfo::new().with_address("192.0.2.7".parse().ok()).with_user_agent("tests");
        Caller::user(id).from_client(client)
    }

    /// A person who owns a team and works in it.
    pub(crate) async fn owner(&self, name: &str) -> Caller {
        let caller = self.person(name).await;
        let team = self.auth.create_team(&caller, &format!("{name}'s team")).await.expect("a team is made");
        caller.in_team(team.id(), Some(Role::Owner))
    }

    /// A person who was invited to the owner's team and came.
    pub(crate) async fn member(&self, owner: &Caller, name: &str, role: Role) -> Caller {
        let caller = self.person(name).await;
        self.auth.invite(owner, &address(name), role).await.expect("an invitation");
        let token = self.post.invitation(&address(name));
        let joined = self.auth.accept_invitation(&caller, &token).await.expect("the invitation is good");
        caller.in_team(joined.team(), Some(joined.role()))
    }

    /// The version of somebody's membership.
    pub(crate) async fn version_of(&self, caller: &Caller) -> Version {
        let found = self.ports.teams.membership(team(caller), caller.user_id()).await;
        found.expect("the store answers").expect("a member").version()
    }

    /// The version of the active team.
    pub(crate) async fn team_version(&self, caller: &Caller) -> Version {
        let found = self.ports.teams.team(team(caller)).await;
        found.expect("the store answers").expect("the team is there").version()
    }

    pub(crate) async fn role_of(&self, caller: &Caller) -> Option<Role> {
        let found = self.ports.teams.membership(team(caller), caller.user_id()).await;
        found.expect("the store answers").map(|member| member.role())
    }

    /// Disables an account, behind everybody's back.
    pub(crate) async fn disable(&self, caller: &Caller) {
        let user = self.ports.users.user(caller.user_id()).await.expect("the store answers");
        let user = user.expect("the account is there").with_disabled_at(Some(self.clock.now()));
        self.write(|change| change.update(user)).await;
    }

    async fn write(&self, what: impl FnOnce(IdentityChange) -> IdentityChange) {
        let id = CommitId::from_uuid(self.ids.uuid(self.clock.now()));
        self.ports.commits.commit_identity(what(IdentityChange::new(id))).await.expect("it is written");
    }

    /// What the security audit says of a team, oldest first.
    pub(crate) async fn events(&self, team: TeamId) -> Vec<SecurityEvent> {
        let page = self.ports.audit.events_of_team(team, &all()).await.expect("the store answers");
        page.items.into_iter().rev().collect()
    }

    pub(crate) async fn actions(&self, team: TeamId) -> Vec<SecurityAction> {
        self.events(team).await.iter().map(SecurityEvent::action).collect()
    }
}

trait Verified {
    fn with_email_verified(self, now: invoice_core::Timestamp) -> Self;
}

impl Verified for User {
    fn with_email_verified(self, now: invoice_core::Timestamp) -> Self {
        let email = self.email().clone();
        self.with_email(email, Some(now))
    }
}

pub(crate) fn address(name: &str) -> String {
    format!("{name}@example.org")
}

pub(crate) fn all() -> PageRequest {
    PageRequest::first(200).expect("a page")
}

pub(crate) fn team(caller: &Caller) -> TeamId {
    caller.team().expect("a team is active")
}

/// What an answer says, to compare answers by.
pub(crate) fn told<T>(answer: Result<T, AuthError>) -> String {
    answer.err().map_or_else(|| "done".to_owned(), |error| format!("{error:?}"))
}

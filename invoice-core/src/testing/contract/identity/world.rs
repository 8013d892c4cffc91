//! What most cases begin with.

use std::ops::Deref;

use crate::identity::{
    IdentityChange, IdentityReceipt, IdentityRecord, Invitation, Membership, Session, Team, User,
};
use crate::ports::identity::IdentityPorts;
use crate::ports::{Page, PageRequest, StoreError};
use crate::testing::IdentityFixtures;
use crate::testing::contract::must;
use crate::{Role, TeamId, UserId};

/// Fixtures and the store they go to.
pub(super) struct World<'a> {
    pub(super) ports: &'a IdentityPorts,
    make: IdentityFixtures,
}

impl Deref for World<'_> {
    type Target = IdentityFixtures;

    fn deref(&self) -> &IdentityFixtures {
        &self.make
    }
}

impl<'a> World<'a> {
    pub(super) fn new(ports: &'a IdentityPorts) -> Self {
        Self { ports, make: IdentityFixtures::new() }
    }

    pub(super) async fn try_commit(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        self.ports.commits.commit_identity(change).await
    }

    pub(super) async fn commit(&self, change: IdentityChange) -> IdentityReceipt {
        must(self.try_commit(change).await, "a sound change is committed")
    }

    pub(super) async fn insert<R: Into<IdentityRecord> + Clone>(&self, record: R) -> R {
        self.commit(self.change().insert(record.clone())).await;
        record
    }

    pub(super) async fn update(&self, record: impl Into<IdentityRecord>) {
        self.commit(self.change().update(record)).await;
    }

    pub(super) async fn new_user(&self, name: &str) -> User {
        self.insert(self.user(name)).await
    }

    /// A team and its owner.
    pub(super) async fn new_team(&self, name: &str, owner: &str) -> (Team, User) {
        let (team, owner) = (self.team(name), self.user(owner));
        let place = self.membership(team.id(), owner.id(), Role::Owner);
        self.commit(self.change().insert(owner.clone()).insert(team.clone()).insert(place)).await;
        (team, owner)
    }

    pub(super) async fn join(&self, team: TeamId, user: UserId, role: Role) -> Membership {
        let place = self.membership(team, user, role);
        self.commit(self.change().update(self.stored_team(team).await).insert(place.clone())).await;
        place
    }

    pub(super) async fn new_session(&self, user: UserId) -> Session {
        self.insert(self.session(user)).await
    }

    pub(super) async fn stored_user(&self, id: UserId) -> User {
        stored(self.ports.users.user(id).await, "the user")
    }

    pub(super) async fn stored_team(&self, id: TeamId) -> Team {
        stored(self.ports.teams.team(id).await, "the team")
    }

    pub(super) async fn stored_membership(&self, team: TeamId, user: UserId) -> Membership {
        stored(self.ports.teams.membership(team, user).await, "the membership")
    }

    pub(super) async fn stored_session(&self, session: &Session) -> Session {
        stored(self.ports.sessions.session(session.id()).await, "the session")
    }

    pub(super) async fn stored_invitation(&self, invitation: &Invitation) -> Invitation {
        let (team, id) = (invitation.team(), invitation.id());
        stored(self.ports.teams.invitation(team, id).await, "the invitation")
    }

    pub(super) async fn role(&self, team: TeamId, user: UserId) -> Option<Role> {
        let found = self.ports.teams.membership(team, user).await;
        must(found, "a membership is read").map(|place| place.role())
    }
}

/// What was read and must be there.
#[track_caller]
pub(super) fn stored<T>(read: Result<Option<T>, StoreError>, what: &str) -> T {
    must(read, "a read is answered").unwrap_or_else(|| panic!("{what} is there, but was not found"))
}

/// The largest page from the beginning.
#[track_caller]
pub(super) fn all() -> PageRequest {
    first(PageRequest::MAX_LIMIT)
}

#[track_caller]
pub(super) fn first(limit: u16) -> PageRequest {
    PageRequest::first(limit).unwrap_or_else(|error| panic!("the page is sound: {error}"))
}

/// The rows of a page that must be the only one.
#[track_caller]
pub(super) fn rows<T>(page: Result<Page<T>, StoreError>) -> Vec<T> {
    let page = must(page, "a list is read");
    assert!(page.next.is_none(), "a page that holds everything is the last one");
    page.items
}

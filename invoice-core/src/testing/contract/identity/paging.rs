//! Lists come in pages that end with a cursor.

use std::fmt::Debug;

use super::world::{World, all, first};
use crate::identity::{
    ApiKey, Invitation, OneTimeToken, SecurityAction, SecurityEvent, Session, Team, TokenPurpose,
};
use crate::ports::identity::IdentityPorts;
use crate::ports::{Cursor, Page, PageRequest, StoreError};
use crate::testing::contract::{must, must_refuse};
use crate::{Code, Role};

/// Walks through a list two rows at a time; `$list` is the call with the page as `$page`.
macro_rules! walk {
    (|$page:ident| $list:expr) => {{
        let mut steps = Walk::default();
        while let Some($page) = steps.next_page() {
            steps.take($list.await);
        }
        steps.rows
    }};
}

struct Walk<T> {
    rows: Vec<T>,
    next: Option<PageRequest>,
}

impl<T> Default for Walk<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), next: Some(first(2)) }
    }
}

impl<T> Walk<T> {
    fn next_page(&mut self) -> Option<PageRequest> {
        self.next.take()
    }

    #[track_caller]
    fn take(&mut self, page: Result<Page<T>, StoreError>) {
        let page = must(page, "a page is read");
        assert!(page.items.len() <= 2, "a page has no more rows than asked for");
        assert!(page.items.len() == 2 || page.next.is_none(), "a page that is not full is the last one");
        assert!(self.rows.len() <= 20, "a list ends");
        self.next = page.next.map(|cursor| first(2).after(cursor));
        self.rows.extend(page.items);
    }
}

#[track_caller]
fn in_order<T: PartialEq + Debug>(list: &str, got: &[T], expected: impl IntoIterator<Item = T>) {
    let expected: Vec<_> = expected.into_iter().collect();
    assert_eq!(got, expected, "the list of {list} is complete and in order");
}

fn ids<T, I>(rows: &[T], id: impl Fn(&T) -> I) -> Vec<I> {
    rows.iter().map(id).collect()
}

/// Every list gives all its rows in its order, page by page, and then ends.
pub async fn every_list_has_its_order_and_ends(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let (mut members, mut teams) = (vec![owner.id()], vec![team.id()]);
    let (mut invitations, mut keys, mut sessions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut tokens, mut events) = (Vec::new(), Vec::new());
    let purpose = TokenPurpose::VerifyEmail;
    for index in 0..4 {
        let (more, colleague) = world.new_team(&format!("Team {index}"), &format!("ada{index}")).await;
        world.join(more.id(), owner.id(), Role::Viewer).await;
        world.join(team.id(), colleague.id(), Role::Viewer).await;
        members.push(colleague.id());
        teams.push(more.id());
        invitations.push(world.insert(world.invitation(team.id(), owner.id(), "Guest")).await.id());
        keys.push(world.insert(world.api_key(team.id(), owner.id())).await.id());
        sessions.push(world.new_session(owner.id()).await.id());
        tokens.push(world.insert(world.one_time_token(owner.id(), purpose)).await.id());
        let event = world.event(SecurityAction::LoggedIn).in_team(team.id()).by_user(owner.id());
        events.push(event.id());
        world.commit(world.change().audit(event)).await;
    }
    let (team, owner) = (team.id(), owner.id());
    let got = walk!(|page| ports.teams.members(team, None, &page));
    in_order("members", &ids(&got, |it| it.membership.user()), members);
    let got = walk!(|page| ports.teams.all_teams(&page));
    in_order("all teams", &ids(&got, Team::id), teams.iter().copied());
    let got = walk!(|page| ports.teams.teams_of(owner, &page));
    in_order("teams", &ids(&got, |it| it.team.id()), teams);
    let got = walk!(|page| ports.sessions.sessions_of(owner, &page));
    in_order("sessions", &ids(&got, Session::id), sessions.into_iter().rev());
    let got = walk!(|page| ports.teams.invitations(team, &page));
    in_order("invitations", &ids(&got, Invitation::id), invitations.into_iter().rev());
    let got = walk!(|page| ports.api_keys.api_keys(team, &page));
    in_order("API keys", &ids(&got, ApiKey::id), keys.into_iter().rev());
    let got = walk!(|page| ports.mailed_tokens.unused_tokens(owner, purpose, &page));
    in_order("tokens", &ids(&got, OneTimeToken::id), tokens.into_iter().rev());
    let got = walk!(|page| ports.audit.events_of_team(team, &page));
    in_order("the team's audit", &ids(&got, SecurityEvent::id), events.iter().rev().copied());
    let got = walk!(|page| ports.audit.events_of_user(owner, &page));
    in_order("the user's audit", &ids(&got, SecurityEvent::id), events.iter().rev().copied());
}

/// Rows that come or go before a cursor neither repeat nor hide rows after it.
pub async fn a_page_starts_where_the_one_before_ended_whatever_came_between(ports: &IdentityPorts) {
    let world = World::new(ports);
    let early = world.new_user("Early").await;
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let mut members = vec![owner.id()];
    let mut sessions = Vec::new();
    for index in 0..4 {
        let member = world.new_user(&format!("member{index}")).await;
        world.join(team.id(), member.id(), Role::Viewer).await;
        members.push(member.id());
        sessions.push(world.new_session(owner.id()).await);
    }
    let page = must(ports.teams.members(team.id(), None, &first(2)).await, "a page is read");
    let next = page.next.unwrap_or_else(|| panic!("five members are more than a page of two"));
    world.join(team.id(), early.id(), Role::Viewer).await;
    let rest = must(ports.teams.members(team.id(), None, &all().after(next)).await, "a page is read");
    let rest = ids(&rest.items, |it| it.membership.user());
    in_order("members after an insert", &rest, members.into_iter().skip(2));

    let page = must(ports.sessions.sessions_of(owner.id(), &first(2)).await, "a page is read");
    let next = page.next.unwrap_or_else(|| panic!("four sessions are more than a page of two"));
    world.new_session(owner.id()).await;
    for session in sessions.iter().skip(1) {
        world.commit(world.change().delete(session.clone())).await;
    }
    let rest = must(ports.sessions.sessions_of(owner.id(), &all().after(next)).await, "a page is read");
    in_order("sessions after deletions", &rest.items, sessions.into_iter().take(1));
}

/// A cursor that is not one of the list's is refused rather than taken for some position.
pub async fn a_cursor_of_another_list_is_refused(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let cursor = Cursor::new("2026-01-31~0190").unwrap_or_else(|error| panic!("a sound cursor: {error}"));
    let (request, sentence) = (all().after(cursor), "a foreign cursor is refused");
    let (team, owner) = (team.id(), owner.id());
    must_refuse(ports.teams.members(team, None, &request).await, Code::Malformed, sentence);
    must_refuse(ports.teams.all_teams(&request).await, Code::Malformed, sentence);
    must_refuse(ports.teams.teams_of(owner, &request).await, Code::Malformed, sentence);
    must_refuse(ports.teams.invitations(team, &request).await, Code::Malformed, sentence);
    must_refuse(ports.sessions.sessions_of(owner, &request).await, Code::Malformed, sentence);
    must_refuse(ports.api_keys.api_keys(team, &request).await, Code::Malformed, sentence);
    let tokens = ports.mailed_tokens.unused_tokens(owner, TokenPurpose::VerifyEmail, &request).await;
    must_refuse(tokens, Code::Malformed, sentence);
    must_refuse(ports.audit.events_of_team(team, &request).await, Code::Malformed, sentence);
    must_refuse(ports.audit.events_of_user(owner, &request).await, Code::Malformed, sentence);
}

//! Many who change one team at the same moment.

use futures::future::join_all;
use invoice_auth::AuthError;
use invoice_core::ports::StoreError;
use invoice_core::{Role, Version};
use tokio::time::Instant;

use crate::common::stores::in_memory;
use crate::desk::{Desk, address, all, stores, team};

/// How many act at once.
const MANY: usize = 20;

stores::on_every_store! {
    many_invitations_at_once_are_all_made
    many_who_come_at_once_are_all_let_in
    of_many_who_leave_at_once_nobody_stays
}

fn names() -> impl Iterator<Item = String> {
    (0..MANY).map(|number| format!("p{number}"))
}

async fn many_invitations_at_once_are_all_made(desk: Desk) {
    let ada = desk.owner("ada").await;
    let made = join_all(names().map(|name| {
        let (desk, ada) = (desk.clone(), ada.clone());
        tokio::spawn(async move { desk.auth.invite(&ada, &address(&name), Role::Member).await })
    }));
    for invitation in made.await {
        invitation.unwrap().unwrap();
    }
    let kept = desk.auth.invitations(&ada, &all()).await.unwrap().items;
    let mut open: Vec<_> = kept.iter().map(|one| one.email().shown().to_owned()).collect();
    let mut expected: Vec<_> = names().map(|name| address(&name)).collect();
    open.sort();
    expected.sort();
    assert_eq!(open, expected);
    assert_eq!(desk.post.count(), MANY);
}

async fn many_who_come_at_once_are_all_let_in(desk: Desk) {
    let ada = desk.owner("ada").await;
    let mut people = Vec::new();
    for name in names() {
        desk.auth.invite(&ada, &address(&name), Role::Accountant).await.unwrap();
        people.push((desk.person(&name).await, desk.post.invitation(&address(&name))));
    }
    let joined = join_all(people.iter().cloned().map(|(person, token)| {
        let desk = desk.clone();
        tokio::spawn(async move { desk.auth.accept_invitation(&person, &token).await })
    }));
    for membership in joined.await {
        membership.unwrap().unwrap();
    }
    assert_eq!(desk.auth.members(&ada, None, &all()).await.unwrap().items.len(), 1 + MANY);
    for (person, _) in people {
        assert_eq!(desk.role_of(&person.in_team(team(&ada), None)).await, Some(Role::Accountant));
    }
}

async fn of_many_who_leave_at_once_nobody_stays(desk: Desk) {
    let ada = desk.owner("ada").await;
    let mut people = Vec::new();
    for name in names() {
        people.push(desk.member(&ada, &name, Role::Viewer).await);
    }
    let left = join_all(people.into_iter().map(|person| {
        let desk = desk.clone();
        tokio::spawn(async move { desk.auth.leave_team(&person).await })
    }));
    for answer in left.await {
        answer.unwrap().unwrap();
    }
    assert_eq!(desk.auth.members(&ada, None, &all()).await.unwrap().items.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_version_than_the_caller_saw_is_told_at_once() {
    let desk = Desk::on(in_memory()).await;
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    let seen = (0..9).fold(Version::FIRST, |version, _| version.next());
    let begin = Instant::now();
    let renamed = desk.auth.rename_team(&ada, "Looms", seen).await.map(drop);
    let changed = desk.auth.change_role(&ada, bob.user_id(), Role::Member, seen).await.map(drop);
    for answer in [renamed, changed] {
        let Err(AuthError::Store(StoreError::Conflict { expected, found: Some(_) })) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(expected, seen);
    }
    assert_eq!(begin.elapsed(), std::time::Duration::ZERO, "nobody waited to try it again");
}

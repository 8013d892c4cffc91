use std::sync::Arc;

use invoice_auth::testing::settings;
use invoice_core::ports::PageRequest;
use invoice_core::ports::identity::IdentityPorts;

use crate::common::stores::on_every_store;
use crate::common::watched::WatchedSessions;
use crate::common::{DAY, MINUTE, PASSWORD, World, address, all, client, secret};

on_every_store! {
    sessions_are_listed_newest_first_with_their_devices
    sessions_that_are_over_are_left_out_of_every_page
    a_use_is_recorded_once_a_minute
}

async fn sessions_are_listed_newest_first_with_their_devices(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let first = world.person("ada").await;
    world.person("grace").await;
    world.clock.advance_millis(MINUTE);
    let phone = client().with_device("telephone");
    let second = world.auth.log_in(&address("ada"), &secret(PASSWORD), &phone).await.unwrap();
    let caller = world.caller(&first).await;
    let team = world.auth.create_team(&caller, "Engines").await.unwrap().id();
    world.auth.switch_team(&caller, team).await.unwrap();
    let page = world.auth.sessions(&caller, &all()).await.unwrap();
    let shown: Vec<_> =
        page.items.iter().map(|it| (it.id, it.current, it.device.as_str(), it.team)).collect();
    assert_eq!(
        shown,
        [(second.session, false, "telephone", None), (first.session, true, "tests/1", Some(team))]
    );
    assert_eq!(page.items[0].expires_at, second.session_expires_at);
    assert_eq!(page.next, None);
}

async fn sessions_that_are_over_are_left_out_of_every_page(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let mut open = Vec::new();
    let mut last = world.person("ada").await;
    let caller = world.caller(&last).await;
    for n in 0..12 {
        if n % 3 == 0 {
            open.push(last.session);
        } else {
            world.auth.revoke_session(&caller, last.session).await.unwrap();
        }
        world.clock.advance_millis(1);
        last = world.log_in("ada", PASSWORD).await.unwrap();
    }
    open.push(last.session);
    open.reverse();
    let (mut found, mut page) = (Vec::new(), PageRequest::first(2).unwrap());
    loop {
        let answer = world.auth.sessions(&caller, &page).await.unwrap();
        assert!(answer.items.len() <= 2);
        found.extend(answer.items.iter().map(|it| it.id));
        match answer.next {
            Some(next) => page = PageRequest::first(2).unwrap().after(next),
            None => break,
        }
    }
    assert_eq!(found, open);
    world.clock.advance_millis(7 * DAY);
    assert_eq!(world.auth.sessions(&caller, &all()).await.unwrap().items, []);
}

async fn a_use_is_recorded_once_a_minute(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let watched = Arc::new(WatchedSessions::new(&world.ports));
    let ports = IdentityPorts { sessions: watched.clone(), ..world.ports.clone() };
    let other = world.another(ports, settings()).await;
    let tokens = world.person("ada").await;
    let began = world.session(tokens.session).await.last_seen_at();
    for (later, touches) in [(1_000, 1), (0, 1), (MINUTE - 1, 1), (1, 2), (MINUTE, 3)] {
        world.clock.advance_millis(later);
        for _ in 0..3 {
            assert!(other.is_in(&tokens).await);
        }
        watched.touched(touches).await;
    }
    let seen = world.session(tokens.session).await.last_seen_at();
    assert_eq!(seen, began.plus_millis(1_000 + 2 * MINUTE));
}

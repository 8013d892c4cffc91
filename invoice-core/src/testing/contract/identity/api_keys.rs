//! API keys.

use super::world::{World, stored};
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::must;

/// A touch moves the last use on, never back, and leaves the version as it is.
pub async fn a_touch_is_seen_and_is_no_version_of_the_key(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, ada) = world.new_team("Engines", "Ada").await;
    let key = world.insert(world.api_key(team.id(), ada.id())).await;
    let (later, latest) = (world.now().plus_millis(1_000), world.now().plus_millis(2_000));
    for at in [latest, later] {
        must(ports.api_keys.touch_api_key(team.id(), key.id(), at).await, "a key is touched");
        let found = stored(ports.api_keys.api_key_by_fingerprint(key.fingerprint()).await, "the key");
        assert_eq!(found, key.clone().used(latest), "a touch changes the last use only, and moves it on");
    }
    world.update(key.clone().with_revoked_at(later)).await;
    let found = stored(ports.api_keys.api_key(team.id(), key.id()).await, "the key");
    assert_eq!(found.revoked_at(), Some(later), "an update decided before a touch is written");
}

/// Revoking a key is seen by the next look-up.
pub async fn a_revoked_key_is_seen_revoked_at_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, ada) = world.new_team("Engines", "Ada").await;
    let key = world.insert(world.api_key(team.id(), ada.id())).await;
    let found = stored(ports.api_keys.api_key_by_fingerprint(key.fingerprint()).await, "the key");
    assert!(found.is_open(world.now()), "a new key works");
    world.update(key.clone().with_revoked_at(world.now())).await;
    let found = stored(ports.api_keys.api_key_by_fingerprint(key.fingerprint()).await, "the key");
    assert!(!found.is_open(world.now()), "a revoked key does not");
    let other = world.insert(world.api_key(team.id(), ada.id())).await;
    let found = stored(ports.api_keys.api_key_by_fingerprint(other.fingerprint()).await, "the other key");
    assert_eq!(found, other, "another key is as it was");
}

use invoice_auth::{AuthError, ProfileChange};
use invoice_core::identity::SecurityAction;
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::{Version, Violation};

use crate::common::World;
use crate::common::stores::on_every_store;

on_every_store! {
    a_profile_shows_the_account_without_its_secrets
    a_profile_changes_at_the_version_that_was_seen
    all_that_is_wrong_with_a_profile_is_told_at_once
}

async fn a_profile_shows_the_account_without_its_secrets(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    let profile = world.auth.profile(&caller).await.unwrap();
    assert_eq!((profile.id, profile.email.as_str()), (caller.user_id(), "ada@example.org"));
    assert_eq!((profile.name.as_str(), profile.locale.as_deref()), ("Ada", Some("de-AT")));
    assert!(profile.has_password && profile.verified_at.is_some());
    assert!(!format!("{profile:?}").contains("argon2"));
}

async fn a_profile_changes_at_the_version_that_was_seen(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    let seen = world.auth.profile(&caller).await.unwrap();
    let change = |name: &str| ProfileChange { name: Some(name.to_owned()), locale: Some(None) };
    let changed = world.auth.update_profile(&caller, change("Countess"), seen.version).await.unwrap();
    assert_eq!(changed, world.auth.profile(&caller).await.unwrap());
    assert_eq!((changed.name.as_str(), changed.locale), ("Countess", None));
    let stale = world.auth.update_profile(&caller, change("Ada"), seen.version).await;
    assert!(matches!(
        stale,
        Err(AuthError::Store(StoreError::Conflict { expected, found }))
            if expected == seen.version && found == Some(changed.version)
    ));
    let nothing =
        world.auth.update_profile(&caller, ProfileChange::default(), changed.version).await.unwrap();
    assert_eq!(nothing.name, "Countess");
    assert_eq!(world.last_action(caller.user_id()).await, Some(SecurityAction::ProfileChanged));
}

async fn all_that_is_wrong_with_a_profile_is_told_at_once(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    let seen = world.auth.profile(&caller).await.unwrap();
    let change = ProfileChange { name: Some("n".repeat(501)), locale: Some(Some("\0".to_owned())) };
    match world.auth.update_profile(&caller, change, seen.version).await {
        Err(AuthError::Invalid(found)) => {
            assert_eq!(found.iter().map(Violation::pointer).collect::<Vec<_>>(), ["/name", "/locale"]);
        }
        other => panic!("{other:?}"),
    }
    for name in ["Ada\nAdmin", "\u{202e}adA", "\u{200b}"] {
        let change = ProfileChange { name: Some(name.to_owned()), locale: None };
        let answer = world.auth.update_profile(&caller, change, seen.version).await;
        assert!(matches!(answer, Err(AuthError::Invalid(_))), "{name:?}: {answer:?}");
    }
    let unknown = world.auth.update_profile(&caller, ProfileChange::default(), Version::new(99)).await;
    assert!(unknown.is_err());
}

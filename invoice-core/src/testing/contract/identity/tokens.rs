//! One-time tokens.

use super::world::{World, all, rows, stored};
use crate::identity::TokenPurpose;
use crate::ports::identity::IdentityPorts;

/// A user's unused tokens for one purpose are listed, and no others.
pub async fn unused_tokens_are_listed_by_user_and_purpose(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (ada, grace) = (world.new_user("Ada").await, world.new_user("Grace").await);
    let purpose = TokenPurpose::ResetPassword;
    let first = world.insert(world.one_time_token(ada.id(), purpose)).await;
    let used = world.insert(world.one_time_token(ada.id(), purpose)).await;
    world.insert(world.one_time_token(ada.id(), TokenPurpose::ChangeEmail)).await;
    world.insert(world.one_time_token(grace.id(), purpose)).await;
    let last = world.insert(world.one_time_token(ada.id(), purpose)).await;
    world.update(used.with_used_at(world.now())).await;
    let listed = rows(ports.mailed_tokens.unused_tokens(ada.id(), purpose, &all()).await);
    assert_eq!(listed, [last, first], "the user's unused tokens of the purpose, the newest first");
}

/// A token that was used, or is long expired, is still found and says so.
pub async fn a_used_token_is_still_found(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let token = world.insert(world.one_time_token(ada.id(), TokenPurpose::VerifyEmail)).await;
    let used_at = token.expires_at().plus_millis(1);
    world.update(token.clone().with_used_at(used_at)).await;
    let found = stored(ports.mailed_tokens.one_time_token(token.fingerprint()).await, "the used token");
    assert_eq!(found.used_at(), Some(used_at), "a used token says when");
    assert!(!found.is_open(world.now()), "and does not work again");
}

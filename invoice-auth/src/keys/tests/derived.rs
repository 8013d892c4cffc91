use invoice_core::SessionId;
use invoice_core::identity::{KeyAlgorithm, Session};
use invoice_core::testing::IdentityFixtures;
use uuid::Uuid;

use super::world::{SECOND, World};
use crate::keys::KeyRing;
use crate::settings::TokenMode;

fn session(ring: &KeyRing) -> Session {
    let fixtures = IdentityFixtures::new();
    let session = fixtures.session(fixtures.user("Ada").id());
    let secret = ring.session_secret(session.id()).unwrap();
    session.with_secret(secret)
}

#[tokio::test]
async fn only_the_mode_that_derives_keys_has_session_secrets() {
    let id = SessionId::from_uuid(Uuid::from_u128(1));
    for mode in [TokenMode::EdDsa, TokenMode::Es256, TokenMode::Derived] {
        let ring = World::new().ring_in(mode).await;
        assert_eq!(ring.session_secret(id).unwrap().is_some(), mode == TokenMode::Derived);
        assert_eq!(ring.signer().await.is_err(), mode == TokenMode::Derived);
    }
}

#[tokio::test]
async fn what_signs_for_a_session_is_verified_by_its_key_alone() {
    let world = World::new();
    let ring = world.ring_in(TokenMode::Derived).await;
    let (mine, other) = (session(&ring), session(&ring));
    let signer = ring.signer_of(&mine).await.unwrap();
    assert_eq!(signer.algorithm(), KeyAlgorithm::Hs256);
    let tag = signer.sign(b"text").unwrap();
    let verifying = ring.verifying(signer.kid().as_str()).await.unwrap().unwrap();
    let key = |session: &Session| {
        let keys = ring.session_keys(session.id(), session.secret().unwrap()).unwrap();
        keys.key(&verifying).unwrap()
    };
    assert!(key(&mine).is_tag(&[b"text"], &tag));
    assert!(!key(&other).is_tag(&[b"text"], &tag));
}

#[tokio::test]
async fn a_session_s_key_is_another_after_a_rotation_and_both_are_taken() {
    let world = World::new();
    let ring = world.ring_in(TokenMode::Derived).await;
    let session = session(&ring);
    let before = ring.signer_of(&session).await.unwrap();
    ring.rotate_now(None).await.unwrap();
    world.pass(10 * SECOND);
    let after = ring.signer_of(&session).await.unwrap();
    assert_ne!(before.kid(), after.kid());
    assert_ne!(before.sign(b"text").unwrap(), after.sign(b"text").unwrap());
    let keys = ring.session_keys(session.id(), session.secret().unwrap()).unwrap();
    for signer in [before, after] {
        let verifying = ring.verifying(signer.kid().as_str()).await.unwrap().unwrap();
        assert!(keys.key(&verifying).unwrap().is_tag(&[b"text"], &signer.sign(b"text").unwrap()));
    }
}

#[tokio::test]
async fn a_session_s_secret_is_no_other_session_s() {
    let ring = World::new().ring_in(TokenMode::Derived).await;
    let (mine, other) = (session(&ring), SessionId::from_uuid(Uuid::from_u128(9)));
    assert!(ring.session_keys(other, mine.secret().unwrap()).is_err());
}

#[tokio::test]
async fn a_ring_secret_verifies_nothing_by_itself() {
    use jsonwebtoken::Algorithm::HS256;
    use jsonwebtoken::crypto::{sign, verify};

    let world = World::new();
    let ring = world.ring_in(TokenMode::Derived).await;
    let kid = ring.signer_of(&session(&ring)).await.unwrap().kid().clone();
    let verifying = ring.verifying(kid.as_str()).await.unwrap().unwrap();
    for guess in [b"".as_slice(), kid.as_str().as_bytes(), &[0; 32]] {
        let key = jsonwebtoken::EncodingKey::from_secret(guess);
        let signature = sign(b"text", &key, HS256).unwrap();
        assert!(!verify(&signature, b"text", &verifying.key, HS256).unwrap());
    }
}

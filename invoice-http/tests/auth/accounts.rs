//! Registering, logging in, and what a user does with their own account.

use serde_json::json;

use crate::support::{App, PASSWORD, email};

const OTHER: &str = "another horse and battery";

#[tokio::test]
async fn registering_an_address_again_is_answered_alike_and_told_to_its_holder() {
    let app = App::new().await;
    app.register("ada").await;
    let again = json!({"email": email("ada"), "password": OTHER});
    assert!(app.anyone().post("/auth/register", again).await.expect(202).bytes.is_empty());
    app.told(&email("ada")).await;
    app.log_in("ada", OTHER).await.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_registration_is_told_at_once() {
    let app = App::new().await;
    let body = json!({"email": "ada", "password": "short", "name": "x".repeat(501)});
    let refused = app.anyone().post("/auth/register", body).await.refused(422, "invalid");
    let fields: Vec<_> = refused.problem().1.into_iter().map(|(pointer, _)| pointer).collect();
    assert!(fields.contains(&"/email".to_owned()) && fields.contains(&"/password".to_owned()), "{fields:?}");
    let body = json!({"email": email("ada"), "password": ""});
    let refused = app.anyone().post("/auth/register", body).await.refused(422, "invalid");
    assert_eq!(refused.field(), ("invalid".into(), "/password".into(), "required".into()));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_are_answered_alike() {
    let app = App::new().await;
    app.register("ada").await;
    let wrong = app.log_in("ada", OTHER).await.refused(401, "invalid_credentials");
    let unknown = app.log_in("bob", OTHER).await.refused(401, "invalid_credentials");
    assert_eq!(wrong.body(), unknown.body());
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn after_many_wrong_passwords_one_waits() {
    let app = App::new().await;
    app.register("ada").await;
    for _ in 0..5 {
        app.log_in("ada", OTHER).await.refused(401, "invalid_credentials");
    }
    let refused = app.log_in("ada", PASSWORD).await.refused(429, "too_many_requests");
    assert_eq!(refused.header("retry-after"), "1");
    app.clock.advance_millis(1_000);
    app.log_in("ada", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_once_and_its_reuse_ends_the_session() {
    let app = App::new().await;
    app.register("ada").await;
    let first = app.log_in("ada", PASSWORD).await.expect(200).text("/refresh_token");
    let refresh = |token: &str| {
        let (anyone, body) = (app.anyone(), json!({"refresh_token": token}));
        async move { anyone.post("/auth/refresh", body).await }
    };
    let next = refresh(&first).await.expect(200);
    let ada = app.bearing(next.text("/access_token"));
    ada.get("/users/me").await.expect(200);
    app.clock.advance_millis(60_000);
    let refused = refresh(&first).await.refused(401, "invalid_token");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    refresh(&next.text("/refresh_token")).await.refused(401, "invalid_token");
    ada.get("/users/me").await.refused(401, "unauthenticated");
    refresh("nonsense").await.refused(401, "invalid_token");
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_with_what_was_mailed_once() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let anyone = app.anyone();
    for name in ["nobody", "ada"] {
        anyone.post("/auth/password-reset", json!({"email": email(name)})).await.expect(202);
    }
    let body = json!({"token": app.mailed(&email("ada")).await, "password": OTHER});
    anyone.post("/auth/password-reset/confirm", body.clone()).await.expect(204);
    ada.get("/users/me").await.refused(401, "unauthenticated");
    app.log_in("ada", PASSWORD).await.refused(401, "invalid_credentials");
    app.log_in("ada", OTHER).await.expect(200);
    anyone.post("/auth/password-reset/confirm", body).await.refused(400, "invalid_mailed_token");
}

#[tokio::test]
async fn a_changed_password_ends_every_session_but_the_one_that_changed_it() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let elsewhere = app.bearing(app.log_in("ada", PASSWORD).await.expect(200).text("/access_token"));
    let change = |old: &str| json!({"current_password": old, "password": OTHER});
    ada.post("/auth/password", change(OTHER)).await.refused(401, "invalid_credentials");
    let short = json!({"current_password": PASSWORD, "password": "short"});
    let refused = ada.post("/auth/password", short).await.refused(422, "invalid");
    assert_eq!(refused.field().1, "/password");
    let tokens = ada.post("/auth/password", change(PASSWORD)).await.expect(200);
    for ended in [&ada, &elsewhere] {
        ended.get("/users/me").await.refused(401, "unauthenticated");
    }
    app.bearing(tokens.text("/access_token")).get("/users/me").await.expect(200);
}

#[tokio::test]
async fn an_account_moves_to_another_address_once_its_mail_was_read() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let change = json!({"email": email("lovelace"), "password": PASSWORD});
    ada.post("/auth/email-change", change).await.expect(202);
    assert_eq!(ada.get("/users/me").await.expect(200).text("/email"), email("ada"));
    let body = json!({"token": app.mailed(&email("lovelace")).await});
    app.anyone().post("/auth/email-change/confirm", body.clone()).await.expect(204);
    app.told(&email("ada")).await;
    app.log_in("lovelace", PASSWORD).await.expect(200);
    let again = app.anyone().post("/auth/email-change/confirm", body).await;
    again.refused(400, "invalid_mailed_token");
}

#[tokio::test]
async fn a_profile_is_changed_by_who_saw_its_last_version() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let read = ada.get("/users/me").await.expect(200);
    let changed = ada.patch("/users/me", &read.etag(), json!({"name": "Ada Lovelace", "locale": "de"})).await;
    let changed = changed.expect(200);
    assert_eq!((changed.text("/name"), changed.text("/locale")), ("Ada Lovelace".into(), "de".into()));
    assert_eq!(ada.get("/users/me").await.expect(200).body(), changed.body());
    ada.patch("/users/me", &read.etag(), json!({"name": "A"})).await.refused(412, "precondition_failed");
    let cleared = ada.patch("/users/me", &changed.etag(), json!({"locale": null})).await.expect(200);
    assert!(cleared.at("/locale").is_null());
    assert_eq!(cleared.text("/name"), "Ada Lovelace");
    let refused = ada.patch("/users/me", &cleared.etag(), json!({"email": "eve@example.org"})).await;
    assert_eq!(refused.refused(422, "invalid").field().1, "/email");
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_or_all_at_once() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let second = app.log_in("ada", PASSWORD).await.expect(200);
    let other = app.bearing(second.text("/access_token"));
    let path = format!("/auth/sessions/{}", second.text("/session"));
    let bob = app.person("bob").await;
    bob.revoke(&path).await.refused(404, "not_found");
    ada.revoke(&path).await.expect(204);
    other.get("/users/me").await.refused(401, "unauthenticated");
    let third = app.bearing(app.log_in("ada", PASSWORD).await.expect(200).text("/access_token"));
    third.post("/auth/logout-all", json!({})).await.expect(204);
    for ended in [&ada, &third] {
        ended.get("/users/me").await.refused(401, "unauthenticated");
    }
    bob.get("/users/me").await.expect(200);
}

#[tokio::test]
async fn an_account_is_deleted_by_who_knows_its_password_and_is_in_no_team() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let team = ada.team("Engines").await;
    let proof = json!({"password": PASSWORD});
    ada.post("/users/me/delete", json!({"password": OTHER})).await.refused(401, "invalid_credentials");
    ada.post("/users/me/delete", proof.clone()).await.refused(409, "still_in_team");
    ada.delete(&team, "\"1\"").await.expect(204);
    ada.post("/users/me/delete", proof).await.expect(204);
    ada.get("/users/me").await.refused(401, "unauthenticated");
    app.log_in("ada", PASSWORD).await.refused(401, "invalid_credentials");
}

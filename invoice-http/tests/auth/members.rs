//! Members and invitations.

use serde_json::json;

use crate::support::{App, email};

#[tokio::test]
async fn a_member_is_invited_given_another_role_and_removed() {
    let app = App::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let team = ada.team("Engines").await;
    let place = app.join(&team, &ada, &bob, "member").await;
    let read = ada.get(&place).await.expect(200);
    assert_eq!((read.text("/role"), read.text("/email")), ("member".into(), email("bob")));

    let promoted = ada.patch(&place, &read.etag(), json!({"role": "accountant"})).await.expect(200);
    assert_eq!(promoted.text("/role"), "accountant");
    ada.patch(&place, &read.etag(), json!({"role": "viewer"})).await.refused(412, "precondition_failed");
    let refused =
        ada.patch(&place, &promoted.etag(), json!({"role": "emperor"})).await.refused(422, "invalid");
    assert_eq!(refused.field(), ("invalid".into(), "/role".into(), "unknown".into()));
    bob.patch(&place, &promoted.etag(), json!({"role": "owner"})).await.refused(403, "forbidden");

    ada.delete(&place, &read.etag()).await.refused(412, "precondition_failed");
    ada.revoke(&place).await.refused(428, "precondition_required");
    ada.delete(&place, &promoted.etag()).await.expect(204);
    ada.get(&place).await.refused(404, "not_found");
    bob.get(&team).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_invitation_is_good_once_and_until_it_is_taken_back() {
    let app = App::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let team = ada.team("Engines").await;
    let list = format!("{team}/invitations");
    let body = json!({"email": email("bob"), "role": "viewer"});

    let first = ada.post(&list, body.clone()).await.expect(201);
    let void = json!({"token": app.mailed(&email("bob")).await});
    ada.revoke(&format!("{list}/{}", first.text("/id"))).await.expect(204);
    bob.post("/invitations/accept", void).await.refused(400, "invalid_mailed_token");

    ada.post(&list, body.clone()).await.expect(201);
    let token = json!({"token": app.mailed(&email("bob")).await});
    let joined = bob.post("/invitations/accept", token.clone()).await.expect(200);
    assert_eq!(joined.text("/role"), "viewer");
    bob.post("/invitations/accept", token).await.refused(400, "invalid_mailed_token");
    ada.post(&list, body).await.refused(409, "already_member");

    let page = ada.get(&list).await.expect(200);
    assert_eq!(page.text("/items/0/accepted_by"), joined.text("/user"));
    assert!(!page.at("/items/1/revoked_at").is_null());
    assert!(!String::from_utf8_lossy(&page.bytes).contains("ivi_"));
    bob.get(&list).await.refused(403, "forbidden");
}

#[tokio::test]
async fn nobody_invites_above_their_own_role() {
    let app = App::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let team = ada.team("Engines").await;
    app.join(&team, &ada, &bob, "admin").await;
    let body = json!({"email": email("eve"), "role": "owner"});
    bob.post(&format!("{team}/invitations"), body).await.refused(403, "role_above_own");
}

#[tokio::test]
async fn users_are_searched_for_in_the_active_team_only() {
    let app = App::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    app.person("bobby").await;
    ada.get("/users?prefix=bob").await.refused(403, "no_team");
    let team = ada.team("Engines").await;
    app.join(&team, &ada, &bob, "viewer").await;
    let ada = ada.working_in(&team).await;
    for path in ["/users?prefix=BOB".to_owned(), format!("{team}/members?prefix=bob")] {
        let found = ada.get(&path).await.expect(200);
        assert_eq!(found.at("/items").as_array().unwrap().len(), 1, "{path}");
        assert_eq!(found.text("/items/0/email"), email("bob"));
        assert_eq!(found.text("/items/0/verified_at"), bob.get("/users/me").await.text("/verified_at"));
    }
    assert_eq!(ada.get("/users").await.refused(400, "invalid_query").field().1, "/prefix");
}

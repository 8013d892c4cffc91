//! Teams and their security audit.

use invoice_http::middleware::{Settings, apply};
use serde_json::json;

use crate::answer::Answer;
use crate::support::App;

#[tokio::test]
async fn a_team_is_renamed_by_who_saw_its_last_version() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let team = ada.team("Engines").await;
    let etag = ada.get(&team).await.expect(200).etag();
    let renamed = ada.patch(&team, &etag, json!({"name": "Engines Ltd"})).await.expect(200);
    assert_eq!(renamed.text("/name"), "Engines Ltd");
    assert_eq!(ada.get(&team).await.expect(200).body(), renamed.body());
    ada.patch(&team, &etag, json!({"name": "X"})).await.refused(412, "precondition_failed");
    let refused = ada.patch(&team, &renamed.etag(), json!({"name": ""})).await.refused(422, "invalid");
    assert_eq!(refused.field(), ("invalid".into(), "/name".into(), "required".into()));
    ada.send("PATCH", &format!("/api/v1{team}"), Some(&json!({})))
        .await
        .refused(428, "precondition_required");
    let mine = ada.get("/teams").await.expect(200);
    assert_eq!(
        (mine.text("/items/0/team/name"), mine.text("/items/0/role")),
        ("Engines Ltd".into(), "owner".into())
    );
}

#[tokio::test]
async fn a_foreign_a_malformed_and_an_absent_team_answer_alike() {
    let app = App::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let foreign = bob.team("Bobs").await;
    let absent =
        ada.get("/teams/team_0000000000000000000000000000ffff").await.refused(404, "not_found").body();
    for team in [foreign.as_str(), "/teams/team_0000000000000000000000000000ffff", "/teams/7", "/teams/%00"] {
        for part in ["", "/members", "/invitations", "/api-keys", "/security-audit"] {
            let found = ada.get(&format!("{team}{part}")).await.refused(404, "not_found");
            assert_eq!(found.body(), absent, "{team}{part}");
        }
        for step in ["switch", "leave"] {
            let found = ada.post(&format!("{team}/{step}"), json!({})).await.refused(404, "not_found");
            assert_eq!(found.body(), absent, "{team}/{step}");
        }
        let name = json!({"name": "Mine"});
        assert_eq!(ada.patch(team, "\"1\"", name).await.refused(404, "not_found").body(), absent);
        assert_eq!(ada.delete(team, "\"1\"").await.refused(404, "not_found").body(), absent);
    }
}

#[tokio::test]
async fn a_team_goes_to_another_owner_who_may_delete_it() {
    let app = App::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let team = ada.team("Engines").await;
    ada.post(&format!("{team}/leave"), json!({})).await.refused(409, "last_owner");
    let place = app.join(&team, &ada, &bob, "member").await;
    let user = place.rsplit('/').next().unwrap();
    let transfer = format!("{team}/transfer");
    bob.post(&transfer, json!({"user": user})).await.refused(403, "forbidden");
    let refused = ada.post(&transfer, json!({"user": "bob"})).await.refused(422, "invalid");
    assert_eq!(refused.field().1, "/user");
    ada.post(&transfer, json!({"user": user})).await.expect(204);
    assert_eq!(bob.get(&place).await.expect(200).text("/role"), "owner");

    let etag = ada.get(&team).await.expect(200).etag();
    ada.delete(&team, &etag).await.refused(403, "forbidden");
    ada.post(&format!("{team}/leave"), json!({})).await.expect(204);
    ada.get(&team).await.refused(404, "not_found");
    bob.delete(&team, &etag).await.refused(412, "precondition_failed");
    let etag = bob.get(&team).await.expect(200).etag();
    bob.delete(&team, &etag).await.expect(204);
    bob.get(&team).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_security_audit_is_for_who_decides_about_members() {
    let app = App::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let team = ada.with("user-agent", "tests/1").team("Engines").await;
    app.join(&team, &ada, &bob, "accountant").await;
    let path = format!("{team}/security-audit");
    bob.get(&path).await.refused(403, "forbidden");
    let page = ada.get(&format!("{path}?limit=2")).await.expect(200);
    let actions = [page.text("/items/0/action"), page.text("/items/1/action")];
    assert_eq!(actions, ["member.invitation_accepted", "member.invited"]);
    let cursor = page.text("/next_cursor");
    let rest = ada.get(&format!("{path}?cursor={cursor}")).await.expect(200);
    assert_eq!(rest.text("/items/0/action"), "team.created");
    let client = (rest.text("/items/0/address"), rest.text("/items/0/user_agent"));
    assert_eq!(client, ("192.0.2.7".into(), "tests/1".into()));
}

#[tokio::test]
async fn who_lost_the_team_of_their_token_still_reaches_what_needs_none() {
    let app = App::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let team = ada.team("Engines").await;
    let place = app.join(&team, &ada, &bob, "member").await;
    let (ada, bob) = (ada.working_in(&team).await, bob.working_in(&team).await);
    bob.get("/clients").await.expect(200);
    let etag = ada.get(&place).await.expect(200).etag();
    ada.delete(&place, &etag).await.expect(204);
    let etag = ada.get(&team).await.expect(200).etag();
    ada.delete(&team, &etag).await.expect(204);
    for outsider in [&ada, &bob] {
        outsider.get("/clients").await.refused(401, "unauthenticated");
        outsider.get("/users/me").await.expect(200);
        outsider.get(&team).await.refused(404, "not_found");
        assert_eq!(outsider.get("/teams").await.expect(200).at("/items"), json!([]));
    }
    let next = bob.team("Looms").await;
    bob.working_in(&next).await.get("/clients").await.expect(200);
    ada.post("/users/me/delete", json!({"password": crate::support::PASSWORD})).await.expect(204);
    ada.get("/users/me").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn who_lost_the_team_of_their_token_is_counted_by_themselves_and_not_with_their_address() {
    let app = App::layered(|router, state| apply(router, state.billing().clone(), Settings::default())).await;
    let ada = app.person("ada").await;
    let team = ada.team("Engines").await;
    let ada = ada.working_in(&team).await;
    let etag = ada.get(&team).await.expect(200).etag();
    ada.delete(&team, &etag).await.expect(204);

    let anonymous = app.anyone().get("/users/me").await.refused(401, "unauthenticated");
    assert!(anonymous.header("ratelimit").starts_with("\"anonymous\";r=99;"));
    let left = |answer: &Answer| -> u32 {
        let counted = answer.header("ratelimit").strip_prefix("\"actor\";r=");
        counted.unwrap_or_default().split(';').next().unwrap_or_default().parse().unwrap_or_default()
    };
    let first = left(&ada.get("/users/me").await.expect(200));
    assert!(first > 0);
    assert_eq!(left(&ada.get("/clients").await.refused(401, "unauthenticated")), first - 1);
    assert_eq!(left(&ada.get("/teams").await.expect(200)), first - 2);
    let anonymous = app.anyone().get("/users/me").await.refused(401, "unauthenticated");
    assert!(anonymous.header("ratelimit").starts_with("\"anonymous\";r=98;"));
}

//! Keys with which programs act in a team.

use serde_json::json;

use crate::support::App;

#[tokio::test]
async fn a_program_acts_in_its_team_until_its_key_is_revoked() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let team = ada.team("Engines").await;
    let keys = format!("{team}/api-keys");
    let made = ada.post(&keys, json!({"name": "Web shop", "role": "viewer"})).await.expect(201);
    let secret = made.text("/secret");
    let shop = app.bearing(secret.clone());
    shop.get("/clients").await.expect(200);
    shop.get(&team).await.expect(200);
    shop.post("/clients", json!({"party": {"name": "A", "address": {"country": "AT"}}}))
        .await
        .refused(403, "forbidden");

    let list = ada.get(&keys).await.expect(200);
    assert_eq!(list.text("/items/0/name"), "Web shop");
    assert!(!String::from_utf8_lossy(&list.bytes).contains(&secret));

    ada.revoke(&format!("{keys}/{}", made.text("/key/id"))).await.expect(204);
    shop.get("/clients").await.refused(401, "unauthenticated");
    shop.get(&team).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_program_is_no_person_and_stays_in_its_team() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let (team, other) = (ada.team("Engines").await, ada.team("Other").await);
    let keys = format!("{team}/api-keys");
    let made = ada.post(&keys, json!({"name": "Shop", "role": "owner"})).await.expect(201);
    let shop = app.bearing(made.text("/secret"));
    shop.post(&keys, json!({"name": "More", "role": "viewer"})).await.refused(403, "person_only");
    shop.get("/users/me").await.refused(403, "person_only");
    shop.post("/teams", json!({"name": "Mine"})).await.refused(403, "person_only");
    for part in ["", "/members", "/api-keys", "/security-audit"] {
        shop.get(&format!("{other}{part}")).await.refused(404, "not_found");
    }
    shop.get(&format!("{team}/security-audit")).await.expect(200);
}

#[tokio::test]
async fn the_end_of_a_key_is_an_instant_to_come() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    let keys = format!("{}/api-keys", ada.team("Engines").await);
    let key = |end: &str| json!({"name": "Shop", "role": "viewer", "expires_at": end});
    for (end, code) in [("tomorrow", "malformed"), ("2026-03-01T00:00:00Z", "out_of_range")] {
        let refused = ada.post(&keys, key(end)).await.refused(422, "invalid");
        assert_eq!(refused.field(), ("invalid".into(), "/expires_at".into(), code.into()));
    }
    let made = ada.post(&keys, key("2026-03-03T00:00:00+01:00")).await.expect(201);
    assert_eq!(made.text("/key/expires_at"), "2026-03-02T23:00:00.000Z");
    app.clock.advance_millis(24 * 60 * 60 * 1_000);
    app.bearing(made.text("/secret")).get("/clients").await.refused(401, "unauthenticated");
}

//! What holds on every route: who may, versions, repeatable requests.

use serde_json::json;

use crate::support::{App, client, invoice};

#[tokio::test]
async fn anonymous_and_unknown_callers_learn_nothing() {
    let app = App::ready().await;
    let id = app.owner().issued().await;
    for path in [format!("/invoices/{id}"), "/invoices/inv_7".to_owned(), "/invoices".to_owned()] {
        let refused = app.anonymous().get(&path).await.refused(401, "unauthenticated");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        app.user("stranger").get(&path).await.refused(401, "unauthenticated");
    }
    for step in ["inv_7/publish", "inv_7/pay", "nowhere/void"] {
        let refused = app.anonymous().post(&format!("/invoices/{step}"), json!({})).await;
        refused.refused(401, "unauthenticated");
    }
    app.anonymous().post("/clients", json!("not looked at")).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_foreign_a_malformed_and_an_absent_id_answer_alike() {
    let app = App::ready().await;
    let id = app.owner().issued().await;
    let stranger = app.user("2-owner");
    let absent = "inv_0000000000000000000000000000ffff";
    let expected = stranger.get(&format!("/invoices/{absent}")).await.refused(404, "not_found");
    for other in [id.as_str(), "inv_7", "INV_0000000000000000000000000000ffff", "%00", "cli_1", "%FF"] {
        let path = format!("/invoices/{other}");
        let found = stranger.get(&path).await.refused(404, "not_found");
        assert_eq!(found.body(), expected.body(), "{other}");
        for step in ["publish", "send", "revise"] {
            stranger.post(&format!("{path}/{step}"), json!({})).await.refused(404, "not_found");
        }
        stranger.delete(&path, "\"1\"").await.refused(404, "not_found");
        stranger.patch(&path, "\"1\"", json!({})).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn roles_may_what_the_matrix_says() {
    let app = App::ready().await;
    let draft = app.owner().draft().await;
    app.user("1-viewer").post("/clients", client()).await.refused(403, "forbidden");
    app.user("1-member").post("/clients", client()).await.expect(201);
    let path = format!("/invoices/{draft}");
    app.user("1-member").patch(&path, "\"1\"", json!({"language": "de"})).await.refused(403, "forbidden");
    app.user("1-member").post(&format!("{path}/publish"), json!({})).await.refused(403, "forbidden");
    app.user("1-accountant").post(&format!("{path}/publish"), json!({})).await.expect(200);
    app.user("1-viewer").get(&path).await.expect(200);
}

#[tokio::test]
async fn updates_name_the_version_they_change() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/clients/{}", owner.client().await);
    let patch = json!({"language": "de"});
    let json = owner.with("content-type", "application/json");
    let body = patch.to_string();
    let api = format!("/api/v1{path}");
    json.send("PATCH", &api, body.clone()).await.refused(428, "precondition_required");
    for tag in ["1", "*", "\"1\", \"2\"", "\"", "\"1"] {
        json.with("if-match", tag).send("PATCH", &api, body.clone()).await.refused(400, "malformed_header");
    }
    for tag in ["\"2\"", "W/\"1\"", "\"abc\"", "\"01\"", "\"\""] {
        let refused = json.with("if-match", tag).send("PATCH", &api, body.clone()).await;
        refused.refused(412, "precondition_failed");
    }
    owner.patch(&path, "\"1\"", patch.clone()).await.expect(200);
    owner.patch(&path, "\"1\"", patch).await.refused(412, "precondition_failed");
    // A patch is of what was read: it is not even looked at when that is gone.
    owner.patch(&path, "\"1\"", json!({"party": null})).await.refused(412, "precondition_failed");
    owner.delete(&path, "\"1\"").await.refused(412, "precondition_failed");
    owner.send("DELETE", &api, axum::body::Body::empty()).await.refused(428, "precondition_required");
    let archive = format!("{path}/archive");
    owner.with("if-match", "\"1\"").post(&archive, json!({})).await.refused(412, "precondition_failed");
    owner.with("if-match", "\"2\"").post(&archive, json!({})).await.expect(200);
}

#[tokio::test]
async fn a_patch_takes_away_only_what_there_is_and_an_empty_one_changes_nothing() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}", owner.draft().await);
    for (patch, at) in [
        (json!({"colour_notes": null}), "/colour_notes"),
        (json!({"terms": {"dues": null}}), "/terms/dues"),
        (json!({"delivery": {"nowhere": null}}), "/delivery/nowhere"),
    ] {
        let refused = owner.patch(&path, "\"1\"", patch).await.refused(422, "invalid");
        assert_eq!(refused.field(), ("invalid".into(), at.into(), "unknown_field".into()));
    }
    let before = owner.get(&path).await.expect(200);
    let same = owner.patch(&path, "\"1\"", json!({})).await.expect(200);
    assert_eq!((same.etag(), same.body()), ("\"1\"".into(), before.body()));
    owner.patch(&path, "\"2\"", json!({})).await.refused(412, "precondition_failed");

    let patch = json!({"internal_notes": "Ask twice", "metadata": {"a": "1", "b": "2"}});
    owner.patch(&path, "\"1\"", patch).await.expect(200);
    let patch = json!({"internal_notes": null, "terms": null, "metadata": {"a": null, "c": null}});
    let less = owner.patch(&path, "\"2\"", patch).await.expect(200);
    assert_eq!((less.at("/internal_notes"), less.at("/terms")), (json!(null), json!(null)));
    assert_eq!(less.at("/metadata"), json!({"b": "2"}));
    let refused = owner.patch(&path, "\"3\"", json!({"client": null})).await.refused(422, "invalid");
    assert_eq!(refused.field(), ("invalid".into(), "/client".into(), "required".into()));
}

#[tokio::test]
async fn the_first_profile_needs_no_version_and_every_later_one_does() {
    let app = App::new();
    let owner = app.owner();
    owner.get("/supplier").await.refused(404, "not_found");
    let profile = json!({"party": {"name": "Muster GmbH"}, "time_zone": "Europe/Berlin"});
    let first = owner.put("/supplier", profile.clone()).await.expect(200);
    assert_eq!(first.etag(), "\"1\"");
    owner.put("/supplier", profile.clone()).await.refused(428, "precondition_required");
    owner
        .with("if-match", "\"7\"")
        .put("/supplier", profile.clone())
        .await
        .refused(412, "precondition_failed");
    let second = owner.with("if-match", "\"1\"").put("/supplier", profile).await.expect(200);
    assert_eq!(second.etag(), "\"2\"");
    let patch = json!({"tax_currency": "EUR", "regime": {"kind": "small_business", "reason": "§ 19 UStG"}});
    let third = owner.patch("/supplier", "\"2\"", patch).await.expect(200);
    assert_eq!(third.text("/regime/reason"), "§ 19 UStG");
}

#[tokio::test]
async fn a_repeated_request_is_done_once_and_answered_byte_by_byte_alike() {
    let app = App::ready().await;
    let owner = app.owner();
    let client = owner.client().await;
    let keyed = owner.with("idempotency-key", "create-1");
    let first = keyed.post("/invoices", invoice(&client)).await.expect(201);
    let publish = format!("/invoices/{}/publish", first.text("/id"));
    let published = owner.with("idempotency-key", "publish-1").post(&publish, json!({})).await.expect(200);
    app.clock.advance_millis(90 * 86_400_000);
    owner.post(&format!("/invoices/{}/send", first.text("/id")), json!({})).await.expect(200);

    let again = keyed.post("/invoices", invoice(&client)).await.expect(201);
    assert_eq!((again.bytes, again.headers), (first.bytes, first.headers));
    let again = owner.with("idempotency-key", "publish-1").post(&publish, json!({})).await.expect(200);
    assert_eq!((again.bytes, again.headers), (published.bytes, published.headers));
    assert_eq!(owner.get("/invoices").await.at("/items").as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn twenty_requests_at_once_with_one_key_are_one_payment_and_one_answer() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}/pay", owner.issued().await);
    let keyed = owner.with("idempotency-key", "pay-1");
    let body = json!({"amount": "19.00", "currency": "EUR"});
    let answers = futures::future::join_all((0..20).map(|_| keyed.post(&path, body.clone()))).await;
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.bytes), (201, &answers[0].bytes));
    }
    assert_eq!(owner.get("/payments").await.at("/items").as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn of_thirty_two_payers_with_keys_of_their_own_one_pays() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}/pay", owner.issued().await);
    let payers = (0..32).map(|payer| {
        let keyed = owner.with("idempotency-key", format!("payer-{payer}"));
        let path = &path;
        async move { keyed.post(path, json!({})).await.status.as_u16() }
    });
    let mut statuses = futures::future::join_all(payers).await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 31][..]));
}

#[tokio::test]
async fn a_key_used_for_another_request_or_in_a_bad_form_is_refused() {
    let app = App::ready().await;
    let keyed = app.owner().with("idempotency-key", "k");
    keyed.post("/clients", client()).await.expect(201);
    keyed.post("/clients", json!({"party": {"name": "Other"}})).await.refused(422, "idempotency_mismatch");
    keyed.post("/invoices/preview", invoice("cli_7")).await.expect(422);
    for key in ["", "with space", &"k".repeat(256)] {
        let refused = app.owner().with("idempotency-key", key).post("/clients", client()).await;
        refused.refused(400, "malformed_header");
    }
    let twice = app.owner().with("idempotency-key", "a").with("idempotency-key", "b");
    twice.post("/clients", client()).await.refused(400, "malformed_header");
}

#[tokio::test]
async fn answers_are_kept_by_nobody() {
    let app = App::ready().await;
    let answer = app.owner().get("/clients").await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn parameters_that_do_nothing_are_refused_on_every_method() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/clients/{}", owner.client().await);
    for refused in [
        owner.get("/series?limit=1").await,
        owner.get(&format!("{path}?expand=x")).await,
        owner.post("/clients?dry_run=true", client()).await,
        owner.patch(&format!("{path}?force=1"), "\"1\"", json!({})).await,
        owner.delete(&format!("{path}?force=1"), "\"1\"").await,
    ] {
        refused.refused(400, "invalid_query");
    }
    owner.get(&format!("{path}?locale=de")).await.expect(200);
}

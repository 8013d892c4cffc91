use serde_json::json;

use crate::support::{App, client};

#[tokio::test]
async fn a_client_is_created_read_changed_archived_and_deleted() {
    let app = App::ready().await;
    let owner = app.owner();
    let created = owner.post("/clients", client()).await.expect(201);
    let id = created.text("/id");
    assert_eq!(created.header("location"), format!("clients/{id}"));
    assert_eq!(created.etag(), "\"1\"");

    let path = format!("/clients/{id}");
    let read = owner.get(&path).await.expect(200);
    assert_eq!(read.body(), created.body());

    let patch = json!({"currency": "EUR", "party": {"trading_name": "Sperl", "address": {"city": "Graz"}}});
    let changed = owner.patch(&path, "\"1\"", patch).await.expect(200);
    assert_eq!(changed.text("/party/name"), "Kaffeehaus Sperl KG");
    assert_eq!(changed.text("/party/address/city"), "Graz");
    assert_eq!(changed.text("/party/address/country"), "AT");
    assert_eq!(changed.etag(), "\"2\"");

    let cleared = owner.patch(&path, "\"2\"", json!({"currency": null})).await.expect(200);
    assert!(cleared.at("/currency").is_null());

    let archived = owner.post(&format!("{path}/archive"), json!({})).await.expect(200);
    assert_eq!(archived.text("/archived_at"), "2026-03-02T09:00:00.000Z");
    owner.post(&format!("{path}/archive"), json!({})).await.refused(409, "illegal_transition");
    owner.post(&format!("{path}/restore"), json!({})).await.expect(200);

    owner.delete(&path, "\"5\"").await.expect(204);
    owner.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_filtered() {
    let app = App::ready().await;
    let owner = app.owner();
    for name in ["Anna", "Berta", "Bertram", "Clara"] {
        owner.post("/clients", json!({"party": {"name": name}, "metadata": {"k": name}})).await.expect(201);
    }
    let first = owner.get("/clients?limit=3").await.expect(200);
    assert_eq!(first.at("/items").as_array().unwrap().len(), 3);
    assert_eq!(first.text("/items/0/party/name"), "Clara");
    let cursor = first.text("/next_cursor");
    let second = owner.get(&format!("/clients?limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!(second.text("/items/0/party/name"), "Anna");
    assert!(second.at("/next_cursor").is_null());

    let found = owner.get("/clients?name_prefix=BERT").await.expect(200);
    assert_eq!(found.at("/items").as_array().unwrap().len(), 2);
    let found = owner.get("/clients?metadata_key=k&metadata_value=Anna").await.expect(200);
    assert_eq!(found.text("/items/0/party/name"), "Anna");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_client_is_told_at_once() {
    let app = App::ready().await;
    let body = json!({
        "party": {"name": "A", "address": {"country": "XX"}},
        "currency": "EURO",
        "terms": {"due": {"kind": "days"}, "early_payment": {"days": 3, "percent": "two"}}
    });
    let refused = app.owner().post("/clients", body).await.refused(422, "invalid");
    let fields: Vec<_> = refused.problem().1;
    let expected = [
        ("/party/address/country", "unknown"),
        ("/currency", "unknown_currency"),
        ("/terms/due/days", "required"),
        ("/terms/early_payment/percent", "bad_decimal"),
    ];
    assert_eq!(fields, expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
}

#[tokio::test]
async fn a_client_with_documents_is_not_deleted() {
    let app = App::ready().await;
    let owner = app.owner();
    let draft = owner.draft().await;
    let client = owner.get(&format!("/invoices/{draft}")).await.expect(200).text("/client");
    owner.delete(&format!("/clients/{client}"), "\"1\"").await.refused(409, "in_use");
}

//! What a new user does first.

use serde_json::json;

use crate::support::{App, Client, PASSWORD};

const ADA: &str = "ada@example.org";

/// The team's profile, a series, and an invoice of 119.00 EUR that is issued, by its path.
async fn issued(ada: &Client<'_>) -> String {
    let address = json!({"lines": ["Hauptstraße 1"], "city": "Berlin", "country": "DE"});
    let party = json!({"name": "Muster GmbH", "address": address, "vat_id": "DE123456789"});
    ada.put("/supplier", json!({"party": party, "time_zone": "Europe/Berlin"})).await.expect(200);
    let series = json!({
        "document_type": "invoice", "pattern": "INV-{year}-{seq:05}", "reset": "yearly", "from": "2026-01-01"
    });
    ada.post("/series", series).await.expect(201);
    let address = json!({"lines": ["Gumpendorfer Straße 11"], "city": "Wien", "country": "AT"});
    let party = json!({"name": "Kaffeehaus Sperl KG", "address": address});
    let client = ada.post("/clients", json!({"party": party})).await.expect(201).text("/id");
    let tax = json!({"category": "S", "rate": "19"});
    let draft = json!({
        "client": client,
        "currency": "EUR",
        "lines": [{"name": "Lamp", "quantity": "4", "price": "25.00", "taxes": [tax]}],
        "terms": {"due": {"kind": "days", "days": 14}}
    });
    let path = format!("/invoices/{}", ada.post("/invoices", draft).await.expect(201).text("/id"));
    ada.post(&format!("{path}/publish"), json!({})).await.expect(200);
    path
}

#[tokio::test]
async fn a_new_user_gets_from_registering_to_a_paid_invoice_and_out_again() {
    let app = App::new().await;
    let anyone = app.anyone();
    let registration = json!({"email": ADA, "password": PASSWORD, "name": "Ada", "locale": "en-GB"});
    assert!(anyone.post("/auth/register", registration).await.expect(202).bytes.is_empty());
    let token = app.mailed(ADA).await;
    anyone.post("/auth/email-verification/confirm", json!({"token": token})).await.expect(204);

    let login = json!({"email": "ADA@example.org", "password": PASSWORD, "device": "Laptop"});
    let tokens = anyone.post("/auth/login", login).await.expect(200);
    assert_eq!(tokens.header("cache-control"), "private, no-store");
    let ada = app.bearing(tokens.text("/access_token"));
    let profile = ada.get("/users/me").await.expect(200);
    assert_eq!((profile.text("/email"), profile.text("/locale")), (ADA.to_owned(), "en-GB".to_owned()));
    assert!(!profile.at("/verified_at").is_null());

    ada.get("/clients").await.refused(403, "no_team");
    let team = ada.post("/teams", json!({"name": "Engines Ltd"})).await.expect(201);
    let path = format!("/teams/{}", team.text("/id"));
    assert_eq!((team.header("location"), team.etag()), (&path[1..], "\"1\"".to_owned()));
    let ada = ada.working_in(&path).await;

    let invoice = issued(&ada).await;
    let payment = json!({"amount": "119.00", "currency": "EUR"});
    let paid = ada.post(&format!("{invoice}/pay"), payment).await.expect(201);
    assert_eq!(paid.text("/invoice/status"), "paid");

    let sessions = ada.get("/auth/sessions").await.expect(200);
    assert_eq!(sessions.at("/items").as_array().unwrap().len(), 1);
    assert_eq!(
        (sessions.text("/items/0/device"), sessions.at("/items/0/current")),
        ("Laptop".into(), true.into())
    );

    ada.post("/auth/logout", json!({})).await.expect(204);
    ada.get(&invoice).await.refused(401, "unauthenticated");
    ada.get("/users/me").await.refused(401, "unauthenticated");
    let refresh = json!({"refresh_token": tokens.text("/refresh_token")});
    anyone.post("/auth/refresh", refresh).await.refused(401, "invalid_token");
}

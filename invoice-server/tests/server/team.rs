//! Somebody with a team, and what it takes to write invoices.

use serde_json::{Value, json};

use crate::http::Client;
use crate::place::Place;
use crate::support::{Server, said};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The team of somebody with an account, and a program that acts in it with a key, which outlasts any test.
pub(crate) fn program_of_a_new_team(place: &Place, server: &Server) -> String {
    let new = ["user", "create", "--email", "ada@example.org", "--team", "Muster GmbH"];
    let made = place.errand(&new, PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    let mut ada = server.client();
    let login = ada.post("/auth/login", &json!({"email": "ada@example.org", "password": PASSWORD}));
    let mut ada = server.client().bearing(&login.text("/access_token"));
    set_up(&mut ada);
    let team = ada.get("/teams").text("/items/0/team/id");
    let key = json!({"name": "Web shop", "role": "owner"});
    ada.post(&format!("/teams/{team}/api-keys"), &key).text("/secret")
}

/// The supplier's profile, and a series for invoices and for credit notes.
pub(crate) fn set_up(member: &mut Client) {
    let party = json!({"name": "Muster GmbH", "address": address(), "vat_id": "DE123456789"});
    member.put("/supplier", &json!({"party": party, "time_zone": "Europe/Berlin"})).done();
    for (kind, pattern) in [("invoice", "INV-{seq:05}"), ("credit_note", "CN-{seq:05}")] {
        let series =
            json!({"document_type": kind, "pattern": pattern, "reset": "never", "from": "2020-01-01"});
        member.post("/series", &series).done();
    }
}

fn address() -> Value {
    json!({"lines": ["Hauptstraße 1"], "city": "Berlin", "country": "DE"})
}

/// A new client, by its identifier.
pub(crate) fn customer(member: &mut Client, name: &str) -> String {
    let party = json!({"name": name, "email": "office@sperl.example", "address": address()});
    member.post("/clients", &json!({"party": party})).text("/id")
}

/// An invoice of 119.00 EUR with its tax.
pub(crate) fn lamps(client: &str) -> Value {
    let taxes = json!([{"category": "S", "rate": "19"}]);
    json!({
        "client": client,
        "currency": "EUR",
        "lines": [{"name": "Lamp", "quantity": "4", "price": "25.00", "taxes": taxes}],
        "terms": {"due": {"kind": "days", "days": 14}},
    })
}

/// An issued invoice of 119.00 EUR, by its path.
pub(crate) fn issued(member: &mut Client, client: &str) -> String {
    let path = format!("/invoices/{}", member.post("/invoices", &lamps(client)).text("/id"));
    member.post(&format!("{path}/publish"), &json!({})).done();
    path
}

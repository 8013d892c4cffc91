use serde_json::{Value, json};

use crate::sink::Sink;
use crate::support::Server;

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
}

#[test]
fn from_registration_to_a_paid_invoice_in_the_customers_mail() {
    let sink = Sink::open();
    let url = sink.url();
    let server = Server::start(&["--smtp-url", &url, "--mail-from", "Bills <bills@server.example>"]);
    let (email, password) = ("ada@example.org", "correct horse battery staple");

    server.done(
        "POST",
        "/auth/register",
        None,
        &json!({"email": email, "password": password, "name": "Ada"}),
    );
    let mail = sink.next();
    let code = mail.lines().find(|line| line.starts_with("ivm_")).unwrap();
    server.done("POST", "/auth/email-verification/confirm", None, &json!({"token": code}));
    let login = json!({"email": email, "password": password});
    let token = text(&server.done("POST", "/auth/login", None, &login), "access_token");
    let team = text(&server.done("POST", "/teams", Some(&token), &json!({"name": "Muster GmbH"})), "id");
    let switched = server.done("POST", &format!("/teams/{team}/switch"), Some(&token), &json!({}));
    let token = text(&switched, "access_token");
    let token = Some(token.as_str());

    let address = json!({"lines": ["Hauptstraße 1"], "city": "Berlin", "country": "DE"});
    let party = json!({"name": "Muster GmbH", "address": address, "vat_id": "DE123456789"});
    server.done("PUT", "/supplier", token, &json!({"party": party, "time_zone": "Europe/Berlin"}));
    let series = json!({"document_type": "invoice", "pattern": "INV-{seq:05}", "reset": "never", "from": "2020-01-01"});
    server.done("POST", "/series", token, &series);
    let party = json!({"name": "Sperl KG", "email": "office@sperl.example", "address": address});
    let client = text(&server.done("POST", "/clients", token, &json!({"party": party})), "id");
    let line = json!({"name": "Lamp", "quantity": "4", "price": "25.00",
        "taxes": [{"category": "S", "rate": "19"}]});
    let draft = json!({"client": client, "currency": "EUR", "lines": [line],
        "terms": {"due": {"kind": "days", "days": 14}}});
    let id = text(&server.done("POST", "/invoices", token, &draft), "id");
    server.done("POST", &format!("/invoices/{id}/publish"), token, &json!({}));
    server.done("POST", &format!("/invoices/{id}/send"), token, &json!({}));

    let mail = sink.next();
    for line in ["RCPT TO:<office@sperl.example>", "Subject: INV-00001 Muster GmbH"] {
        assert!(mail.lines().any(|found| found.starts_with(line)), "no {line} in:\n{mail}");
    }
    assert!(mail.contains("text/html") && mail.contains("Sperl KG"), "{mail}");

    server.done("POST", &format!("/invoices/{id}/pay"), token, &json!({}));
    let paid = server.done("GET", &format!("/invoices/{id}"), token, &json!({}));
    assert_eq!(text(&paid, "status"), "paid");
    server.done("POST", "/auth/logout", token, &json!({}));
    let (status, ..) = server.send("GET", "/api/v1/invoices", token, "");
    assert_eq!(status, 401);
}

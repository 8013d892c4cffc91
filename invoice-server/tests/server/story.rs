//! What a new user does, from registration to the tax report, on every store.

use serde_json::json;

use crate::http::Client;
use crate::place::Place;
use crate::sink::Sink;
use crate::support::{Server, said};
use crate::team::{PASSWORD, customer, issued, lamps, set_up};

const EMAIL: &str = "ada@example.org";

#[test]
fn a_new_user_is_paid_and_out_again_on_sqlite() {
    is_told_on(&Place::sqlite());
}

#[test]
fn a_new_user_is_paid_and_out_again_on_postgresql() {
    is_told_on(&Place::postgres());
}

#[test]
fn a_new_user_is_paid_and_out_again_on_mongodb() {
    is_told_on(&Place::mongo());
}

#[test]
fn a_new_user_is_paid_and_out_again_with_invoices_on_postgresql_and_accounts_on_mongodb() {
    is_told_on(&Place::mixed());
}

fn is_told_on(place: &Place) {
    let sink = Sink::open();
    let mut server = place.start(&["--smtp-url", &sink.url(), "--mail-from", "Bills <bills@server.example>"]);
    let mut ada = registered(&server, &sink);
    set_up(&mut ada);
    let client = customer(&mut ada, "Sperl KG");
    let invoice = drafted_and_issued(&mut ada, &client);
    sent(&mut ada, &sink, &invoice);
    refused_to_a_forged_name(&mut ada);
    paid_in_two_parts(&mut ada, &invoice);
    credited(&mut ada, &client);
    reported(&mut ada, &client, &invoice);
    let verified = place.errand(&["verify", "--user", EMAIL], "");
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(said(&verified).contains("whole, 2 document(s)"), "{}", said(&verified));

    ada.post("/auth/logout", &json!({})).done();
    ada.get(&invoice).refused(401, "unauthenticated");
    assert!(server.stop().success());
}

/// Registers, proves the address by the code that was mailed, logs in, and makes a team to work in.
fn registered(server: &Server, sink: &Sink) -> Client {
    let mut anyone = server.client();
    let new = json!({"email": EMAIL, "password": PASSWORD, "name": "Ada"});
    anyone.post("/auth/register", &new).done();
    let mail = sink.next();
    assert!(mail.contains("RCPT TO:<ada@example.org>"), "{mail}");
    let code = mail.lines().find(|line| line.starts_with("ivm_")).expect("a code");
    anyone.post("/auth/email-verification/confirm", &json!({"token": code})).done();
    let login = anyone.post("/auth/login", &json!({"email": EMAIL, "password": PASSWORD}));
    let mut ada = server.client().bearing(&login.text("/access_token"));
    assert!(ada.get("/users/me").done()["verified_at"].is_string());
    ada.get("/clients").refused(403, "no_team");
    let team = ada.post("/teams", &json!({"name": "Muster GmbH"})).text("/id");
    let switched = ada.post(&format!("/teams/{team}/switch"), &json!({}));
    server.client().bearing(&switched.text("/access_token"))
}

fn drafted_and_issued(ada: &mut Client, client: &str) -> String {
    let preview = ada.post("/invoices/preview", &lamps(client));
    assert_eq!(preview.text("/payable"), "119.00");
    assert!(ada.get("/invoices").done()["items"].as_array().unwrap().is_empty(), "a preview was kept");
    let draft = ada.post("/invoices", &lamps(client));
    assert_eq!((draft.text("/status").as_str(), draft.text("/totals/payable").as_str()), ("draft", "119.00"));
    let path = format!("/invoices/{}", draft.text("/id"));
    let noted = ada.patch(&path, draft.etag(), &json!({"internal_notes": "By the end of the month"}));
    assert_eq!(noted.text("/internal_notes"), "By the end of the month");
    ada.patch(&path, draft.etag(), &json!({"internal_notes": "Stale"})).refused(412, "precondition_failed");
    let published = ada.post(&format!("{path}/publish"), &json!({}));
    assert_eq!(published.text("/number"), "INV-00001");
    path
}

fn sent(ada: &mut Client, sink: &Sink, invoice: &str) {
    assert_eq!(ada.post(&format!("{invoice}/send"), &json!({})).text("/status"), "sent");
    let mail = sink.next();
    for line in ["RCPT TO:<office@sperl.example>", "Subject: INV-00001 Muster GmbH"] {
        assert!(mail.lines().any(|found| found.starts_with(line)), "no {line} in:\n{mail}");
    }
    assert!(mail.contains("text/html") && mail.contains("Sperl KG"), "{mail}");
}

/// A name that would begin another header comes in nowhere, so that no mail can have it.
fn refused_to_a_forged_name(ada: &mut Client) {
    let name = "Sperl KG\r\nBcc: everybody@evil.example";
    let refused = ada.post("/clients", &json!({"party": {"name": name}}));
    refused.refused(422, "invalid");
    assert!(refused.body.contains("/party/name"), "{}", refused.body);
}

fn paid_in_two_parts(ada: &mut Client, invoice: &str) {
    let pay = format!("{invoice}/pay");
    let part = json!({"amount": "19.00", "currency": "EUR", "external_reference": "tx-1"});
    let first = ada.post(&pay, &part);
    assert_eq!(
        (first.text("/invoice/status").as_str(), first.text("/invoice/due").as_str()),
        ("partially_paid", "100.00")
    );
    ada.post(&pay, &part).refused(409, "duplicate");
    assert_eq!(ada.post(&pay, &json!({})).text("/invoice/status"), "paid");
    ada.post(&pay, &json!({})).refused(409, "illegal_transition");
}

/// Another invoice, of which one lamp of four was broken.
fn credited(ada: &mut Client, client: &str) {
    let invoice = issued(ada, client);
    let scope = json!({"kind": "lines", "lines": [{"line": "1", "quantity": "1"}]});
    let note = json!({"credit_note": {"scope": scope, "reason": "One was broken"}});
    let note = ada.post(&format!("{invoice}/credit-notes"), &note);
    assert_eq!((note.text("/number").as_str(), note.text("/totals/payable").as_str()), ("CN-00001", "29.75"));
    assert_eq!(ada.get(&invoice).text("/due"), "89.25");
}

fn reported(ada: &mut Client, client: &str, invoice: &str) {
    let day = ada.get("/reports/aging").text("/as_of");
    assert_eq!(ada.get("/reports/aging").text("/rows/0/current"), "89.25");
    let month = &day[..7];
    let taxes = ada.get(&format!("/reports/tax-summary?from={month}"));
    assert_eq!(
        (taxes.text("/rows/0/taxable").as_str(), taxes.text("/rows/0/tax").as_str()),
        ("175.00", "33.25")
    );
    let revenue = ada.get(&format!("/reports/revenue?from={month}"));
    assert_eq!(
        (revenue.text("/rows/0/invoiced").as_str(), revenue.text("/rows/0/credited").as_str()),
        ("200.00", "25.00")
    );
    let statement = ada.get(&format!("/clients/{client}/statement?currency=EUR"));
    assert_eq!(statement.text("/closing"), "89.25");

    let trail = ada.get(&format!("{invoice}/audit")).done();
    let entries = trail["items"].as_array().unwrap().iter().rev();
    let actions: Vec<_> = entries.map(|entry| entry["actions"][0].as_str().unwrap()).collect();
    let expected = ["created", "updated", "issued", "sent", "partially_paid", "paid"];
    assert_eq!(actions, expected.map(|action| format!("invoice.{action}")));
    let chains = ada.get("/verify").done();
    assert_eq!((&chains["whole"], chains["counters"].as_array().map(Vec::len)), (&json!(true), Some(2)));
}

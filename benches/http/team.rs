//! Teams that write invoices, founded over HTTP.

use invoice_benches::Wrong;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::wrk::{bearer, request};

pub(crate) const EMAIL: &str = "ada@example.org";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// What both sides put on an invoice, with 20 % tax: quantity and price.
pub(crate) const LINES: [(u32, &str); 5] =
    [(8, "95.00"), (3, "120.50"), (12, "9.90"), (1, "1450.00"), (5, "33.20")];

/// A team, and a client of it.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub(crate) token: String,
    customer: String,
}

/// An access token of whom `EMAIL` names.
pub(crate) fn log_in(address: &str) -> Result<String, Wrong> {
    let login = json!({"email": EMAIL, "password": PASSWORD});
    let answer = Client::new(address).post("/api/v1/auth/login", &login)?;
    Ok(text(&answer, "/access_token")?.to_owned())
}

/// Founds so many teams of whoever has an account.
pub(crate) fn found(address: &str, count: usize) -> Result<Vec<Team>, Wrong> {
    let ada = Client::new(address).bearing(&log_in(address)?);
    (0..count).map(|_| Team::found(&ada)).collect()
}

impl Team {
    fn found(ada: &Client) -> Result<Self, Wrong> {
        let team = ada.post("/api/v1/teams", &json!({"name": "Kontor Nord GmbH"}))?;
        let path = format!("/api/v1/teams/{}/switch", text(&team, "/id")?);
        let token = text(&ada.post(&path, &json!({}))?, "/access_token")?.to_owned();
        let member = ada.bearing(&token);
        let address = json!({"lines": ["Speicherstraße 4"], "city": "Hamburg", "country": "DE"});
        let party = json!({"name": "Kontor Nord GmbH", "address": address, "vat_id": "DE136695976"});
        let terms = json!({"due": {"kind": "days", "days": 14}});
        let profile = json!({"party": party, "time_zone": "Europe/Berlin", "default_terms": terms});
        member.send("PUT", "/api/v1/supplier", &profile.to_string())?;
        let pattern = "INV-{year}-{seq:05}";
        let series =
            json!({"document_type": "invoice", "pattern": pattern, "reset": "yearly", "from": "2020-01-01"});
        member.post("/api/v1/series", &series)?;
        let party = json!({"name": "Werft Süd AG", "address": address});
        let customer = member.post("/api/v1/clients", &json!({"party": party}))?;
        Ok(Self { token, customer: text(&customer, "/id")?.to_owned() })
    }

    /// What its next invoice says.
    pub(crate) fn invoice(&self) -> Value {
        let taxes = json!([{"category": "S", "rate": "20"}]);
        let line = |(quantity, price): (u32, &str)| json!({"name": "Hours of work", "quantity": quantity.to_string(), "price": price, "taxes": taxes});
        let lines: Vec<Value> = LINES.into_iter().map(line).collect();
        json!({"client": self.customer, "currency": "EUR", "lines": lines})
    }

    /// The request for a new draft.
    pub(crate) fn create(&self, address: &str) -> String {
        self.post("/api/v1/invoices", address)
    }

    /// The request for a new invoice that is issued at once.
    pub(crate) fn issue(&self, address: &str) -> String {
        self.post("/api/v1/invoices/publish", address)
    }

    fn post(&self, path: &str, address: &str) -> String {
        request("POST", path, address, &bearer(&self.token), &self.invoice().to_string())
    }

    /// The request that reads one of its invoices.
    pub(crate) fn read(&self, address: &str, id: &str) -> String {
        request("GET", &format!("/api/v1/invoices/{id}"), address, &bearer(&self.token), "")
    }

    /// New drafts, by their identifiers.
    pub(crate) fn drafts(&self, address: &str, count: usize) -> Result<Vec<String>, Wrong> {
        self.new_ones("/api/v1/invoices", address, count)
    }

    /// New invoices that are issued, by their identifiers.
    pub(crate) fn issued(&self, address: &str, count: usize) -> Result<Vec<String>, Wrong> {
        self.new_ones("/api/v1/invoices/publish", address, count)
    }

    fn new_ones(&self, path: &str, address: &str, count: usize) -> Result<Vec<String>, Wrong> {
        let member = Client::new(address).bearing(&self.token);
        let one = || Ok(text(&member.post(path, &self.invoice())?, "/id")?.to_owned());
        (0..count).map(|_| one()).collect()
    }
}

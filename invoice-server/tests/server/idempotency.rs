//! One request sent by many at once: it happens once, and all are told the same.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http::{Answer, Client};
use crate::load::{at_once, people, repetitions, start};
use crate::place::Place;
use crate::team::{customer, lamps, program_of_a_new_team};

/// Who sends the same request.
pub(crate) const SENDERS: usize = 20;

/// How many keys there are.
pub(crate) fn keys() -> usize {
    repetitions("INVOICE_TEST_KEYS", 50)
}

#[test]
fn what_twenty_send_at_once_to_two_servers_happens_once_on_sqlite() {
    happens_once(&Place::sqlite());
}

#[test]
fn what_twenty_send_at_once_to_two_servers_happens_once_on_postgresql() {
    happens_once(&Place::postgres());
}

#[test]
fn what_twenty_send_at_once_to_two_servers_happens_once_on_mongodb() {
    happens_once(&Place::mongo());
}

fn happens_once(place: &Place) {
    let (one, other) = (start(place), start(place));
    let token = program_of_a_new_team(place, &one);
    let mut shop = one.client().bearing(&token);
    let book = Book::open(&mut shop);
    let answers = at_once(people(SENDERS, &token, &[&one, &other]), keys(), |key, sender| {
        let (path, body) = book.request(key);
        sender.try_post(path, &name(key), &body.to_string()).expect("an answer")
    });
    let refused = answers.iter().flatten().filter(|answer| answer.status == 409).count();
    println!("{} requests by {} keys, {refused} refused for now", answers.len() * SENDERS, answers.len());
    book.check(&mut shop, &answers);

    // Whoever comes later is told the same, and another request under the same key is refused.
    let mut late = other.client().bearing(&token);
    for (key, answers) in answers.iter().enumerate() {
        let (path, body) = book.request(key);
        let again = late.try_post(path, &name(key), &body.to_string()).expect("an answer");
        let first = answers.iter().find(|answer| answer.status == 201).expect("one that was done");
        assert_eq!(told(&again), told(first), "{}", name(key));
        let body =
            body.to_string().replace("10.00", "11.00").replace("25.00", "26.00").replace("key-", "no key-");
        let another = late.try_post(path, &name(key), &body).expect("an answer");
        another.refused(422, "idempotency_mismatch");
    }
    book.check(&mut shop, &answers);
}

pub(crate) fn name(key: usize) -> String {
    format!("key-{key}")
}

/// What must be the same to the byte.
fn told(answer: &Answer) -> (u16, &str, Option<&str>, Option<&str>) {
    (answer.status, &answer.body, answer.header("etag"), answer.header("location"))
}

/// A client for whom things are written, and who is the only record beside those.
pub(crate) struct Book {
    client: String,
}

impl Book {
    pub(crate) fn open(shop: &mut Client) -> Self {
        Self { client: customer(shop, "Sperl KG") }
    }

    /// The request of a key: a new client, draft or payment.
    pub(crate) fn request(&self, key: usize) -> (&'static str, Value) {
        let client = &self.client;
        let payment = json!({"client": client, "amount": "10.00", "currency": "EUR", "date": "2026-01-02"});
        match key % 3 {
            0 => ("/clients", json!({"party": {"name": name(key), "address": {"country": "AT"}}})),
            1 => ("/invoices", lamps(client)),
            _ => ("/payments", payment),
        }
    }

    /// Each key was answered as done, to all alike or not yet, and left one record.
    #[track_caller]
    pub(crate) fn check(&self, shop: &mut Client, answers: &[Vec<Answer>]) {
        let mut told_of = BTreeSet::from([self.client.clone()]);
        for (key, answers) in answers.iter().enumerate() {
            let mut done = answers.iter().filter(|answer| answer.status == 201).map(told);
            let first = done.next().unwrap_or_else(|| panic!("nobody was told that {} is done", name(key)));
            assert!(done.all(|answer| answer == first), "{} was answered in two ways", name(key));
            for answer in answers.iter().filter(|answer| answer.status != 201) {
                answer.refused(409, "conflict");
            }
            let body: Value = serde_json::from_str(first.1).expect("an object");
            assert!(told_of.insert(body["id"].as_str().expect("an identifier").to_owned()));
        }
        let there: Vec<_> =
            ["/clients", "/invoices", "/payments"].iter().flat_map(|list| ids(shop, list)).collect();
        assert_eq!(there.len(), answers.len() + 1, "records, of {} keys and a client", answers.len());
        assert_eq!(there.into_iter().collect::<BTreeSet<_>>(), told_of);
    }
}

/// The identifiers of a whole list.
pub(crate) fn ids(shop: &mut Client, list: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let after = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
        let page = shop.get(&format!("{list}?limit=100{after}")).done();
        let items = page["items"].as_array().expect("a list");
        found.extend(items.iter().map(|item| item["id"].as_str().expect("an identifier").to_owned()));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return found;
        }
    }
}

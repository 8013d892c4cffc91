//! Many at one record: nothing that was answered as done is lost, and what can happen once happens once.

use serde_json::json;

use crate::http::{Client, api};
use crate::idempotency::ids;
use crate::load::{at_once, people, repetitions, start};
use crate::place::Place;
use crate::team::{customer, issued, lamps, program_of_a_new_team};

const EDITORS: usize = 16;
const DRAFTS: usize = 4;
const PAYERS: usize = 32;

#[test]
fn no_edit_is_lost_on_sqlite() {
    no_edit_is_lost(&Place::sqlite());
}

#[test]
fn no_edit_is_lost_on_postgresql() {
    no_edit_is_lost(&Place::postgres());
}

#[test]
fn no_edit_is_lost_on_mongodb() {
    no_edit_is_lost(&Place::mongo());
}

#[test]
fn of_all_who_pay_an_invoice_at_once_one_does_on_sqlite() {
    one_pays(&Place::sqlite());
}

#[test]
fn of_all_who_pay_an_invoice_at_once_one_does_on_postgresql() {
    one_pays(&Place::postgres());
}

#[test]
fn of_all_who_pay_an_invoice_at_once_one_does_on_mongodb() {
    one_pays(&Place::mongo());
}

/// Counts up the number in a draft's notes, as read at some version.
struct Editor {
    client: Client,
    draft: String,
    etag: String,
    number: usize,
}

impl Editor {
    fn new(client: Client, draft: &str) -> Self {
        Self { client, draft: draft.to_owned(), etag: "\"1\"".to_owned(), number: 0 }
    }

    /// Whether the number was counted up; reads it anew if somebody else was faster.
    fn edit(&mut self) -> u16 {
        let notes = json!({"internal_notes": (self.number + 1).to_string()});
        let status = self.ask("PATCH", &notes.to_string());
        if status == 412 {
            assert_eq!(self.ask("GET", ""), 200);
        }
        status
    }

    fn ask(&mut self, method: &str, body: &str) -> u16 {
        let headers = if method == "PATCH" { vec![("if-match", self.etag.as_str())] } else { Vec::new() };
        let answer = self.client.send(method, &api(&self.draft), &headers, body);
        if answer.status == 200 {
            answer.etag().clone_into(&mut self.etag);
            self.number = answer.done()["internal_notes"].as_str().map_or(0, |notes| notes.parse().unwrap());
        }
        answer.status
    }
}

fn no_edit_is_lost(place: &Place) {
    let edits = repetitions("INVOICE_TEST_EDITS", 320);
    let (one, other) = (start(place), start(place));
    let token = program_of_a_new_team(place, &one);
    let mut shop = one.client().bearing(&token);
    let client = customer(&mut shop, "Sperl KG");
    let drafts: Vec<_> = (0..DRAFTS)
        .map(|_| format!("/invoices/{}", shop.post("/invoices", &lamps(&client)).text("/id")))
        .collect();
    // Those of one draft follow each other, so that they are at both servers.
    let of_a_draft = EDITORS / DRAFTS;
    let clients = people(EDITORS, &token, &[&one, &other]).into_iter().enumerate();
    let editors = clients.map(|(number, client)| Editor::new(client, &drafts[number / of_a_draft])).collect();
    let statuses = at_once(editors, edits / EDITORS, |_, editor| editor.edit());

    let mut all = 0;
    for (number, draft) in drafts.iter().enumerate() {
        let mine = number * of_a_draft..(number + 1) * of_a_draft;
        let answers = || statuses.iter().flat_map(|round| &round[mine.clone()]);
        let done = answers().filter(|status| **status == 200).count();
        assert!(answers().all(|status| [200, 412].contains(status)), "{:?}", answers().collect::<Vec<_>>());
        assert!(done >= statuses.len() && done < answers().count(), "{done}: nobody met anybody");
        let found = shop.get(draft);
        assert_eq!(found.text("/internal_notes"), done.to_string());
        assert_eq!(found.etag(), format!("\"{}\"", done + 1));
        assert_eq!(ids(&mut shop, &format!("{draft}/audit")).len(), done + 1);
        all += done;
    }
    println!("{edits} edits at once: {all} done, {} refused with 412, none lost", edits - all);
}

fn one_pays(place: &Place) {
    let races = repetitions("INVOICE_TEST_RACES", 10);
    let (one, other) = (start(place), start(place));
    let token = program_of_a_new_team(place, &one);
    let mut shop = one.client().bearing(&token);
    let client = customer(&mut shop, "Sperl KG");
    let invoices: Vec<_> = (0..races).map(|_| issued(&mut shop, &client)).collect();
    let answers = at_once(people(PAYERS, &token, &[&one, &other]), races, |race, payer| {
        let answer = payer.post(&format!("{}/pay", invoices[race]), &json!({}));
        (answer.status, answer.code())
    });
    for (invoice, answers) in invoices.iter().zip(&answers) {
        let paid = answers.iter().filter(|(status, _)| *status == 201).count();
        let late = answers.iter().filter(|(_, code)| code == "illegal_transition").count();
        assert_eq!((paid, late), (1, PAYERS - 1), "{answers:?}");
        assert_eq!(shop.get(invoice).text("/status"), "paid");
        let id = invoice.trim_start_matches("/invoices/");
        let found = shop.get(&format!("/payments?invoice={id}")).done();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
    }
    assert_eq!(ids(&mut shop, "/payments").len(), races);
    println!("{races} races of {PAYERS} payers: one payment each");
}

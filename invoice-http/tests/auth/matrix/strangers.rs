//! What is another team's is answered like what was never there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::operation::{NAMED, Operation};
use super::rows::{May, ROWS};
use super::side::{Kind, Person, Side, Thing};
use super::tells_nothing_of;
use crate::answer::Answer;
use crate::support::{App, Client};

/// In every text of the other team.
const MARK: &str = "zyzzyva";

/// Another team with one of everything.
struct Theirs<'a> {
    side: Side<'a>,
    things: BTreeMap<Kind, Thing>,
}

impl<'a> Theirs<'a> {
    async fn new(app: &'a App) -> Self {
        let side = Side::new(app, MARK).await;
        let mut things = BTreeMap::new();
        let kinds = ROWS.iter().filter_map(|row| row.about).chain(NAMED.map(|(_, kind)| kind));
        for kind in kinds {
            if let Entry::Vacant(place) = things.entry(kind) {
                place.insert(side.make(kind, &side.founder).await);
            }
        }
        Self { side, things }
    }

    /// Everything that the team can read.
    async fn state(&self, operations: &[Operation]) -> Vec<Answer> {
        let mut state = Vec::new();
        for operation in operations.iter().filter(|operation| !operation.changes()) {
            let things = operation.row.about.map_or(vec![vec![]], |about| {
                let family = self.things.iter().filter(|(kind, _)| kind.path() == about.path());
                family.map(|(_, thing)| thing.ids.clone()).collect()
            });
            for ids in things {
                state.push(operation.ask(&self.side.founder.client, &operation.at(&ids), "", None).await);
            }
        }
        state
    }
}

/// Callers of a team: one of each role, and nobody.
fn callers<'a, 'b>(side: &'a Side<'b>) -> Vec<(&'a Person<'b>, Client<'b>)> {
    let anonymous = (&side.founder, side.app.anyone());
    side.people.iter().map(|person| (person, person.client.clone())).chain([anonymous]).collect()
}

/// An identifier of the same sort that nothing has.
fn absent(id: &str) -> String {
    format!("{}_0000000000000000000000000000ffff", id.split('_').next().unwrap())
}

/// The answer, whichever of two identifiers was asked for.
fn alike(answer: &Answer, id: &str) -> (u16, String) {
    (answer.status.as_u16(), answer.text_of_body().replace(id, "ID"))
}

#[tokio::test]
async fn a_foreign_a_gone_and_a_malformed_id_in_a_path_answer_like_an_absent_one() {
    paths(&App::new().await).await;
    paths(&App::on_sqlite().await).await;
}

async fn paths(app: &App) {
    let (ours, theirs) = (Side::new(app, "ours").await, Theirs::new(app).await);
    let operations = Operation::all();
    let before = theirs.state(&operations).await;
    for operation in &operations {
        let Some(kind) = operation.row.about else { continue };
        let foreign = &theirs.things[&kind].ids;
        let etag = operation.etag(&theirs.side, &theirs.side.founder, Some(&theirs.things[&kind])).await;
        for (person, caller) in callers(&ours) {
            let own = ours.make(kind, &ours.founder).await;
            let body = operation.filled(&ours, person, Some(&own), "").await;
            let gone = ours.gone(kind, person).await;
            for place in 0..foreign.len() {
                let with = |id: &str| {
                    let mut ids = own.ids.clone();
                    id.clone_into(&mut ids[place]);
                    operation.at(&ids)
                };
                let nothing = absent(&foreign[place]);
                let told = format!("{} at {place} by {}", operation.name(), person.role);
                let expected = operation.ask(&caller, &with(&nothing), &etag, body.as_deref()).await;
                let expected = alike(&expected, &nothing);
                assert!([401, 403, 404].contains(&expected.0), "{told}: {expected:?}");
                let last = place == own.ids.len() - 1;
                let gone = gone.as_ref().filter(|_| last).map(|ids| ids[place].as_str());
                for id in gone.into_iter().chain([foreign[place].as_str()]) {
                    let answer = operation.ask(&caller, &with(id), &etag, body.as_deref()).await;
                    assert_eq!(alike(&answer, id), expected, "{told}: {id}");
                    tells_nothing_of(MARK, &answer);
                }
                // What is no identifier at all may be told so, without anybody being asked.
                for id in ["inv_7", "%00", "%FF", "..%2F", &own.ids[place].to_uppercase()] {
                    let answer = operation.ask(&caller, &with(id), &etag, body.as_deref()).await;
                    assert!([expected.0, 404].contains(&answer.status.as_u16()), "{told}: {id}");
                }
            }
            // All of it theirs, as they would ask themselves.
            let answer = operation.ask(&caller, &operation.at(foreign), &etag, body.as_deref()).await;
            assert!([401, 403, 404].contains(&answer.status.as_u16()), "{}", operation.name());
            tells_nothing_of(MARK, &answer);
        }
    }
    let after = theirs.state(&operations).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.text_of_body(), after.text_of_body());
    }
}

#[tokio::test]
async fn a_foreign_id_in_a_body_or_a_query_answers_like_an_absent_one() {
    bodies(&App::new().await).await;
    bodies(&App::on_sqlite().await).await;
}

async fn bodies(app: &App) {
    let (ours, theirs) = (Side::new(app, "ours").await, Theirs::new(app).await);
    let operations = Operation::all();
    let before = theirs.state(&operations).await;
    let mut tried = 0;
    for operation in &operations {
        for (person, caller) in callers(&ours) {
            let thing = match operation.row.about {
                Some(kind) => Some(ours.make(kind, &ours.founder).await),
                None => None,
            };
            let path = operation.at(thing.as_ref().map_or(&[], |thing| &thing.ids));
            let mut pairs = Vec::new();
            let template = operation.template().unwrap_or_default();
            for (word, kind) in NAMED.into_iter().filter(|(word, _)| template.contains(word)) {
                let foreign = theirs.things[&kind].ids.last().unwrap();
                let body = operation.filled(&ours, person, thing.as_ref(), word).await.unwrap();
                pairs.push((path.clone(), Some(body.replace(word, "$id")), foreign));
            }
            for (name, schema) in operation.parameters("query") {
                let kind = match schema["$ref"].as_str().unwrap_or_default().rsplit('/').next() {
                    Some("ClientId") => Kind::Client,
                    Some("InvoiceId") => Kind::Invoice,
                    _ => continue,
                };
                let joint = if path.contains('?') { '&' } else { '?' };
                let foreign = theirs.things[&kind].ids.last().unwrap();
                pairs.push((format!("{path}{joint}{name}=$id"), None, foreign));
            }
            for (path, body, foreign) in pairs {
                tried += 1;
                let etag = operation.etag(&ours, &ours.founder, thing.as_ref()).await;
                let ask = async |id: &str| {
                    let body = body.as_ref().map(|body| body.replace("$id", id));
                    operation.ask(&caller, &path.replace("$id", id), &etag, body.as_deref()).await
                };
                let nothing = absent(foreign);
                let expected = alike(&ask(&nothing).await, &nothing);
                let answer = ask(foreign).await;
                assert_eq!(alike(&answer, foreign), expected, "{} by {}", operation.name(), person.role);
                tells_nothing_of(MARK, &answer);
            }
        }
    }
    assert!(tried >= 100, "{tried}");
    let after = theirs.state(&operations).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.text_of_body(), after.text_of_body());
    }
}

#[tokio::test]
async fn lists_and_reports_of_a_team_are_the_same_whatever_others_do() {
    lists(&App::new().await).await;
    lists(&App::on_sqlite().await).await;
}

async fn lists(app: &App) {
    let ours = Side::new(app, "ours").await;
    for kind in [Kind::Invoice, Kind::CreditNote, Kind::Quote, Kind::Allocated, Kind::Item] {
        ours.make(kind, &ours.founder).await;
    }
    let operations: Vec<_> = Operation::all()
        .into_iter()
        .filter(|operation| !operation.changes() && operation.row.may != May::Anybody)
        .filter(|operation| matches!(operation.row.about, None | Some(Kind::Team)))
        .collect();
    let read = async |side: &Side<'_>, person: &Person<'_>| {
        let mut answers = Vec::new();
        for operation in &operations {
            let ids = operation.row.about.map(|_| side.team.clone()).into_iter().collect::<Vec<_>>();
            let path = operation.at(&ids).replace("prefix=o", &format!("prefix={}", &side.word[..1]));
            answers.push(operation.ask(&person.client, &path, "", None).await);
        }
        answers
    };
    let mut before = Vec::new();
    for person in &ours.people {
        before.push(read(&ours, person).await);
    }
    let theirs = Theirs::new(app).await;
    let seen = read(&theirs.side, &theirs.side.founder).await;
    let marked = seen.iter().filter(|one| one.text_of_body().contains(MARK)).count();
    assert!(marked >= 12, "the other team finds itself in {marked} answers only");
    for (person, before) in ours.people.iter().zip(before) {
        for ((before, after), operation) in before.iter().zip(read(&ours, person).await).zip(&operations) {
            let told = format!("{} by {}", operation.name(), person.role);
            assert_eq!(before.status, after.status, "{told}");
            assert_eq!(before.text_of_body(), after.text_of_body(), "{told}");
            tells_nothing_of(MARK, &after);
        }
    }
}

#[tokio::test]
async fn where_another_team_stopped_reading_is_no_way_into_it() {
    cursors(&App::new().await).await;
    cursors(&App::on_sqlite().await).await;
}

async fn cursors(app: &App) {
    let (ours, theirs) = (Side::new(app, "ours").await, Theirs::new(app).await);
    let mut tried = 0;
    for operation in Operation::all() {
        let pages = operation.parameters("query").iter().any(|(name, _)| *name == "cursor");
        if !pages || operation.changes() {
            continue;
        }
        let ids = |side: &Side<'_>, thing: &Thing| match operation.row.about {
            Some(Kind::Team) => vec![side.team.clone()],
            Some(_) => thing.ids.clone(),
            None => Vec::new(),
        };
        let foreign = theirs.things.get(&operation.row.about.unwrap_or(Kind::Client)).unwrap();
        let own = ours.make(operation.row.about.unwrap_or(Kind::Client), &ours.founder).await;
        let joint = |path: String| if path.contains('?') { format!("{path}&") } else { format!("{path}?") };
        let start = joint(operation.at(&ids(&theirs.side, foreign))).replace("prefix=o", "prefix=z");
        let page = theirs.side.founder.client.send("GET", &format!("{start}limit=1"), None).await.expect(200);
        let Some(cursor) = page
            .headers
            .get("content-type")
            .filter(|kind| *kind == "application/json")
            .and_then(|_| page.body()["next_cursor"].as_str().map(str::to_owned))
        else {
            continue;
        };
        tried += 1;
        let path = format!("{}cursor={cursor}", joint(operation.at(&ids(&ours, &own))));
        for person in &ours.people {
            let answer = operation.ask(&person.client, &path, "", None).await;
            tells_nothing_of(MARK, &answer);
        }
    }
    assert!(tried >= 9, "{tried} lists have a second page");
}

#[tokio::test]
async fn who_searches_finds_what_is_theirs_and_nothing_else() {
    searches(&App::new().await).await;
    searches(&App::on_sqlite().await).await;
}

async fn searches(app: &App) {
    let (ours, theirs) = (Side::new(app, "ours").await, Theirs::new(app).await);
    for search in [
        "/users?prefix=zyzzyva",
        "/teams/{team}/members?prefix=zyzzyva",
        "/clients?name_prefix=zyzzyva",
        "/clients?metadata_key=shop&metadata_value=zyzzyva",
        "/items?name_prefix=zyzzyva",
        "/invoices?number_prefix=invoice-zyzzyva",
        "/invoices?customer_prefix=zyzzyva",
    ] {
        let found = async |side: &Side<'_>| {
            let path = search.replace("{team}", &side.team);
            let page = side.founder.client.get(&path).await.expect(200);
            page.at("/items").as_array().unwrap().len()
        };
        assert!(found(&theirs.side).await >= 1, "{search} finds nothing at all");
        assert_eq!(found(&ours).await, 0, "{search}");
    }
}

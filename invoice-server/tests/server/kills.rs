//! A server is killed while it is at requests, and comes back; who got no answer asks again with the same key.

use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Answer, Client};
use crate::idempotency::{Book, SENDERS, keys, name};
use crate::load::{at_once, start};
use crate::place::Place;
use crate::support::Server;
use crate::team::program_of_a_new_team;

/// Requests begun between two kills.
const BETWEEN: usize = 60;

/// How long a database may keep what a killed process began. MongoDB keeps a transaction a minute, or half as long again.
const KEPT: Duration = Duration::from_mins(2);

#[test]
fn what_a_killed_server_was_at_happens_once_when_it_is_asked_again_on_sqlite() {
    happens_once(&Place::sqlite());
}

#[test]
fn what_a_killed_server_was_at_happens_once_when_it_is_asked_again_on_postgresql() {
    happens_once(&Place::postgres());
}

#[test]
fn what_a_killed_server_was_at_happens_once_when_it_is_asked_again_on_mongodb() {
    happens_once(&Place::mongo());
}

/// The server that is killed; nobody looks at it while there is none.
struct Victim {
    server: RwLock<Server>,
    broken: AtomicUsize,
}

struct Sender<'a> {
    client: Client,
    token: &'a str,
    /// Whom it asks, if that is not the server that lives, and who counts the requests begun.
    victim: Option<(&'a Victim, mpsc::Sender<()>)>,
}

impl Sender<'_> {
    /// Asks until there is an answer.
    fn ask(&mut self, path: &str, key: &str, body: &str) -> Answer {
        let Some((victim, begun)) = &self.victim else {
            return self.client.try_post(path, key, body).expect("a server that lives answers");
        };
        loop {
            begun.send(()).expect("somebody counts");
            if let Ok(answer) = self.client.try_post(path, key, body) {
                return answer;
            }
            victim.broken.fetch_add(1, Ordering::SeqCst);
            self.client = victim.server.read().unwrap().client().bearing(self.token);
        }
    }
}

fn happens_once(place: &Place) {
    let steady = start(place);
    let token = program_of_a_new_team(place, &steady);
    let mut shop = steady.client().bearing(&token);
    let book = Book::open(&mut shop);
    let victim = Victim { server: RwLock::new(start(place)), broken: AtomicUsize::new(0) };
    let (begun, counted) = mpsc::channel();
    let senders = (0..SENDERS).map(|number| {
        let asked = (number % 2 == 0).then(|| (&victim, begun.clone()));
        let client = if asked.is_some() { victim.server.read().unwrap().client() } else { steady.client() };
        Sender { client: client.bearing(&token), token: &token, victim: asked }
    });
    let senders: Vec<_> = senders.collect();
    // The killer ends when nobody is left who could begin a request.
    drop(begun);
    let (mut answers, kills) = thread::scope(|scope| {
        let victim = &victim;
        let killer = scope.spawn(move || kill(place, victim, &counted));
        let answers = at_once(senders, keys(), |key, sender: &mut Sender<'_>| {
            let (path, body) = book.request(key);
            sender.ask(path, &name(key), &body.to_string())
        });
        (answers, killer.join().expect("nobody panics"))
    });
    let broken = victim.broken.load(Ordering::SeqCst);
    println!("{} keys, {kills} kills, {broken} connections broken", answers.len());
    assert!(kills > 0 && broken > 0, "nothing was killed at a request");
    for (key, answers) in answers.iter_mut().enumerate() {
        ask_until_done(&book, || steady.client().bearing(&token), key, answers);
    }
    book.check(&mut steady.client().bearing(&token), &answers);
}

/// All who asked with a key may have been told to come again, if what a killed process had begun was still in their way.
fn ask_until_done(book: &Book, shop: impl Fn() -> Client, key: usize, answers: &mut Vec<Answer>) {
    let (path, body) = book.request(key);
    let started = Instant::now();
    while answers.iter().all(|answer| answer.status != 201) && started.elapsed() < KEPT {
        let answer = shop().try_post(path, &name(key), &body.to_string());
        answers.push(answer.expect("a server that lives answers"));
    }
    // As are those for whom that took too long.
    answers.retain(|answer| {
        let comes_again = answer.status == 503 && answer.header("retry-after").is_some();
        !comes_again
    });
}

/// Kills the server again and again, as soon as enough requests were begun; how often.
fn kill(place: &Place, victim: &Victim, begun: &Receiver<()>) -> usize {
    let mut kills = 0;
    loop {
        // Not always at the same place in a round.
        for _ in 0..BETWEEN + kills * 7 % 11 {
            if begun.recv().is_err() {
                return kills;
            }
        }
        let mut server = victim.server.write().unwrap();
        server.kill();
        *server = start(place);
        kills += 1;
    }
}

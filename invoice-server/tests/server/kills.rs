//! A server is killed while it is at requests, and comes back; who got no answer asks again with the same key.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
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
const PATIENCE: Duration = Duration::from_secs(60);

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

/// The server that is killed, as those who ask it see it.
#[derive(Default)]
struct Victim {
    address: RwLock<String>,
    begun: AtomicUsize,
    broken: AtomicUsize,
}

struct Sender<'a> {
    client: Client,
    token: &'a str,
    /// Whom it asks, if that is not the server that lives.
    victim: Option<&'a Victim>,
}

impl Sender<'_> {
    /// Asks until there is an answer.
    fn ask(&mut self, path: &str, key: &str, body: &str) -> Answer {
        let start = Instant::now();
        loop {
            let Some(victim) = self.victim else {
                return self.client.try_post(path, key, body).expect("a server that lives answers");
            };
            victim.begun.fetch_add(1, Ordering::SeqCst);
            match self.client.try_post(path, key, body) {
                Ok(answer) => return answer,
                Err(error) => {
                    assert!(start.elapsed() < PATIENCE, "{error}");
                    victim.broken.fetch_add(1, Ordering::SeqCst);
                    self.client = Client::new(&victim.address.read().unwrap()).bearing(self.token);
                }
            }
        }
    }
}

fn happens_once(place: &Place) {
    let steady = start(place);
    let token = program_of_a_new_team(place, &steady);
    let mut shop = steady.client().bearing(&token);
    let book = Book::open(&mut shop);
    let victim = Victim::default();
    let first = start(place);
    victim.address.write().unwrap().clone_from(&first.address);
    let server = Mutex::new(first);
    let senders = (0..SENDERS).map(|number| {
        let asked = (number % 2 == 0).then_some(&victim);
        let client = if asked.is_some() { server.lock().unwrap().client() } else { steady.client() };
        Sender { client: client.bearing(&token), token: &token, victim: asked }
    });
    let (senders, is_over) = (senders.collect(), AtomicBool::new(false));
    let (answers, kills) = thread::scope(|scope| {
        let killer = scope.spawn(|| kill(place, &server, &victim, &is_over));
        let answers = at_once(senders, keys(), |key, sender: &mut Sender<'_>| {
            let (path, body) = book.request(key);
            sender.ask(path, &name(key), &body.to_string())
        });
        is_over.store(true, Ordering::SeqCst);
        (answers, killer.join().expect("nobody panics"))
    });
    let broken = victim.broken.load(Ordering::SeqCst);
    println!("{} keys, {kills} kills, {broken} requests without an answer", answers.len());
    assert!(kills > 0 && broken > 0, "nothing was killed at a request");
    book.check(&mut shop, &answers);
    let verified = place.errand(&["verify", "--user", "ada@example.org"], "");
    assert!(verified.status.success());
}

/// Kills the server again and again, as soon as enough requests were begun; how often.
fn kill(place: &Place, server: &Mutex<Server>, victim: &Victim, is_over: &AtomicBool) -> usize {
    let mut kills = 0;
    loop {
        // Not always at the same place in a request.
        let next = victim.begun.load(Ordering::SeqCst) + BETWEEN + kills * 7 % 11;
        while victim.begun.load(Ordering::SeqCst) < next {
            if is_over.load(Ordering::SeqCst) {
                return kills;
            }
            thread::yield_now();
        }
        let mut server = server.lock().unwrap();
        server.kill();
        *server = start(place);
        victim.address.write().unwrap().clone_from(&server.address);
        kills += 1;
    }
}

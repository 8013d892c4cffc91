//! Many who ask at the same time.

use std::env;
use std::sync::Barrier;
use std::thread;

use crate::http::Client;
use crate::place::Place;
use crate::support::Server;

/// How often a load test repeats: a few times, unless the environment asks for more.
pub(crate) fn repetitions(variable: &str, few: usize) -> usize {
    env::var(variable).map_or(few, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

/// Lets people act at the same moment, again and again; `step` is told which round it is. Answers what came of each
/// round, in the order of the people.
pub(crate) fn at_once<P: Send, T: Send>(
    mut people: Vec<P>,
    rounds: usize,
    step: impl Fn(usize, &mut P) -> T + Sync,
) -> Vec<Vec<T>> {
    let step = &step;
    let round = |round| {
        let barrier = Barrier::new(people.len());
        thread::scope(|scope| {
            let act = |person| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    step(round, person)
                })
            };
            let acting: Vec<_> = people.iter_mut().map(act).collect();
            acting.into_iter().map(|acting| acting.join().expect("nobody panics")).collect()
        })
    };
    (0..rounds).map(round).collect()
}

/// A server of a deployment of several, which know each others' tokens, and with room for everybody.
pub(crate) fn start(place: &Place) -> Server {
    place.start(&["--public-url", "http://bills.example", "--actor-limit", "1000000/1"])
}

/// So many people with one token, in turn at one server and at the other.
pub(crate) fn people(number: usize, token: &str, servers: &[&Server]) -> Vec<Client> {
    servers.iter().cycle().take(number).map(|server| server.client().bearing(token)).collect()
}

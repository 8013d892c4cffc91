//! Ratios that survive a busy machine: two things measured turn by turn, and the median of their ratios.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Turns of each; an odd number has a median.
const TURNS: usize = 501;
/// About how long a turn of one of them takes: far shorter than what a scheduler gives, so that few are interrupted.
const TURN: Duration = Duration::from_micros(150);

/// How long `a` takes in thousandths of what `b` takes: the median of paired turns.
pub fn permille<A, B>(mut a: impl FnMut() -> A, mut b: impl FnMut() -> B) -> u128 {
    let (a_rounds, b_rounds) = (rounds(&mut a), rounds(&mut b));
    let mut ratios: Vec<_> = (0..TURNS)
        .map(|_| {
            let a = time(&mut a, a_rounds).as_nanos() * u128::from(b_rounds);
            let b = time(&mut b, b_rounds).as_nanos() * u128::from(a_rounds);
            a * 1_000 / b.max(1)
        })
        .collect();
    ratios.sort_unstable();
    ratios.get(TURNS / 2).copied().unwrap_or_default()
}

/// How often to run it in one turn.
fn rounds<T>(run: &mut impl FnMut() -> T) -> u32 {
    let mut rounds = 1;
    while time(run, rounds) < TURN {
        rounds *= 2;
    }
    rounds
}

/// The first run only fetches back what the other one's turn drove out of the caches.
fn time<T>(run: &mut impl FnMut() -> T, rounds: u32) -> Duration {
    black_box(run());
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(run());
    }
    start.elapsed()
}

//! What the times of two kinds of answers tell.

use std::time::Duration;

/// What may be told from an AUC of 0.45 to 0.55: nothing.
const FAIR: std::ops::RangeInclusive<usize> = 45_00..=55_00;

#[derive(Default)]
pub(crate) struct Times {
    known: Vec<Duration>,
    unknown: Vec<Duration>,
}

impl Times {
    pub(crate) fn add(&mut self, is_known: bool, took: Duration) {
        let times = if is_known { &mut self.known } else { &mut self.unknown };
        times.push(took);
    }

    /// Prints a line; whether the times tell nothing.
    pub(crate) fn print(&self, name: &str) -> bool {
        let (auc, (known, unknown)) = (self.auc(), self.medians());
        let is_fair = FAIR.contains(&auc);
        let verdict = if is_fair { "" } else { "  tells them apart" };
        println!(
            "{name:27} {:3}.{:02}   {} / {}{verdict}",
            auc / 100,
            auc % 100,
            known.as_micros(),
            unknown.as_micros()
        );
        is_fair
    }

    /// Of all pairs of a known and an unknown one, in how many the known one took longer; a tie is half a pair. In
    /// hundredths of a percent.
    fn auc(&self) -> usize {
        let twice: usize = self.known.iter().map(|known| self.shorter_than(*known)).sum();
        twice * 10_000 / (2 * self.known.len() * self.unknown.len())
    }

    fn shorter_than(&self, known: Duration) -> usize {
        self.unknown
            .iter()
            .map(|unknown| match unknown.cmp(&known) {
                std::cmp::Ordering::Less => 2,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Greater => 0,
            })
            .sum()
    }

    fn medians(&self) -> (Duration, Duration) {
        let median = |times: &[Duration]| {
            let mut times = times.to_vec();
            times.sort_unstable();
            times.get(times.len() / 2).copied().unwrap_or_default()
        };
        (median(&self.known), median(&self.unknown))
    }
}

//! Samples in pairs: what is measured and its limit take turns, and only the ratios of a turn count.

use std::time::Duration;

use crate::Wrong;
use crate::cpu::Cpu;

/// So much was done in that time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// What was done so often.
    pub operations: u64,
    /// By the clock on the wall.
    pub wall: Duration,
    /// What the processor was busy with it.
    pub cpu: Cpu,
    /// What 99 of 100 operations took at most, where each was timed.
    pub p99: Option<Duration>,
}

impl Sample {
    /// Nanoseconds of wall clock for each operation.
    pub fn nanos(&self) -> u128 {
        self.wall.as_nanos() / u128::from(self.operations.max(1))
    }

    /// Operations a second.
    pub fn rate(&self) -> u128 {
        u128::from(self.operations) * 1_000_000_000 / self.wall.as_nanos().max(1)
    }
}

/// The time that 99 of 100 of these took at most.
pub fn p99(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied()
}

/// The middle one.
pub fn median<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// The turns of two things.
#[derive(Debug)]
pub struct Pairs(Vec<(Sample, Sample)>);

impl Pairs {
    /// Takes `turns` samples of each, one after the other, and changes which goes first. A turn before them is
    /// not counted: it fills caches, connects and prepares.
    pub async fn take(
        turns: usize,
        mut ours: impl AsyncFnMut() -> Result<Sample, Wrong>,
        mut limit: impl AsyncFnMut() -> Result<Sample, Wrong>,
    ) -> Result<Self, Wrong> {
        let mut pairs = Vec::with_capacity(turns);
        for turn in 0..=turns {
            let pair = if turn % 2 == 0 {
                let ours = ours().await?;
                (ours, limit().await?)
            } else {
                let limit = limit().await?;
                (ours().await?, limit)
            };
            pairs.push(pair);
        }
        pairs.remove(0);
        Ok(Self(pairs))
    }

    /// Thousandths: how fast ours is for each of the limit's, lowest, median and highest.
    pub fn speed(&self) -> [u128; 3] {
        self.ratios(|ours, limit| limit.nanos() * 1_000 / ours.nanos().max(1))
    }

    /// Thousandths: how long ours takes for each of the limit's.
    pub fn time(&self) -> [u128; 3] {
        self.ratios(|ours, limit| ours.nanos() * 1_000 / limit.nanos().max(1))
    }

    fn ratios(&self, ratio: impl Fn(&Sample, &Sample) -> u128) -> [u128; 3] {
        let mut ratios: Vec<_> = self.0.iter().map(|(ours, limit)| ratio(ours, limit)).collect();
        ratios.sort_unstable();
        let at = |place: usize| ratios.get(place).copied().unwrap_or_default();
        [at(0), at(ratios.len() / 2), at(ratios.len().saturating_sub(1))]
    }

    /// The median turn of ours, by speed.
    pub fn ours(&self) -> Sample {
        Self::middle(self.0.iter().map(|(ours, _)| *ours).collect())
    }

    /// The median turn of the limit, by speed.
    pub fn limit(&self) -> Sample {
        Self::middle(self.0.iter().map(|(_, limit)| *limit).collect())
    }

    fn middle(mut samples: Vec<Sample>) -> Sample {
        samples.sort_unstable_by_key(Sample::nanos);
        samples.get(samples.len() / 2).copied().unwrap_or_default()
    }
}

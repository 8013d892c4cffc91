//! The processes of a run: started, killed, started again.

use std::path::PathBuf;
use std::process::Child;

use anyhow::{Context, Result, bail};

use super::journal::Journal;
use crate::command::program;
use crate::provision::{Mongo, Postgres, Random};

/// Who is to be killed at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Victims {
    pub(super) server: bool,
    pub(super) workers: Vec<usize>,
}

impl Victims {
    /// If there is a server, it in every second round, sometimes with all workers; else one worker or all of them.
    pub(super) fn choose(random: &mut Random, round: u64, workers: usize, has_server: bool) -> Self {
        let one = usize::try_from(random.below(u64::try_from(workers).unwrap_or(1))).unwrap_or(0);
        let all: Vec<_> = (0..workers).collect();
        match random.below(5) {
            0 if has_server && round.is_multiple_of(2) => Self { server: true, workers: all },
            _ if has_server && round.is_multiple_of(2) => Self { server: true, workers: Vec::new() },
            0..=2 => Self { server: false, workers: vec![one] },
            _ => Self { server: false, workers: all },
        }
    }
}

/// What the workers talk to.
pub(super) enum Server {
    Postgres(Postgres),
    /// With the node that was killed and not started again yet.
    Mongo(Mongo, Option<usize>),
}

impl Server {
    pub(super) fn url(&self) -> &str {
        match self {
            Self::Postgres(server) => server.url(),
            Self::Mongo(set, _) => set.url(),
        }
    }

    /// The server, or of several the one that takes writes.
    fn kill(&mut self) -> Result<()> {
        match self {
            Self::Postgres(server) => server.kill()?,
            Self::Mongo(set, killed) => *killed = Some(set.kill_primary()?),
        }
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        match self {
            Self::Postgres(server) => server.restart(),
            Self::Mongo(set, killed) => killed.take().map_or(Ok(()), |node| set.restart(node)),
        }
    }
}

pub(super) struct Stage {
    binary: PathBuf,
    options: Vec<String>,
    journals: Vec<Journal>,
    workers: Vec<Option<Child>>,
    server: Option<Server>,
}

impl Stage {
    pub(super) fn new(
        binary: PathBuf,
        mut options: Vec<String>,
        journals: Vec<PathBuf>,
        server: Option<Server>,
        broken: Option<&str>,
    ) -> Self {
        if let Some(broken) = broken {
            options.extend(["--broken".to_owned(), broken.to_owned()]);
        }
        let workers = journals.iter().map(|_| None).collect();
        let journals = journals.into_iter().map(Journal::new).collect();
        Self { binary, options, journals, workers, server }
    }

    pub(super) fn start(&mut self, worker: usize) -> Result<()> {
        let child = self.worker(worker, &[])?;
        *self.workers.get_mut(worker).context("no such worker")? = Some(child);
        Ok(())
    }

    fn worker(&self, worker: usize, more: &[&str]) -> Result<Child> {
        let mut command = program(&self.binary);
        command.arg("work").args(&self.options).args(["--worker", &worker.to_string()]).args(more);
        command.spawn().context("cannot start a worker")
    }

    /// How many issues all journals together call acknowledged.
    pub(super) fn acknowledged(&mut self) -> Result<u64> {
        let mut count = 0;
        for journal in &mut self.journals {
            count += journal.count().context("cannot read a journal")?;
        }
        Ok(count)
    }

    /// A worker that ends by itself before it is told to has failed.
    pub(super) fn check(&mut self) -> Result<()> {
        for worker in self.workers.iter_mut().flatten() {
            if let Some(status) = worker.try_wait()? {
                bail!("a worker ended by itself: {status}");
            }
        }
        Ok(())
    }

    /// Kills and starts again.
    pub(super) fn kill(&mut self, victims: &Victims) -> Result<()> {
        self.end(victims)?;
        if victims.server
            && let Some(server) = &mut self.server
        {
            server.restart()?;
        }
        for worker in &victims.workers {
            self.start(*worker)?;
        }
        Ok(())
    }

    /// Kills only.
    pub(super) fn end(&mut self, victims: &Victims) -> Result<()> {
        if victims.server
            && let Some(server) = &mut self.server
        {
            server.kill()?;
        }
        for worker in &victims.workers {
            if let Some(mut child) = self.workers.get_mut(*worker).and_then(Option::take) {
                child.kill().context("cannot kill a worker")?;
                child.wait()?;
            }
        }
        Ok(())
    }

    /// Lets each worker find out about what it left open, and begin nothing new.
    pub(super) fn settle(&self) -> Result<()> {
        let workers = (0..self.workers.len()).map(|worker| self.worker(worker, &["--limit", "0"]));
        for child in workers.collect::<Result<Vec<_>>>()? {
            let status = child.wait_with_output()?.status;
            if !status.success() {
                bail!("a worker could not finish what it had begun: {status}");
            }
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for mut worker in self.workers.drain(..).flatten() {
            if let Err(error) = worker.kill().and_then(|()| worker.wait()) {
                eprintln!("cannot end a worker: {error}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn victims(has_server: bool) -> Vec<Victims> {
        let mut random = Random::new(7);
        (1..=100).map(|round| Victims::choose(&mut random, round, 4, has_server)).collect()
    }

    #[test]
    fn with_a_server_every_second_kill_is_its_own() {
        let victims = victims(true);
        assert!(victims.iter().skip(1).step_by(2).all(|victims| victims.server));
        assert_eq!(victims.iter().filter(|victims| victims.server).count(), 50);
        for workers in [0, 4] {
            assert!(victims.iter().any(|victims| victims.server && victims.workers.len() == workers));
        }
        for workers in [1, 4] {
            assert!(victims.iter().any(|victims| !victims.server && victims.workers.len() == workers));
        }
    }

    #[test]
    fn without_a_server_every_kill_hits_a_worker() {
        assert!(victims(false).iter().all(|victims| !victims.server && !victims.workers.is_empty()));
    }
}

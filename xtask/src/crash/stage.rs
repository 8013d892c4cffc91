//! The processes of a run: started, killed, started again.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::Child;

use anyhow::{Context, Result, bail};

use crate::command::program;
use crate::provision::{Postgres, Random};

/// Who is to be killed at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Victims {
    pub(super) server: bool,
    pub(super) workers: Vec<usize>,
}

impl Victims {
    /// The server in every other case, if there is one; else one worker or all of them, or both.
    pub(super) fn choose(random: &mut Random, workers: usize, has_server: bool) -> Self {
        let one = usize::try_from(random.below(u64::try_from(workers).unwrap_or(1))).unwrap_or(0);
        let all: Vec<_> = (0..workers).collect();
        match random.below(8) {
            0..=3 if has_server => Self { server: true, workers: Vec::new() },
            4 if has_server => Self { server: true, workers: all },
            0..=5 => Self { server: false, workers: vec![one] },
            _ => Self { server: false, workers: all },
        }
    }
}

pub(super) struct Stage {
    binary: PathBuf,
    options: Vec<String>,
    journals: Vec<Journal>,
    workers: Vec<Option<Child>>,
    server: Option<Postgres>,
}

impl Stage {
    pub(super) fn new(
        binary: PathBuf,
        mut options: Vec<String>,
        journals: Vec<PathBuf>,
        server: Option<Postgres>,
        broken: Option<&str>,
    ) -> Self {
        if let Some(broken) = broken {
            options.extend(["--broken".to_owned(), broken.to_owned()]);
        }
        let workers = journals.iter().map(|_| None).collect();
        let journals = journals.into_iter().map(|path| Journal { path, end: 0, count: 0 }).collect();
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

/// A journal, read as far as it goes.
struct Journal {
    path: PathBuf,
    end: u64,
    count: u64,
}

impl Journal {
    /// How many of its lines acknowledge.
    fn count(&mut self) -> io::Result<u64> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(self.end))?;
        let mut more = Vec::new();
        file.read_to_end(&mut more)?;
        // Half a line is read again, whole.
        for line in more.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            self.end += u64::try_from(line.len()).unwrap_or(0);
            self.count += u64::from(line.starts_with(b"done\t"));
        }
        Ok(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::Folder;

    #[test]
    fn only_whole_lines_that_acknowledge_count_and_each_once() {
        let folder = Folder::new("journal").unwrap();
        let path = folder.path().join("worker-0");
        let mut journal = Journal { path: path.clone(), end: 0, count: 0 };
        assert_eq!(journal.count().unwrap(), 0);
        std::fs::write(&path, "begin\t1-0\ndone\t1-0\tx\ty\nbegin\t1-1\ndone\t1").unwrap();
        assert_eq!((journal.count().unwrap(), journal.count().unwrap()), (1, 1));
        std::fs::write(&path, "begin\t1-0\ndone\t1-0\tx\ty\nbegin\t1-1\ndone\t1-1\tx\ty\n").unwrap();
        assert_eq!(journal.count().unwrap(), 2);
    }

    #[test]
    fn with_a_server_about_every_other_kill_is_its_own() {
        let mut random = Random::new(7);
        let victims: Vec<_> = (0..100).map(|_| Victims::choose(&mut random, 4, true)).collect();
        let servers = victims.iter().filter(|victims| victims.server).count();
        assert!((45..80).contains(&servers), "{servers}");
        assert!(victims.iter().any(|victims| victims.workers.len() == 1));
        assert!(victims.iter().any(|victims| !victims.server && victims.workers.len() == 4));
    }

    #[test]
    fn without_a_server_every_kill_hits_a_worker() {
        let mut random = Random::new(7);
        let victims = (0..100).map(|_| Victims::choose(&mut random, 4, false));
        assert!(victims.into_iter().all(|victims| !victims.server && !victims.workers.is_empty()));
    }
}

//! What the workers wrote down, and for how long they had nothing to write.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::POLL;

/// A journal, read as far as it goes.
pub(super) struct Journal {
    path: PathBuf,
    end: u64,
    count: u64,
}

impl Journal {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, end: 0, count: 0 }
    }

    /// How many of its lines acknowledge.
    pub(super) fn count(&mut self) -> io::Result<u64> {
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

/// Measures, beside whatever else goes on, how long no worker got an answer.
pub(super) struct Stall {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<io::Result<Duration>>>,
}

impl Stall {
    /// From the first acknowledgement in any of these journals on.
    pub(super) fn watch(journals: Vec<PathBuf>) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_over);
        let thread = spawn(move || {
            let mut journals: Vec<_> = journals.into_iter().map(Journal::new).collect();
            let (mut seen, mut since, mut longest) = (0, Instant::now(), Duration::ZERO);
            while !flag.load(Ordering::Relaxed) {
                let mut count = 0;
                for journal in &mut journals {
                    count += journal.count()?;
                }
                if seen > 0 {
                    longest = longest.max(since.elapsed());
                }
                if count > seen {
                    (seen, since) = (count, Instant::now());
                }
                sleep(POLL);
            }
            Ok(longest)
        });
        Self { is_over, thread: Some(thread) }
    }

    /// The longest until now.
    pub(super) fn end(mut self) -> Result<Duration> {
        self.is_over.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("a watch ends once")?;
        let longest = thread.join().map_err(|_| anyhow!("the watch over the journals panicked"))?;
        longest.context("cannot read a journal")
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::provision::Folder;

    #[test]
    fn only_whole_lines_that_acknowledge_count_and_each_once() {
        let folder = Folder::new("journal").unwrap();
        let path = folder.path().join("worker-0");
        let mut journal = Journal::new(path.clone());
        assert_eq!(journal.count().unwrap(), 0);
        std::fs::write(&path, "begin\t1-0\ndone\t1-0\tx\ty\nbegin\t1-1\ndone\t1").unwrap();
        assert_eq!((journal.count().unwrap(), journal.count().unwrap()), (1, 1));
        std::fs::write(&path, "begin\t1-0\ndone\t1-0\tx\ty\nbegin\t1-1\ndone\t1-1\tx\ty\n").unwrap();
        assert_eq!(journal.count().unwrap(), 2);
    }

    #[test]
    fn a_stall_lasts_from_one_acknowledgement_of_anybody_to_the_next() {
        let folder = Folder::new("journal").unwrap();
        let paths: Vec<_> = (0..2).map(|worker| folder.path().join(format!("worker-{worker}"))).collect();
        let done = |worker: usize| {
            let mut options = File::options();
            let mut file = options.append(true).create(true).open(&paths[worker]).unwrap();
            file.write_all(b"done\t1-0\tx\ty\n").unwrap();
        };
        let stall = Stall::watch(paths.clone());
        // Nothing was acknowledged yet: the workers are starting.
        sleep(Duration::from_secs(1));
        for (worker, pause) in [(0, 20), (1, 150), (0, 20)] {
            done(worker);
            sleep(Duration::from_millis(pause));
        }
        let longest = stall.end().unwrap();
        assert!((100..1000).contains(&longest.as_millis()), "{longest:?}");
    }
}

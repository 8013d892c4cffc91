//! The one writer: a thread that owns the connection, and lets all jobs that wait together land with one
//! COMMIT, hence one fsync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{Lost, SqliteError};

/// Most jobs that land with one COMMIT, where one has to be waited for.
pub(crate) const BATCH: usize = 128;

/// Longest wait for callers who were just answered and may come again.
const PATIENCE: Duration = Duration::from_millis(2);

/// A hand to the writer; dropping it lets the jobs it took finish, and closes the connection.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread; at most `batch` jobs share a transaction.
    pub(crate) fn start(connection: Connection, batch: usize) -> std::io::Result<Self> {
        let (queue, jobs) = channel();
        let thread = thread::Builder::new()
            .name("invoice-sqlite".to_owned())
            .spawn(move || run(&connection, &jobs, batch))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs a job in a transaction, among others but as if alone: if it fails, what it wrote is undone.
    /// Its success is answered once it is durable. A caller that goes away does not stop it. If another job of
    /// its batch had to be undone, it is run once more.
    pub(crate) fn submit<T, E, F>(&self, work: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<Lost> + Send + 'static,
        F: FnMut(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let task = Task { work, result: None, answer };
        if let Some(queue) = &self.queue {
            // A job that can't be sent is dropped, and with it the sender that is waited for.
            let _ = queue.send(Box::new(task));
        }
        async move { answered.await.unwrap_or_else(|_| Err(Lost::Nothing(SqliteError::Closed).into())) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // It does not panic: jobs that do are caught.
            let _ = thread.join();
        }
    }
}

/// What the thread knows of a job.
trait Job: Send {
    /// Does the work; whether it shall stay written.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Tells the result, unless the transaction was lost.
    fn answer(self: Box<Self>, lost: Option<&Lost>);
}

struct Task<T, E, F> {
    work: F,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Task<T, E, F>
where
    T: Send,
    E: From<Lost> + Send,
    F: FnMut(&Connection) -> Result<T, E> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or_else(|_| Err(Lost::Nothing(SqliteError::Panicked).into()));
        let stays = result.is_ok();
        self.result = Some(result);
        stays
    }

    fn answer(self: Box<Self>, lost: Option<&Lost>) {
        let result = match (self.result, lost) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(answer)), None) => Ok(answer),
            (_, Some(lost)) => Err(lost.clone().into()),
            (None, None) => Err(Lost::Nothing(SqliteError::Closed).into()),
        };
        // Nobody listens any more if the caller went away.
        let _ = self.answer.send(result);
    }
}

fn run(connection: &Connection, jobs: &Receiver<Box<dyn Job>>, most: usize) {
    let mut batch = Vec::with_capacity(most);
    let mut last = Last { answered: 0, took: Duration::ZERO };
    while gather(jobs, &mut batch, most, &last) {
        let start = Instant::now();
        let lost = land(connection, &mut batch).err();
        last = Last { answered: batch.len(), took: start.elapsed() };
        for job in batch.drain(..) {
            job.answer(lost.as_ref());
        }
    }
}

/// The batch before.
struct Last {
    answered: usize,
    took: Duration,
}

/// Fills a batch; `false` once nobody can send any more.
///
/// Of many callers that commit one after the other, some wait already while the others are just being
/// answered. Without a moment's patience those two halves would take turns for ever, each paying for a sync
/// of its own. The patience is a part of what the last batch took, so that it costs little where syncing does.
fn gather(jobs: &Receiver<Box<dyn Job>>, batch: &mut Vec<Box<dyn Job>>, most: usize, last: &Last) -> bool {
    batch.extend(jobs.try_iter().take(most));
    let callers = if batch.is_empty() && last.answered <= 1 { 1 } else { batch.len() + last.answered };
    if batch.is_empty() {
        let Ok(first) = jobs.recv() else { return false };
        batch.push(first);
    }
    let deadline = Instant::now() + (last.took / 4).min(PATIENCE);
    while batch.len() < callers.min(most) {
        match jobs.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(job) => batch.push(job),
            Err(_) => break,
        }
    }
    true
}

/// Runs the jobs in one transaction.
fn land(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), Lost> {
    let nothing = |error: rusqlite::Error| Lost::Nothing(error.into());
    execute(connection, "BEGIN IMMEDIATE").map_err(nothing)?;
    if !run_together(connection, batch) {
        execute_if_open(connection, "ROLLBACK").map_err(nothing)?;
        if batch.len() <= 1 {
            return Ok(());
        }
        execute(connection, "BEGIN IMMEDIATE").map_err(nothing)?;
        let done = batch.iter_mut().try_for_each(|job| run_among_others(connection, job.as_mut()));
        if let Err(error) = done {
            // There is nothing left to do about a rollback that fails: the next BEGIN will tell.
            let _ = execute_if_open(connection, "ROLLBACK");
            return Err(nothing(error));
        }
    }
    if connection.is_autocommit() {
        // SQLite itself gave the transaction up, as it does when the disk is full.
        return Err(Lost::Nothing(SqliteError::Busy));
    }
    execute(connection, "COMMIT").map_err(|error| {
        let _ = execute_if_open(connection, "ROLLBACK");
        Lost::by_commit(error)
    })
}

/// Runs the jobs without savepoints, for which SQLite would copy every page before it changes it: a fifth
/// of what an invoice costs. `false` if one failed that had written: then all of them are to be undone.
fn run_together(connection: &Connection, batch: &mut [Box<dyn Job>]) -> bool {
    batch.iter_mut().all(|job| {
        let before = connection.total_changes();
        job.run(connection) || connection.total_changes() == before && !connection.is_autocommit()
    })
}

fn run_among_others(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
    if connection.is_autocommit() {
        return Ok(());
    }
    execute(connection, "SAVEPOINT job")?;
    if !job.run(connection) {
        execute_if_open(connection, "ROLLBACK TO job")?;
    }
    execute_if_open(connection, "RELEASE job")
}

fn execute(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(|_| ())
}

fn execute_if_open(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    if connection.is_autocommit() { Ok(()) } else { execute(connection, statement) }
}

#[cfg(test)]
mod tests {
    use invoice_core::ports::StoreError;
    use invoice_core::testing::run as run_async;

    use super::*;
    use crate::error::Stored as _;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER UNIQUE)").unwrap();
        Writer::start(connection, BATCH).unwrap()
    }

    fn insert(n: i64) -> impl Fn(&Connection) -> Result<(), StoreError> + Send + 'static {
        move |connection| connection.execute("INSERT INTO t VALUES (?1)", [n]).map(|_| ()).stored()
    }

    fn count(writer: &Writer) -> i64 {
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).stored()
        };
        run_async(writer.submit::<_, StoreError, _>(count)).unwrap()
    }

    #[test]
    fn a_job_that_fails_undoes_what_it_wrote_and_nothing_else() {
        let writer = writer();
        let fails = |connection: &Connection| {
            insert(1)(connection)?;
            Err::<(), _>(StoreError::NotFound)
        };
        run_async(async {
            let jobs = [writer.submit(insert(2)), writer.submit(insert(3))];
            let failed = writer.submit(fails);
            let again = writer.submit(insert(1));
            for job in jobs {
                job.await.unwrap();
            }
            assert!(matches!(failed.await, Err(StoreError::NotFound)));
            again.await.unwrap();
        });
        assert_eq!(count(&writer), 3);
    }

    #[test]
    fn jobs_that_land_with_one_that_is_undone_are_run_again_and_answered_once() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER UNIQUE)").unwrap();
        let (start, started) = std::sync::mpsc::channel::<()>();
        let writer = Writer::start(connection, BATCH).unwrap();
        run_async(async {
            // While the first waits, the others gather behind it.
            let first = writer.submit(move |_| {
                // Run again together with the others, it does not wait again.
                let _ = started.recv();
                Ok::<_, StoreError>(())
            });
            let before = writer.submit(insert(1));
            let late = writer.submit(|connection| {
                insert(2)(connection)?;
                insert(1)(connection)
            });
            let after = writer.submit(insert(2));
            drop(start);
            first.await.unwrap();
            before.await.unwrap();
            assert!(late.await.is_err());
            after.await.unwrap();
        });
        assert_eq!(count(&writer), 2);
    }

    #[test]
    fn a_job_that_panics_is_undone_and_the_writer_goes_on() {
        let writer = writer();
        let panics = |connection: &Connection| -> Result<(), StoreError> {
            insert(1)(connection)?;
            panic!("a bug")
        };
        assert!(matches!(run_async(writer.submit(panics)), Err(StoreError::Backend(_))));
        run_async(writer.submit(insert(1))).unwrap();
        assert_eq!(count(&writer), 1);
    }

    #[test]
    fn a_caller_that_goes_away_does_not_stop_its_job() {
        let writer = writer();
        drop(writer.submit(insert(1)));
        assert_eq!(count(&writer), 1);
    }
}

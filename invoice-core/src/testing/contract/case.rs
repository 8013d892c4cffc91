use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::testing::runtime::runtime;

/// How long a case may take before it counts as failed.
pub const TIME_LIMIT: Duration = Duration::from_mins(1);

/// A case at work.
pub type CaseFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One rule that every store keeps: its name, and what shows whether a store keeps it.
pub struct Case<P: 'static> {
    name: &'static str,
    body: for<'a> fn(&'a P) -> CaseFuture<'a>,
}

impl<P: Send + Sync + 'static> Case<P> {
    /// A case whose `body` panics with a sentence when the store behind the ports breaks the rule.
    ///
    /// ```
    /// use invoice_core::testing::contract::Case;
    ///
    /// let case = Case::<u32>::new("the_answer_is_kept", |ports| {
    ///     Box::pin(async move { assert_eq!(*ports, 42, "the answer was lost") })
    /// });
    /// assert_eq!(case.outcome(|| async { 42 }), Ok(()));
    /// assert!(case.outcome(|| async { 41 }).unwrap_err().contains("the answer was lost"));
    /// ```
    pub const fn new(name: &'static str, body: for<'a> fn(&'a P) -> CaseFuture<'a>) -> Self {
        Self { name, body }
    }

    /// The rule, as a sentence in `snake_case`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Runs the case against an empty store that `make` opens.
    ///
    /// # Panics
    ///
    /// When the store breaks the rule, or the case does not end within [`TIME_LIMIT`].
    pub fn run<F: Future<Output = P>>(&self, make: impl FnOnce() -> F + Send + 'static) {
        if let Err(sentence) = self.outcome(make) {
            panic!("{}: {sentence}", self.name);
        }
    }

    /// Runs the case like [`Case::run`]; a broken rule is the error, as a sentence.
    pub fn outcome<F: Future<Output = P>>(
        &self,
        make: impl FnOnce() -> F + Send + 'static,
    ) -> Result<(), String> {
        self.outcome_within(TIME_LIMIT, make)
    }

    /// Runs the case like [`Case::outcome`] with a time limit of its own.
    pub fn outcome_within<F: Future<Output = P>>(
        &self,
        limit: Duration,
        make: impl FnOnce() -> F + Send + 'static,
    ) -> Result<(), String> {
        let body = self.body;
        let (finished, outcome) = mpsc::channel();
        // A thread of its own: a store that blocks it can then be given up on, which no timer inside could.
        let started = thread::Builder::new().name(self.name.to_owned()).spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| {
                let runtime = runtime();
                runtime.block_on(async move { body(&make().await).await });
                runtime.shutdown_background();
            }));
            // Nobody listens any more once the time is over.
            let _ = finished.send(result.map_err(|panic| sentence(panic.as_ref())));
        });
        if let Err(error) = started {
            return Err(format!("no thread to run on: {error}"));
        }
        outcome.recv_timeout(limit).unwrap_or_else(|_| Err(format!("did not end within {limit:?}")))
    }
}

impl<P> fmt::Debug for Case<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

fn sentence(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "panicked without a sentence".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[test]
    fn a_store_that_never_answers_fails_its_case() {
        let case = Case::<()>::new("waits", |()| Box::pin(std::future::pending()));
        assert!(case.outcome_within(SHORT, || async {}).unwrap_err().contains("did not end"));
    }

    #[test]
    fn a_store_that_blocks_its_thread_fails_its_case() {
        let case = Case::<()>::new("blocks", |()| Box::pin(async { thread::sleep(SHORT * 20) }));
        assert!(case.outcome_within(SHORT, || async {}).unwrap_err().contains("did not end"));
    }

    #[test]
    fn a_store_that_cannot_be_opened_fails_the_case_with_its_words() {
        let case = Case::<()>::new("holds", |()| Box::pin(async {}));
        let broken = || async { panic!("no database at port {}", 1) };
        assert_eq!(case.outcome(broken), Err("no database at port 1".to_owned()));
    }
}

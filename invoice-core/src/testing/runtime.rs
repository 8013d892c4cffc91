use tokio::runtime::{Builder, Runtime};

/// Runs a future to its end on a tokio runtime with four worker threads, so that concurrent tasks truly
/// run at the same time.
///
/// ```
/// let answer = invoice_core::testing::run(async { 6 * 7 });
/// assert_eq!(answer, 42);
/// ```
///
/// # Panics
///
/// When the machine gives no threads to run on, and whenever the future panics.
pub fn run<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

pub(super) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("no runtime for the tests: {error}"))
}

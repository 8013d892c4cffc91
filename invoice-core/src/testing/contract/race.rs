use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::Barrier;

/// Runs `count` tasks at the same moment, each on its own, and gives their results in order.
///
/// ```
/// use invoice_core::testing::{contract::race, run};
///
/// assert_eq!(run(race(3, |index| async move { index * index })), [0, 1, 4]);
/// ```
///
/// # Panics
///
/// When a task panics.
pub async fn race<T, F>(count: usize, mut task: impl FnMut(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let runners: Vec<_> = (0..count)
        .map(|index| {
            let (start, task) = (Arc::clone(&start), task(index));
            tokio::spawn(async move {
                start.wait().await;
                task.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(count);
    for runner in runners {
        match runner.await {
            Ok(result) => results.push(result),
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(error) => panic!("a task was not run to its end: {error}"),
        }
    }
    results
}

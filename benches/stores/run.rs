//! Runs operations from many tasks at once, and times them.

use std::sync::Arc;
use std::time::Instant;

use invoice_core::change::ChangeSet;
use invoice_core::ports::Commits;

use crate::Wrong;
use crate::cpu::Cpu;
use crate::measure::{Sample, p99};

/// Commits change sets from so many tasks, each of which waits for its answer before it goes on.
pub(crate) async fn commit(
    store: &Arc<dyn Commits>,
    tasks: usize,
    changes: Vec<Arc<ChangeSet>>,
    server: Option<u32>,
) -> Result<Sample, Wrong> {
    let store = Arc::clone(store);
    each(tasks, changes, server, move |change| {
        let store = Arc::clone(&store);
        async move {
            match store.commit_all(vec![change]).await.pop() {
                Some(answer) => Ok(answer.map(|_| ())?),
                None => Err("no answer".into()),
            }
        }
    })
    .await
}

/// Does something with each of these, from so many tasks; `server` is whose processor time counts too.
pub(crate) async fn each<T, F>(
    tasks: usize,
    inputs: Vec<T>,
    server: Option<u32>,
    work: impl Fn(T) -> F + Clone + Send + 'static,
) -> Result<Sample, Wrong>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Wrong>> + Send,
{
    let operations = u64::try_from(inputs.len())?;
    let mut shares: Vec<Vec<T>> = (0..tasks.max(1)).map(|_| Vec::new()).collect();
    for (turn, input) in inputs.into_iter().enumerate() {
        let share = turn.checked_rem(shares.len()).unwrap_or_default();
        if let Some(share) = shares.get_mut(share) {
            share.push(input);
        }
    }
    let cpu = Cpu::now(server)?;
    let start = Instant::now();
    let running: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let work = work.clone();
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(share.len());
                for input in share {
                    let start = Instant::now();
                    work(input).await?;
                    times.push(start.elapsed());
                }
                Ok::<_, Wrong>(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in running {
        times.extend(task.await??);
    }
    let wall = start.elapsed();
    Ok(Sample { operations, wall, cpu: Cpu::now(server)? - cpu, p99: p99(times) })
}

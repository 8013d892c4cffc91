//! Questions that are asked together: one of many costs a server, its driver and the way between them little more than one
//! of one.
//!
//! Whoever finds nobody ahead asks at once. Whoever comes while as many questions are under way as there are lanes waits
//! until one comes back, and then all who wait are asked for in one. It costs next to nothing where nobody meets, and
//! nobody waits long for a question that takes long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use invoice_core::ports::StoreError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Questions under way at once, where they take long.
const LANES: usize = 8;
/// Whoever comes after so long does not wait for what is under way: the server may have to read from a disk.
const SLOW: Duration = Duration::from_millis(5);
/// Askers that are answered together: more save little, and all they ask for is in memory at once.
const MOST: usize = 16;
/// Who waits for longer asks alone: what is under way may be stuck.
const STUCK: Duration = Duration::from_millis(50);
/// When nobody listens any more, and what was asked for all is given up.
const GIVEN_UP: Duration = Duration::from_secs(5);

/// What answers questions of one kind. Clones are handles of the same.
pub trait Asks: Clone + Send + Sync + 'static {
    /// What is asked.
    type Question: Clone + Send + Sync + 'static;
    /// What is answered.
    type Answer: Send + 'static;

    /// Who waits; the same for all clones.
    fn gathered(&self) -> &Gathered<Self::Question, Self::Answer>;

    /// The answer to one question.
    fn ask(&self, question: &Self::Question)
    -> impl Future<Output = Result<Self::Answer, StoreError>> + Send;

    /// The answers to all of them, in their order. Who gets none asks alone, and everybody does where it fails.
    ///
    /// All of the answers are in memory at once: what is large is better left to be asked for alone.
    fn ask_together(
        &self,
        questions: &[Self::Question],
    ) -> impl Future<Output = Result<Vec<Option<Self::Answer>>, StoreError>> + Send;
}

/// Those who wait for answers of one kind.
#[derive(Debug)]
pub struct Gathered<Q, A> {
    lanes: usize,
    slow: Duration,
    stuck: Duration,
    waiting: Mutex<Waiting<Q, A>>,
}

#[derive(Debug)]
struct Waiting<Q, A> {
    under_way: usize,
    /// When the last question was asked.
    asked: Option<Instant>,
    askers: Vec<Asker<Q, A>>,
}

#[derive(Debug)]
struct Asker<Q, A> {
    question: Q,
    told: oneshot::Sender<A>,
}

impl<Q: Clone, A> Gathered<Q, A> {
    /// With so many questions under way before others wait; with none, nobody waits.
    pub fn new(lanes: usize) -> Self {
        let waiting = Waiting { under_way: 0, asked: None, askers: Vec::new() };
        let lanes = if lanes == 0 { usize::MAX } else { lanes };
        Self { lanes, slow: SLOW, stuck: STUCK, waiting: Mutex::new(waiting) }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<Q, A>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place among those who wait; `None` if the caller is to ask at once.
    fn wait(&self, question: &Q) -> Option<oneshot::Receiver<A>> {
        let mut waiting = self.waiting();
        let is_slow = || waiting.asked.is_none_or(|asked| asked.elapsed() > self.slow);
        if waiting.under_way < self.lanes || (waiting.under_way < LANES && is_slow()) {
            waiting.under_way += 1;
            waiting.asked = Some(Instant::now());
            return None;
        }
        let (told, answer) = oneshot::channel();
        if waiting.askers.len() == waiting.askers.capacity() {
            // Where nothing comes back for long, those who went on alone do not pile up.
            waiting.askers.retain(|asker| !asker.told.is_closed());
        }
        waiting.askers.push(Asker { question: question.clone(), told });
        Some(answer)
    }

    /// Those who wait, as many as are answered together; where nobody does, a lane is free again.
    fn next(&self) -> Vec<Asker<Q, A>> {
        let mut waiting = self.waiting();
        // Whoever asked alone, or went away, is not asked for again.
        waiting.askers.retain(|asker| !asker.told.is_closed());
        let together = waiting.askers.len().min(MOST);
        let rest = waiting.askers.split_off(together);
        let next = std::mem::replace(&mut waiting.askers, rest);
        if next.is_empty() {
            waiting.under_way -= 1;
        } else {
            waiting.asked = Some(Instant::now());
        }
        next
    }
}

/// Asks at once if nobody is ahead, and together with the others who wait otherwise. The question reaches the server
/// after this is called, whoever else asks it.
///
/// Fails as [`Asks::ask`] does.
pub async fn gather<S: Asks>(of: &S, question: S::Question) -> Result<S::Answer, StoreError> {
    let Some(answer) = of.gathered().wait(&question) else {
        let _lane = Lane { of: of.clone(), is_over: false };
        return of.ask(&question).await;
    };
    match timeout(of.gathered().stuck, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        _ => of.ask(&question).await,
    }
}

/// Held by whoever asks. However it ends, those who wait are asked for.
struct Lane<S: Asks> {
    of: S,
    is_over: bool,
}

impl<S: Asks> Drop for Lane<S> {
    fn drop(&mut self) {
        while !self.is_over {
            let askers = self.of.gathered().next();
            self.is_over = askers.is_empty();
            // Without a runtime nobody can be served; those who wait notice, and ask alone.
            if let (Ok(runtime), false) = (Handle::try_current(), self.is_over) {
                let lane = Self { of: self.of.clone(), is_over: false };
                runtime.spawn(lane.serve(askers));
                return;
            }
        }
    }
}

impl<S: Asks> Lane<S> {
    /// Asks for those who wait, until nobody does.
    async fn serve(mut self, mut askers: Vec<Asker<S::Question, S::Answer>>) {
        while !askers.is_empty() {
            let (questions, told): (Vec<_>, Vec<_>) =
                askers.into_iter().map(|Asker { question, told }| (question, told)).unzip();
            match timeout(GIVEN_UP, self.of.ask_together(&questions)).await {
                Ok(Ok(answers)) => {
                    for (told, answer) in told.into_iter().zip(answers) {
                        // Whoever went away does not want to know.
                        let _ = answer.map(|answer| told.send(answer));
                    }
                }
                // Who is not told asks alone, and finds out why.
                Ok(Err(error)) => tracing::debug!(cause = %error, "could not be asked for together"),
                Err(_) => tracing::debug!("no answer to what was asked for together"),
            }
            // Whoever is about to ask may come first, and is asked for with the others.
            tokio::task::yield_now().await;
            askers = self.of.gathered().next();
        }
        self.is_over = true;
    }
}

#[cfg(test)]
mod tests;

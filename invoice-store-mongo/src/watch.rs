//! Word that events were committed, by a change stream, so that a relay need not ask all the time.

use std::fmt;
use std::time::Duration;

use mongodb::bson::{Bson, Document, deserialize_from_bson, doc, serialize_to_bson};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::ResumeToken as Token;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::MongoStore;
use crate::error::{is_lost, is_transient};
use crate::layout::kind;

/// How long the server keeps a question open when nothing happens.
const AWAIT: Duration = Duration::from_secs(5);
/// After this long without any answer the connection is taken for dead.
const SILENCE: Duration = Duration::from_secs(15);
/// How long [`MongoStore::watch`] waits for the stream to open.
const OPENING: Duration = Duration::from_secs(5);
/// Between tries to open the stream, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How far a change stream was followed: its text can be kept, and given to [`MongoStore::watch`] by a later run.
///
/// ```
/// use invoice_store_mongo::ResumeToken;
///
/// let kept = ResumeToken::new("8263A1");
/// assert_eq!(kept.as_str(), "8263A1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResumeToken(String);

impl ResumeToken {
    /// The token with this text. A text that is none is found out when the stream is opened: it is then opened
    /// where it stands.
    ///
    /// ```
    /// # use invoice_store_mongo::ResumeToken;
    /// assert_eq!(ResumeToken::new("82").as_str(), "82");
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, to be kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Only tokens of another server than MongoDB's own have another shape; those are not kept.
    fn read(token: &Token) -> Option<Self> {
        let Bson::Document(document) = serialize_to_bson(token).ok()? else { return None };
        document.get_str("_data").ok().map(Self::new)
    }

    fn write(&self) -> Option<Token> {
        deserialize_from_bson(Bson::Document(doc! { "_data": &self.0 })).ok()
    }
}

/// Why [`Signals::next`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// An event was committed since, or may have been: something went unseen.
    Event,
    /// Nothing was heard for as long as it was to wait.
    Patience,
}

/// Says when something waits in the outbox; see [`MongoStore::watch`]. Dropping it closes the stream.
pub struct Signals {
    state: Receiver<State>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    is_live: bool,
    token: Option<ResumeToken>,
}

impl Signals {
    /// Returns as soon as an event was committed since the last call (or since the stream was opened), and
    /// otherwise after `patience`. Many commits meanwhile are one signal.
    ///
    /// While there is no stream it is a plain timer, so let `patience` be what you would poll at. It also bounds
    /// how late an event comes that is due again after a failure, or that is revived, since those are no commits.
    pub async fn next(&mut self, patience: Duration) -> Wake {
        match timeout(patience, self.state.changed()).await {
            Ok(Ok(())) => Wake::Event,
            Err(_) => Wake::Patience,
            // The task never ends before this does, unless the runtime is going down.
            Ok(Err(_)) => {
                sleep(patience).await;
                Wake::Patience
            }
        }
    }

    /// How far the stream was followed; none before its first answer. Keep it after a pass, if at all: each start
    /// begins with a pass anyway, which finds whatever waits.
    pub fn resume_token(&self) -> Option<ResumeToken> {
        self.state.borrow().token.clone()
    }

    /// Whether the stream is open, so that signals come at once.
    pub fn is_live(&self) -> bool {
        self.state.borrow().is_live
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("state", &*self.state.borrow()).finish_non_exhaustive()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MongoStore {
    /// Follows what is committed, as a signal to look into the outbox.
    ///
    /// What it says is only when to look: which event goes to whom, and in which order, is decided by claims, so
    /// any number of workers may watch, and one that hears nothing loses nothing but time. It never fails: where
    /// no stream is to be had, or it breaks, [`Signals::next`] is a timer, while the stream is opened again from
    /// where it was, or from now on if the server has forgotten that place (the oplog is finite). That counts as a
    /// signal.
    ///
    /// With a token of an earlier run, what was committed since is signalled at once.
    ///
    /// ```no_run
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// use invoice_core::ports::Clock;
    /// use invoice_core::service::{Patience, Receiver, Relay};
    /// use invoice_store_mongo::MongoStore;
    ///
    /// async fn work(store: MongoStore, clock: Arc<dyn Clock>, broker: &dyn Receiver) {
    ///     let mut signals = store.watch(None).await;
    ///     let relay = Relay::new(Arc::new(store), clock, Patience::default());
    ///     loop {
    ///         match relay.pass(broker).await {
    ///             // There may be more: the next event of an aggregate is had once the one before it is delivered.
    ///             Ok(pass) if !pass.is_idle() => {}
    ///             // Nothing to do, or the database is away.
    ///             Ok(_) | Err(_) => drop(signals.next(Duration::from_secs(1)).await),
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn watch(&self, resume: Option<ResumeToken>) -> Signals {
        let (sender, state) = channel(State { token: resume, is_live: false });
        let (tried, first_try) = oneshot::channel();
        let task = tokio::spawn(follow(self.clone(), sender, tried));
        // What is committed after this returns is signalled, if there can be a stream at all.
        let _ = timeout(OPENING, first_try).await;
        Signals { state, task }
    }

    /// The stream of events committed, from after the token on.
    async fn stream(&self, after: Option<&ResumeToken>) -> mongodb::error::Result<ChangeStream<Document>> {
        let only = doc! { "$match": { "operationType": "insert", "documentKey._id.kind": kind::EVENT } };
        let bare = doc! { "$project": { "_id": 1 } };
        let mut watch = self.billing().watch().pipeline([only, bare]).max_await_time(AWAIT);
        if let Some(token) = after.and_then(ResumeToken::write) {
            watch = watch.start_after(token);
        }
        Ok(watch.await?.with_type())
    }
}

/// Keeps a stream open, for as long as somebody listens.
async fn follow(store: MongoStore, state: Sender<State>, tried: oneshot::Sender<()>) {
    let mut tried = Some(tried);
    let mut pause = FIRST_PAUSE;
    while !state.is_closed() {
        let token = state.borrow().token.clone();
        let opened = timeout(SILENCE, store.stream(token.as_ref())).await;
        if let Ok(Err(error)) = &opened
            && token.is_some()
            && !is_lost(error)
            && !is_transient(error)
        {
            // The place is forgotten, or never was one: what came after it may have gone unseen.
            say(&state, true, |state| state.token = None);
            continue;
        }
        let is_first = tried.is_some();
        if let Ok(Ok(stream)) = opened {
            let from = stream.resume_token().as_ref().and_then(ResumeToken::read);
            say(&state, token.is_none() && !is_first, |state| {
                *state = State { token: from.or(token), is_live: true };
            });
            drop(tried.take());
            if read(stream, &state).await {
                pause = FIRST_PAUSE;
            }
        }
        drop(tried.take());
        say(&state, false, |state| state.is_live = false);
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Follows a stream until it ends or fails; whether it ever gave an answer.
async fn read(mut stream: ChangeStream<Document>, state: &Sender<State>) -> bool {
    let mut answered = false;
    loop {
        let Ok(Ok(event)) = timeout(SILENCE, stream.next_if_any()).await else { return answered };
        answered = true;
        let token = stream.resume_token().as_ref().and_then(ResumeToken::read);
        let ended = !stream.is_alive();
        say(state, event.is_some() || ended, |state| {
            // The collection is gone, and whatever stands in its place has no such token.
            state.token = if ended { None } else { token };
        });
        if ended {
            return answered;
        }
    }
}

/// Changes the state, and wakes the listener if it is a signal.
fn say(state: &Sender<State>, is_signal: bool, change: impl FnOnce(&mut State)) {
    state.send_if_modified(|state| {
        change(state);
        is_signal
    });
}

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig, PubSubSink};
use ::redis::{AsyncCommands as _, Client, Msg, RedisError};
use async_trait::async_trait;
use futures::StreamExt as _;
use invoice_core::{Code, Violation};
use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::checks::{Broadcast, Listener, Notice};
use crate::error::AuthError;
use crate::keys::MasterKey;
use crate::runtime::runtime;
use crate::secret::{base64url, random};

/// What telling waits for at most.
const TELLING: Duration = Duration::from_secs(1);
/// What one step of connecting, asking or answering may take.
const STEP: Duration = Duration::from_millis(400);
/// How often a silent connection is asked whether it is still there.
const ALIVE: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Tells and hears notices through Redis (5 or later), by publishing on a channel.
///
/// What is told is heard by all other processes within milliseconds. Redis keeps nothing for who is not there: a
/// process that lost its connection comes back by itself, within about two seconds of the server, and then forgets
/// everything it remembered. Until then, and while Redis is away, what it remembers is ten seconds old at most, as
/// without Redis.
///
/// The channel's name is hashed with a key made of the master key, so that deployments that share a server don't
/// meet. Notices hold identifiers only. Who can publish on the server can make processes forget, and no more.
pub struct RedisBroadcast {
    client: Client,
    publisher: ConnectionManager,
    /// One for each master key, the present one's first: that is where this process tells, and it hears on all.
    channels: Vec<String>,
    /// Tells this process from others, so that it does not hear itself.
    process: String,
    listening: Mutex<Vec<AbortHandle>>,
}

#[derive(Serialize, Deserialize)]
struct Message {
    from: String,
    notice: Notice,
}

impl RedisBroadcast {
    /// With the server at this URL (`redis://…`; the driver's TLS is not built in), which is connected to when it is
    /// first needed. All processes of a deployment take the same master key.
    ///
    /// A URL that is none is a violation at `/url`. It needs a runtime of tokio with I/O and time enabled, and outside
    /// of one answers [`AuthError::NoRuntime`].
    ///
    /// ```
    /// use invoice_auth::MasterKey;
    /// use invoice_auth::redis::RedisBroadcast;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), invoice_auth::AuthError> {
    /// let broadcast = RedisBroadcast::open("redis://localhost", &MasterKey::generate()?).await?;
    /// # let _ = broadcast;
    /// # Ok(())
    /// # }
    /// ```
    #[expect(clippy::unused_async, reason = "what the driver starts must run in a runtime of tokio")]
    pub async fn open(url: &str, master: &MasterKey) -> Result<Self, AuthError> {
        runtime()?;
        // The driver's error may show the URL, in which there is a password.
        let wrong = |_| Violation::new("/url", Code::Malformed, "not the URL of a Redis");
        let client = Client::open(url).map_err(wrong)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(STEP))
            .set_response_timeout(Some(STEP));
        let publisher = ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(wrong)?;
        let names = master.names("notices")?;
        let channels: Vec<_> = names.iter().map(|name| format!("invoice:notices:{name}")).collect();
        Ok(Self {
            client,
            publisher,
            channels,
            process: base64url(&*random::<16>()?),
            listening: Mutex::new(Vec::new()),
        })
    }

    async fn publish(&self, text: &str) {
        let Some(channel) = self.channels.first() else { return };
        let mut pause = FIRST_PAUSE;
        let mut publisher = self.publisher.clone();
        while let Err(error) = publisher.publish::<_, _, ()>(channel, text).await {
            tracing::debug!(kind = ?error.kind(), "a notice could not be told: once more");
            sleep(pause).await;
            pause = longer(pause);
        }
    }
}

#[async_trait]
impl Broadcast for RedisBroadcast {
    async fn tell(&self, notice: &Notice) {
        let message = Message { from: self.process.clone(), notice: notice.clone() };
        let told = match (runtime(), serde_json::to_string(&message)) {
            (Ok(_), Ok(text)) => timeout(TELLING, self.publish(&text)).await.is_ok(),
            _ => false,
        };
        if !told {
            tracing::warn!("a notice was not told: other processes believe what they know for ten seconds");
        }
    }

    /// Outside a runtime of tokio nothing is heard, and nothing told.
    fn subscribe(&self, listener: Listener) {
        let Ok(runtime) = runtime() else {
            tracing::error!("notices are not heard: there is no runtime of tokio here");
            return;
        };
        let ear = Ear {
            client: self.client.clone(),
            channels: self.channels.clone(),
            process: self.process.clone(),
            listener,
        };
        let task = runtime.spawn(ear.listen()).abort_handle();
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }
}

impl Drop for RedisBroadcast {
    fn drop(&mut self) {
        let listening = self.listening.get_mut().unwrap_or_else(PoisonError::into_inner);
        listening.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for RedisBroadcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBroadcast").field("channels", &self.channels).finish_non_exhaustive()
    }
}

/// Listens for as long as it is let.
struct Ear {
    client: Client,
    channels: Vec<String>,
    process: String,
    listener: Listener,
}

impl Ear {
    async fn listen(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let was_connected = self.listen_once().await;
            if was_connected {
                tracing::warn!("notices are not heard: the connection to Redis is lost");
                pause = FIRST_PAUSE;
            }
            sleep(pause).await;
            pause = longer(pause);
        }
    }

    /// Listens on one connection until it is lost; whether there was one.
    async fn listen_once(&self) -> bool {
        let Some((mut sink, mut messages)) = self.connect().await else { return false };
        // Whatever was told while nobody listened was missed.
        (self.listener)(&Notice::Everything);
        tracing::info!("notices of other processes are heard");
        let mut alive = interval(ALIVE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => self.hear(&message),
                    None => return true,
                },
                _ = alive.tick() => if !is_alive(&mut sink).await { return true },
            }
        }
    }

    async fn connect(&self) -> Option<(PubSubSink, impl futures::Stream<Item = Msg> + use<>)> {
        let connected = async {
            let (mut sink, messages) = self.client.get_async_pubsub().await?.split();
            sink.subscribe(&self.channels).await?;
            Ok::<_, RedisError>((sink, messages))
        };
        timeout(STEP, connected).await.ok()?.ok()
    }

    fn hear(&self, message: &Msg) {
        match serde_json::from_slice::<Message>(message.get_payload_bytes()) {
            Ok(Message { from, .. }) if from == self.process => {}
            Ok(Message { notice, .. }) => (self.listener)(&notice),
            // A later version may tell what this one has no word for.
            Err(_) => (self.listener)(&Notice::Everything),
        }
    }
}

async fn is_alive(sink: &mut PubSubSink) -> bool {
    matches!(timeout(STEP, sink.ping::<::redis::Value>()).await, Ok(Ok(_)))
}

fn longer(pause: Duration) -> Duration {
    pause.saturating_mul(2).min(LONGEST_PAUSE)
}

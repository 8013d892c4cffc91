use async_trait::async_trait;
use invoice_core::{ApiKeyId, SessionId, TeamId, UserId};

/// What changed, so that nobody goes on believing what was before.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A session: revoked, or at another session version.
    Session(SessionId),
    /// A user: all their sessions.
    User(UserId),
    /// A user's place in a team.
    Member(TeamId, UserId),
    /// A team: everybody in it.
    Team(TeamId),
    /// An API key of a team.
    ApiKey(TeamId, ApiKeyId),
    /// The ring of signing keys.
    Keys,
    /// Anything: notices may have been missed.
    Everything,
}

/// What is called for each notice that comes in.
pub type Listener = Box<dyn Fn(&Notice) + Send + Sync>;

/// Tells all processes of a deployment what to forget.
#[async_trait]
pub trait Broadcast: Send + Sync {
    /// Tells the other processes; this one knows. Best effort: who misses it believes what it knew for ten
    /// seconds at most. It does not fail and does not wait for long.
    async fn tell(&self, notice: &Notice);

    /// Calls `listener` for each notice of other processes, as long as this lives.
    fn subscribe(&self, listener: Listener);
}

/// For a deployment of one process: there is nobody else to tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

impl InProcess {
    /// Nobody else.
    ///
    /// ```
    /// let broadcast = invoice_auth::InProcess::new();
    /// # let _ = broadcast;
    /// ```
    pub const fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Broadcast for InProcess {
    async fn tell(&self, _notice: &Notice) {}

    fn subscribe(&self, _listener: Listener) {}
}

use invoice_core::identity::{IdentityChange, Session, User};
use invoice_core::ports::PageRequest;
use invoice_core::{SessionId, TeamId, Timestamp};

use super::Tokens;
use super::refresh_token::RefreshToken;
use crate::auth::Parts;
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::secret::OpaqueToken;
use crate::settings::millis;

impl Parts {
    /// A session of a user who has just shown their password, not written yet, and its first refresh token.
    pub(crate) fn new_session(
        &self,
        user: &User,
        team: Option<TeamId>,
        client: &ClientInfo,
        now: Timestamp,
    ) -> Result<(Session, OpaqueToken), AuthError> {
        let id = self.id(SessionId::from_uuid, now);
        let refresh = RefreshToken::first(id, user.uv())?.sealed(&self.refresh_key);
        let session = Session::new(
            id,
            user.id(),
            refresh.fingerprint(),
            now,
            self.idle_end(now),
            now.plus_millis(millis(self.settings.refresh_absolute)),
        )?;
        // A header may say anything: it is made to fit instead of refused.
        let device = Session::device_name(client.device());
        let session = session.with_device(device)?.with_team(team).with_secret(self.ring.session_secret(id)?);
        Ok((session, refresh))
    }

    pub(crate) fn idle_end(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(millis(self.settings.refresh_idle))
    }

    /// What a session's user is given once the session is written. Made before: were it to fail afterwards, a refresh
    /// token would be exchanged for nothing, and its holder be taken for a thief when they come again.
    pub(crate) async fn tokens(
        &self,
        session: &Session,
        refresh: OpaqueToken,
        uv: u32,
    ) -> Result<Tokens, AuthError> {
        Ok(Tokens {
            access: self.tokens.issue(session, uv).await?,
            refresh,
            user: session.user(),
            session: session.id(),
            session_expires_at: session.idle_expires_at(),
        })
    }

    /// Also gives a session of a user, who is in the next epoch, a refresh token without parent: nobody who holds an
    /// earlier one gets on with it. `None` if it is not open any more.
    pub(crate) async fn goes_on(
        &self,
        change: IdentityChange,
        user: &User,
        session: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(IdentityChange, Option<Tokens>), AuthError> {
        let Some(id) = session else { return Ok((change, None)) };
        let session = self.ports.sessions.session(id).await?;
        let session = session.filter(|session| session.user() == user.id() && session.is_open(now));
        let Some(session) = session else { return Ok((change, None)) };
        let refresh = RefreshToken::first(id, user.uv())?.sealed(&self.refresh_key);
        let session = session.rotated(refresh.fingerprint(), now, self.idle_end(now));
        let tokens = self.tokens(&session, refresh, user.uv()).await?;
        Ok((change.update(session), Some(tokens)))
    }

    /// The team a session begins in: the one asked for, of which the user must be a member, or else the one they
    /// were the first to join.
    pub(crate) async fn first_team(
        &self,
        user: &User,
        wanted: Option<TeamId>,
    ) -> Result<Option<TeamId>, AuthError> {
        if let Some(team) = wanted {
            let member = self.ports.teams.membership(team, user.id()).await?;
            return member.map(|member| Some(member.team())).ok_or(AuthError::NotFound);
        }
        let teams = self.ports.teams.teams_of(user.id(), &PageRequest::first(1)?).await?;
        Ok(teams.items.first().map(|it| it.team.id()))
    }
}

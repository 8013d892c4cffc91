use invoice_core::Timestamp;
use invoice_core::identity::{SecurityAction, Session, SessionCheck};

use super::Tokens;
use super::refresh_token::RefreshToken;
use crate::auth::{Auth, Parts};
use crate::checks::Notice;
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::keys::MacKey;
use crate::retry::Tries;
use crate::secret::OpaqueToken;
use crate::settings::millis;

/// What a genuine refresh token is to its session.
enum Place {
    /// The one that may be exchanged.
    Current,
    /// Exchanged a moment ago: its holder lost a race, or never saw the answer.
    JustExchanged,
    /// Older. Two hold the family, and one of them has stolen it.
    Reused,
}

impl Auth {
    /// Exchanges a refresh token for new tokens.
    ///
    /// Of many who exchange the same token at once, all get the same next one. It may be sent again for up to ten
    /// seconds, for the case that the answer was lost. Any other reuse of a token ends the session.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidToken`] when the token is forged, expired or used before, when its session ended, and
    /// when the account may not be used.
    pub async fn refresh(&self, token: &OpaqueToken, client: &ClientInfo) -> Result<Tokens, AuthError> {
        let key = &self.parts().refresh_key;
        let held = RefreshToken::open(key, token).ok_or(AuthError::InvalidToken)?;
        let mut tries = Tries::default();
        loop {
            let answer = self.exchange(&held, token, client).await;
            if !tries.again(&answer).await {
                return answer;
            }
        }
    }

    async fn exchange(
        &self,
        held: &RefreshToken,
        token: &OpaqueToken,
        client: &ClientInfo,
    ) -> Result<Tokens, AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let session = parts.ports.sessions.session(held.session()).await?.ok_or(AuthError::InvalidToken)?;
        if !session.is_open(now) {
            return Err(AuthError::InvalidToken);
        }
        let place = parts.standing(&session, token, now);
        if matches!(place, Place::Reused) {
            return self.end_family(session, client, now).await;
        }
        let check = parts.ports.sessions.check_session(session.id(), session.team()).await?;
        let check = check.filter(|check| may_refresh(check, held)).ok_or(AuthError::InvalidToken)?;
        // Tokens that name a team one has left would be refused each time.
        let team = session.team().filter(|_| check.role.is_some());
        let session = session.with_team(team);
        if matches!(place, Place::Current) {
            let child = child(held, &parts.refresh_key);
            let secret = parts.ring.renewed_secret(&session)?;
            let session = session.rotated(child.fingerprint(), now, parts.idle_end(now)).with_secret(secret);
            let tokens = parts.tokens(&session, child, check.uv).await?;
            parts.commit(parts.change(now).update(session)).await?;
            return Ok(tokens);
        }
        // Another process may have made it under the master key before or after ours. It is another's child when the
        // user chose a new password in between.
        let mut children = parts.refresh_key.each().map(|key| child(held, &key));
        let child = children.find(|child| child.fingerprint() == session.refresh().current());
        parts.tokens(&session, child.ok_or(AuthError::InvalidToken)?, check.uv).await
    }

    async fn end_family<T>(
        &self,
        session: Session,
        client: &ClientInfo,
        now: Timestamp,
    ) -> Result<T, AuthError> {
        let (parts, id) = (self.parts(), session.id());
        let event = parts.event(now, SecurityAction::RefreshReused, client);
        let event = event.by_user(session.user()).on(&id.to_string());
        let change = parts.change(now).update(session.revoked(now)).audit(event);
        self.commit_and_tell(change, Notice::Session(id)).await?;
        tracing::warn!(session = %id, "a refresh token was used again: its session is over");
        Err(AuthError::InvalidToken)
    }
}

fn child(held: &RefreshToken, key: &MacKey) -> OpaqueToken {
    held.child(key).sealed(key)
}

impl Parts {
    fn standing(&self, session: &Session, token: &OpaqueToken, now: Timestamp) -> Place {
        let fingerprint = token.fingerprint();
        if fingerprint == session.refresh().current() {
            return Place::Current;
        }
        let (grace, leeway) = (millis(self.settings.refresh_grace), millis(self.settings.leeway));
        // A clock that was set back must not make the grace longer than the clocks of two processes differ.
        let is_recent = |at: Timestamp| at <= now.plus_millis(leeway) && now <= at.plus_millis(grace);
        match session.refresh().previous() {
            Some(previous) if previous.fingerprint == fingerprint && is_recent(previous.rotated_at) => {
                Place::JustExchanged
            }
            _ => Place::Reused,
        }
    }
}

/// Whether the account is in use and still in the epoch the token was given in.
fn may_refresh(check: &SessionCheck, held: &RefreshToken) -> bool {
    check.revoked_at.is_none() && check.disabled_at.is_none() && check.uv == held.uv()
}

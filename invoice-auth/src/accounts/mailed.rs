use std::io;
use std::time::Duration;

use invoice_core::identity::{IdentityChange, OneTimeToken, TokenPurpose, User};
use invoice_core::ports::PageRequest;
use invoice_core::{OneTimeTokenId, Timestamp, UserId};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::auth::{Auth, Parts};
use crate::error::AuthError;
use crate::mailer::{Mail, MailError};
use crate::secret::OpaqueToken;
use crate::settings::millis;

const PREFIX: &str = "ivm_";
/// The prefix and 32 bytes in base64url.
const LEN: usize = PREFIX.len() + 43;
/// What a mailer has to take a mail.
const LONGEST: Duration = Duration::from_mins(1);

impl Parts {
    /// A one-time token for a user and the record of it; `payload` is the address it is about.
    pub(super) fn one_time_token(
        &self,
        user: UserId,
        purpose: TokenPurpose,
        payload: &str,
        now: Timestamp,
    ) -> Result<(OpaqueToken, OneTimeToken), AuthError> {
        let ttl = match purpose {
            TokenPurpose::ResetPassword => self.settings.reset_ttl,
            _ => self.settings.mailed_ttl,
        };
        let token = OpaqueToken::random(PREFIX)?;
        let id = self.id(OneTimeTokenId::from_uuid, now);
        let record = OneTimeToken::new(id, user, purpose, token.fingerprint(), now.plus_millis(millis(ttl)));
        Ok((token, record.with_payload(payload)?))
    }

    /// The record of a token that is good for this purpose, and whose it is.
    pub(super) async fn opened(
        &self,
        token: &OpaqueToken,
        purpose: TokenPurpose,
        now: Timestamp,
    ) -> Result<(OneTimeToken, User), AuthError> {
        if token.expose().len() != LEN || !token.expose().starts_with(PREFIX) {
            return Err(AuthError::InvalidMailedToken);
        }
        let record = self.ports.mailed_tokens.one_time_token(token.fingerprint()).await?;
        let record = record.filter(|record| record.purpose() == purpose && record.is_open(now));
        let record = record.ok_or(AuthError::InvalidMailedToken)?;
        let user = self.ports.users.user(record.user()).await?;
        let user = user.filter(|user| user.disabled_at().is_none()).ok_or(AuthError::InvalidMailedToken)?;
        Ok((record, user))
    }

    /// Also makes a user's unused tokens for these purposes useless, but for one that is being used.
    pub(super) async fn voiding(
        &self,
        mut change: IdentityChange,
        user: UserId,
        purposes: &[TokenPurpose],
        except: Option<OneTimeTokenId>,
        now: Timestamp,
    ) -> Result<IdentityChange, AuthError> {
        for purpose in purposes {
            let page = PageRequest::first(PageRequest::MAX_LIMIT)?;
            let unused = self.ports.mailed_tokens.unused_tokens(user, *purpose, &page).await?;
            for token in unused.items {
                if Some(token.id()) != except {
                    change = change.update(token.with_used_at(now));
                }
            }
        }
        Ok(change)
    }

    /// Hands a mail to the mailer, which has a minute: one that never answers must not keep others from theirs.
    pub(crate) async fn hand_over(&self, mail: Mail) -> Result<(), AuthError> {
        let sent = timeout(LONGEST, self.mailer.send(mail)).await;
        let sent = sent.unwrap_or_else(|_| Err(MailError::new(io::Error::from(io::ErrorKind::TimedOut))));
        sent.map_err(AuthError::Mail)
    }
}

impl Auth {
    /// Sends a mail for which nobody waits, as waiting would tell whether there is an account, or can't change
    /// what is done. What fails is logged, as is what comes when too many wait already.
    pub(crate) fn mail_later(&self, runtime: &Handle, user: UserId, mail: Mail) {
        let kind = mail.kind();
        let parts = self.parts();
        let queue = if mail.is_warning() { &parts.warnings } else { &parts.mails };
        let Ok(place) = queue.place() else {
            tracing::warn!(%user, kind, "too many mails wait to be sent: one was dropped");
            return;
        };
        let auth = self.clone();
        runtime.spawn(async move {
            let Ok(_turn) = place.turn().await else { return };
            // Of the error nothing: mailers put addresses into theirs.
            if auth.parts().hand_over(mail).await.is_err() {
                tracing::error!(%user, kind, "a mail could not be sent");
            }
        });
    }

    /// Sends a mail that its own addressee waits for.
    pub(super) async fn mail_now(&self, mail: Mail) -> Result<(), AuthError> {
        self.parts().hand_over(mail).await
    }
}

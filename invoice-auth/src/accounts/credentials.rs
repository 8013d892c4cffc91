use invoice_core::UserId;
use invoice_core::identity::{EmailKey, Fingerprint, SecurityAction, User};

use crate::auth::{Auth, Parts};
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::password::Password;
use crate::throttle::ThrottleKey;
use crate::token::TokenError;

impl Parts {
    /// The account of who calls, if it may be used.
    pub(crate) async fn user_of(&self, id: UserId) -> Result<User, AuthError> {
        let user = self.ports.users.user(id).await?;
        Ok(user.filter(|user| user.disabled_at().is_none()).ok_or(TokenError::Disabled)?)
    }

    /// The account as it is now, if what its password was proven for is still so: a password or an epoch that is newer
    /// was somebody's answer to a password that others know.
    pub(super) async fn still(&self, proven: &User) -> Result<User, AuthError> {
        let user = self.user_of(proven.id()).await?;
        if user.password() != proven.password() || user.uv() != proven.uv() {
            return Err(AuthError::InvalidCredentials);
        }
        Ok(user)
    }

    /// Counts an attempt at the password of an account, existing or not.
    pub(super) async fn attempt(
        &self,
        account: &EmailKey,
        client: &ClientInfo,
    ) -> Result<Vec<ThrottleKey>, AuthError> {
        let keys = ThrottleKey::of_attempt(self.pseudonym(b"log-in", account)?, client.address());
        self.wait_out(&keys).await?;
        Ok(keys)
    }

    /// Counts a mail to an address, whoever asks for it: nobody's mailbox is flooded from here.
    pub(super) async fn attempt_mail(&self, to: &EmailKey) -> Result<(), AuthError> {
        self.wait_out(&ThrottleKey::of_mail(self.pseudonym(b"mail", to)?)).await
    }

    /// Counts a registration by the address it is for and the one it comes from: each takes a hashing of those that
    /// log-ins need.
    pub(super) async fn attempt_registration(
        &self,
        to: &EmailKey,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let account = self.pseudonym(b"mail", to)?;
        let mut keys = ThrottleKey::of_mail(account);
        keys.extend(ThrottleKey::of_registration(account, client.address()));
        self.wait_out(&keys).await
    }

    /// Counts an invitation to an address, apart from other mail: invitations keep nobody from resetting a password.
    pub(crate) async fn attempt_invitation(&self, to: &EmailKey) -> Result<(), AuthError> {
        self.wait_out(&ThrottleKey::of_mail(self.pseudonym(b"invitation", to)?)).await
    }

    async fn wait_out(&self, keys: &[ThrottleKey]) -> Result<(), AuthError> {
        let answer = self.throttle.attempt(keys).await;
        answer.map_err(|retry_after| AuthError::TooManyAttempts { retry_after })
    }

    /// What an address is counted under. A plain hash of it could be guessed.
    fn pseudonym(&self, what: &[u8], account: &EmailKey) -> Result<Fingerprint, AuthError> {
        let key = self.master.mac_key("throttle")?;
        Ok(Fingerprint::new(key.tag(&[what, b":", account.as_str().as_bytes()])))
    }

    /// Tells the audit of a failed attempt; it costs the same for an account that does not exist.
    pub(super) async fn failed(&self, user: Option<UserId>, client: &ClientInfo) -> AuthError {
        let now = self.now();
        let mut event = self.event(now, SecurityAction::LoginFailed, client);
        if let Some(user) = user {
            event = event.by_user(user);
        }
        match self.commit(self.change(now).audit(event)).await {
            Ok(()) => AuthError::InvalidCredentials,
            Err(error) => error.into(),
        }
    }
}

impl Auth {
    /// Asks somebody who is logged in for their password again; attempts count like those of a log-in.
    pub(super) async fn prove(
        &self,
        user: &User,
        password: &Password,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let parts = self.parts();
        let keys = parts.attempt(user.email().key(), client).await?;
        let verdict = parts.passwords.verify(user.password(), password).await;
        if verdict.is_err() {
            parts.throttle.take_back(&keys).await;
        }
        let verdict = verdict?;
        if !verdict.matches {
            return Err(parts.failed(Some(user.id()), client).await);
        }
        parts.throttle.succeeded(&keys).await;
        Ok(())
    }
}

use invoice_core::identity::{IdentityChange, SecretText, SecurityAction, TokenPurpose, User};
use invoice_core::{Timestamp, UserId};

use crate::auth::{Auth, Parts};
use crate::caller::Caller;
use crate::client::ClientInfo;
use crate::email::email_address;
use crate::error::AuthError;
use crate::mailer::Mail;
use crate::password::Password;
use crate::retry::Tries;
use crate::secret::OpaqueToken;
use crate::sessions::{Ending, Tokens};

/// With another password, whatever could set one or take the account away is void.
const VOIDED: [TokenPurpose; 2] = [TokenPurpose::ResetPassword, TokenPurpose::ChangeEmail];

impl Auth {
    /// Changes the caller's password. Every token given so far is void and all other sessions end; the caller's goes
    /// on with the new tokens. `None` for a caller in no session, or in one that is over by now or that somebody else
    /// goes on refreshing: they log in again.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidCredentials`] when the old password is wrong, or not any more the account's;
    /// [`AuthError::TooManyAttempts`]; [`AuthError::Invalid`] at `/password` for the new one.
    pub async fn change_password(
        &self,
        caller: &Caller,
        old: &Password,
        new: &Password,
    ) -> Result<Option<Tokens>, AuthError> {
        let (parts, id) = (self.parts(), caller.person()?);
        new.check_new(parts.settings.min_password).map_err(|violation| violation.under("/password"))?;
        let proven = parts.person(caller).await?.user;
        self.prove(&proven, old, caller.client()).await?;
        let hash = parts.passwords.hash(new).await?;
        let mut ending = Ending::of(id, caller.session_id());
        loop {
            let now = parts.now();
            let user = parts.still(&proven).await?;
            let user = user.with_password(Some(hash.clone())).with_next_uv();
            let event = parts.event(now, SecurityAction::PasswordChanged, caller.client()).by_user(id);
            let change = parts.change(now).audit(event);
            let change = parts.voiding(change, id, &VOIDED, None, now).await?;
            let (change, tokens) = parts.goes_on(change, &user, ending.spared(), now).await?;
            if ending.is_done(self, change.update(user), Some(password_changed(&proven))).await? {
                return Ok(tokens);
            }
        }
    }

    /// Mails a token to the holder of an address that lets them choose a new password; earlier ones stop working.
    ///
    /// Whether there is an account is not told: all of it happens after the answer, and what fails then is logged. For
    /// nobody it is about the same work but for the mail, so what goes on then tells little to who measures the next
    /// answers.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] at `/email`; [`AuthError::TooManyAttempts`] when the address was mailed to many times in
    /// a row, whether it has an account or not.
    pub async fn request_password_reset(&self, email: &str, client: &ClientInfo) -> Result<(), AuthError> {
        let email = email_address(email).map_err(|violation| violation.under("/email"))?;
        self.parts().attempt_mail(email.key()).await?;
        let (auth, client) = (self.clone(), client.clone());
        tokio::spawn(async move {
            let found = auth.parts().ports.users.user_by_email(email.key()).await.map_err(AuthError::from);
            let user = found.as_ref().ok().and_then(|user| user.as_ref().map(User::id));
            let sent = match found {
                Ok(Some(user)) if user.disabled_at().is_none() => auth.send_reset(&user, &client).await,
                Ok(_) => auth.send_no_reset(&client).await,
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                let user = user.map(tracing::field::display);
                tracing::error!(user, kind = error.kind(), "a password reset could not be sent");
            }
        });
        Ok(())
    }

    /// About the same work for nobody: what goes on in the background may slow down the answer, or the next one.
    async fn send_no_reset(&self, client: &ClientInfo) -> Result<(), AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let nobody = parts.id(UserId::from_uuid, now);
        parts.one_time_token(nobody, TokenPurpose::ResetPassword, "", now)?;
        let event = parts.event(now, SecurityAction::PasswordResetRequested, client);
        let change = parts.change(now).audit(event);
        let change = parts.voiding(change, nobody, &[TokenPurpose::ResetPassword], None, now).await?;
        self.commit(change).await
    }

    async fn send_reset(&self, user: &User, client: &ClientInfo) -> Result<(), AuthError> {
        let (parts, id) = (self.parts(), user.id());
        let payload = user.email().key().as_str();
        let mut tries = Tries::default();
        loop {
            let now = parts.now();
            let (token, record) = parts.one_time_token(id, TokenPurpose::ResetPassword, payload, now)?;
            let mail = Mail::ResetPassword {
                to: user.email().clone(),
                locale: user.locale().map(str::to_owned),
                token,
                expires_at: record.expires_at(),
            };
            let event = parts.event(now, SecurityAction::PasswordResetRequested, client).by_user(id);
            let change = parts.change(now).insert(record).audit(event);
            let change = parts.voiding(change, id, &[TokenPurpose::ResetPassword], None, now).await?;
            let answer = self.commit(change).await;
            if !tries.again(&answer) {
                answer?;
                return self.mail_now(mail).await;
            }
        }
    }

    /// Sets a new password with a token that was mailed. Every token given so far is void, all sessions end, and
    /// the address counts as verified, since its mail was read.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidToken`] when the token is unknown, used or expired, and when the account has another
    /// address by now; [`AuthError::Invalid`] at `/password`.
    pub async fn reset_password(
        &self,
        token: &OpaqueToken,
        new: &Password,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let parts = self.parts();
        new.check_new(parts.settings.min_password).map_err(|violation| violation.under("/password"))?;
        // Before hashing, so that invented tokens cost next to nothing.
        let (_, user) = parts.opened(token, TokenPurpose::ResetPassword, parts.now()).await?;
        let hash = parts.passwords.hash(new).await?;
        let mut ending = Ending::of(user.id(), None);
        loop {
            let change = parts.reset(token, &hash, client, parts.now()).await?;
            if ending.is_done(self, change, Some(password_changed(&user))).await? {
                return Ok(());
            }
        }
    }
}

fn password_changed(user: &User) -> Mail {
    Mail::PasswordChanged { to: user.email().clone(), locale: user.locale().map(str::to_owned) }
}

impl Parts {
    async fn reset(
        &self,
        token: &OpaqueToken,
        hash: &SecretText,
        client: &ClientInfo,
        now: Timestamp,
    ) -> Result<IdentityChange, AuthError> {
        let (record, user) = self.opened(token, TokenPurpose::ResetPassword, now).await?;
        if record.payload() != Some(user.email().key().as_str()) {
            return Err(AuthError::InvalidToken);
        }
        let (id, email) = (user.id(), user.email().clone());
        let verified_at = user.verified_at().or(Some(now));
        let user = user.with_password(Some(hash.clone())).with_next_uv().with_email(email, verified_at);
        let event = self.event(now, SecurityAction::PasswordReset, client).by_user(id);
        let change = self.change(now).update(user).audit(event);
        let change = self.voiding(change, id, &VOIDED, Some(record.id()), now).await?;
        Ok(change.update(record.with_used_at(now)))
    }
}

use invoice_core::UserId;
use invoice_core::identity::{SecurityAction, TokenPurpose, User};

use crate::auth::Auth;
use crate::caller::Caller;
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::mailer::Mail;
use crate::retry::Tries;
use crate::secret::OpaqueToken;
use crate::throttle::Attempt;

impl Auth {
    /// Takes the token that was mailed to a new account as the proof that its address is the user's.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidMailedToken`] when the token is unknown, used or expired, and when the account has another
    /// address by now.
    pub async fn verify_email(&self, token: &OpaqueToken, client: &ClientInfo) -> Result<(), AuthError> {
        let (parts, mut tries) = (self.parts(), Tries::default());
        loop {
            let now = parts.now();
            let (record, user) = parts.opened(token, TokenPurpose::VerifyEmail, now).await?;
            if record.payload() != Some(user.email().key().as_str()) {
                return Err(AuthError::InvalidMailedToken);
            }
            let event = parts.event(now, SecurityAction::EmailVerified, client).by_user(user.id());
            let verified_at = user.verified_at().or(Some(now));
            let email = user.email().clone();
            let change = parts.change(now).update(record.with_used_at(now)).audit(event);
            let answer = self.commit(change.update(user.with_email(email, verified_at))).await;
            if !tries.again(&answer).await {
                return answer;
            }
        }
    }

    /// Mails the caller another token that verifies their address; earlier ones stop working. Nothing happens if
    /// the address is verified.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooManyAttempts`] when the address was mailed to many times in a row; [`AuthError::Mail`].
    pub async fn resend_verification(&self, caller: &Caller) -> Result<(), AuthError> {
        let parts = self.parts();
        let user = parts.person(caller).await?.user;
        let id = user.id();
        if user.verified_at().is_some() {
            return Ok(());
        }
        let mut attempt = parts.attempt_mail(user.email().key()).await?;
        let answer = self.resend_counted(id, &mut attempt).await;
        attempt.settle(answer).await
    }

    async fn resend_counted(&self, id: UserId, attempt: &mut Attempt) -> Result<(), AuthError> {
        let mut tries = Tries::default();
        loop {
            let answer = self.new_verification(&self.parts().user_of(id).await?).await;
            if !tries.again(&answer).await {
                attempt.made();
                return self.mail_now(answer?).await;
            }
        }
    }

    async fn new_verification(&self, user: &User) -> Result<Mail, AuthError> {
        let (parts, now, id) = (self.parts(), self.parts().now(), user.id());
        let payload = user.email().key().as_str();
        let (token, record) = parts.one_time_token(id, TokenPurpose::VerifyEmail, payload, now)?;
        let mail = Mail::VerifyEmail {
            to: user.email().clone(),
            locale: user.locale().map(str::to_owned),
            token,
            expires_at: record.expires_at(),
        };
        let change = parts.change(now).insert(record);
        let change = parts.voiding(change, id, &[TokenPurpose::VerifyEmail], None, now).await?;
        parts.commit(change).await?;
        Ok(mail)
    }
}

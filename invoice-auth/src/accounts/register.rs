use invoice_core::identity::{EmailAddress, SecurityAction, TokenPurpose, User};
use invoice_core::ports::{StoreError, Unique};
use invoice_core::{UserId, Violations};

use super::Registration;
use crate::auth::{Auth, Parts};
use crate::client::ClientInfo;
use crate::email::email_address;
use crate::error::AuthError;
use crate::mailer::Mail;
use crate::password::Password;
use crate::throttle::Attempt;

impl Auth {
    /// Makes an account and mails a token that verifies its address.
    ///
    /// Whether the address has an account already is not told: its holder gets a mail that says so, and nothing else
    /// happens. Both ways the password is hashed and one change is committed, and the mail is sent after the answer; but
    /// a new account is two records more in that change, and who can measure that of many answers may tell.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] at `/email`, `/password`, `/name` and `/locale`; [`AuthError::TooManyAttempts`] when
    /// this address was registered or mailed to many times in a row, or many were registered from the client's;
    /// [`AuthError::Busy`].
    pub async fn register(&self, new: Registration, client: &ClientInfo) -> Result<(), AuthError> {
        let parts = self.parts();
        let (email, blank) = parts.checked(&new)?;
        let mut attempt = parts.attempt_registration(email.key(), client).await?;
        let answer = self.register_counted(blank, &new.password, client, &mut attempt).await;
        attempt.settle(answer).await
    }

    async fn register_counted(
        &self,
        blank: User,
        password: &Password,
        client: &ClientInfo,
        attempt: &mut Attempt,
    ) -> Result<(), AuthError> {
        let parts = self.parts();
        let turn = parts.passwords.turn().await?;
        attempt.made();
        let hash = parts.passwords.hash_in(turn, password).await?;
        let email = blank.email().clone();
        if let Some(user) = parts.ports.users.user_by_email(email.key()).await? {
            return self.registered_again(&user, client).await;
        }
        match self.insert(blank.with_password(Some(hash)), client).await {
            // Somebody was faster.
            Err(AuthError::Store(StoreError::Duplicate { what: Unique::Email })) => {
                match parts.ports.users.user_by_email(email.key()).await? {
                    Some(user) => self.registered_again(&user, client).await,
                    None => Err(StoreError::Unavailable.into()),
                }
            }
            answer => answer,
        }
    }

    async fn insert(&self, user: User, client: &ClientInfo) -> Result<(), AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let payload = user.email().key().as_str();
        let (token, record) = parts.one_time_token(user.id(), TokenPurpose::VerifyEmail, payload, now)?;
        let mail = Mail::VerifyEmail {
            to: user.email().clone(),
            locale: user.locale().map(str::to_owned),
            token,
            expires_at: record.expires_at(),
        };
        let (id, event) = (user.id(), parts.event(now, SecurityAction::Registered, client));
        let change = parts.change(now).insert(user).insert(record).audit(event.by_user(id));
        self.commit_then(change, None, Some((id, mail))).await
    }

    /// Costs a commit as well, so that the time tells little.
    async fn registered_again(&self, user: &User, client: &ClientInfo) -> Result<(), AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let event = parts.event(now, SecurityAction::RegisteredAgain, client).by_user(user.id());
        let locale = user.locale().map(str::to_owned);
        let mail = Mail::AlreadyRegistered { to: user.email().clone(), locale };
        self.commit_then(parts.change(now).audit(event), None, Some((user.id(), mail))).await
    }
}

impl Parts {
    /// The address and the account without its password, or all that is wrong with them.
    fn checked(&self, new: &Registration) -> Result<(EmailAddress, User), AuthError> {
        let mut found = Violations::new();
        if let Err(violation) = new.password.check_new(self.settings.min_password) {
            found.push(violation.under("/password"));
        }
        let email = email_address(&new.email);
        let now = self.now();
        let user = match &email {
            Ok(email) => User::new(self.id(UserId::from_uuid, now), email.clone(), &new.name, now)
                .and_then(|user| user.with_locale(new.locale.clone())),
            Err(violation) => {
                found.push(violation.clone().under("/email"));
                Err(Violations::new())
            }
        };
        match (email, user) {
            (Ok(email), Ok(user)) if found.is_empty() => Ok((email, user)),
            (_, Err(more)) => {
                found.absorb("", more);
                Err(found.into())
            }
            _ => Err(found.into()),
        }
    }
}

use invoice_core::SessionId;
use invoice_core::identity::{EmailAddress, OneTimeToken, SecurityAction, TokenPurpose};

use crate::auth::Auth;
use crate::caller::Caller;
use crate::client::ClientInfo;
use crate::email::email_address;
use crate::error::AuthError;
use crate::mailer::Mail;
use crate::password::Password;
use crate::retry::Tries;
use crate::secret::OpaqueToken;
use crate::sessions::Ending;

/// What a change of address remembers: the session that asked for it and the new address, apart by a space, which
/// no address has.
struct Asked {
    session: Option<SessionId>,
    new: EmailAddress,
}

impl Asked {
    fn written(session: Option<SessionId>, new: &EmailAddress) -> String {
        let session = session.map_or_else(|| "-".to_owned(), |session| session.to_string());
        format!("{session} {}", new.shown())
    }

    fn read(record: &OneTimeToken) -> Option<Self> {
        let (session, new) = record.payload()?.split_once(' ')?;
        Some(Self { session: session.parse().ok(), new: email_address(new).ok()? })
    }
}

impl Auth {
    /// Mails a token to another address that the caller wants their account to move to; earlier ones stop working.
    ///
    /// Whether the other address has an account is not told here, only to who can read its mail.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidCredentials`] when the password is wrong; [`AuthError::TooManyAttempts`];
    /// [`AuthError::Invalid`] at `/email`; [`AuthError::Mail`].
    pub async fn request_email_change(
        &self,
        caller: &Caller,
        new: &str,
        password: &Password,
    ) -> Result<(), AuthError> {
        let (parts, id) = (self.parts(), caller.person()?);
        let new = email_address(new).map_err(|violation| violation.under("/email"))?;
        self.prove(&parts.user_of(id).await?, password, caller.client()).await?;
        parts.attempt_mail(new.key()).await?;
        let mut tries = Tries::default();
        loop {
            let now = parts.now();
            let user = parts.user_of(id).await?;
            let asked = Asked::written(caller.session_id(), &new);
            let (token, record) = parts.one_time_token(id, TokenPurpose::ChangeEmail, &asked, now)?;
            let mail = Mail::ChangeEmail {
                to: new.clone(),
                locale: user.locale().map(str::to_owned),
                token,
                expires_at: record.expires_at(),
            };
            let event = parts.event(now, SecurityAction::EmailChangeRequested, caller.client()).by_user(id);
            let change = parts.change(now).insert(record).audit(event);
            let change = parts.voiding(change, id, &[TokenPurpose::ChangeEmail], None, now).await?;
            let answer = self.commit(change).await;
            if !tries.again(&answer) {
                answer?;
                return self.mail_now(mail).await;
            }
        }
    }

    /// Takes the token that was mailed to the new address, and moves the account to it. The old address is told;
    /// all sessions end but the one that asked for the change, and every other token that was mailed is void.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidToken`]; a [`Duplicate`](invoice_core::ports::StoreError::Duplicate) of the address when it
    /// got an account since: whoever holds the token reads its mail and may know.
    pub async fn confirm_email_change(
        &self,
        token: &OpaqueToken,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let parts = self.parts();
        let mut ending = None;
        loop {
            let now = parts.now();
            let (record, user) = parts.opened(token, TokenPurpose::ChangeEmail, now).await?;
            let asked = Asked::read(&record).ok_or(AuthError::InvalidToken)?;
            let ending = ending.get_or_insert_with(|| Ending::of(user.id(), asked.session));
            let (old, locale) = (user.email().clone(), user.locale().map(str::to_owned));
            let event = parts.event(now, SecurityAction::EmailChanged, client).by_user(user.id());
            let id = user.id();
            let change = parts.change(now).update(user.with_email(asked.new, Some(now))).audit(event);
            let change = parts.voiding(change, id, &TokenPurpose::ALL, Some(record.id()), now).await?;
            if ending.is_done(self, change.update(record.with_used_at(now))).await? {
                self.mail_later(id, Mail::EmailChanged { to: old, locale });
                break;
            }
        }
        match ending {
            Some(ending) => ending.finish(self).await,
            None => Ok(()),
        }
    }
}

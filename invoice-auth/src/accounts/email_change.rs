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

/// What a change of address remembers: the epoch it was asked for in and the new address, apart by a space, which no
/// address has. In another epoch it is void, even if it was asked for at the very moment the epoch moved on.
struct Asked {
    uv: u32,
    new: EmailAddress,
}

impl Asked {
    fn written(uv: u32, new: &EmailAddress) -> String {
        format!("{uv} {}", new.shown())
    }

    fn read(record: &OneTimeToken) -> Option<Self> {
        let (uv, new) = record.payload()?.split_once(' ')?;
        Some(Self { uv: uv.parse().ok()?, new: email_address(new).ok()? })
    }
}

impl Auth {
    /// Mails a token to another address that the caller wants their account to move to; earlier ones stop working.
    ///
    /// Whether the other address has an account is not told here, only to who can read its mail.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidCredentials`] when the password is wrong, or not any more the account's;
    /// [`AuthError::TooManyAttempts`]; [`AuthError::Invalid`] at `/email`; [`AuthError::Mail`].
    pub async fn request_email_change(
        &self,
        caller: &Caller,
        new: &str,
        password: &Password,
    ) -> Result<(), AuthError> {
        let (parts, id) = (self.parts(), caller.person()?);
        let new = email_address(new).map_err(|violation| violation.under("/email"))?;
        let proven = parts.person(caller).await?.user;
        self.prove(&proven, password, caller.client()).await?;
        parts.attempt_mail(new.key()).await?;
        let mut tries = Tries::default();
        loop {
            let now = parts.now();
            let user = parts.still(&proven).await?;
            let asked = Asked::written(user.uv(), &new);
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

    /// Takes the token that was mailed to the new address, and moves the account to it. The old address is told; every
    /// token given or mailed so far is void and all sessions end, the one that asked for the change too: its user logs
    /// in with the new address.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidToken`], also when the password was changed or all sessions were ended since the change was
    /// asked for; a [`Duplicate`](invoice_core::ports::StoreError::Duplicate) of the address when it
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
            if asked.uv != user.uv() {
                return Err(AuthError::InvalidToken);
            }
            let id = user.id();
            let mail =
                Mail::EmailChanged { to: user.email().clone(), locale: user.locale().map(str::to_owned) };
            let event = parts.event(now, SecurityAction::EmailChanged, client).by_user(id);
            let user = user.with_email(asked.new, Some(now)).with_next_uv();
            let change = parts.change(now).update(user).audit(event);
            let change = parts.voiding(change, id, &TokenPurpose::ALL, Some(record.id()), now).await?;
            let ending = ending.get_or_insert_with(|| Ending::of(id, None));
            if ending.is_done(self, change.update(record.with_used_at(now)), Some(mail)).await? {
                return Ok(());
            }
        }
    }
}

//! What accounts mail: proofs of addresses, new passwords, invitations.

use std::io;

use async_trait::async_trait;
use invoice_auth::{Mail, MailError, Mailer, OpaqueToken};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncTransport as _, Message};

use super::Post;

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let unknown = || MailError::new(io::Error::other("a mail of an unknown kind"));
        let (subject, text) = self.text(&mail).ok_or_else(unknown)?;
        let to = mail.to().shown().parse().map_err(MailError::new)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(None)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(MailError::new)?;
        self.transport.send(message).await.map(drop).map_err(MailError::new)
    }
}

impl Post {
    /// The subject and the text. Nothing that a stranger typed stands in them but a team's name, and that only in the
    /// text: a subject with one could make a mail look like another's.
    pub(super) fn text(&self, mail: &Mail) -> Option<(&'static str, String)> {
        Some(match mail {
            Mail::VerifyEmail { token, .. } => (
                "Please confirm your e-mail address",
                self.ask("To confirm that this address is yours", "verify-email", token),
            ),
            Mail::ChangeEmail { token, .. } => (
                "Please confirm your new e-mail address",
                self.ask("To use this address for your account from now on", "change-email", token),
            ),
            Mail::ResetPassword { token, .. } => (
                "Choose a new password",
                self.ask("To choose a new password for your account", "reset-password", token),
            ),
            Mail::Invitation { team, role, token, .. } => {
                let team: String = team.chars().filter(|c| !c.is_control()).collect();
                let why = format!("You are invited to the team \u{201c}{team}\u{201d} as {role}. To accept");
                ("An invitation", self.ask(&why, "accept-invitation", token))
            }
            Mail::AlreadyRegistered { .. } => (
                "You have an account already",
                "Somebody, probably you, registered with this address, which has an account already. \
                 There is nothing to do; if you forgot the password, ask for a new one.\n"
                    .to_owned(),
            ),
            Mail::EmailChanged { .. } => (
                "Your e-mail address was changed",
                "Your account now has another e-mail address. If that was not you, tell us at once.\n"
                    .to_owned(),
            ),
            Mail::PasswordChanged { .. } => (
                "Your password was changed",
                "The password of your account was changed. If that was not you, choose a new one at once.\n"
                    .to_owned(),
            ),
            _ => return None,
        })
    }

    /// Asks to follow a link, or to type the token where there is no page for it.
    fn ask(&self, why: &str, page: &str, token: &OpaqueToken) -> String {
        let token = token.expose();
        match &self.app_url {
            // Behind the hash, so that no server logs it.
            Some(app) => format!("{why}, follow this link:\n\n{app}/{page}#token={token}\n{CLOSING}"),
            None => format!("{why}, use this code:\n\n{token}\n{CLOSING}"),
        }
    }
}

const CLOSING: &str = "\nIf you did not expect this, ignore it: nothing will happen.\n";

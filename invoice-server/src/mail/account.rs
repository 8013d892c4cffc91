//! What accounts mail: proofs of addresses, new passwords, invitations.

use std::io;

use async_trait::async_trait;
use fluent_bundle::FluentArgs;
use invoice_auth::{Mail, MailError, Mailer, OpaqueToken};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncTransport as _, Message};

use super::Post;
use super::words::Language;

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
    /// The subject and the text, in the user's language. Nothing that a stranger typed stands in them but a team's name,
    /// and that only in the text: a subject with one could make a mail look like another's.
    pub(super) fn text(&self, mail: &Mail) -> Option<(String, String)> {
        let nothing = FluentArgs::new;
        let (name, language, token, given) = match mail {
            Mail::VerifyEmail { token, locale, .. } => ("verify-email", locale, Some(token), nothing()),
            Mail::ChangeEmail { token, locale, .. } => ("change-email", locale, Some(token), nothing()),
            Mail::ResetPassword { token, locale, .. } => ("reset-password", locale, Some(token), nothing()),
            // Of whoever is invited no language is known.
            Mail::Invitation { team, role, token, .. } => {
                let team: String = team.chars().filter(|c| !c.is_control()).collect();
                let role = Language::of(None).text(&format!("role-{role}"));
                let given = FluentArgs::from_iter([("team", team), ("role", role)]);
                ("accept-invitation", &None, Some(token), given)
            }
            Mail::AlreadyRegistered { locale, .. } => ("already-registered", locale, None, nothing()),
            Mail::EmailChanged { locale, .. } => ("email-changed", locale, None, nothing()),
            Mail::PasswordChanged { locale, .. } => ("password-changed", locale, None, nothing()),
            _ => return None,
        };
        let language = Language::of(language.as_deref());
        let text = match (token.map(OpaqueToken::expose), &self.app_url) {
            (None, _) => format!("{}\n", language.text(&format!("{name}-text"))),
            // Behind the hash, so that no server logs it.
            (Some(token), Some(app)) => {
                let why = language.text_with(&format!("{name}-link"), &given);
                format!("{why}\n\n{app}/{name}#token={token}\n\n{}\n", language.text("closing"))
            }
            (Some(token), None) => {
                let why = language.text_with(&format!("{name}-code"), &given);
                format!("{why}\n\n{token}\n\n{}\n", language.text("closing"))
            }
        };
        Some((language.text(&format!("{name}-subject")), text))
    }
}

//! What accounts mail: proofs of addresses, new passwords, invitations.

use std::io;

use async_trait::async_trait;
use fluent_bundle::FluentArgs;
use invoice_auth::{Mail, MailError, Mailer, OpaqueToken};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncTransport as _, Message};
use tracing::warn;

use super::Post;
use super::cause::cause;
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
        let sent = self.transport.send(message).await;
        if let Err(error) = &sent
            && let Some(others) = self.failed.pass()
        {
            let cause = cause(error);
            warn!(kind = name(&mail), cause, others, "a mail of an account could not be sent");
        }
        sent.map(drop).map_err(MailError::new)
    }
}

/// What it is called in texts, links and logs.
const fn name(mail: &Mail) -> &'static str {
    match mail {
        Mail::VerifyEmail { .. } => "verify-email",
        Mail::ChangeEmail { .. } => "change-email",
        Mail::ResetPassword { .. } => "reset-password",
        Mail::Invitation { .. } => "accept-invitation",
        Mail::AlreadyRegistered { .. } => "already-registered",
        Mail::EmailChanged { .. } => "email-changed",
        Mail::PasswordChanged { .. } => "password-changed",
        _ => "unknown",
    }
}

impl Post {
    /// The subject and the text, in the user's language. Nothing that a stranger typed stands in them but a team's name,
    /// and that only in the text: a subject with one could make a mail look like another's.
    pub(super) fn text(&self, mail: &Mail) -> Option<(String, String)> {
        let nothing = FluentArgs::new;
        let name = name(mail);
        let (language, token, given) = match mail {
            Mail::VerifyEmail { token, locale, .. }
            | Mail::ChangeEmail { token, locale, .. }
            | Mail::ResetPassword { token, locale, .. } => (locale, Some(token), nothing()),
            // Of whoever is invited no language is known.
            Mail::Invitation { team, role, token, .. } => {
                let team: String = team.chars().filter(|c| !c.is_control()).collect();
                let role = Language::of(None).text(&format!("role-{role}"));
                let given = FluentArgs::from_iter([("team", team), ("role", role)]);
                (&None, Some(token), given)
            }
            Mail::AlreadyRegistered { locale, .. }
            | Mail::EmailChanged { locale, .. }
            | Mail::PasswordChanged { locale, .. } => (locale, None, nothing()),
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

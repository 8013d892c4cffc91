use invoice_auth::{OpaqueToken, Password, Registration};
use invoice_core::{TeamId, Violations};
use serde::Deserialize;
use utoipa::ToSchema;

use super::password;
use crate::wire::read::{At, Reader};
use crate::wire::schema;

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Registration, example = json!({
    "email": "ada@example.org",
    "password": "correct horse battery staple",
    "name": "Ada Lovelace",
    "locale": "en-GB"
}))]
pub(crate) struct RegistrationInput {
    #[schema(value_type = schema::EmailText)]
    email: String,
    #[schema(value_type = schema::NewPasswordText)]
    password: String,
    /// The person's name; may be empty.
    #[serde(default)]
    #[schema(value_type = schema::OptionalName)]
    name: String,
    /// The language to write to the person in, a BCP 47 tag.
    #[schema(value_type = Option<schema::LanguageTag>)]
    locale: Option<String>,
}

impl RegistrationInput {
    pub(crate) fn read(self) -> Result<Registration, Violations> {
        let mut reader = Reader::default();
        let password = password(&mut reader, &At::Body.field("password"), self.password);
        let (email, name, locale) = (self.email, self.name, self.locale);
        reader.finish(password.map(|password| Registration { email, password, name, locale }))
    }
}

/// Who logs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Login, example = json!({
    "email": "ada@example.org",
    "password": "correct horse battery staple",
    "device": "Ada's laptop"
}))]
pub(crate) struct LoginInput {
    #[schema(value_type = schema::EmailText)]
    email: String,
    #[schema(value_type = schema::PasswordText)]
    password: String,
    /// The team to work in; the first one joined if not said.
    #[schema(value_type = Option<schema::TeamId>)]
    team: Option<String>,
    /// A name for the device, which the list of sessions shows; the `User-Agent` if not said. What can't be shown of it is
    /// left out, and what is longer than 500 characters.
    device: Option<String>,
}

/// What a log-in takes besides the address and the device.
pub(crate) struct Login {
    pub(crate) email: String,
    pub(crate) password: Password,
    pub(crate) team: Option<TeamId>,
    pub(crate) device: Option<String>,
}

impl LoginInput {
    pub(crate) fn read(self) -> Result<Login, Violations> {
        let mut reader = Reader::default();
        let password = password(&mut reader, &At::Body.field("password"), self.password);
        let team = reader.optional::<TeamId>(&At::Body.field("team"), self.team.as_deref());
        let (email, device) = (self.email, self.device);
        reader.finish(password.zip(team).map(|(password, team)| Login { email, password, team, device }))
    }
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh, example = json!({"refresh_token": "ivr_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}))]
pub(crate) struct RefreshInput {
    #[schema(value_type = schema::SecretToken)]
    refresh_token: String,
}

impl RefreshInput {
    pub(crate) fn token(self) -> OpaqueToken {
        OpaqueToken::new(self.refresh_token)
    }
}

/// An address to mail to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmailInput, example = json!({"email": "ada@example.org"}))]
pub(crate) struct EmailInput {
    #[schema(value_type = schema::EmailText)]
    pub(crate) email: String,
}

/// A token that was mailed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailedToken, example = json!({"token": "ivm_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}))]
pub(crate) struct MailedTokenInput {
    #[schema(value_type = schema::SecretToken)]
    token: String,
}

impl MailedTokenInput {
    pub(crate) fn token(self) -> OpaqueToken {
        OpaqueToken::new(self.token)
    }
}

/// A new password, and the token that was mailed to set it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordReset, example = json!({
    "token": "ivm_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "password": "correct horse battery staple"
}))]
pub(crate) struct PasswordResetInput {
    #[schema(value_type = schema::SecretToken)]
    token: String,
    #[schema(value_type = schema::NewPasswordText)]
    password: String,
}

impl PasswordResetInput {
    pub(crate) fn read(self) -> Result<(OpaqueToken, Password), Violations> {
        let mut reader = Reader::default();
        let password = password(&mut reader, &At::Body.field("password"), self.password);
        let token = OpaqueToken::new(self.token);
        reader.finish(password.map(|password| (token, password)))
    }
}

/// The password as it is, and the one that replaces it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange, example = json!({
    "current_password": "correct horse battery staple",
    "password": "a much better one than that"
}))]
pub(crate) struct PasswordChangeInput {
    #[schema(value_type = schema::PasswordText)]
    current_password: String,
    #[schema(value_type = schema::NewPasswordText)]
    password: String,
}

impl PasswordChangeInput {
    pub(crate) fn read(self) -> Result<(Password, Password), Violations> {
        let mut reader = Reader::default();
        let old = password(&mut reader, &At::Body.field("current_password"), self.current_password);
        let new = password(&mut reader, &At::Body.field("password"), self.password);
        reader.finish(old.zip(new))
    }
}

/// The password, asked for again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Proof, example = json!({"password": "correct horse battery staple"}))]
pub(crate) struct ProofInput {
    #[schema(value_type = schema::PasswordText)]
    password: String,
}

impl ProofInput {
    pub(crate) fn read(self) -> Result<Password, Violations> {
        let mut reader = Reader::default();
        let password = password(&mut reader, &At::Body.field("password"), self.password);
        reader.finish(password)
    }
}

/// The address to move to, and the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmailChange, example = json!({
    "email": "ada.lovelace@example.org",
    "password": "correct horse battery staple"
}))]
pub(crate) struct EmailChangeInput {
    #[schema(value_type = schema::EmailText)]
    email: String,
    #[schema(value_type = schema::PasswordText)]
    password: String,
}

impl EmailChangeInput {
    pub(crate) fn read(self) -> Result<(String, Password), Violations> {
        let mut reader = Reader::default();
        let password = password(&mut reader, &At::Body.field("password"), self.password);
        let email = self.email;
        reader.finish(password.map(|password| (email, password)))
    }
}

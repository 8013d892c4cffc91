//! Accounts made by whoever runs the program.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use async_trait::async_trait;
use invoice_auth::{Auth, AuthError, ClientInfo, Mail, MailError, Mailer, NoClaims, Password, Registration};
use invoice_core::identity::Team;
use invoice_core::{TeamId, Timestamp};
use tokio::sync::mpsc::{Sender, channel};
use uuid::Uuid;

use crate::cli::{NewTeam, NewUser};
use crate::config::Config;
use crate::engine;
use crate::store::Stores;

/// Keeps mail in the process: who runs it needs no proof that an address is theirs.
struct Kept(Sender<Mail>);

#[async_trait]
impl Mailer for Kept {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        self.0.send(mail).await.map_err(|_| MailError::new(io::Error::from(io::ErrorKind::BrokenPipe)))
    }
}

/// Registers as anybody does, with the proof of the address brought by hand.
pub(super) async fn create(new: NewUser, mut config: Config) -> anyhow::Result<()> {
    let NewUser { email, name, team } = new;
    // Before anything is written: an account without the team that was asked for is half an errand.
    team.as_deref().map_or(Ok(()), check_name)?;
    let typed = read_password()?;
    let stores = Stores::open(&config.billing, config.identity.as_ref()).await?;
    stores.bring_up().await?;
    let (sender, mut mails) = channel(1);
    let auth = engine::accounts(&mut config, &stores, Arc::new(Kept(sender))).await?.auth;
    let client = ClientInfo::new().with_user_agent("invoice-server user create");
    let registration = Registration { email: email.clone(), password: password(&typed)?, name, locale: None };
    auth.register(registration, &client).await.map_err(plainly)?;
    match mails.recv().await.context("no mail was made")? {
        Mail::VerifyEmail { token, .. } => auth.verify_email(&token, &client).await?,
        Mail::AlreadyRegistered { .. } => bail!(
            "{email} has an account already; a team for it is made by \
             `invoice-server team create --email {email} --name 'Your company'`"
        ),
        _ => bail!("another mail was made than to verify the address"),
    }
    println!("{email} can log in");
    if let Some(team) = team {
        found(&auth, &email, &password(&typed)?, &team, &client).await?;
    }
    Ok(())
}

/// Makes a team for somebody who has an account.
pub(super) async fn create_team(new: NewTeam, mut config: Config) -> anyhow::Result<()> {
    let NewTeam { email, name } = new;
    check_name(&name)?;
    let typed = read_password()?;
    let stores = Stores::open_current(&config.billing, config.identity.as_ref()).await?;
    let auth = engine::quiet_auth(&mut config, &stores).await?;
    let client = ClientInfo::new().with_user_agent("invoice-server team create");
    found(&auth, &email, &password(&typed)?, &name, &client).await
}

/// Whether a team can have this name.
fn check_name(name: &str) -> anyhow::Result<()> {
    let nobodys = (TeamId::from_uuid(Uuid::nil()), Timestamp::from_millis(0));
    Team::new(nobodys.0, name, nobodys.1)
        .map(drop)
        .map_err(|wrong| plainly(AuthError::Invalid(wrong)).context("the team"))
}

fn password(text: &str) -> anyhow::Result<Password> {
    Password::new(text).map_err(|wrong| anyhow!("the password: {wrong}"))
}

/// Makes a team as its owner, who logs in for it and out again.
async fn found(
    auth: &Auth,
    email: &str,
    password: &Password,
    name: &str,
    client: &ClientInfo,
) -> anyhow::Result<()> {
    let tokens = auth.log_in(email, password, client).await.map_err(plainly)?;
    let known = auth.authenticate::<NoClaims>(tokens.access.expose(), client.clone()).await?;
    let made = auth.create_team(known.caller(), name).await.map_err(plainly);
    auth.log_out(known.caller()).await?;
    println!("{} is the team {name}", made?.id());
    Ok(())
}

/// What is wrong with each field, in words.
fn plainly(error: AuthError) -> anyhow::Error {
    match error {
        AuthError::Invalid(violations) => {
            let wrong: Vec<_> = violations
                .iter()
                .map(|wrong| format!("{}: {}", wrong.pointer().trim_start_matches('/'), wrong.detail()))
                .collect();
            anyhow!(wrong.join("; "))
        }
        error => error.into(),
    }
}

fn read_password() -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        eprint!("Password (it will be seen): ");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("the password can't be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("the password is read from standard input, which has none");
    }
    Ok(password.to_owned())
}

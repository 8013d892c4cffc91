//! Accounts made by whoever runs the program.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use async_trait::async_trait;
use invoice_auth::{Auth, AuthError, ClientInfo, Mail, MailError, Mailer, NoClaims, Password, Registration};
use tokio::sync::mpsc::{Sender, channel};

use crate::cli::NewUser;
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
    let typed = read_password()?;
    let password = |text: &str| Password::new(text).map_err(|wrong| anyhow!("the password: {wrong}"));
    let stores = Stores::open(&config.billing, config.identity.as_ref()).await?;
    let (sender, mut mails) = channel(1);
    let auth = engine::accounts(&mut config, &stores, Arc::new(Kept(sender))).await?.auth;
    let client = ClientInfo::new().with_user_agent("invoice-server user create");
    let registration = Registration { email: email.clone(), password: password(&typed)?, name, locale: None };
    auth.register(registration, &client).await.map_err(plainly)?;
    match mails.recv().await.context("no mail was made")? {
        Mail::VerifyEmail { token, .. } => auth.verify_email(&token, &client).await?,
        Mail::AlreadyRegistered { .. } => bail!("{email} has an account already"),
        _ => bail!("another mail was made than to verify the address"),
    }
    println!("{email} can log in");
    if let Some(team) = team {
        found(&auth, &email, &password(&typed)?, &team, &client).await?;
    }
    Ok(())
}

/// Makes a team as its owner, who logs in for it and out again.
async fn found(
    auth: &Auth,
    email: &str,
    password: &Password,
    name: &str,
    client: &ClientInfo,
) -> anyhow::Result<()> {
    let tokens = auth.log_in(email, password, client).await?;
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

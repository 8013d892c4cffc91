//! Register, verify, log in, call, refresh, log out: over HTTP, with a router of axum.
//!
//! `cargo run --example axum_login` starts the application on a free port and plays its client;
//! `cargo run --example axum_login -- 127.0.0.1:3000` only serves, for clients of your own.

mod app;
mod client;

use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use invoice_auth::{Mail, MailError, Mailer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Shows each mail, and hands its token to who plays the addressee.
struct Console(UnboundedSender<String>);

#[async_trait]
impl Mailer for Console {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let (what, token) = match &mail {
            Mail::VerifyEmail { token, .. } => ("is this your address?", token),
            Mail::Invitation { token, .. } => ("come to our team!", token),
            _ => return Ok(()),
        };
        println!("   mail to {}: {what}", mail.to().shown());
        // A mail that nobody waits for is no failure.
        let _ = self.0.send(token.expose().to_owned());
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (sender, mails) = unbounded_channel();
    let auth = app::auth(Arc::new(Console(sender))).await?;
    let address = env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0")).await?;
    let server = listener.local_addr()?;
    let service = app::router(auth).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service);
    if address.is_some() {
        println!("listening on {server}");
        return Ok(serving.await?);
    }
    let serving = tokio::spawn(async move { serving.await });
    play(server, mails).await?;
    serving.abort();
    Ok(())
}

/// Somebody at the other end of the wire.
async fn play(server: SocketAddr, mut mails: UnboundedReceiver<String>) -> Result<(), Box<dyn Error>> {
    let call = |method, path, token, body| client::send(server, method, path, token, body);
    let credentials = json!({ "email": "ada@example.org", "password": "correct horse battery staple" });

    println!("1. An account");
    let mut account = credentials.clone();
    account["name"] = json!("Ada");
    expect(202, call("POST", "/register", None, Some(account)).await?)?;
    let token = mails.recv().await.ok_or("no mail")?;
    expect(204, call("POST", "/verify", None, Some(json!({ "token": token }))).await?)?;

    println!("2. Logged in, first with a wrong password");
    let wrong = json!({ "email": "ada@example.org", "password": "12345678" });
    expect(401, call("POST", "/log-in", None, Some(wrong)).await?)?;
    let tokens = expect(200, call("POST", "/log-in", None, Some(credentials)).await?)?;
    let (access, refresh) = (text(&tokens, "access_token")?, text(&tokens, "refresh_token")?);

    println!("3. A call, with and without a token");
    expect(401, call("GET", "/me", None, None).await?)?;
    println!("   {}", expect(200, call("GET", "/me", Some(&access), None).await?)?);

    println!("4. A team of her own, to which she invites somebody");
    expect(
        403,
        call("POST", "/invitations", Some(&access), Some(json!({ "email": "b@example.org" }))).await?,
    )?;
    let team = expect(200, call("POST", "/teams", Some(&access), Some(json!({ "name": "Engines" }))).await?)?;
    let access = text(&team, "access_token")?;
    expect(
        202,
        call("POST", "/invitations", Some(&access), Some(json!({ "email": "b@example.org" }))).await?,
    )?;
    println!("   {}", expect(200, call("GET", "/me", Some(&access), None).await?)?);

    println!("5. New tokens for the old refresh token");
    let renewal = json!({ "refresh_token": refresh });
    let tokens = expect(200, call("POST", "/refresh", None, Some(renewal)).await?)?;
    let access = text(&tokens, "access_token")?;

    println!("6. Logged out: the token is good for nothing, at once");
    expect(204, call("POST", "/log-out", Some(&access), None).await?)?;
    expect(401, call("GET", "/me", Some(&access), None).await?)?;

    let keys = expect(200, call("GET", "/.well-known/jwks.json", None, None).await?)?;
    println!("7. Others verify with {keys}");
    Ok(())
}

fn expect(status: u16, answer: (u16, Value)) -> Result<Value, Box<dyn Error>> {
    if answer.0 == status { Ok(answer.1) } else { Err(format!("{} instead of {status}", answer.0).into()) }
}

fn text(answer: &Value, name: &str) -> Result<String, Box<dyn Error>> {
    Ok(answer[name].as_str().ok_or_else(|| format!("no {name}"))?.to_owned())
}

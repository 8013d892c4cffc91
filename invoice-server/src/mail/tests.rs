use invoice_auth::{Mail, OpaqueToken, email_address};
use invoice_core::{Role, Timestamp};

use super::*;

fn post(app_url: Option<&str>) -> Post {
    let from = "Bills <bills@server.example>".parse().unwrap();
    PostOffice::new(server("smtp://localhost").unwrap(), from, app_url.map(str::to_owned)).open()
}

fn invitation(team: &str) -> Mail {
    Mail::Invitation {
        to: email_address("ada@example.org").unwrap(),
        team: team.to_owned(),
        role: Role::Member,
        token: OpaqueToken::new("ivi_secret"),
        expires_at: Timestamp::from_millis(0),
    }
}

#[tokio::test]
async fn a_link_carries_the_token_where_no_server_logs_it() {
    let (_, text) = post(Some("https://app.example")).text(&invitation("Muster")).unwrap();
    assert!(text.contains("https://app.example/accept-invitation#token=ivi_secret\n"), "{text}");
    let (_, text) = post(None).text(&invitation("Muster")).unwrap();
    assert!(text.contains("\nivi_secret\n"), "{text}");
}

#[tokio::test]
async fn what_strangers_typed_begins_no_line_and_no_subject() {
    let (subject, text) = post(None).text(&invitation("Muster\r\n\r\nYour account is locked")).unwrap();
    assert_eq!(subject, "An invitation");
    assert!(text.lines().next().unwrap().contains("MusterYour account is locked"), "{text}");
}

#[tokio::test]
async fn a_mail_is_in_the_language_of_the_user() {
    let to = email_address("ada@example.org").unwrap();
    let mail = Mail::PasswordChanged { to, locale: Some("de-AT".to_owned()) };
    let (subject, text) = post(None).text(&mail).unwrap();
    assert_eq!(subject, "Ihr Passwort wurde geändert");
    assert!(text.starts_with("Das Passwort Ihres Kontos"), "{text}");
    let (_, text) = post(None).text(&invitation("Muster")).unwrap();
    assert!(text.starts_with("You are invited to the team “Muster” as member. "), "{text}");
}

#[test]
fn a_password_leaves_the_machine_encrypted_or_not_at_all() {
    for exposed in [
        "smtp://me:secret@mail.example",
        "smtp://me:secret@localhost.example:25",
        "smtp://me:secret@mail.example:587?tls=opportunistic",
    ] {
        assert!(is_exposed(exposed), "{exposed}");
    }
    for safe in [
        "smtps://me:secret@mail.example",
        "smtp://me:secret@mail.example:587?tls=required",
        "smtp://me:secret@localhost:2525",
        "smtp://me:secret@[::1]:2525",
        "smtp://mail.example",
    ] {
        assert!(!is_exposed(safe), "{safe}");
    }
}

/// Why this mail server did not take a mail.
async fn refused_by(url: &str) -> String {
    use lettre::AsyncTransport as _;
    let message = lettre::Message::builder()
        .from("bills@server.example".parse().unwrap())
        .to("ada@example.org".parse().unwrap())
        .body(String::new())
        .unwrap();
    let error = server(url).unwrap().build().send(message).await.unwrap_err();
    cause::cause(&error)
}

#[tokio::test]
async fn why_no_mail_goes_is_told_without_what_the_server_says_of_the_addressee() {
    use tokio::io::AsyncWriteExt as _;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let busy = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"421 ada@example.org not now\r\n").await.unwrap();
    });
    assert_eq!(refused_by(&url).await, "the mail server answered 421");
    busy.await.unwrap();
    // The listener has gone with the task.
    let refused = refused_by(&url).await;
    assert!(refused.contains("refused"), "{refused}");
}

use std::io::Write as _;

use super::*;

fn check(given: Given) -> Result<Config, Vec<String>> {
    Config::read(given, [], true)
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = check(Given::default()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.billing, StoreUrl::default());
    assert!(config.identity.is_none() && config.post.is_none());
}

#[test]
fn all_problems_are_told_at_once() {
    let some = |text: &str| Some(text.to_owned());
    let given = Given {
        listen: some("8080"),
        database_url: some("mysql://localhost"),
        tokens: some("rsa"),
        request_timeout: some("0"),
        trusted_proxies: some("10.0.0.0/8, 10.0.0.0/99"),
        smtp_url: some("smtp://localhost"),
        https_only: some("perhaps"),
        ..Given::default()
    };
    let problems = check(given).err().unwrap().join("\n");
    for name in [
        "listen:",
        "database_url:",
        "tokens:",
        "request_timeout:",
        "10.0.0.0/99",
        "mail_from:",
        "https_only:",
    ] {
        assert!(problems.contains(name), "{name} is missing from:\n{problems}");
    }
}

#[test]
fn a_file_is_read_and_what_was_given_before_counts_more() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "listen = '127.0.0.1:1'\nrequest_timeout = 7\nhttps_only = true").unwrap();
    writeln!(file, "trusted_proxies = ['10.0.0.0/8', '::1']").unwrap();
    let given = Given {
        config: Some(file.path().display().to_string()),
        listen: Some("127.0.0.1:2".to_owned()),
        ..Given::default()
    };
    let config = check(given).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!((config.request_timeout, config.https_only), (Duration::from_secs(7), true));
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn a_file_with_unknown_settings_or_wrong_types_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "listn = '127.0.0.1:1'\nrequest_timeout = 1.5").unwrap();
    let given = Given { config: Some(file.path().display().to_string()), ..Given::default() };
    let problems = check(given).err().unwrap();
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn a_server_needs_a_master_key_and_a_file_does_not() {
    let given = |url: &str| Given { database_url: Some(url.to_owned()), ..Given::default() };
    let problems = check(given("postgres://localhost/bills")).err().unwrap();
    assert!(problems.iter().any(|problem| problem.starts_with("master_key:")), "{problems:?}");
    assert!(check(given("sqlite:a.db")).is_ok());
    let mixed = Given { identity_url: Some("sqlite:a.db".to_owned()), ..given("postgres://localhost/bills") };
    assert!(check(mixed).is_ok());
}

#[test]
fn a_setting_given_empty_is_not_given() {
    let given = Given { smtp_url: Some(String::new()), listen: Some(" ".to_owned()), ..Given::default() };
    assert!(check(given).is_ok());
}

#[test]
fn a_key_file_that_is_not_there_and_no_sender_of_mail_are_told_with_all_else() {
    let some = |text: &str| Some(text.to_owned());
    let given = Given {
        listen: some("8080"),
        master_key_file: some("no-such.key"),
        smtp_url: some("nonsense"),
        ..Given::default()
    };
    let problems = check(given).err().unwrap();
    for beginning in ["listen:", "master_key_file: no-such.key:", "mail_from: needed", "smtp_url:"] {
        assert!(problems.iter().any(|problem| problem.starts_with(beginning)), "{beginning} of {problems:?}");
    }
}

#[test]
fn what_is_wrong_is_said_in_plain_words() {
    let given = Given {
        master_key: Some("BwcH".to_owned()),
        mail_from: Some("nobody".to_owned()),
        ..Given::default()
    };
    let problems = check(given).err().unwrap();
    assert_eq!(
        problems,
        [
            "mail_from: not a mailbox such as Invoices <invoices@bills.example>",
            "master_key: not 32 bytes in base64"
        ]
    );
}

#[test]
fn a_variable_that_is_no_setting_is_a_problem_like_any_other() {
    let problems =
        Config::read(Given::default(), [("INVOICE_DATABASE_UL", ""), ("HOME", "")], true).err().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].ends_with("did you mean INVOICE_DATABASE_URL?"), "{problems:?}");
}

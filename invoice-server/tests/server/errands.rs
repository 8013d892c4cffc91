use std::fs;

use crate::place::Place;
use crate::support::{printed, said};

const PASSWORD: &str = "correct horse battery staple\n";

#[test]
fn all_that_is_wrong_with_the_configuration_is_said_at_once() {
    let place = Place::sqlite();
    fs::write(place.folder.path().join(".env"), "INVOICE_TOKENS=rsa\n").unwrap();
    fs::write(place.folder.path().join("server.toml"), "listn = '127.0.0.1:1'\n").unwrap();
    let output = place.errand(&["--config", "server.toml", "--database-url", "mysql:x"], "");
    assert_eq!(output.status.code(), Some(2));
    for name in ["tokens:", "listn:", "database_url:"] {
        assert!(said(&output).contains(name), "{name} is missing from:\n{}", said(&output));
    }
}

#[test]
fn settings_come_from_a_file_and_from_dotenv_which_counts_more_and_from_flags_which_count_most() {
    let place = Place::sqlite();
    let there = |file: &str| place.folder.path().join(file).exists();
    let toml = "database_url = 'sqlite:by-file.db'\nlisten = '127.0.0.1:1'\n";
    fs::write(place.folder.path().join("server.toml"), toml).unwrap();
    let up = |more: &[&str]| {
        let arguments = [&["--config", "server.toml", "migrate", "up"], more].concat();
        let output = place.errand(&arguments, "");
        assert!(output.status.success(), "{}", said(&output));
    };
    up(&[]);
    assert!(there("by-file.db"));
    fs::write(place.folder.path().join(".env"), "INVOICE_DATABASE_URL=sqlite:by-dotenv.db\n").unwrap();
    up(&[]);
    assert!(there("by-dotenv.db") && !there("by-flag.db"));
    up(&["--database-url", "sqlite:by-flag.db"]);
    assert!(there("by-flag.db"));
}

#[test]
fn a_user_is_made_once_with_a_team_that_can_be_verified() {
    let place = Place::sqlite();
    let new = ["user", "create", "--email", "ada@example.org", "--name", "Ada", "--team", "Muster GmbH"];
    let made = place.errand(&new, PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    let team = said(&made).split_whitespace().find(|word| word.starts_with("team_")).unwrap().to_owned();

    let again = place.errand(&new, PASSWORD);
    assert!(!again.status.success());
    assert!(said(&again).contains("has an account already"), "{}", said(&again));
    assert!(said(&again).contains("team create --email ada@example.org"), "{}", said(&again));

    let verified = place.errand(&["verify", "--user", "ada@example.org"], "");
    assert!(verified.status.success() && said(&verified).contains(&team), "{}", said(&verified));
}

#[test]
fn a_first_user_is_made_before_anybody_served_on_every_store() {
    for place in [Place::sqlite(), Place::postgres(), Place::mongo(), Place::mixed()] {
        let looked = place.errand(&["keys", "list"], "");
        assert!(!looked.status.success(), "{}", said(&looked));
        let made = place.errand(
            &["user", "create", "--email", "ada@example.org", "--team", "Muster GmbH"],
            "correct horse battery staple\n",
        );
        assert!(made.status.success(), "{}", said(&made));
        let looked = place.errand(&["keys", "list"], "");
        assert!(looked.status.success(), "{}", said(&looked));
    }
}

#[test]
fn a_weak_password_and_a_wrong_address_are_said_together() {
    let place = Place::sqlite();
    let output = place.errand(&["user", "create", "--email", "ada"], "short\n");
    assert!(!output.status.success());
    assert!(said(&output).contains("email:") && said(&output).contains("password:"), "{}", said(&output));
}

#[test]
fn keys_are_listed_rotated_and_revoked() {
    let place = Place::sqlite();
    let made = place.errand(&["user", "create", "--email", "ada@example.org"], PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    let first = printed(&place.errand(&["keys", "list"], ""));
    let kid = first.split_whitespace().next().unwrap();
    assert_eq!(first.lines().count(), 1, "{first}");
    let rotated = place.errand(&["keys", "rotate"], "");
    assert!(printed(&rotated).lines().count() > 1, "{}", said(&rotated));
    assert!(!printed(&rotated).contains("nothing was rotated"), "{}", said(&rotated));
    let again = place.errand(&["keys", "rotate"], "");
    assert!(again.status.success() && said(&again).contains("nothing was rotated"), "{}", said(&again));
    assert!(!printed(&again).contains("nothing was rotated"), "it is among the keys");
    let revoked = place.errand(&["keys", "revoke", kid], "");
    let revoked = printed(&revoked);
    let line = revoked.lines().find(|line| line.starts_with(kid)).unwrap();
    assert!(line.contains("Destroyed"), "{revoked}");
    assert!(!place.errand(&["keys", "revoke", "unknown"], "").status.success());
}

#[test]
fn the_schema_goes_forth_and_back() {
    let place = Place::sqlite();
    assert!(place.errand(&["migrate", "up"], "").status.success());
    let status = printed(&place.errand(&["migrate", "status"], ""));
    assert!(status.starts_with("invoices: version"), "{status}");
    let down = place.errand(&["migrate", "down", "--force"], "");
    assert!(down.status.success() && printed(&down) != status, "{}", said(&down));
    assert_eq!(printed(&place.errand(&["migrate", "up"], "")), status);
}

#[test]
fn the_document_is_printed() {
    let place = Place::sqlite();
    let output = place.errand(&["openapi"], "");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["openapi"].as_str().map(|version| version.starts_with("3.1")), Some(true));
    assert!(document["paths"]["/api/v1/auth/login"].is_object());
}

/// How many files a place has.
fn files(place: &Place) -> usize {
    fs::read_dir(place.folder.path()).unwrap().count()
}

#[test]
fn errands_that_look_at_a_file_that_is_not_there_make_none() {
    let place = Place::sqlite();
    for errand in [
        &["verify"][..],
        &["migrate", "status"],
        &["migrate", "down"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["team", "create", "--email", "ada@example.org", "--name", "Muster GmbH"],
    ] {
        let output = place.errand(&[errand, &["--database-url", "sqlite:typo.db"]].concat(), PASSWORD);
        assert_eq!(output.status.code(), Some(1), "{errand:?}");
        assert!(said(&output).contains("there is no file typo.db"), "{errand:?}: {}", said(&output));
        assert_eq!(files(&place), 0, "{errand:?}");
    }
}

#[test]
fn a_team_that_can_have_no_such_name_is_refused_before_anything_is_written() {
    let place = Place::sqlite();
    let output = place.errand(&["user", "create", "--email", "ada@example.org", "--team", " "], PASSWORD);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("the team: name: "), "{}", said(&output));
    assert_eq!(files(&place), 0);
}

#[test]
fn who_has_an_account_gets_another_team_with_their_password() {
    let place = Place::sqlite();
    assert!(place.errand(&["user", "create", "--email", "ada@example.org"], PASSWORD).status.success());
    let team = ["team", "create", "--email", "ada@example.org", "--name", "Muster GmbH"];
    assert!(!place.errand(&team, "some other password\n").status.success());
    let made = place.errand(&team, PASSWORD);
    assert!(made.status.success() && printed(&made).starts_with("team_"), "{}", said(&made));
    let verified = printed(&place.errand(&["verify", "--user", "ada@example.org"], ""));
    assert_eq!(verified.matches("team_").count(), 1, "{verified}");
}

#[test]
fn a_key_file_that_is_missing_is_told_and_not_made_anew() {
    let place = Place::sqlite();
    assert!(place.errand(&["user", "create", "--email", "ada@example.org"], PASSWORD).status.success());
    let file = place.folder.path().join("invoices.db.key");
    fs::rename(&file, place.folder.path().join("elsewhere")).unwrap();
    for errand in [&["keys", "rotate"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let output = place.errand(errand, "");
        assert_eq!(output.status.code(), Some(1), "{errand:?}");
        assert!(said(&output).contains("invoices.db.key is missing"), "{errand:?}: {}", said(&output));
        assert!(!file.exists());
    }
}

#[test]
fn a_setting_with_a_slip_of_the_pen_is_refused() {
    let place = Place::sqlite().with("INVOICE_DATABSE_URL", "sqlite:mine.db");
    let output = place.errand(&["migrate", "up"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("did you mean INVOICE_DATABASE_URL?"), "{}", said(&output));
}

#[test]
fn why_a_server_can_not_be_reached_is_said_without_the_password() {
    let place = Place::sqlite().with("INVOICE_MASTER_KEY", "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=");
    // Nobody listens on a port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://app:hunter2@127.0.0.1:{port}/bills");
    let output = said(&place.errand(&["migrate", "status", "--database-url", &url], ""));
    assert!(output.contains(&format!("postgres, 127.0.0.1:{port}/bills")), "{output}");
    assert!(output.contains("refused") && !output.contains("hunter2"), "{output}");
}

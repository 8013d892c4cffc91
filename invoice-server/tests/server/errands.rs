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
fn a_user_is_made_once_with_a_team_that_can_be_verified() {
    let place = Place::sqlite();
    let new = ["user", "create", "--email", "ada@example.org", "--name", "Ada", "--team", "Muster GmbH"];
    let made = place.errand(&new, PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    let team = said(&made).split_whitespace().find(|word| word.starts_with("team_")).unwrap().to_owned();

    let again = place.errand(&new, PASSWORD);
    assert!(!again.status.success());
    assert!(said(&again).contains("has an account already"), "{}", said(&again));

    let verified = place.errand(&["verify", "--user", "ada@example.org"], "");
    assert!(verified.status.success() && said(&verified).contains(&team), "{}", said(&verified));
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
    let first = printed(&place.errand(&["keys", "list"], ""));
    let kid = first.split_whitespace().next().unwrap();
    assert_eq!(first.lines().count(), 1, "{first}");
    let rotated = place.errand(&["keys", "rotate"], "");
    assert!(printed(&rotated).lines().count() > 1, "{}", said(&rotated));
    let revoked = place.errand(&["keys", "revoke", kid], "");
    let revoked = printed(&revoked);
    let line = revoked.lines().find(|line| line.starts_with(kid)).unwrap();
    assert!(line.contains("Destroyed"), "{revoked}");
    assert!(!place.errand(&["keys", "revoke", "unknown"], "").status.success());
}

#[test]
fn the_schema_goes_forth_and_back() {
    let place = Place::sqlite();
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

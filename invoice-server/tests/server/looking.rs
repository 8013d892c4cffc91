//! Errands that only look.

use std::fs;

use crate::place::Place;
use crate::support::{printed, said};

const PASSWORD: &str = "correct horse battery staple\n";

#[test]
fn a_file_without_invoices_is_refused_and_stays_as_it_is() {
    let place = Place::sqlite();
    let file = place.folder.path().join("typo.db");
    for content in [&b""[..], b"a letter to grandmother"] {
        fs::write(&file, content).unwrap();
        for errand in [&["verify"][..], &["migrate", "status"], &["migrate", "down"], &["keys", "list"]] {
            let output = place.errand(&[errand, &["--database-url", "sqlite:typo.db"]].concat(), "");
            assert_eq!(output.status.code(), Some(1), "{errand:?}: {}", said(&output));
            assert!(said(&output).contains("typo.db"), "{errand:?}: {}", said(&output));
            assert_eq!(fs::read(&file).unwrap(), content, "{errand:?}");
        }
    }
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_cut_short_is_not_verified() {
    let place = Place::sqlite();
    let new = ["user", "create", "--email", "ada@example.org", "--team", "Muster GmbH"];
    assert!(place.errand(&new, PASSWORD).status.success());
    let whole = fs::read(place.folder.path().join("invoices.db")).unwrap();
    for length in [0, 1, 4_096, whole.len() / 2] {
        fs::write(place.folder.path().join("backup.db"), &whole[..length]).unwrap();
        let output = place.errand(&["verify", "--database-url", "sqlite:backup.db"], "");
        assert_eq!(output.status.code(), Some(1), "{length} of {} bytes: {}", whole.len(), said(&output));
    }
}

#[test]
fn nothing_to_verify_is_said_and_is_no_success() {
    let place = Place::sqlite();
    assert!(place.errand(&["migrate", "up"], "").status.success());
    let none = place.errand(&["verify"], "");
    assert_eq!(none.status.code(), Some(1), "{}", said(&none));
    assert!(said(&none).contains("there is no team"), "{}", said(&none));

    let user = ["user", "create", "--email", "ada@example.org"];
    assert!(place.errand(&user, PASSWORD).status.success());
    let none = place.errand(&["verify", "--user", "ada@example.org"], "");
    assert_eq!(none.status.code(), Some(1), "{}", said(&none));
    assert!(said(&none).contains("ada@example.org is in no team"), "{}", said(&none));
}

#[test]
fn a_team_that_is_not_there_is_said_and_those_beside_it_are_verified() {
    let place = Place::sqlite();
    let new = ["user", "create", "--email", "ada@example.org", "--team", "Muster GmbH"];
    let made = printed(&place.errand(&new, PASSWORD));
    let team = made.split_whitespace().find(|word| word.starts_with("team_")).unwrap();
    let nobodys = format!("{}0", &team[..team.len() - 1]);
    let nobodys = if nobodys == team { format!("{}1", &team[..team.len() - 1]) } else { nobodys };
    let output = place.errand(&["verify", &nobodys, team], "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains(&format!("there is no team {nobodys}")), "{}", said(&output));
    assert!(printed(&output).contains(&format!("{team}: 0 counter(s)")), "{}", said(&output));
}

#[test]
fn no_master_key_is_needed() {
    let place = Place::sqlite();
    let new = ["user", "create", "--email", "ada@example.org", "--team", "Muster GmbH"];
    assert!(place.errand(&new, PASSWORD).status.success());
    for errand in [&["openapi"][..], &["verify"], &["migrate", "status"], &["keys", "list"]] {
        let output = place.errand(&[errand, &["--master-key-file", "nowhere.key"]].concat(), "");
        assert!(output.status.success(), "{errand:?}: {}", said(&output));
    }
    let rotate = place.errand(&["keys", "rotate", "--master-key-file", "nowhere.key"], "");
    assert_eq!(rotate.status.code(), Some(2), "{}", said(&rotate));
}

#[cfg(unix)]
#[test]
fn the_master_key_may_come_through_a_pipe() {
    use std::process::Command;
    let place = Place::sqlite();
    let pipe = place.folder.path().join("pipe");
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().unwrap().success());
    let written = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    });
    let new = ["user", "create", "--email", "ada@example.org", "--master-key-file", "pipe"];
    let made = place.errand(&new, PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    written.join().unwrap().unwrap();
}

#[test]
fn a_port_in_the_environment_is_refused_like_any_other_slip_of_the_pen() {
    let place = Place::sqlite().with("INVOICE_PORT", "9000");
    assert_eq!(place.errand(&["migrate", "up"], "").status.code(), Some(2));
    let place = Place::sqlite().with("INVOICE_PORT", "tcp://10.0.0.1:80");
    assert_eq!(place.errand(&["migrate", "up"], "").status.code(), Some(0));
}

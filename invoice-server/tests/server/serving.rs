use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use crate::place::Place;
use crate::support::said;

#[test]
fn it_starts_without_configuration_and_says_where_to_go_on() {
    let place = Place::sqlite();
    let server = place.start(&[]);
    for text in ["sqlite:invoices.db", "/api/v1", "/docs/", "user create"] {
        assert!(server.welcome.contains(text), "{text} is missing from:\n{}", server.welcome);
    }
    assert!(place.folder.path().join("invoices.db").exists());
    assert!(place.folder.path().join("invoices.db.key").exists());
}

#[test]
fn the_errand_it_tells_of_is_done_where_it_serves() {
    let place = Place::sqlite();
    let server = place.start(&["--database-url", "sqlite:my bills.db"]);
    let told = "invoice-server --database-url 'sqlite:my bills.db' user create";
    assert!(server.welcome.contains(told), "{}", server.welcome);
}

#[test]
fn the_errand_it_tells_of_signs_as_it_does_itself() {
    let place = Place::sqlite();
    let old = place.folder.path().join("old.key");
    fs::write(&old, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&old, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let server = place.start(&["--tokens", "es256", "--previous-master-key-file", "old.key"]);
    let (_, told) = server.welcome.split_once("First user   invoice-server ").unwrap();
    let told: Vec<_> = told.trim().trim_end_matches(" --team 'Your company'").split(' ').collect();
    let made = place.errand(&told, "correct horse battery staple\n");
    assert!(made.status.success(), "{}", said(&made));
    let keys = said(&place.errand(&["keys", "list"], ""));
    assert_eq!(keys.matches("Active").count(), 1, "{told:?}: {keys}");
    assert!(told.join(" ").contains("--previous-master-key-file old.key"), "{told:?}");
}

#[cfg(unix)]
#[test]
fn the_files_it_makes_are_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::sqlite();
    let _server = place.start(&[]);
    for file in fs::read_dir(place.folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[test]
fn it_tells_its_health_and_its_numbers() {
    let place = Place::sqlite();
    let server = place.start(&[]);
    let mut anyone = server.client();
    assert_eq!(anyone.fetch("/healthz").status, 200);
    assert_eq!(anyone.fetch("/readyz").text("/status"), "ready");
    anyone.get("/invoices/inv_0").refused(401, "unauthenticated");
    let metrics = anyone.fetch("/metrics").body;
    // The route, and not what stood in its place.
    assert!(metrics.contains("route=\"/api/v1/invoices/{id}\""), "{metrics}");
    assert!(!metrics.contains("inv_0"), "{metrics}");
}

#[test]
fn the_document_its_pages_and_the_public_keys_are_served() {
    let place = Place::sqlite();
    let server = place.start(&[]);
    let mut anyone = server.client();
    assert!(anyone.fetch("/openapi.json").body.contains("\"/api/v1/auth/login\""));
    assert!(anyone.fetch("/docs/").body.contains("<html"));
    assert!(anyone.fetch("/.well-known/jwks.json").done()["keys"].is_array());
}

#[test]
fn what_is_not_there_is_a_problem_with_the_usual_headers() {
    let place = Place::sqlite();
    let server = place.start(&[]);
    let answer = server.client().fetch("/nowhere");
    answer.refused(404, "not_found");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(answer.header("x-request-id").is_some(), "{answer:?}");
}

#[test]
fn told_to_stop_it_ends_well() {
    let place = Place::sqlite();
    let mut server = place.start(&[]);
    assert!(server.stop().success());
    assert!(!place.folder.path().join("invoices.db-wal").exists(), "the file was not tidied up");
}

#[test]
fn told_to_stop_it_answers_what_it_was_asked_before() {
    const WAITING: &str = "HTTP/1.1 100 Continue\r\n\r\n";
    let place = Place::sqlite();
    let mut server = place.start(&[]);
    let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: server\r\nconnection: close\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len(),
    );
    let mut asked = server.connect().unwrap();
    asked.write_all(head.as_bytes()).unwrap();
    // A handler waits for the body: the request is in flight.
    let mut waiting = [0; WAITING.len()];
    asked.read_exact(&mut waiting).unwrap();
    assert_eq!(waiting, WAITING.as_bytes());

    server.tell_to_stop();
    while server.connect().is_ok() {
        thread::yield_now();
    }
    asked.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    asked.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("invalid_credentials"), "{answer}");
    assert!(server.ended().success());
}

#[test]
fn told_to_stop_it_does_not_wait_for_who_asks_nothing() {
    let place = Place::sqlite();
    let mut server = place.start(&["--shutdown-grace", "4"]);
    let mut held = Vec::new();
    for beginning in ["", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\nGET /hea"] {
        let mut asking = server.connect().unwrap();
        asking.write_all(beginning.as_bytes()).unwrap();
        held.push(asking);
    }
    // Who came later is served: those before are known.
    assert_eq!(server.client().fetch("/healthz").status, 200);
    assert!(server.stop().success());
}

#[test]
fn told_to_stop_it_tells_when_a_request_was_cut_off() {
    let place = Place::sqlite();
    let log = place.folder.path().join("log");
    let mut server = place.start_logging(&["--shutdown-grace", "1"], File::create(&log).unwrap());
    let mut asking = server.connect().unwrap();
    asking
        .write_all(
            b"POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\
              content-type: application/json\r\ncontent-length: 10\r\n\r\n",
        )
        .unwrap();
    asking.read_exact(&mut [0; 12]).unwrap();
    assert_eq!(server.stop().code(), Some(1));
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("requests in flight were cut off"), "{log}");
}

#[test]
fn a_port_that_is_taken_is_said_and_leaves_no_file() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::sqlite();
    let listen = taken.local_addr().unwrap().to_string();
    let output = place.program(&["--listen", &listen]).output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains(&listen), "{}", said(&output));
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

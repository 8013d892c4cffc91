//! Callers who hold connections and ask nothing.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use crate::place::Place;

#[test]
fn who_does_not_end_the_head_of_a_request_is_hung_up_on() {
    let place = Place::sqlite();
    let server = place.start(&["--head-timeout", "1"]);
    for beginning in ["", "GET /healthz HTTP/1.1\r\nhost: a\r\nx-slow: "] {
        let mut slow = server.connect().unwrap();
        slow.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        slow.write_all(beginning.as_bytes()).unwrap();
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).expect("the connection is still open");
    }
    assert_eq!(server.client().fetch("/healthz").status, 200);
}

#[test]
fn more_connections_than_may_be_wait_until_one_ends() {
    let place = Place::sqlite();
    let server = place.start(&["--max-connections", "2"]);
    let mut held = [server.client(), server.client()];
    for client in &mut held {
        assert_eq!(client.fetch("/healthz").status, 200);
    }
    let mut third = server.connect().unwrap();
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    third.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut answer = [0; 15];
    let early = third.read(&mut answer).expect_err("answered though there was no place");
    assert!(matches!(early.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{early}");
    drop(held);
    third.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    third.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[cfg(unix)]
#[test]
fn without_file_descriptors_it_says_so_and_goes_on_when_some_are_free() {
    let place = Place::sqlite();
    let log = place.folder.path().join("log");
    let server = place.start_with_few_files(64, File::create(&log).unwrap());
    let held: Vec<_> = (0..100).map(|_| server.connect().unwrap()).collect();
    let start = Instant::now();
    while !fs::read_to_string(&log).unwrap().contains("a connection could not be accepted") {
        assert!(start.elapsed() < Duration::from_secs(30), "nothing was logged");
        thread::yield_now();
    }
    drop(held);
    assert_eq!(server.client().fetch("/healthz").status, 200);
}

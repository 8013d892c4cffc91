//! Callers who hold connections and ask nothing.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use crate::place::Place;
#[cfg(target_os = "linux")]
use crate::support::Server;

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
    let server = place.start(&["--max-connections", "2", "--trusted-proxies", "127.0.0.1"]);
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

#[test]
fn who_never_asked_is_hung_up_on_long_before_who_may_ask_again() {
    let place = Place::sqlite();
    let server = place.start(&[]);
    let mut known = server.client();
    assert_eq!(known.fetch("/healthz").status, 200);
    for beginning in ["", "GET /healthz HT"] {
        let mut slow = server.connect().unwrap();
        slow.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        slow.write_all(beginning.as_bytes()).unwrap();
        assert_eq!(slow.read(&mut [0]).expect("the connection is still open"), 0);
    }
    // On the connection that it had.
    assert_eq!(known.try_send("GET", "/healthz", &[], "").unwrap().status, 200);
}

#[test]
fn who_reads_no_answers_is_hung_up_on() {
    let place = Place::sqlite();
    let arguments = ["--max-connections", "1", "--trusted-proxies", "127.0.0.1", "--request-timeout", "1"];
    let server = place.start(&arguments);
    let mut deaf = server.connect().unwrap();
    // More than the system keeps for who does not read.
    deaf.write_all("GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(90).as_bytes()).unwrap();
    let mut next = server.connect().unwrap();
    next.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    next.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let mut answer = [0; 15];
    next.read_exact(&mut answer).expect("there is still no place");
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    drop(deaf);
}

#[test]
fn who_reads_slowly_gets_the_whole_answer() {
    const TIMES: usize = 60;
    let place = Place::sqlite();
    let server = place.start(&["--request-timeout", "2"]);
    let mut whole = server.client().fetch("/openapi.json").body.len() * TIMES;
    let mut slow = server.connect().unwrap();
    let asked = "GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(TIMES);
    slow.write_all(asked.as_bytes()).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let start = Instant::now();
    let mut piece = vec![0; 1 << 20];
    while whole > 0 {
        let read = slow.read(&mut piece).expect("there is more to come");
        assert!(read > 0, "hung up on with {whole} bytes to come");
        whole = whole.saturating_sub(read);
        if start.elapsed() < Duration::from_secs(4) {
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// A connection from an address of this machine.
#[cfg(target_os = "linux")]
fn from(source: &str, server: &Server) -> std::net::TcpStream {
    let connect = async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(format!("{source}:0").parse().unwrap())?;
        socket.connect(server.address.parse().unwrap()).await?.into_std()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(connect).unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Whether it is answered that the program lives, and not hung up on.
#[cfg(target_os = "linux")]
fn is_served(stream: &mut std::net::TcpStream) -> bool {
    let mut answer = [0; 15];
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok_and(|()| &answer == b"HTTP/1.1 200 OK")
}

#[cfg(target_os = "linux")]
#[test]
fn one_address_has_a_quarter_of_the_places_and_another_is_served_all_the_same() {
    let place = Place::sqlite();
    let server = place.start(&["--max-connections", "8"]);
    let mut held = [from("127.0.0.1", &server), from("127.0.0.1", &server)];
    assert!(held.iter_mut().all(is_served));
    assert!(!is_served(&mut from("127.0.0.1", &server)), "a third connection is served");
    assert!(is_served(&mut from("127.0.0.2", &server)));
    drop(held);
    let start = Instant::now();
    while !is_served(&mut from("127.0.0.1", &server)) {
        assert!(start.elapsed() < Duration::from_secs(30), "the places are not free again");
        thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn behind_a_trusted_proxy_everybody_is_one_address_and_has_all_places() {
    let place = Place::sqlite();
    let server = place.start(&["--max-connections", "8", "--trusted-proxies", "127.0.0.2"]);
    let mut held: Vec<_> = (0..8).map(|_| from("127.0.0.2", &server)).collect();
    assert!(held.iter_mut().all(is_served));
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

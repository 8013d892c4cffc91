//! How often one may ask, of several servers at once.

use std::env;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::http::{Answer, Client};
use crate::place::Place;
use crate::support::Server;

/// A Redis with nothing on the disk, ended with the test.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start() -> Self {
        let program = env::var("INVOICE_TEST_REDIS_SERVER").unwrap_or_else(|_| {
            panic!("INVOICE_TEST_REDIS_SERVER is not set: run these tests by `cargo xtask test -p invoice-server`, which knows where redis-server is")
        });
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut child =
            Command::new(program).arg("-").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let settings = format!("bind 127.0.0.1\nport {port}\nsave \"\"\nappendonly no\n");
        child.stdin.take().unwrap().write_all(settings.as_bytes()).unwrap();
        let redis = Self { child, port };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            thread::yield_now();
        }
        redis
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many requests get through, of each in turn, before one is refused, and how that is refused.
fn let_through(clients: &mut [Client]) -> (usize, Answer) {
    let mut before = 0;
    loop {
        for client in &mut *clients {
            let answer = client.get("/clients");
            if answer.status == 429 {
                return (before, answer);
            }
            answer.refused(401, "unauthenticated");
            before += 1;
        }
    }
}

#[test]
fn servers_with_a_redis_count_requests_together_and_each_for_itself_while_it_is_away() {
    let redis = Redis::start();
    let place = Place::sqlite().with("INVOICE_REDIS_URL", &redis.url());
    let servers = [(); 2].map(|()| place.start(&["--anonymous-limit", "10/3600"]));
    let mut clients = servers.each_ref().map(Server::client);
    let first = clients[0].get("/clients");
    assert_eq!(first.header("ratelimit-policy"), Some("\"anonymous\";q=10;w=3600"));
    assert!(first.header("ratelimit").unwrap().starts_with("\"anonymous\";r=9;t="), "{first:?}");

    let (before, refused) = let_through(&mut clients);
    assert_eq!(before, 9);
    refused.refused(429, "too_many_requests");
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    for client in &mut clients {
        assert_eq!(client.get("/clients").status, 429);
    }

    drop(redis);
    for client in &mut clients {
        assert_eq!(let_through(std::slice::from_mut(client)).0, 10);
    }
}

#[test]
fn who_has_a_key_has_one_limit_by_whatever_connection_they_come() {
    let place = Place::sqlite();
    let server = place.start(&["--anonymous-limit", "1000/3600", "--actor-limit", "40/3600"]);
    let token = crate::team::program_of_a_new_team(&place, &server);
    let mut shop = server.client().bearing(&token);
    let allowed = (0..41).filter(|_| shop.get("/clients").status == 200).count();
    assert_eq!(allowed, 40);
    // The same key by another connection is the same caller.
    assert_eq!(server.client().bearing(&token).get("/clients").status, 429);
    server.client().get("/clients").refused(401, "unauthenticated");
}

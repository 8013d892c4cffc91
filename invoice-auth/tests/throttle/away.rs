//! Redis goes away and comes back.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use invoice_auth::redis::RedisThrottle;
use invoice_auth::{AuthError, MasterKey, Throttle as _};
use invoice_core::system::SystemClock;

use crate::stage::{connect, keys, open, variable};

const HERE: &str = "192.0.2.1";
const PATIENCE: Duration = Duration::from_secs(20);

/// A server to be killed, with nothing on the disk.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    async fn start() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        Self::start_on(port).await
    }

    async fn start_on(port: u16) -> Self {
        let mut command = Command::new(variable("INVOICE_TEST_REDIS_SERVER"));
        let mut child = command.arg("-").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let settings = format!("bind 127.0.0.1\nport {port}\nsave \"\"\nappendonly no\n");
        child.stdin.take().unwrap().write_all(settings.as_bytes()).unwrap();
        let server = Self { child, port };
        let client = redis::Client::open(server.url()).unwrap();
        until(async || client.get_multiplexed_async_connection().await.is_ok()).await;
        server
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn until(condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "not within {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How many attempts get through before one is refused, up to twenty.
async fn free(throttle: &RedisThrottle, account: u16, address: &str) -> usize {
    let mut free = 0;
    while free < 20 && throttle.attempt(&keys(account, address)).await.is_ok() {
        free += 1;
    }
    free
}

#[tokio::test]
async fn two_processes_count_together_while_redis_is_there_and_each_alone_while_it_is_not() {
    let server = Server::start().await;
    let (one, other) = (open(&server.url()).await, open(&server.url()).await);
    assert_eq!(free(&one, 1, HERE).await, 5);
    assert_eq!(free(&other, 1, HERE).await, 0);
    assert_eq!(free(&other, 2, "192.0.2.2").await, 5);

    let port = server.port;
    drop(server);
    for throttle in [&one, &other] {
        assert_eq!(free(throttle, 3, "192.0.2.3").await, 5);
        throttle.succeeded(&keys(3, "192.0.2.3")).await;
    }

    let server = Server::start_on(port).await;
    let mut connection = connect(&server.url()).await;
    // Each by its own attempts finds out that it is back.
    for (throttle, account) in [(&one, 10), (&other, 11)] {
        until(async || {
            let size: usize = redis::cmd("DBSIZE").query_async(&mut connection.clone()).await.unwrap();
            throttle.attempt(&keys(account, "192.0.2.4")).await.ok();
            let now: usize = redis::cmd("DBSIZE").query_async(&mut connection.clone()).await.unwrap();
            throttle.succeeded(&keys(account, "192.0.2.4")).await;
            now > size
        })
        .await;
    }
    redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
    assert_eq!(free(&one, 1, HERE).await + free(&other, 1, HERE).await, 5);
}

#[tokio::test]
async fn a_redis_that_hangs_holds_a_log_in_up_for_a_quarter_of_a_second_and_then_not_at_all() {
    // Takes connections and never answers.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let throttle = open(&format!("redis://{}", silent.local_addr().unwrap())).await;
    let start = Instant::now();
    assert_eq!(free(&throttle, 1, HERE).await, 5);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(200) && took < Duration::from_millis(1_250), "{took:?}");
}

#[tokio::test]
async fn a_redis_that_is_not_there_yet_is_no_error_at_the_start() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let throttle = open(&format!("redis://127.0.0.1:{port}")).await;
    assert_eq!(free(&throttle, 1, HERE).await, 5);
    let _server = Server::start_on(port).await;
    // In this process the account waits; in Redis, once it is asked, it does not.
    until(async || throttle.attempt(&keys(1, HERE)).await.is_ok()).await;
}

#[tokio::test]
async fn a_redis_that_refuses_the_script_is_as_good_as_away() {
    let server = Server::start().await;
    let throttle = open(&server.url()).await;
    let mut connection = connect(&server.url()).await;
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(1).exec_async(&mut connection).await.unwrap();
    assert_eq!(free(&throttle, 1, HERE).await, 5);
}

#[tokio::test]
async fn who_reads_redis_learns_neither_accounts_nor_addresses() {
    let server = Server::start().await;
    let (one, mut connection) = (open(&server.url()).await, connect(&server.url()).await);
    let names = async |connection: &mut redis::aio::MultiplexedConnection| -> Vec<String> {
        let mut names: Vec<String> = redis::cmd("KEYS").arg("*").query_async(connection).await.unwrap();
        names.sort();
        names
    };
    one.attempt(&keys(1, HERE)).await.unwrap();
    let first = names(&mut connection).await;
    assert_eq!(first.len(), 3);
    for key in keys(1, HERE) {
        let hash = key.as_str().split_once(':').unwrap().1;
        assert!(first.iter().all(|name| !name.contains(hash) && name.starts_with("invoice:{throttle}:")));
    }
    // With another master key the same attempt has other names.
    let master = MasterKey::from_bytes([8; 32]);
    let other = RedisThrottle::open(&server.url(), &master, std::sync::Arc::new(SystemClock)).await.unwrap();
    other.attempt(&keys(1, HERE)).await.unwrap();
    assert_eq!(names(&mut connection).await.len(), 6);
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_showing_its_password() {
    let master = MasterKey::from_bytes([7; 32]);
    let clock = std::sync::Arc::new(SystemClock);
    let refused = RedisThrottle::open("redis://:hunter2@[nowhere", &master, clock).await;
    let Err(AuthError::Invalid(found)) = refused else { panic!("taken") };
    assert_eq!(found.iter().next().unwrap().pointer(), "/url");
    assert!(!format!("{found:?}").contains("hunter2"));
}

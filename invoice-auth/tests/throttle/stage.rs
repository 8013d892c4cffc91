//! A throttle, and a clock that the test moves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use invoice_auth::redis::RedisThrottle;
use invoice_auth::{InMemoryThrottle, MasterKey, Throttle, ThrottleKey};
use invoice_core::identity::Fingerprint;
use invoice_core::system::SystemClock;
use invoice_core::testing::FixedClock;
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;

pub(crate) struct Stage {
    pub(crate) throttle: Arc<dyn Throttle>,
    time: Time,
}

enum Time {
    Fixed(Arc<FixedClock>),
    /// A server's clock can't be moved, but what it counted can be made older.
    Server(MultiplexedConnection),
}

pub(crate) fn memory() -> Stage {
    let clock = Arc::new(FixedClock::default());
    Stage { throttle: Arc::new(InMemoryThrottle::new(clock.clone())), time: Time::Fixed(clock) }
}

/// With a database of the story's own.
pub(crate) async fn redis(story: &str) -> Stage {
    static TAKEN: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);
    let number = {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = taken.get_or_insert_default();
        let next = taken.len() + 1;
        *taken.entry(story.to_owned()).or_insert(next)
    };
    assert!(number <= 15, "Redis has databases up to 15 unless told otherwise");
    let url = format!("{}/{number}", variable("INVOICE_TEST_REDIS_URL"));
    let mut connection = connect(&url).await;
    redis::cmd("FLUSHDB").exec_async(&mut connection).await.unwrap();
    Stage { throttle: Arc::new(open(&url).await), time: Time::Server(connection) }
}

pub(crate) async fn open(url: &str) -> RedisThrottle {
    let master = MasterKey::from_bytes([7; 32]);
    RedisThrottle::open(url, &master, Arc::new(SystemClock)).await.unwrap()
}

pub(crate) async fn connect(url: &str) -> MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

/// An attempt on an account from an address.
pub(crate) fn keys(account: u16, address: &str) -> Vec<ThrottleKey> {
    let [high, low] = account.to_be_bytes();
    let mut hash = [7; 32];
    hash[..2].copy_from_slice(&[high, low]);
    ThrottleKey::of_attempt(Fingerprint::new(hash), Some(address.parse().unwrap()))
}

impl Stage {
    pub(crate) async fn attempt(&self, account: u16, address: &str) -> Result<(), Duration> {
        self.throttle.attempt(&keys(account, address)).await
    }

    pub(crate) async fn succeeded(&self, account: u16, address: &str) {
        self.throttle.succeeded(&keys(account, address)).await;
    }

    pub(crate) async fn take_back(&self, account: u16, address: &str) {
        self.throttle.take_back(&keys(account, address)).await;
    }

    pub(crate) async fn fails(&self, account: u16, address: &str, times: usize) {
        for _ in 0..times {
            assert_eq!(self.attempt(account, address).await, Ok(()));
        }
    }

    pub(crate) async fn pass(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        match &self.time {
            Time::Fixed(clock) => clock.advance_millis(millis),
            Time::Server(connection) => age(&mut connection.clone(), millis).await,
        }
    }

    /// Whether the wait is this one. A server's clock goes on while we look.
    pub(crate) fn is(&self, wait: Duration, expected: u64) -> bool {
        let expected = Duration::from_secs(expected);
        match self.time {
            Time::Fixed(_) => wait == expected,
            Time::Server(_) => wait <= expected && wait + Duration::from_secs(1) > expected,
        }
    }
}

/// Makes all counters of a database older.
async fn age(connection: &mut MultiplexedConnection, millis: i64) {
    let names: Vec<String> = connection.keys("*").await.unwrap();
    for name in names {
        for field in ["last", "before"] {
            let _: i64 = connection.hincr(&name, field, -millis).await.unwrap();
        }
        let left: i64 = connection.pttl(&name).await.unwrap();
        assert!(left > 0, "a counter that never expires");
        let _: bool = connection.pexpire(&name, left - millis).await.unwrap();
    }
}

//! Requests counted in windows that slide.

use std::time::{Duration, Instant};

use invoice_auth::MasterKey;
use invoice_auth::redis::{Counted, RedisWindows};
use redis::AsyncCommands as _;

use crate::stage::{connect, variable};

const MOST: u32 = 4;
const WINDOW: Duration = Duration::from_millis(500);

async fn open(database: u8) -> (RedisWindows, RedisWindows, redis::aio::MultiplexedConnection) {
    let url = format!("{}/{database}", variable("INVOICE_TEST_REDIS_URL"));
    let mut connection = connect(&url).await;
    redis::cmd("FLUSHDB").exec_async(&mut connection).await.unwrap();
    let master = MasterKey::from_bytes([7; 32]);
    let (one, other) = (RedisWindows::open(&url, &master).await, RedisWindows::open(&url, &master).await);
    (one.unwrap(), other.unwrap(), connection)
}

/// Counts until what was counted before is as awaited.
async fn until(windows: &RedisWindows, name: &str, most: u32, awaited: impl Fn(Counted) -> bool) -> Counted {
    let start = Instant::now();
    loop {
        let counted = windows.count(name, most, WINDOW).await.unwrap();
        if awaited(counted) {
            return counted;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{counted:?}");
    }
}

#[tokio::test]
async fn two_processes_fill_one_window_which_is_the_last_one_then_and_then_forgotten() {
    let (one, other, mut connection) = open(14).await;
    // In one and the same window, of which there are as many as it takes.
    until(&one, "shop", MOST, |counted| counted.present == MOST).await;
    let full = other.count("shop", MOST, WINDOW).await.unwrap();
    assert!(full.present == MOST || full.last == MOST, "{full:?}");
    assert_eq!(one.count("someone else", MOST, WINDOW).await.unwrap().present, 0);

    let after = until(&other, "shop", 0, |counted| counted.last > 0 && counted.present == 0).await;
    assert_eq!(after.last, MOST);
    assert!(after.over < WINDOW);
    until(&one, "shop", 0, |counted| counted.last == 0 && counted.present == 0).await;
    let start = Instant::now();
    while redis::cmd("DBSIZE").query_async::<u64>(&mut connection).await.unwrap() > 0 {
        assert!(start.elapsed() < Duration::from_secs(20), "a count that never expires");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_reads_the_counts_learns_nobodys_address() {
    let (one, _, mut connection) = open(15).await;
    one.count("192.0.2.1", MOST, Duration::from_mins(1)).await.unwrap();
    let names: Vec<String> = connection.keys("*").await.unwrap();
    assert_eq!(names.len(), 1);
    assert!(names[0].starts_with("invoice:window:") && !names[0].contains("192"), "{names:?}");
}

//! What a store can be opened on, and what is refused.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that can't begin fails")]

mod support;

use std::error::Error;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use invoice_core::Code;
use invoice_core::ports::StoreError;
use invoice_core::testing::run;
use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::Client;
use invoice_store_mongo::mongodb::bson::doc;
use tempfile::TempDir;

use support::{a_bare_store, a_store, uri};

/// A server that is ended with its test.
struct Server {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Server {
    /// One that is a member of no replica set.
    fn standalone() -> Self {
        let folder = TempDir::new().expect("a folder");
        let port = a_free_port();
        let process = Command::new(support::mongod())
            .args(["--bind_ip", "127.0.0.1", "--port", &port.to_string(), "--nounixsocket", "--quiet"])
            .args([
                "--wiredTigerCacheSizeGB",
                "0.25",
                "--setParameter",
                "diagnosticDataCollectionEnabled=false",
            ])
            .arg("--dbpath")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("INVOICE_TEST_MONGOD is the server's program");
        Self { process, port, _folder: folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn a_free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// An error with all that caused it.
fn told(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

#[test]
fn a_standalone_server_is_refused_and_told_why() {
    run(async {
        let server = Server::standalone();
        for how in ["", "/?directConnection=true"] {
            let uri = format!("mongodb://127.0.0.1:{}{how}", server.port);
            let error = MongoStore::connect(&uri, "app").await.expect_err("it has no transactions");
            assert!(matches!(error, StoreError::Backend(_)), "{error:?}");
            let text = told(&error);
            assert!(text.contains("--replSet") && text.contains("rs.initiate()"), "{text}");
        }
    });
}

#[test]
fn what_is_no_uri_is_refused_at_once() {
    run(async {
        let start = Instant::now();
        for uri in ["", "localhost", "http://localhost", "mongodb://", "mongodb://a:b:c", "mongodb://@/?w=x"]
        {
            let error = MongoStore::connect(uri, "app").await.expect_err(uri);
            assert!(matches!(error, StoreError::Backend(_)), "{uri}: {error:?}");
        }
        assert!(start.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn a_server_that_does_not_answer_is_unavailable_in_the_time_the_uri_gives_it() {
    run(async {
        let port = a_free_port();
        let uri = format!("mongodb://127.0.0.1:{port}/?serverSelectionTimeoutMS=500");
        let start = Instant::now();
        let error = MongoStore::connect(&uri, "app").await.expect_err("nobody listens");
        assert!(matches!(error, StoreError::Unavailable), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    });
}

#[test]
fn a_replica_set_of_another_name_is_not_used() {
    run(async {
        let uri = uri().replace("replicaSet=", "serverSelectionTimeoutMS=500&replicaSet=not_");
        assert!(uri.contains("not_"), "the test server is named by its replica set");
        let error = MongoStore::connect(&uri, "app").await.expect_err("the set has another name");
        assert!(matches!(error, StoreError::Unavailable), "{error:?}");
    });
}

#[test]
fn names_of_databases_are_looked_at_before_the_server_is() {
    run(async {
        let client = Client::with_uri_str("mongodb://127.0.0.1:1/").await.unwrap();
        let long = "d".repeat(64);
        for name in ["", "a.b", "a b", "a/b", "a\\b", "a\"b", "a$b", "a\0b", &long] {
            match MongoStore::from_client(client.clone(), name).await {
                Err(StoreError::Refused(violation)) => {
                    assert_eq!(violation.code(), Code::Malformed, "{name:?}");
                }
                other => panic!("{name:?} can't be a database's name, but the answer is {other:?}"),
            }
        }
    });
}

#[test]
fn prefixes_are_plain_names() {
    run(async {
        let store = a_bare_store().await;
        let long = "p".repeat(64);
        for prefix in ["system.", "_", "1", "A", "ä", "a-b", "a.b", "a b", "a$b", "a\0b", "{p}", &long] {
            let violation = store.with_prefix(prefix).expect_err(prefix);
            assert_eq!(violation.code(), Code::Malformed, "{prefix:?}");
        }
        for prefix in ["", "a", "a_1_", &"p".repeat(63)] {
            assert_eq!(store.with_prefix(prefix).expect(prefix).prefix(), prefix);
        }
    });
}

#[test]
fn two_prefixes_are_two_stores_in_one_database() {
    run(async {
        let store = a_bare_store().await;
        let (one, two) = (store.with_prefix("one_").unwrap(), store.with_prefix(&"p".repeat(63)).unwrap());
        one.migrate().await.unwrap();
        assert_eq!(two.status().await.unwrap().current(), 0);
        two.migrate().await.unwrap();
        one.rollback(usize::MAX, false).await.unwrap();
        assert!(two.status().await.unwrap().is_current());
    });
}

#[test]
fn the_application_s_client_may_say_otherwise_about_reads_and_writes() {
    run(async {
        let separator = if uri().contains('?') { '&' } else { '?' };
        let careless = format!("{}{separator}w=0&readPreference=secondary", uri());
        let client = Client::with_uri_str(careless).await.unwrap();
        let store = MongoStore::from_client(client, &support::a_database()).await.unwrap();
        assert!(store.migrate().await.unwrap().is_current());
        assert!(store.status().await.unwrap().is_current());
    });
}

#[test]
fn a_member_of_a_replica_set_may_be_spoken_to_directly() {
    run(async {
        let store = a_store().await;
        let hello = store.client().database("admin").run_command(doc! { "hello": 1 }).await.unwrap();
        let direct = format!("mongodb://{}/?directConnection=true", hello.get_str("me").unwrap());
        let same = MongoStore::connect(&direct, store.database().name()).await.unwrap();
        assert!(same.status().await.unwrap().is_current());
    });
}

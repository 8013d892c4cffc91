//! Lists of a team with many invoices beside many small teams: each comes from an index, in its order, and
//! none sorts, reads or keeps all there is.
//!
//! `INVOICE_TEST_INVOICES` and `INVOICE_TEST_TEAMS` say how much there is. What was found is printed, too.

#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

#[path = "../../invoice-store-sql/tests/support/list_cases.rs"]
mod list_cases;

use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Instant;

use invoice_core::Timestamp;
use invoice_core::ports::{InvoiceQuery, Invoices as _, PageRequest};
use invoice_core::testing::run;
use invoice_store_sql::lists::{Dialect, Statement, Value, metadata_pair};
use invoice_store_sqlite::SqliteStore;
use invoice_store_sqlite::rusqlite::types::Value as Bound;
use invoice_store_sqlite::rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;

use list_cases::{Case, every_list, team};

#[test]
fn every_list_comes_from_an_index_in_its_order() {
    let file = a_filled_file();
    let connection = Connection::open(&file.path).expect("the file opens");
    let mut wrong = Vec::new();
    for (number, invoices) in [(0, file.invoices), (1, 10)] {
        println!("| team of {invoices}: list | plan | ms |\n| --- | --- | --- |");
        for Case { name, statement, exact } in every_list(Dialect::Sqlite, team(number), invoices) {
            let plan = plan(&connection, &statement);
            let started = Instant::now();
            let rows = rows(&connection, &statement);
            println!("| {name} | {plan} | {:?} |", started.elapsed());
            assert!(rows <= 51, "{name} gives a page");
            // What one client has, or what has expired, may be sorted.
            let few = !exact && (name.contains("client") || name.contains("expired"));
            if plan.contains("SCAN") || plan.contains("TEMP B-TREE") && !few {
                wrong.push(format!("{name} of {invoices}: {plan}\n  {}", statement.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_long_list_is_read_page_by_page_in_little_memory() {
    let file = a_filled_file();
    run(async {
        let store = SqliteStore::open(&file.path).expect("the file opens");
        let mut request = PageRequest::first(200).expect("a limit");
        let mut before = Timestamp::from_millis(i64::MAX);
        let (mut seen, mut first, mut most) = (0, 0, 0);
        loop {
            let page = store.invoices(team(0), &InvoiceQuery::new(), &request).await.expect("a page");
            for row in &page.items {
                assert!(row.created_at < before, "the newest first, each once");
                before = row.created_at;
                seen += 1;
            }
            let memory = resident_kilobytes();
            // The first page has what every page needs.
            first = if first == 0 { memory } else { first };
            most = memory.max(most);
            let Some(next) = page.next else { break };
            request = request.after(next);
        }
        println!("{seen} invoices listed, {} kB more in memory than after the first page", most - first);
        assert_eq!(seen, file.invoices);
        assert!(most - first < 64 * 1_024, "{} kB more", most - first);
    });
}

/// What this process holds of the machine's memory.
#[cfg(target_os = "linux")]
fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of it");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

struct Filled {
    path: PathBuf,
    invoices: u32,
    _folder: TempDir,
}

/// A file with as much in it; all tests of this process read the same one.
fn a_filled_file() -> &'static Filled {
    static FILLED: OnceLock<Filled> = OnceLock::new();
    FILLED.get_or_init(|| {
        let number = |name: &str, otherwise: u32| {
            env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
        };
        let invoices = number("INVOICE_TEST_INVOICES", 50_000);
        let teams = number("INVOICE_TEST_TEAMS", 500);
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("invoices.db");
        drop(SqliteStore::open(&path).expect("a new file"));
        let digits = |pair: [u8; 16]| pair.map(|byte| format!("{byte:02x}")).concat();
        let text = include_str!("fill.sql")
            .replace("$invoices", &invoices.to_string())
            .replace("$teams", &teams.to_string())
            .replace("$web", &format!("x'{}'", digits(metadata_pair("source", "web"))))
            .replace("$order", &format!("x'{}'", digits(metadata_pair("order", "77"))));
        let connection = Connection::open(&path).expect("the file opens");
        connection.execute_batch(&format!("PRAGMA synchronous = OFF; BEGIN; {text} COMMIT")).expect("rows");
        Filled { path, invoices, _folder: folder }
    })
}

/// What the database will do, in its own words.
fn plan(connection: &Connection, statement: &Statement) -> String {
    let explain = format!("EXPLAIN QUERY PLAN {}", statement.text());
    let mut prepared = connection.prepare(&explain).expect("a sound statement");
    let values = statement.values().iter().map(bound);
    let steps = prepared.query_map(params_from_iter(values), |row| row.get::<_, String>(3));
    steps.expect("a plan").collect::<Result<Vec<_>, _>>().expect("its steps").join(", ")
}

fn rows(connection: &Connection, statement: &Statement) -> usize {
    let mut prepared = connection.prepare(statement.text()).expect("a sound statement");
    let values = statement.values().iter().map(bound);
    prepared.query_map(params_from_iter(values), |_| Ok(())).expect("it runs").count()
}

fn bound(value: &Value) -> Bound {
    match value {
        Value::Uuid(id) => Bound::Blob(id.as_bytes().to_vec()),
        Value::Int(number) => Bound::Integer(*number),
        Value::Text(text) => Bound::Text(text.clone()),
        Value::Date(day) => Bound::Text(day.to_string()),
        Value::Instant(at) => Bound::Integer(at.as_millis()),
        Value::Bytes(bytes) => Bound::Blob(bytes.clone()),
        Value::Bool(flag) => Bound::Integer((*flag).into()),
    }
}

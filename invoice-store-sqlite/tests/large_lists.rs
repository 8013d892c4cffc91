//! Lists of a team with many invoices beside many small teams: each comes from an index, in its order, and
//! none sorts or reads all there is.
//!
//! `INVOICE_TEST_INVOICES` and `INVOICE_TEST_TEAMS` say how much there is. What was found is printed, too.

#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

mod fill;
#[path = "../../invoice-store-common/tests/support/list_cases.rs"]
mod list_cases;

use std::time::Instant;

use invoice_store_common::lists::{Dialect, Statement, Value};
use invoice_store_sqlite::rusqlite::types::Value as Bound;
use invoice_store_sqlite::rusqlite::{Connection, params_from_iter};

use fill::a_filled_file;
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
            // What one client has, what has a pair of metadata or what has expired may be sorted.
            let few = ["client", "metadata", "expired"].iter().any(|filter| name.contains(filter)) && !exact;
            if plan.contains("SCAN") || plan.contains("TEMP B-TREE") && !few {
                wrong.push(format!("{name} of {invoices}: {plan}\n  {}", statement.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
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

//! Lists of a team with many invoices beside many small teams: each comes from an index, in its order, and
//! none sorts or reads all there is.
//!
//! `INVOICE_TEST_INVOICES` and `INVOICE_TEST_TEAMS` say how much there is. What was found is printed, too.

#![expect(clippy::expect_used, reason = "a test without its server fails")]

mod support;

#[path = "support/fill.rs"]
mod fill;
#[path = "../../invoice-store-common/tests/support/list_cases.rs"]
mod list_cases;

use invoice_core::testing::run;
use invoice_store_common::lists::{Dialect, Statement, Value};
use invoice_store_postgres::sqlx::{self, AssertSqlSafe, PgConnection, Row as _};
use serde_json::Value as Json;

use fill::{Size, a_filled_store, connection};
use list_cases::{Case, every_list, team};

#[test]
fn every_list_comes_from_an_index_in_its_order() {
    run(async {
        let size = Size::from_env();
        let store = a_filled_store(size).await;
        let dialect = Dialect::Postgres { schema: store.schema() };
        let mut connection = connection().await;
        let mut wrong = Vec::new();
        // The large team, and one of the small ones.
        for (number, invoices) in [(0, size.invoices), (1, 10)] {
            println!("| team of {invoices}: list | plan | rows looked at | ms |\n| --- | --- | --- | --- |");
            for Case { name, statement, exact } in every_list(dialect, team(number), invoices) {
                let plan = Plan::of(&mut connection, &statement).await;
                println!("| {name} | {} | {} | {} |", plan.summary, plan.looked_at, plan.millis);
                // What one client has, or what is rare, may be sorted.
                let most_sorted = u64::from(invoices / 8).max(100);
                if plan.scans_all || plan.sorted > most_sorted {
                    wrong.push(format!("{name} of {invoices}: {}, sorts {}", plan.summary, plan.sorted));
                }
                // Numbers of credit notes and quotes are in one index with those of invoices.
                let others = if name.contains("number") { u64::from(invoices / 10) } else { 0 };
                let small = invoices == 10;
                if (exact || small) && plan.looked_at > 60 + others {
                    wrong.push(format!("{name} of {invoices}: looks at {} rows", plan.looked_at));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    });
}

/// What the server says of a statement that it ran.
struct Plan {
    summary: String,
    /// Whether it reads a table from end to end, or expects to.
    scans_all: bool,
    /// Rows that were sorted.
    sorted: u64,
    /// Rows read from tables and indexes.
    looked_at: u64,
    millis: String,
}

impl Plan {
    /// Planned as the store has it planned: once for all values, unless the statement depends on them.
    async fn of(connection: &mut PgConnection, statement: &Statement) -> Self {
        let mode = if statement.depends_on_values() { "force_custom_plan" } else { "force_generic_plan" };
        let values: Vec<_> = statement.values().iter().map(literal).collect();
        fill::run(
            connection,
            &format!("SET plan_cache_mode = {mode}; DEALLOCATE ALL; PREPARE list AS {}", statement.text()),
        )
        .await;
        let explain =
            format!("EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) EXECUTE list({})", values.join(", "));
        let row = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_one(connection).await.expect("a plan");
        let plan: Json = row.try_get(0).expect("JSON");
        let root = &plan[0];
        let mut this = Self {
            summary: String::new(),
            scans_all: false,
            sorted: 0,
            looked_at: 0,
            millis: root["Execution Time"].to_string(),
        };
        // Compiling a plan costs more than a page does.
        this.scans_all |= root.get("JIT").is_some();
        this.visit(&root["Plan"]);
        this
    }

    fn visit(&mut self, node: &Json) {
        let kind = node["Node Type"].as_str().unwrap_or_default();
        let rows = |node: &Json| {
            let count = |name: &str| node[name].as_u64().unwrap_or_default();
            (count("Actual Rows") + count("Rows Removed by Filter")) * count("Actual Loops")
        };
        let children = node["Plans"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_scan = kind.contains("Scan") && kind != "Bitmap Heap Scan" && kind != "Subquery Scan";
        if is_scan || kind == "Sort" {
            if !self.summary.is_empty() {
                self.summary.push_str(", ");
            }
            let index = node["Index Name"].as_str().unwrap_or_default();
            self.summary.push_str(format!("{kind} {index}").trim_end());
        }
        self.scans_all |= kind == "Seq Scan";
        if kind == "Sort" {
            self.sorted += children.iter().map(rows).sum::<u64>();
        }
        if is_scan {
            self.looked_at += rows(node);
        }
        for child in children {
            self.visit(child);
        }
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Uuid(id) => format!("'{id}'"),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Date(date) => format!("'{date}'"),
        Value::Instant(at) => format!("'{at}'"),
        Value::Bytes(bytes) => {
            let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("'\\x{}'", digits.concat())
        }
        Value::Bool(flag) => flag.to_string(),
    }
}

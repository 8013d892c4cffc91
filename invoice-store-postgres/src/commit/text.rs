//! The statement's text, made of only the parts a batch needs.
//!
//! ```sql
//! WITH counter AS MATERIALIZED (SELECT … FOR UPDATE), ok AS MATERIALIZED (SELECT … the predictions hold),
//!      …writes… FROM ok, commits AS (INSERT … complete := all that had to be there was there …)
//! SELECT the counters as they are
//! ```

use std::fmt::Write as _;

use super::slot::{Given, Slot, join};
use super::table::{Part, Table};

/// What decides the text: which parts have rows, how each of them is given, whether a draft needs its client's name,
/// and whether they are of several teams.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Shape {
    pub(super) parts: Vec<(Part, Given)>,
    pub(super) names: bool,
    pub(super) teams: bool,
}

struct Writer {
    slots: Vec<Slot>,
    names: bool,
    teams: bool,
    /// `, ok` where the writes wait for counters.
    gate: &'static str,
    text: String,
}

/// The statement, with `{s}` for the schema. Its first parameter is the team, the others are the columns of
/// the parts in their order. Of several teams, the first column of each part is the team instead.
pub(super) fn statement(shape: &Shape) -> String {
    let teams = shape.teams;
    let mut first = if teams { 1 } else { 2 };
    let slots = shape.parts.iter().map(|&(part, given)| {
        let slot = Slot { part, given, first, teams };
        first += part.columns().len() + usize::from(teams);
        slot
    });
    let slots: Vec<_> = slots.collect();
    let counted = slots.iter().any(|slot| matches!(slot.part, Part::CountersNew | Part::CountersMoved));
    let gate = if counted { ", ok" } else { "" };
    let mut writer = Writer { slots, names: shape.names, teams, gate, text: String::new() };
    if counted {
        writer.counters();
    }
    for index in 0..writer.slots.len() {
        writer.part(index);
    }
    let last = if counted {
        "SELECT EXISTS (SELECT FROM ok), c.team, c.series, c.period, c.next, c.head, c.last_issue_date \
         FROM (SELECT) AS one LEFT JOIN counter AS c ON true"
    } else {
        "SELECT true"
    };
    format!("WITH {} {last}", writer.text)
}

impl Writer {
    fn find(&self, part: Part) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.part == part)
    }

    /// Whose the rows of this name are.
    fn team(&self, rows: &str) -> String {
        if self.teams { format!("{rows}.team") } else { "$1".to_owned() }
    }

    /// A column or condition that only rows of several teams have.
    fn of_teams(&self, text: &'static str) -> &'static str {
        if self.teams { text } else { "" }
    }

    fn cte(&mut self, name: &str, body: &str) {
        let comma = if self.text.is_empty() { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(self.text, "{comma}{name} AS {body}");
    }

    fn counters(&mut self) {
        let moved = self.find(Part::CountersMoved);
        let new = self.find(Part::CountersNew);
        let keys = match (moved, new) {
            (Some(moved), Some(new)) => format!(
                "(SELECT {team}series, period FROM {} UNION ALL SELECT {team}series, period FROM {}) AS w",
                moved.rows("m"),
                new.rows("n"),
                team = self.of_teams("team, ")
            ),
            (Some(slot), None) | (None, Some(slot)) => slot.rows("w"),
            (None, None) => return,
        };
        let single =
            self.slots.iter().filter(|slot| matches!(slot.part, Part::CountersNew | Part::CountersMoved));
        let single = single.map(|slot| if slot.given.is_array() { 2 } else { 1 }).sum::<usize>() == 1;
        let order = if single { "" } else { " ORDER BY c.team, c.series, c.period" };
        let locked = format!(
            "MATERIALIZED (SELECT c.team, c.series, c.period, c.next, c.head, c.last_issue_date \
             FROM {{s}}.counters AS c, {keys} \
             WHERE c.team = {} AND c.series = w.series AND c.period = w.period{order} FOR UPDATE OF c)",
            self.team("w")
        );
        let found = "c.next = w.found_next AND c.head = w.found_head \
                     AND c.last_issue_date IS NOT DISTINCT FROM w.found_date";
        let ok = match moved {
            None => "MATERIALIZED (SELECT WHERE NOT EXISTS (SELECT FROM counter))".to_owned(),
            Some(slot) if single => {
                format!("MATERIALIZED (SELECT FROM counter AS c, {} WHERE {found})", slot.rows("w"))
            }
            Some(slot) => format!(
                "MATERIALIZED (SELECT WHERE (SELECT count(*) FROM counter) = {count} AND (SELECT count(*) FROM counter AS c, {} \
                 WHERE {}c.series = w.series AND c.period = w.period AND {found}) = {count})",
                slot.rows("w"),
                self.of_teams("c.team = w.team AND "),
                count = slot.count()
            ),
        };
        self.cte("counter", &locked);
        self.cte("ok", &ok);
    }

    fn part(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else { return };
        let (rows, gate, team) = (slot.rows("w"), self.gate, self.team("w"));
        let plain = |table: &str, then: &str| {
            format!(
                "(INSERT INTO {{s}}.{table} AS t (team, {}) SELECT {team}, {} FROM {rows}{gate}{then})",
                slot.names(""),
                slot.names("w.")
            )
        };
        let keep = " ON CONFLICT DO NOTHING";
        let (name, body) = match slot.part {
            Part::Receivables => ("receivables".to_owned(), self.receivables()),
            Part::OpenBefore if self.find(Part::Receivables).is_none() => {
                ("receivables".to_owned(), self.receivables())
            }
            Part::OpenBefore => return,
            Part::Revenue => ("revenue".to_owned(), plain("monthly_revenue", REVENUE)),
            Part::Taxes => ("taxes".to_owned(), plain("monthly_taxes", TAXES)),
            Part::Outbox => ("outbox".to_owned(), plain("outbox", "")),
            Part::Audit => ("audit".to_owned(), plain("audit", "")),
            Part::Metadata => ("metadata".to_owned(), plain("metadata", keep)),
            Part::MetadataOf => (
                "metadata_gone".to_owned(),
                self.gone(slot, "metadata", &["kind", "id"], Part::Metadata, "pair"),
            ),
            Part::Allocations => ("allocations".to_owned(), plain("allocations", keep)),
            Part::AllocationsOf => (
                "allocations_gone".to_owned(),
                self.gone(slot, "allocations", &["payment"], Part::Allocations, "invoice"),
            ),
            Part::Versions => ("versions".to_owned(), plain("versions", "")),
            Part::Insert(table) => (format!("insert_{}", table.name()), self.insert(slot, table)),
            Part::Update(table) => (format!("update_{}", table.name()), self.update(slot, table)),
            Part::Delete(table) => (
                format!("delete_{}", table.name()),
                format!(
                    "(DELETE FROM {{s}}.{} AS t USING {rows}{gate} WHERE t.team = {team}{} AND t.version = w.version RETURNING 1)",
                    table.name(),
                    same_key(table)
                ),
            ),
            Part::Guard(table) => (
                format!("guard_{}", table.name()),
                format!(
                    "MATERIALIZED (SELECT 1 FROM {{s}}.{} AS t, {rows}{gate} WHERE t.team = {team}{} AND t.version = w.version \
                     FOR SHARE OF t)",
                    table.name(),
                    same_key(table)
                ),
            ),
            Part::Commits => ("commits".to_owned(), self.commits(slot)),
            Part::CountersNew => ("counters_new".to_owned(), plain("counters", "")),
            Part::CountersMoved => (
                "counters_moved".to_owned(),
                format!(
                    "(UPDATE {{s}}.counters AS t SET next = w.next, head = w.head, last_issue_date = w.last_issue_date \
                     FROM {rows}{gate} WHERE t.team = {team} AND t.series = w.series AND t.period = w.period)"
                ),
            ),
        };
        self.cte(&name, &body);
    }

    /// What is due now less what was due before; where that is nothing, nothing is written.
    fn receivables(&self) -> String {
        let into = "INSERT INTO {s}.receivables AS t (team, currency, due_date, issue_date, amount)";
        let then = "ON CONFLICT (team, currency, due_date, issue_date) DO UPDATE SET amount = t.amount + excluded.amount";
        let gate = self.gate;
        let new = self.find(Part::Receivables).map(|slot| slot.rows("w"));
        let Some(before) = self.find(Part::OpenBefore) else {
            let rows = new.unwrap_or_default();
            let team = self.team("w");
            return format!(
                "({into} SELECT {team}, w.currency, w.due_date, w.issue_date, w.amount FROM {rows}{gate} {then})"
            );
        };
        let new = new.map_or_else(String::new, |rows| {
            let team = self.of_teams("w.team, ");
            format!("SELECT {team}w.currency, w.due_date, w.issue_date, w.amount FROM {rows} UNION ALL ")
        });
        format!(
            "({into} SELECT {}, x.currency, x.due_date, x.issue_date, sum(x.amount) FROM ({new}\
             SELECT {}d.currency, coalesce(d.due_date, date '9999-12-31'), d.issue_date, -d.due \
             FROM {{s}}.documents AS d, {} WHERE d.team = {} AND d.kind = 'invoice' AND d.id = o.id AND d.live AND d.due > 0\
             ) AS x({}currency, due_date, issue_date, amount){gate} GROUP BY {x}x.currency, x.due_date, x.issue_date \
             HAVING sum(x.amount) <> 0 ORDER BY {x}x.currency, x.due_date, x.issue_date {then})",
            self.team("x"),
            self.of_teams("d.team, "),
            before.rows("o"),
            self.team("o"),
            self.of_teams("team, "),
            x = self.of_teams("x.team, ")
        )
    }

    /// Removes rows of some owners that are not among the new ones.
    fn gone(&self, slot: &Slot, table: &str, owner: &[&str], new: Part, item: &str) -> String {
        let same = |left: &str, right: &str| {
            let pairs = owner.iter().map(|column| format!("{left}.{column} = {right}.{column}"));
            pairs.collect::<Vec<_>>().join(" AND ")
        };
        let kept = self.find(new).map_or_else(String::new, |new| {
            format!(
                " AND NOT EXISTS (SELECT FROM {} WHERE {}{} AND k.{item} = t.{item})",
                new.rows("k"),
                self.of_teams("k.team = t.team AND "),
                same("k", "t")
            )
        });
        format!(
            "(DELETE FROM {{s}}.{table} AS t USING {}{} WHERE t.team = {} AND {}{kept})",
            slot.rows("w"),
            self.gate,
            self.team("w"),
            same("t", "w")
        )
    }

    fn value(&self, table: Table, column: &str) -> String {
        // A draft shows the name that its client has now.
        let from_client = match (table, column) {
            (Table::Documents, "customer_key") if self.names => "name_key",
            (Table::Documents, "customer_sort") if self.names => "name_sort",
            _ => return format!("w.{column}"),
        };
        format!(
            "coalesce(w.{column}, (SELECT c.{from_client} FROM {{s}}.clients AS c WHERE c.team = {} AND c.id = w.client))",
            self.team("w")
        )
    }

    fn insert(&self, slot: &Slot, table: Table) -> String {
        let values = table.columns().iter().map(|(column, _)| self.value(table, column));
        format!(
            "(INSERT INTO {{s}}.{} (team, {}) SELECT {}, {} FROM {}{})",
            table.name(),
            slot.names(""),
            self.team("w"),
            join(values),
            slot.rows("w"),
            self.gate
        )
    }

    fn update(&self, slot: &Slot, table: Table) -> String {
        let key = table.key();
        let columns = table.columns().iter().filter(|column| !key.contains(column));
        let values = columns.map(|(column, _)| format!("{column} = {}", self.value(table, column)));
        format!(
            "(UPDATE {{s}}.{} AS t SET {} FROM {}{} WHERE t.team = {}{} AND t.version = w.version - 1 RETURNING 1)",
            table.name(),
            join(values),
            slot.rows("w"),
            self.gate,
            self.team("w"),
            same_key(table)
        )
    }

    /// Complete if every record that had to be there was; the server refuses the statement otherwise.
    fn commits(&self, slot: &Slot) -> String {
        let counted = self.slots.iter().filter_map(|slot| {
            let (what, table) = match slot.part {
                Part::Update(table) => ("update", table),
                Part::Delete(table) => ("delete", table),
                Part::Guard(table) => ("guard", table),
                _ => return None,
            };
            let name = table.name();
            Some(if slot.given.is_array() {
                format!("(SELECT count(*) FROM {what}_{name}) = {}", slot.count())
            } else {
                format!("EXISTS (SELECT FROM {what}_{name})")
            })
        });
        let complete = counted.collect::<Vec<_>>().join(" AND ");
        let complete = if complete.is_empty() { "true" } else { &complete };
        format!(
            "(INSERT INTO {{s}}.commits (team, {}, complete) SELECT {}, {}, {complete} FROM {}{})",
            slot.names(""),
            self.team("w"),
            slot.names("w."),
            slot.rows("w"),
            self.gate
        )
    }
}

fn same_key(table: Table) -> String {
    let columns = table.key().iter().map(|(column, _)| format!(" AND t.{column} = w.{column}"));
    columns.collect()
}

const REVENUE: &str = " ON CONFLICT (team, month, currency) DO UPDATE SET invoiced = t.invoiced + excluded.invoiced, \
    credited = t.credited + excluded.credited, invoices = t.invoices + excluded.invoices, \
    credit_notes = t.credit_notes + excluded.credit_notes";

const TAXES: &str = " ON CONFLICT (team, month, currency, scheme, category, rate, withheld) \
    DO UPDATE SET taxable = t.taxable + excluded.taxable, tax = t.tax + excluded.tax, \
    documents = t.documents + excluded.documents";

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [Part; 11] = [
        Part::Receivables,
        Part::OpenBefore,
        Part::Taxes,
        Part::Metadata,
        Part::MetadataOf,
        Part::Allocations,
        Part::AllocationsOf,
        Part::Versions,
        Part::Insert(Table::Documents),
        Part::Commits,
        Part::CountersMoved,
    ];

    #[test]
    fn every_column_of_every_part_is_a_parameter_of_its_own() {
        for given in [Given::Alone, Given::ByPlace, Given::Unnested] {
            let shape =
                Shape { parts: PARTS.iter().map(|part| (*part, given)).collect(), names: true, teams: false };
            let text = statement(&shape);
            let columns: usize = PARTS.iter().map(|part| part.columns().len()).sum();
            for parameter in 1..=columns + 1 {
                let is_used = |end: char| text.contains(&format!("${parameter}{end}"));
                assert!([':', ',', ' ', ')'].into_iter().any(is_used), "${parameter} of {text}");
            }
            assert!(!text.contains(&format!("${}", columns + 2)), "{text}");
        }
    }

    #[test]
    fn of_several_teams_every_row_says_whose_it_is() {
        for (given, end) in [(Given::ByPlace, ')'), (Given::Unnested, ',')] {
            let shape =
                Shape { parts: PARTS.iter().map(|part| (*part, given)).collect(), names: true, teams: true };
            let text = statement(&shape);
            let mut first = 1;
            for part in PARTS {
                assert!(text.contains(&format!("unnest(${first}::uuid[]{end}")), "{part:?} of {text}");
                first += part.columns().len() + 1;
            }
            assert!(!text.contains("$1,") && !text.contains("= $1 "), "{text}");
            assert!(!text.contains(&format!("${first}")), "{text}");
        }
    }

    #[test]
    fn writes_wait_for_counters_where_there_are_any() {
        let gated = |parts: &[Part]| {
            let shape = Shape {
                parts: parts.iter().map(|part| (*part, Given::Alone)).collect(),
                names: false,
                teams: false,
            };
            statement(&shape).contains(", ok)")
        };
        assert!(!gated(&[Part::Versions, Part::Commits]));
        assert!(gated(&[Part::Versions, Part::Commits, Part::CountersNew]));
    }

    #[test]
    fn a_commit_is_complete_if_what_had_to_be_there_was() {
        let parts = vec![
            (Part::Update(Table::Clients), Given::ByPlace),
            (Part::Guard(Table::Items), Given::Alone),
            (Part::Commits, Given::Alone),
        ];
        let text = statement(&Shape { parts, names: false, teams: false });
        assert!(
            text.contains(
                "(SELECT count(*) FROM update_clients) = cardinality($2) AND EXISTS (SELECT FROM guard_items)"
            ),
            "{text}"
        );
    }
}

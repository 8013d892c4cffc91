//! How rows are found.

use rusqlite::Connection;

use super::{purge, reads, sessions, teams};
use crate::migrate;

/// Each look-up, and each list that comes in the order of an index.
const IN_ORDER: &[&str] = &[
    reads::USER,
    reads::BY_EMAIL,
    reads::API_KEY,
    reads::BY_FINGERPRINT,
    reads::API_KEYS,
    reads::TOUCH,
    reads::EVENTS_OF_TEAM,
    reads::EVENTS_OF_USER,
    sessions::SESSION,
    sessions::BY_REFRESH,
    sessions::OF_USER,
    sessions::CHECK,
    sessions::TOUCH,
    sessions::INVITATION,
    sessions::TOKEN,
    sessions::UNUSED,
    teams::TEAM,
    teams::ALL_TEAMS,
    teams::TEAMS_OF,
    teams::MEMBERSHIP,
    teams::MEMBERS,
    teams::INVITATION,
    teams::INVITATIONS,
    purge::SESSIONS,
    purge::TOKENS,
    purge::COMMITS,
];

fn plan(connection: &Connection, text: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

fn a_database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    migrate::up_alone(&connection).unwrap();
    connection
}

#[test]
fn nothing_is_found_by_reading_a_whole_table() {
    let connection = a_database();
    for text in IN_ORDER {
        let plan = plan(&connection, text);
        let is_bad = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
        assert!(!plan.iter().any(is_bad), "{text}\n{plan:#?}");
    }
}

#[test]
fn a_search_reads_its_matches_and_then_the_rows_of_the_page() {
    let plan = plan(&a_database(), teams::FOUND);
    for index in ["memberships_by_name", "memberships_by_email"] {
        let range = |step: &String| step.contains(index) && step.contains("_search>? AND");
        assert!(plan.iter().any(range), "{index}\n{plan:#?}");
    }
    // `f` is what was found.
    let is_bad = |step: &&String| step.starts_with("SCAN") && !step.starts_with("SCAN f");
    assert_eq!(plan.iter().find(is_bad), None, "{plan:#?}");
}

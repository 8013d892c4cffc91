//! How the server finds what is asked for, in tables that are worth an index.

use std::env;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, raw_sql};
use uuid::Uuid;

use super::{purge, reads, sessions, teams};
use crate::PostgresStore;

/// 20,000 users, one team of 5,000 and 2,000 of ten; everybody has a session, a token and an event.
const FILL: &str = "
    CREATE FUNCTION {s}.u(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
        $$ SELECT (lpad(to_hex(kind), 8, '0') || lpad(to_hex(n), 24, '0'))::uuid $$;
    CREATE FUNCTION {s}.h(kind text, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS
        $$ SELECT sha256((kind || n)::bytea) $$;
    INSERT INTO {s}.users SELECT {s}.u(1, n), 1, n || '@b', 'name ' || n, n || '@b', 1, NULL, '{}'
        FROM generate_series(1, 20000) n;
    INSERT INTO {s}.teams SELECT {s}.u(2, n), 1, '{}' FROM generate_series(1, 2001) n;
    INSERT INTO {s}.memberships SELECT {s}.u(2, CASE WHEN n <= 20000 THEN 2 + n / 10 ELSE 1 END),
        {s}.u(1, CASE WHEN n <= 20000 THEN n ELSE n - 20000 END), 1, 'viewer', 'name ' || n, n || '@b', '{}'
        FROM generate_series(1, 25000) n WHERE n <> 20000;
    INSERT INTO {s}.invitations SELECT {s}.u(2, 1 + n % 2000), {s}.u(3, n), 1, {s}.h('i', n), '{}'
        FROM generate_series(1, 20000) n;
    INSERT INTO {s}.api_keys SELECT {s}.u(2, 1 + n % 2000), {s}.u(4, n), 1, {s}.h('k', n), NULL, '{}'
        FROM generate_series(1, 20000) n;
    INSERT INTO {s}.sessions SELECT {s}.u(5, n), 1, {s}.u(1, n), 1, now(), now(),
        now() + n * interval '1 second', NULL, {s}.h('s', n), {s}.h('p', n), NULL, '{}'
        FROM generate_series(1, 20000) n;
    INSERT INTO {s}.one_time_tokens SELECT {s}.u(6, n), 1, {s}.u(1, n), 'verify_email', {s}.h('t', n),
        now() + n * interval '1 second', n % 2 = 0, '{}' FROM generate_series(1, 20000) n;
    INSERT INTO {s}.security_events SELECT {s}.u(7, n), {s}.u(2, 1 + n % 2000), {s}.u(1, n), '{}'
        FROM generate_series(1, 20000) n;
    INSERT INTO {s}.identity_commits SELECT {s}.u(8, n) FROM generate_series(1, 20000) n;
    ANALYZE {s}.users, {s}.teams, {s}.memberships, {s}.invitations, {s}.api_keys, {s}.sessions,
        {s}.one_time_tokens, {s}.security_events, {s}.identity_commits";

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
];

/// What sorts the few rows that it found.
const SORTED: &[&str] = &[teams::FOUND, purge::SESSIONS, purge::TOKENS, purge::COMMITS];

async fn plan(connection: &mut PgConnection, store: &PostgresStore, text: &str) -> String {
    let parameters = (1..10).filter(|number| text.contains(&format!("${number}"))).count();
    let nulls = vec!["NULL"; parameters].join(", ");
    let script = format!("DEALLOCATE ALL; PREPARE p AS {}", store.fill(text));
    raw_sql(AssertSqlSafe(script)).execute(&mut *connection).await.unwrap();
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE p({nulls})"));
    let rows = raw_sql(explain).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| sqlx::Row::get::<String, _>(row, 0)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn nothing_is_found_by_reading_a_whole_table() {
    let url = env::var("INVOICE_TEST_POSTGRES_URL")
        .unwrap_or_else(|_| panic!("INVOICE_TEST_POSTGRES_URL is not set: run `cargo xtask test`"));
    let store = PostgresStore::connect(&url).await.unwrap();
    let store = store.with_schema(&format!("t_{}", Uuid::new_v4().simple())).unwrap();
    store.migrate().await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    raw_sql(AssertSqlSafe(store.fill(FILL))).execute(&mut connection).await.unwrap();
    raw_sql("SET plan_cache_mode = force_generic_plan").execute(&mut connection).await.unwrap();
    for text in IN_ORDER {
        let plan = plan(&mut connection, &store, text).await;
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{text}\n{plan}");
    }
    for text in SORTED {
        let plan = plan(&mut connection, &store, text).await;
        assert!(!plan.contains("Seq Scan"), "{text}\n{plan}");
    }
    let search = plan(&mut connection, &store, teams::FOUND).await;
    for index in ["memberships_by_name", "memberships_by_email"] {
        assert!(search.contains(index), "a search reads {index}\n{search}");
    }
}

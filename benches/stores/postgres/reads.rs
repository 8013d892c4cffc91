//! Reading: by id, lists, reports.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use invoice_core::change::AggregateId;
use invoice_core::ports::{InvoiceQuery, Invoices as _, MonthRange, PageRequest, Reports as _};
use invoice_core::{InvoiceId, Month, TeamId};
use invoice_store_common::lists::{self, Dialect, Value};
use invoice_store_postgres::PostgresStore;
use invoice_store_postgres::sqlx::{self, AssertSqlSafe, PgConnection};

use uuid::Uuid;

use super::fill::Filled;
use super::issue::{TEAMS, land};
use super::pgbench::Script;
use super::script::fill;
use super::server::{Server, Sync};
use super::told::listen;
use crate::cpu::{Cpu, resident_kilobytes};
use crate::measure::{Pairs, Sample};
use crate::table::{Goal, Report, decimal, thousands};
use crate::world::{Kind, Teams};
use crate::{Length, Wrong, run};

/// Where the teams are whose invoices have ids that pgbench can make.
const WORLD: u16 = 40;
/// Invoices among which each look-up takes one.
const INVOICES: usize = 10_000;

/// An invoice by id, beside pgbench with the same statement, which parses nothing.
pub(super) async fn get(server: &Server, report: &mut Report, length: Length) -> Result<(), Wrong> {
    report.heading("PostgreSQL: an invoice by id beside pgbench with the same statement");
    let store = server.store(Sync::Off).await?;
    let teams = Teams::new(WORLD, TEAMS).await?;
    teams.settle(&store).await?;
    let issues = teams.known_issues(INVOICES).await?;
    let known: Vec<(TeamId, InvoiceId)> = issues
        .iter()
        .filter_map(|change| match change.writes.first()?.id() {
            AggregateId::Invoice(id) => Some((change.team, id)),
            _ => None,
        })
        .collect();
    land(&store, issues).await?;
    server.run("VACUUM ANALYZE").await?;
    let (team, invoice) = *known.first().ok_or("no invoice")?;
    let told = listen(server, async move |store| {
        store.invoice(team, invoice).await?;
        Ok(())
    })
    .await?;
    let told = told.last().ok_or("nothing was told")?;
    let made = |name: &str| Teams::made_of(&format!(":{name}::text"));
    let ids =
        [(team.as_uuid().to_string(), made("team")), (invoice.as_uuid().to_string(), made("invoice"))].into();
    let commands = format!(
        "\\set i random(0, {INVOICES} - 1)\n\\set team {} + (:i % {TEAMS})\n\\set invoice {} + :i\n",
        Teams::number(WORLD, Kind::Team, 0)?,
        Teams::number(WORLD, Kind::Invoice, 0)?,
    );
    let mut constants = Vec::new();
    let script = Script::new(&commands, &fill(told, &ids, &mut constants)?, constants)?;
    for clients in [1, 8] {
        let count = length.count(&script.run(server, Sync::Off, clients, 2_000, 0)?)?;
        let wanted: Vec<_> =
            (0..count).filter_map(|turn| known.get(turn * 7_919 % known.len().max(1)).copied()).collect();
        let pairs = Pairs::take(
            length.turns(),
            async || {
                let store = store.clone();
                run::each(clients, wanted.clone(), Some(server.process), move |(team, id)| {
                    let store = store.clone();
                    async move {
                        let found = black_box(store.invoice(team, id).await?);
                        found.map(|_| ()).ok_or_else(|| "no such invoice".into())
                    }
                })
                .await
            },
            async || script.run(server, Sync::Off, clients, count, 0),
        )
        .await?;
        let plural = if clients == 1 { "" } else { "s" };
        report.speed(&format!("{clients} client{plural}"), &pairs, Goal::AtLeast(900));
    }
    Ok(())
}

/// Lists of a large team.
pub(super) async fn list(
    server: &Server,
    report: &mut Report,
    length: Length,
    filled: &Filled,
) -> Result<(), Wrong> {
    report.heading(&format!(
        "PostgreSQL: a page of 50 out of {} invoices, beside the bare statement on a connection held",
        thousands(u128::try_from(filled.large_count)?)
    ));
    let store = server.store(Sync::Off).await?;
    let query = InvoiceQuery::new();
    let team = filled.large;
    let count = length.operations(1_000);
    let first = PageRequest::first(50)?;
    let deep = deep(&store, team, &query, 100_000.min(filled.large_count / 2)).await?;
    let mut connection = server.connection().await?;
    for (what, page) in [("the first page", &first), ("a page at depth 100,000", &deep)] {
        let statement = lists::invoices(Dialect::Postgres { schema: &server.schema }, team, &query, page)?;
        let (text, values) = statement.into_parts();
        let pairs = Pairs::take(
            length.turns(),
            async || pages(server, &store, team, &query, page, count).await,
            async || bare(server, &mut connection, &text, &values, count).await,
        )
        .await?;
        report.speed(what, &pairs, Goal::AtLeast(850));
    }
    report.heading("PostgreSQL: how long a page at depth 100,000 takes for each of the first");
    let pairs = Pairs::take(
        length.turns(),
        async || pages(server, &store, team, &query, &deep, count).await,
        async || pages(server, &store, team, &query, &first, count).await,
    )
    .await?;
    report.time("depth 100,000 beside the first", &pairs, Goal::AtMost(1_200));
    Ok(())
}

/// The page that begins after so many invoices.
async fn deep(
    store: &PostgresStore,
    team: TeamId,
    query: &InvoiceQuery,
    depth: usize,
) -> Result<PageRequest, Wrong> {
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT)?;
    for _ in 0..depth / usize::from(PageRequest::MAX_LIMIT) {
        let page = store.invoices(team, query, &request).await?;
        request = request.after(page.next.ok_or("too few invoices")?);
    }
    let cursor = request.cursor().cloned().ok_or("too few invoices")?;
    Ok(PageRequest::first(50)?.after(cursor))
}

/// So many pages through the store.
async fn pages(
    server: &Server,
    store: &PostgresStore,
    team: TeamId,
    query: &InvoiceQuery,
    page: &PageRequest,
    count: usize,
) -> Result<Sample, Wrong> {
    let (store, query, page) = (store.clone(), Arc::new(query.clone()), Arc::new(page.clone()));
    run::each(1, vec![(); count], Some(server.process), move |()| {
        let (store, query, page) = (store.clone(), Arc::clone(&query), Arc::clone(&page));
        async move {
            let found = black_box(store.invoices(team, &query, &page).await?);
            if found.items.len() == page.limit() { Ok(()) } else { Err("a short page".into()) }
        }
    })
    .await
}

/// The columns of a list of invoices.
type Row = (
    Uuid,
    i64,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
    Uuid,
    Option<String>,
    Option<NaiveDate>,
    Option<NaiveDate>,
    String,
    i64,
    i64,
    DateTime<Utc>,
    DateTime<Utc>,
    String,
);

/// The same rows without the store, read into the driver's own types.
async fn bare(
    server: &Server,
    connection: &mut PgConnection,
    text: &str,
    values: &[Value],
    count: usize,
) -> Result<Sample, Wrong> {
    let cpu = Cpu::now(Some(server.process))?;
    let start = Instant::now();
    for _ in 0..count {
        let mut query = sqlx::query_as::<_, Row>(AssertSqlSafe(text));
        for value in values {
            query = match value.clone() {
                Value::Uuid(it) => query.bind(it),
                Value::Int(it) => query.bind(it),
                Value::Text(it) => query.bind(it),
                Value::Date(it) => query.bind(it),
                Value::Instant(it) => query.bind(DateTime::from_timestamp_millis(it.as_millis())),
                Value::Bytes(it) => query.bind(it),
                Value::Bool(it) => query.bind(it),
            };
        }
        if black_box(query.fetch_all(&mut *connection).await?).len() < 50 {
            return Err("a short page".into());
        }
    }
    let wall = start.elapsed();
    Ok(Sample {
        operations: u64::try_from(count)?,
        wall,
        cpu: Cpu::now(Some(server.process))? - cpu,
        p99: None,
    })
}

/// Reports of a large team beside those of a small one.
pub(super) async fn reports(
    server: &Server,
    report: &mut Report,
    length: Length,
    filled: &Filled,
) -> Result<(), Wrong> {
    report.heading(&format!(
        "PostgreSQL: how long reports over {} invoices take for each over 10,000 of the same three years",
        thousands(u128::try_from(filled.large_count)?)
    ));
    let store = server.store(Sync::Off).await?;
    let count = length.operations(500);
    let day = Filled::day_after()?;
    let months = MonthRange::new(Month::new(2025, 1)?, Month::new(2025, 12)?)?;
    let aging = async |team: TeamId| {
        let store = store.clone();
        run::each(1, vec![(); count], Some(server.process), move |()| {
            let store = store.clone();
            async move {
                let rows = black_box(store.aging(team, day, None).await?);
                if rows.is_empty() { Err("nothing is due".into()) } else { Ok(()) }
            }
        })
        .await
    };
    let pairs =
        Pairs::take(length.turns(), async || aging(filled.large).await, async || aging(filled.small).await);
    report.time("aging", &pairs.await?, Goal::AtMost(1_500));
    let taxes = async |team: TeamId| {
        let store = store.clone();
        run::each(1, vec![(); count], Some(server.process), move |()| {
            let store = store.clone();
            async move {
                let rows = black_box(store.tax_summary(team, months).await?);
                if rows.is_empty() { Err("no taxes".into()) } else { Ok(()) }
            }
        })
        .await
    };
    let pairs =
        Pairs::take(length.turns(), async || taxes(filled.large).await, async || taxes(filled.small).await);
    report.time("tax summary of a year", &pairs.await?, Goal::AtMost(1_500));
    Ok(())
}

/// What this process grows by while it lists all invoices of the large team.
pub(super) async fn memory(server: &Server, report: &mut Report, filled: &Filled) -> Result<(), Wrong> {
    let store = server.store(Sync::Off).await?;
    let query = InvoiceQuery::new();
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT)?;
    let before = resident_kilobytes()?;
    let (mut most, mut seen) = (before, 0);
    loop {
        let page = store.invoices(filled.large, &query, &request).await?;
        seen += page.items.len();
        most = most.max(resident_kilobytes()?);
        match page.next {
            Some(next) => request = request.after(next),
            None => break,
        }
    }
    if seen != filled.large_count {
        return Err("the list is not whole".into());
    }
    let grown = u128::from(most - before) * 1_000 / 1_024;
    let verdict = if grown <= 64_000 { "under" } else { "**not** under" };
    report.note(&format!(
        "Listing {} invoices in pages of 200 let this process grow by at most {} MiB: {verdict} 64.",
        thousands(u128::try_from(seen)?),
        decimal(grown)
    ));
    Ok(())
}

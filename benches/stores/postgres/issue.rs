//! Issuing: the store beside pgbench with the same statement, and one hot series beside a thousand teams.

use std::sync::Arc;
use std::time::Instant;

use invoice_core::change::ChangeSet;
use invoice_core::ports::{BillingPorts, Commits};
use invoice_core::service::Billing;
use invoice_core::system::{RandomIds, SystemClock};
use invoice_store_postgres::PostgresStore;
use invoice_store_postgres::sqlx::{self, AssertSqlSafe};

use super::pgbench::Script;
use super::script::{self, Place};
use super::server::{Server, Sync};
use super::told::{Told, listen};
use crate::measure::{Pairs, Sample, median};
use crate::table::{Goal, Report, decimal};
use crate::world::Teams;
use crate::{Length, Wrong, run};

/// Teams, of which each transaction takes one.
pub(super) const TEAMS: usize = 1_000;

/// Ids made to see what one costs.
const IDS: u128 = 200_000;

/// Teams of the store and of pgbench, each in a world of their own, all of which have issued once.
pub(super) struct Issuers {
    pub(super) teams: Teams,
    pub(super) script: Script,
    run: std::cell::Cell<usize>,
}

impl Issuers {
    /// Settles two worlds of so many teams, and learns the statement of the second.
    pub(super) async fn new(server: &Server, world: u16, count: usize) -> Result<Self, Wrong> {
        let store = server.store(Sync::Off).await?;
        let (ours, theirs) = (Teams::new(world, count).await?, Teams::new(world + 1, count).await?);
        for teams in [&ours, &theirs] {
            teams.settle(&store).await?;
            land(&store, teams.issues(count).await?).await?;
        }
        let (told, change, receipt) = Self::told(server, &theirs).await?;
        let team = theirs.team(0)?;
        let place = Place { world: world + 1, teams: count };
        let script = script::issue(&told, &change, &receipt, team, place)?;
        server.run("ANALYZE").await?;
        Ok(Self { teams: ours, script, run: std::cell::Cell::new(1) })
    }

    /// The statement of an issue whose counter the store has seen before.
    async fn told(
        server: &Server,
        teams: &Teams,
    ) -> Result<(Told, Arc<ChangeSet>, invoice_core::change::Receipt), Wrong> {
        let changes: Vec<_> = teams.issues(TEAMS + 1).await?.into_iter().step_by(teams.count()).collect();
        let (first, second) = match changes.as_slice() {
            [first, second, ..] => (Arc::clone(first), Arc::clone(second)),
            _ => return Err("too few change sets".into()),
        };
        let mut receipt = None;
        let heard = &mut receipt;
        let last = Arc::clone(&second);
        let told = listen(server, async move |store| {
            land(&store, vec![first]).await?;
            *heard = store.commit_all(vec![second]).await.pop().transpose()?;
            Ok(())
        })
        .await?;
        let told = told.into_iter().rfind(|told| told.text.contains("commits")).ok_or("nothing was told")?;
        Ok((told, last, receipt.ok_or("no receipt")?))
    }

    /// So many through the store.
    pub(super) async fn store(
        &self,
        server: &Server,
        store: &Arc<dyn Commits>,
        tasks: usize,
        count: usize,
    ) -> Result<Sample, Wrong> {
        run::commit(store, tasks, self.teams.issues(count).await?, Some(server.process)).await
    }

    /// So many through pgbench.
    pub(super) fn pgbench(
        &self,
        server: &Server,
        sync: Sync,
        clients: usize,
        count: usize,
    ) -> Result<Sample, Wrong> {
        let run = self.run.replace(self.run.get() + 1);
        self.script.run(server, sync, clients, count, run)
    }

    /// How many take about as long as a sample shall.
    pub(super) fn count(
        &self,
        server: &Server,
        sync: Sync,
        clients: usize,
        length: Length,
    ) -> Result<usize, Wrong> {
        let tried = self.pgbench(server, sync, clients, 400)?;
        length.count(&tried)
    }
}

pub(super) async fn land(store: &PostgresStore, changes: Vec<Arc<ChangeSet>>) -> Result<(), Wrong> {
    for some in changes.chunks(100) {
        for answer in store.commit_all(some.to_vec()).await {
            answer?;
        }
    }
    Ok(())
}

/// The store beside pgbench.
pub(super) async fn issue(server: &Server, report: &mut Report, length: Length) -> Result<(), Wrong> {
    report.heading("PostgreSQL: create and issue beside pgbench with the same statement, 1,000 teams");
    let issuers = Issuers::new(server, 10, TEAMS).await?;
    for sync in Sync::ALL {
        let store = server.store(sync).await?;
        let commits: Arc<dyn Commits> = Arc::new(store.clone());
        for clients in [1, 8] {
            let count = issuers.count(server, sync, clients, length)?;
            let pairs = Pairs::take(
                length.turns(),
                async || issuers.store(server, &commits, clients, count).await,
                async || issuers.pgbench(server, sync, clients, count),
            )
            .await?;
            let what = format!("{} {}, {}", clients, plural(clients), sync.name());
            report.speed(&what, &pairs, Goal::AtLeast(900));
        }
        let count = issuers.count(server, sync, 8, length)?;
        let pairs = Pairs::take(
            length.turns(),
            async || serve(server, &store, &issuers.teams, 8, count).await,
            async || issuers.pgbench(server, sync, 8, count),
        )
        .await?;
        report.speed(&format!("the whole use case, 8 clients, {}", sync.name()), &pairs, Goal::None);
        Server::probe(report)?;
    }
    note_ids(server, report, &issuers.script).await
}

/// Says what pgbench pays for making ids in SQL, which the store sends.
async fn note_ids(server: &Server, report: &mut Report, script: &Script) -> Result<(), Wrong> {
    let mut connection = server.connection().await?;
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        for (times, made) in took
            .iter_mut()
            .zip([Teams::made_of("(1000000000000000 + n)::text").as_str(), "(1000000000000000 + n)::text"])
        {
            let text = format!("SELECT count({made}) FROM generate_series(1, {IDS}::bigint) AS n");
            let start = Instant::now();
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await?;
            times.push(start.elapsed());
        }
    }
    let [made, plain] = took.map(|times| median(times).unwrap_or_default());
    let count = script.statement().matches("('0000000000000000' ||").count();
    let nanos = made.saturating_sub(plain).as_nanos() * u128::try_from(count)? / IDS;
    report.note(&format!(
        "pgbench makes {count} ids of numbers in each statement, which takes the server {} µs.",
        decimal(nanos)
    ));
    Ok(())
}

fn plural(clients: usize) -> &'static str {
    if clients == 1 { "client" } else { "clients" }
}

/// The use case: reads what it must know, checks, calculates, and commits.
async fn serve(
    server: &Server,
    store: &PostgresStore,
    teams: &Teams,
    tasks: usize,
    count: usize,
) -> Result<Sample, Wrong> {
    let ports = BillingPorts::from_store(&Arc::new(store.clone()));
    let billing = Billing::new(ports, Arc::new(SystemClock), Arc::new(RandomIds::new()));
    let mut inputs = Vec::with_capacity(count);
    for turn in 0..count {
        let team = teams.team(turn)?;
        inputs.push((team.call.clone(), teams.invoice(team)));
    }
    run::each(tasks, inputs, Some(server.process), move |(call, data)| {
        let billing = billing.clone();
        async move {
            billing.create_and_issue_invoice(&call, data).await?;
            Ok(())
        }
    })
    .await
}

/// One series beside a thousand teams, and beside the statement without the combiner.
pub(super) async fn hot(server: &Server, report: &mut Report, length: Length) -> Result<(), Wrong> {
    let many = Issuers::new(server, 20, TEAMS).await?;
    let one = Issuers::new(server, 30, 1).await?;
    for sync in [Sync::Durable, Sync::Off] {
        report.heading(&format!("PostgreSQL: one hot series, {}", sync.name()));
        let commits: Arc<dyn Commits> = Arc::new(server.store(sync).await?);
        for clients in [8, 24] {
            let count = many.count(server, sync, clients, length)?;
            let pairs = Pairs::take(
                length.turns(),
                async || one.store(server, &commits, clients, count).await,
                async || many.store(server, &commits, clients, count).await,
            )
            .await?;
            report.speed(&format!("{clients} tasks, beside 1,000 teams"), &pairs, Goal::AtLeast(800));
            let uncombined = one.count(server, sync, clients, length)?;
            let pairs = Pairs::take(
                length.turns(),
                async || one.store(server, &commits, clients, count).await,
                async || one.pgbench(server, sync, clients, uncombined),
            )
            .await?;
            let goal = if sync == Sync::Durable { Goal::AtLeast(2_500) } else { Goal::None };
            report.speed(&format!("{clients} tasks, beside one statement each (pgbench)"), &pairs, goal);
        }
        Server::probe(report)?;
    }
    Ok(())
}

//! Our routes beside bare handlers with the same statements and the same token check, in one process on two ports.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::Method;
use invoice_auth::Auth;
use invoice_benches::measure::{Pairs, Sample};
use invoice_benches::table::{Goal, Report, millis};
use invoice_benches::told::{Log, Told};
use invoice_benches::{Wrong, machine};
use invoice_core::system::RandomIds;
use invoice_store_postgres::sqlx::ConnectOptions as _;

use crate::bare::{self, Bare, Held};
use crate::client::Client;
use crate::database::Postgres;
use crate::statement::Statement;
use crate::team::{self, Team};
use crate::wrk::{CONNECTIONS, Load, Target};
use crate::{Length, engine};

/// Invoices among which the readers take one after the other.
const INVOICES: usize = 1_000;
/// Connections of those whose longest waits are looked at.
const MANY: usize = 64;

/// What one setting of `synchronous_commit` is measured with: three addresses.
struct Doors {
    routes: String,
    guarded: String,
    bare: String,
}

pub(crate) async fn measure(report: &mut Report, length: Length) -> Result<(), Wrong> {
    let postgres = Postgres::new("handlers").await?;
    engine::log()?;
    let auth = engine::accounts(postgres.store(&[]).await?).await?;
    let mut rows = Rows { report, length, process: std::process::id(), database: postgres.process };
    rows.report.heading("Our routes beside bare handlers with the same statements and the same token check");
    let done = all(&postgres, &auth, &mut rows).await;
    postgres.drop().await?;
    done
}

async fn all(postgres: &Postgres, auth: &Auth, rows: &mut Rows<'_>) -> Result<(), Wrong> {
    let mut doors = Vec::new();
    let mut founded = None;
    for sync in ["on", "off"] {
        let settings = [("synchronous_commit", sync)];
        let state = engine::state(postgres.store(&settings).await?, auth);
        let routes = engine::serve(engine::routes(state.clone())).await?;
        let team = match &founded {
            Some(team) => Team::clone(team),
            None => team::found(&routes, 1)?.pop().ok_or("no team")?,
        };
        let bare = learn(postgres, auth, &team, &settings).await?;
        let bare = engine::serve(bare::router(bare)).await?;
        doors.push(Doors { routes, guarded: engine::serve(engine::guarded(state)).await?, bare });
        founded = Some(team);
    }
    let (Some(team), [durable, off]) = (founded, &doors[..]) else { return Err("no team".into()) };
    postgres.run("ANALYZE").await?;
    let drafts = team.drafts(&durable.routes, rows.length.count(INVOICES))?;
    let read = |address: &str| {
        let requests: Vec<String> = drafts.iter().map(|id| team.read(address, id)).collect();
        Load::of(&requests)
    };
    let create = |address: &str| Load::of(&[team.create(address)]);
    let (plain, whole) = (Goal::AtLeast(850), Goal::AtLeast(750));
    rows.row("read", &durable.routes, &durable.bare, &read, plain).await?;
    rows.row("read, all middleware", &durable.guarded, &durable.bare, &read, whole).await?;
    rows.row("create a draft, durable", &durable.routes, &durable.bare, &create, plain).await?;
    rows.row("create a draft, durable, all middleware", &durable.guarded, &durable.bare, &create, whole)
        .await?;
    rows.row("create a draft, sync off", &off.routes, &off.bare, &create, plain).await?;
    rows.row("create a draft, sync off, all middleware", &off.guarded, &off.bare, &create, whole).await?;
    rows.report.note(&format!(
        "PostgreSQL {}, {} connections for each side; all but `synchronous_commit` durable. A draft takes two \
         statements, one that reads its client and one that writes it. An fsync of 8 KiB took {} (median).",
        postgres.version,
        crate::database::CONNECTIONS,
        millis(machine::fsync()?)
    ));
    rows.report.table(&format!("p99 at {MANY} connections"), &["", "ours, all middleware", "bare"]);
    rows.waits("read", &durable.guarded, &durable.bare, &read).await?;
    rows.waits("create a draft, durable", &durable.guarded, &durable.bare, &create).await
}

/// Learns the statements of both routes and their answers, by sending each request twice.
async fn learn(
    postgres: &Postgres,
    auth: &Auth,
    team: &Team,
    settings: &[(&str, &str)],
) -> Result<Bare, Wrong> {
    let logged = postgres.store(&[("log_min_duration_statement", "0")]).await?;
    let address = engine::serve(engine::routes(engine::state(logged, auth))).await?;
    let client = Client::new(&address).bearing(&team.token);
    let body = team.invoice().to_string();
    // Whatever is asked only once is asked here.
    let ids = team.drafts(&address, 2)?;
    let mut read = Vec::new();
    for id in &ids {
        read.push(told(postgres, &client, &Method::GET, &format!("/api/v1/invoices/{id}"), "").await?);
    }
    let mut create = Vec::new();
    for _ in 0..2 {
        create.push(told(postgres, &client, &Method::POST, "/api/v1/invoices", &body).await?);
    }
    let options = postgres.options(settings);
    let mut connection = options.connect().await?;
    let ([first, second], [one, other]) = (&read[..], &create[..]) else { return Err("told once".into()) };
    let mut statements = [Vec::new(), Vec::new()];
    for (kept, (first, second)) in statements.iter_mut().zip([(first, second), (one, other)]) {
        if first.0.is_empty() || first.0.len() != second.0.len() {
            return Err("no statement, or not as many the second time".into());
        }
        for (first, second) in first.0.iter().zip(&second.0) {
            kept.push(Statement::learn(&mut connection, first, second).await?);
        }
    }
    let [read, create] = statements;
    Ok(Bare {
        auth: auth.clone(),
        held: Held::new(options),
        read,
        create,
        read_answer: Bytes::from(first.1.clone()),
        create_answer: Bytes::from(one.1.clone()),
        ids: RandomIds::new(),
    })
}

/// The statements of one request, and its answer.
async fn told(
    postgres: &Postgres,
    client: &Client,
    method: &Method,
    path: &str,
    body: &str,
) -> Result<(Vec<Told>, String), Wrong> {
    let log = Log::at_end(&postgres.log)?;
    let answer = client.send(method.as_str(), path, body)?;
    // The server writes its line after the answer.
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok((log.told()?, answer))
}

struct Rows<'r> {
    report: &'r mut Report,
    length: Length,
    process: u32,
    database: u32,
}

impl Rows<'_> {
    fn target(&self, address: &str) -> Target {
        Target { address: address.to_owned(), process: self.process, database: Some(self.database) }
    }

    async fn pairs(
        &self,
        ours: &str,
        bare: &str,
        load: &impl Fn(&str) -> Result<Load, Wrong>,
        connections: usize,
    ) -> Result<Pairs, Wrong> {
        let (ours, bare) = (self.target(ours), self.target(bare));
        let (our_load, bare_load) = (load(&ours.address)?, load(&bare.address)?);
        let time = self.length.sample();
        Pairs::take(
            self.length.turns(),
            async || our_load.run(&ours, connections, time).await,
            async || bare_load.run(&bare, connections, time).await,
        )
        .await
    }

    async fn row(
        &mut self,
        what: &str,
        ours: &str,
        bare: &str,
        load: &impl Fn(&str) -> Result<Load, Wrong>,
        goal: Goal,
    ) -> Result<(), Wrong> {
        let pairs = self.pairs(ours, bare, load, CONNECTIONS).await?;
        self.report.speed(what, &pairs, goal);
        Ok(())
    }

    async fn waits(
        &mut self,
        what: &str,
        ours: &str,
        bare: &str,
        load: &impl Fn(&str) -> Result<Load, Wrong>,
    ) -> Result<(), Wrong> {
        let pairs = self.pairs(ours, bare, load, MANY).await?;
        let p99 = |sample: Sample| sample.p99.map(millis).unwrap_or_default();
        self.report.cells(&[what, &p99(pairs.ours()), &p99(pairs.limit())]);
        Ok(())
    }
}

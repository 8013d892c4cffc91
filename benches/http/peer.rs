//! The server beside what a user would build instead: an Express program on MongoDB that gives numbers to invoices.

use invoice_benches::Wrong;
use invoice_benches::measure::{Pairs, Sample};
use invoice_benches::table::{Goal, Report, decimal, millis, thousands};
use serde_json::{Value, json};

use crate::Length;
use crate::client::{Client, text};
use crate::database::{Mongo, Postgres};
use crate::process::Process;
use crate::team::{self, LINES, Team};
use crate::wrk::{CONNECTIONS, Load, Target, bearer, request};

/// Our teams, one after the other; the peer takes one of as many at random.
const TEAMS: usize = 1_000;
/// Invoices that each side has before, for its readers.
const INVOICES: usize = 1_000;
/// The peer's database.
const DATABASE: &str = "peer";

/// One side: what answers, and its loads.
struct Side {
    target: Target,
    create: Load,
    read: Load,
    _process: Process,
}

pub(crate) async fn measure(report: &mut Report, length: Length) -> Result<(), Wrong> {
    let mongo = Mongo::new().await?;
    // It is dropped in the end, so it must be nobody's.
    if mongo.has(DATABASE).await? {
        return Err(
            format!("there is a database `{DATABASE}` already, which the peer would write into").into()
        );
    }
    let postgres = Postgres::new("peer").await?;
    report.table(
        "The server beside Express with MongoDB: the same invoice of five lines",
        &[
            "",
            "a second",
            "peer, a second",
            "ratio (range)",
            "goal",
            "CPU µs each + database",
            "of the peer",
            "CPU ratio",
            "goal",
            "p99",
            "of the peer",
        ],
    );
    let (uri, database) = mongo.database("ours");
    let done = all(report, length, &postgres, &mongo, &uri).await;
    mongo.drop(DATABASE).await?;
    mongo.drop(&database).await?;
    report.note(&format!(
        "To create is to create and number an invoice in one request: the peer writes the counter, the invoice and an event \
         in one transaction; ours writes counter, invoice, audit entry and the sums of reports, and no event, since without \
         a mail server nobody takes it. PostgreSQL {} with `synchronous_commit` on; MongoDB {}, a replica set of one node, \
         writes acknowledged by a majority and journalled on both sides. Limits on requests are raised out of the way, and \
         the log is at `warn`. Processor time is that of the server's process, and then that of its database.",
        postgres.version, mongo.version
    ));
    postgres.drop().await?;
    done
}

async fn all(
    report: &mut Report,
    length: Length,
    postgres: &Postgres,
    mongo: &Mongo,
    uri: &str,
) -> Result<(), Wrong> {
    let peer = peer(mongo)?;
    let url = postgres.url();
    for (name, url, database, create, read, cpu) in [
        ("PostgreSQL", url.as_str(), postgres.process, 7_000, 8_000, Goal::AtMost(100)),
        ("MongoDB", uri, mongo.process, 2_500, 6_000, Goal::None),
    ] {
        let ours = ours(url, database)?;
        let (create, read) = (Goal::AtLeast(create), Goal::AtLeast(read));
        let pairs = pairs(length, (&ours, &ours.create), (&peer, &peer.create)).await?;
        row(report, &format!("on {name}: create"), &pairs, create, cpu);
        let pairs = self::pairs(length, (&ours, &ours.read), (&peer, &peer.read)).await?;
        row(report, &format!("on {name}: read"), &pairs, read, cpu);
    }
    Ok(())
}

async fn pairs(
    length: Length,
    (ours, our_load): (&Side, &Load),
    (peer, peer_load): (&Side, &Load),
) -> Result<Pairs, Wrong> {
    let time = length.sample();
    Pairs::take(
        length.turns(),
        async || our_load.run(&ours.target, CONNECTIONS, time).await,
        async || peer_load.run(&peer.target, CONNECTIONS, time).await,
    )
    .await
}

fn ours(url: &str, database: u32) -> Result<Side, Wrong> {
    let process = Process::ours(Some(url))?;
    let address = process.address();
    let teams = team::found(address, TEAMS)?;
    let create: Vec<_> = teams.iter().map(|team| team.issue(address)).collect();
    let mut read = Vec::new();
    for team in &teams {
        let issued = Team::issued(team, address, INVOICES / TEAMS)?;
        read.extend(issued.iter().map(|id| team.read(address, id)));
    }
    Ok(Side {
        target: process.target(Some(database)),
        create: Load::of(&create)?,
        read: Load::of(&read)?,
        _process: process,
    })
}

fn peer(mongo: &Mongo) -> Result<Side, Wrong> {
    let process = Process::peer(&mongo.uri)?;
    let address = process.address();
    let token = Client::new(address).send("GET", "/token", "")?;
    let client = Client::new(address).bearing(&token);
    let items: Vec<Value> = LINES
        .into_iter()
        .map(|(quantity, price)| {
            Ok(json!({
                "description": "Hours of work",
                "quantity": quantity,
                "price": price.parse::<serde_json::Number>()?,
            }))
        })
        .collect::<Result<_, Wrong>>()?;
    let invoice = json!({"taxRate": 20, "items": items});
    let mut read = Vec::new();
    for _ in 0..INVOICES {
        let id = client.post("/invoices", &invoice)?;
        let path = format!("/invoices/{}", text(&id, "/_id")?);
        read.push(request("GET", &path, address, &bearer(&token), ""));
    }
    let create = request("POST", "/invoices", address, &bearer(&token), &invoice.to_string());
    Ok(Side {
        target: process.target(Some(mongo.process)),
        create: Load::of(&[create])?,
        read: Load::of(&read)?,
        _process: process,
    })
}

fn row(report: &mut Report, what: &str, pairs: &Pairs, goal: Goal, cpu_goal: Goal) {
    let [lowest, ratio, highest] = pairs.speed();
    let (ours, peer) = (pairs.ours(), pairs.limit());
    let nanos = |sample: &Sample| sample.cpu.client.as_nanos() / u128::from(sample.operations.max(1));
    let each = |sample: &Sample| {
        let database = sample.cpu.server.as_micros() / u128::from(sample.operations.max(1));
        format!("{} + {database}", nanos(sample) / 1_000)
    };
    let p99 = |sample: &Sample| sample.p99.map(millis).unwrap_or_default();
    let cpu = nanos(&ours) * 1_000 / nanos(&peer).max(1);
    report.cells(&[
        what,
        &thousands(ours.rate()),
        &thousands(peer.rate()),
        &format!("**{}** ({}–{})", decimal(ratio), decimal(lowest), decimal(highest)),
        &goal.text(ratio),
        &each(&ours),
        &each(&peer),
        &format!("**{}**", decimal(cpu)),
        &cpu_goal.text(cpu),
        &p99(&ours),
        &p99(&peer),
    ]);
}

//! Issuing: the store beside the calls and beside the commands that write the same documents.

use std::sync::Arc;

use invoice_core::change::ChangeSet;
use invoice_core::ports::{BillingPorts, Commits};
use invoice_core::service::Billing;
use invoice_core::system::{RandomIds, SystemClock};
use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::Collection;
use invoice_store_mongo::mongodb::bson::oid::ObjectId;
use invoice_store_mongo::mongodb::bson::{Document, doc};

use super::bare::{calls, raw, send, typed};
use super::server::Server;
use super::told::Told;
use crate::measure::{Pairs, Sample};
use crate::table::{Goal, Report};
use crate::world::Teams;
use crate::{Length, Wrong, run};

/// Teams, of which each transaction takes one.
const TEAMS: usize = 1_000;
const WORLD: u16 = 60;

/// Commits from so many tasks while teams are set up.
const TASKS: usize = 16;

/// Some teams in a database of this name, each of which has issued so many invoices.
pub(super) async fn settled(
    server: &Server,
    database: &str,
    world: u16,
    teams: usize,
    issues: usize,
) -> Result<(MongoStore, Teams), Wrong> {
    let store = server.store(database).await?;
    let teams = Teams::new(world, teams).await?;
    teams.settle(&store).await?;
    land(&store, teams.issues(issues).await?).await?;
    Ok((store, teams))
}

pub(super) async fn land(store: &MongoStore, changes: Vec<Arc<ChangeSet>>) -> Result<(), Wrong> {
    let commits: Arc<dyn Commits> = Arc::new(store.clone());
    run::commit(&commits, TASKS, changes, None).await?;
    Ok(())
}

/// A database to which bare calls do what a store did to its twin.
struct Twin<'a> {
    server: &'a Server,
    teams: &'a Teams,
    told: Told,
    name: String,
}

impl<'a> Twin<'a> {
    async fn new(server: &'a Server, teams: &'a Teams, name: &str) -> Result<Self, Wrong> {
        let source = format!("{name}_source");
        for copy in [name, &source] {
            server.copy("ours", copy).await?;
        }
        Ok(Self { server, teams, told: Told::new(server, &source).await?, name: name.to_owned() })
    }

    /// What so many issues tell the server.
    async fn told(&self, count: usize) -> Result<Vec<Vec<Document>>, Wrong> {
        self.told.commands(&self.teams.issues(count).await?).await
    }

    async fn typed(&self, clients: usize, count: usize) -> Result<Sample, Wrong> {
        let told = self.told(count).await?;
        let inputs = told.iter().map(|commands| calls(commands)).collect::<Result<_, _>>()?;
        let (client, collection) = (self.server.client.clone(), self.server.billing(&self.name));
        run::each(clients, inputs, Some(self.server.process), move |calls| {
            let (client, collection) = (client.clone(), collection.clone());
            async move { typed(&client, &collection, calls).await }
        })
        .await
    }

    async fn raw(&self, clients: usize, count: usize) -> Result<Sample, Wrong> {
        let told = self.told(count).await?;
        let inputs = told.iter().map(|commands| raw(commands)).collect::<Result<_, _>>()?;
        let (client, database) = (self.server.client.clone(), self.server.database(&self.name));
        run::each(clients, inputs, Some(self.server.process), move |commands| {
            let (client, database) = (client.clone(), database.clone());
            async move { send(&client, &database, commands).await }
        })
        .await
    }
}

/// An invoice alone, each by one call and in no transaction.
struct Alone<'a> {
    server: &'a Server,
    collection: Collection<Document>,
    invoice: Document,
}

impl<'a> Alone<'a> {
    async fn new(server: &'a Server) -> Result<Self, Wrong> {
        let invoice = server.billing("ours").find_one(doc! { "kind": "invoice" }).await?;
        let collection = server.collection("alone", "invoices");
        Ok(Self { server, collection, invoice: invoice.ok_or("no invoice")? })
    }

    async fn run(&self, clients: usize, count: usize) -> Result<Sample, Wrong> {
        let with_id = |_| {
            let mut invoice = self.invoice.clone();
            invoice.insert("_id", ObjectId::new());
            invoice
        };
        let inputs = (0..count).map(with_id).collect();
        let collection = self.collection.clone();
        run::each(clients, inputs, Some(self.server.process), move |invoice| {
            let collection = collection.clone();
            async move {
                collection.insert_one(invoice).await?;
                Ok(())
            }
        })
        .await
    }
}

/// The store beside bare calls of the driver.
pub(super) async fn issue(server: &Server, report: &mut Report, length: Length) -> Result<(), Wrong> {
    report.heading(
        "MongoDB: create and issue beside bare driver calls that write the same documents, 1,000 teams",
    );
    let (store, teams) = settled(server, "ours", WORLD, TEAMS, TEAMS).await?;
    let commits: Arc<dyn Commits> = Arc::new(store.clone());
    let by_calls = Twin::new(server, &teams, "typed").await?;
    let by_bytes = Twin::new(server, &teams, "raw").await?;
    let alone = Alone::new(server).await?;
    let ours = async |clients: usize, count: usize| {
        run::commit(&commits, clients, teams.issues(count).await?, Some(server.process)).await
    };
    for clients in [1, 8] {
        let who = format!("{clients} {}", if clients == 1 { "client" } else { "clients" });
        let count = length.count(&by_calls.typed(clients, 400).await?)?;
        let pairs = Pairs::take(
            length.turns(),
            async || ours(clients, count).await,
            async || by_calls.typed(clients, count).await,
        );
        report.speed(&format!("{who}, a call for each type"), &pairs.await?, Goal::AtLeast(800));
        let pairs = Pairs::take(
            length.turns(),
            async || ours(clients, count).await,
            async || by_bytes.raw(clients, count).await,
        );
        report.speed(&format!("{who}, the store's own bytes"), &pairs.await?, Goal::None);
        let pairs = Pairs::take(
            length.turns(),
            async || ours(clients, count).await,
            async || alone.run(clients, count).await,
        );
        report.speed(&format!("{who}, `insertOne` of the invoice alone"), &pairs.await?, Goal::None);
    }
    let count = length.count(&by_calls.typed(8, 400).await?)?;
    let pairs = Pairs::take(
        length.turns(),
        async || serve(server, &store, &teams, 8, count).await,
        async || by_calls.typed(8, count).await,
    );
    report.speed("the whole use case, 8 clients, a call for each type", &pairs.await?, Goal::None);
    Server::probe(report)
}

/// The use case: reads what it must know, checks, calculates, and commits.
async fn serve(
    server: &Server,
    store: &MongoStore,
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

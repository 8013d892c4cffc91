//! One hot series: the store beside three documents in a transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use invoice_core::ports::Commits;
use invoice_store_mongo::mongodb::bson::doc;

use super::bare::{calls, inserted};
use super::issue::settled;
use super::naive::{Naive, gapless};
use super::server::Server;
use super::told::Told;
use crate::measure::Pairs;
use crate::table::{Goal, Report, decimal, millis, thousands};
use crate::{Length, Wrong, run};

const WORLD: u16 = 61;

pub(super) async fn hot(server: &Server, report: &mut Report, length: Length) -> Result<(), Wrong> {
    report.heading("MongoDB: one hot series beside a counter, an invoice and an event in a transaction");
    let (store, teams) = settled(server, "hot", WORLD, 1, 1).await?;
    let told = Told::new(server, "hot").await?;
    let [commands] =
        told.commands(&teams.issues(1).await?).await?.try_into().map_err(|_| "not one commit")?;
    let written = calls(&commands)?;
    let document = |kind| inserted(&written, kind).ok_or("a document that was not written");
    let naive = Naive::new(server, document("invoice")?, document("event")?).await?;
    let commits: Arc<dyn Commits> = Arc::new(store);
    for tasks in [1, 8, 64] {
        let ours = async |count: usize| {
            run::commit(&commits, tasks, teams.issues(count).await?, Some(server.process)).await
        };
        let tried = [ours(length.operations(400)).await?, naive.run(server, tasks, 100).await?.0];
        let [count, few] = tried.map(|tried| length.count(&tried));
        let (count, few) = (count?, few?);
        let (tries, done) = (AtomicU64::new(0), AtomicU64::new(0));
        let pairs = Pairs::take(
            length.turns(),
            async || ours(count).await,
            async || {
                let (sample, tried) = naive.run(server, tasks, few).await?;
                tries.fetch_add(tried, Ordering::Relaxed);
                done.fetch_add(sample.operations, Ordering::Relaxed);
                Ok(sample)
            },
        )
        .await?;
        let who = format!("{tasks} {}", if tasks == 1 { "issuer" } else { "issuers" });
        let goal = if tasks == 1 { Goal::None } else { Goal::AtLeast(5_000) };
        report.speed(&who, &pairs, goal);
        let each = tries.into_inner() * 1_000 / done.into_inner().max(1);
        let p99 = pairs.limit().p99.map(millis).unwrap_or_default();
        report.note(&format!(
            "{who}: the naive transaction was tried {} times for each invoice, and took {p99} at p99.",
            decimal(each.into())
        ));
    }
    let of = doc! { "kind": "invoice", "seq": { "$exists": true } };
    let [ours, theirs] = [gapless(&server.billing("hot"), of).await?, naive.check().await?];
    report.note(&format!(
        "The numbers have no gap and none is there twice: 1 to {} of the store, 1 to {} of the naive transaction.",
        thousands(u128::try_from(ours)?),
        thousands(u128::try_from(theirs)?)
    ));
    Server::probe(report)
}

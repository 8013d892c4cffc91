//! Invoices: each once, each with its number, none missing, none changed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use invoice_core::change::Record;
use invoice_core::ports::{InvoiceQuery, PageRequest};
use invoice_core::service::Billing;
use invoice_core::{CounterKey, Invoice, TeamId};

use super::Finding;
use crate::journal::History;
use crate::plan::{ORDER, Plan};
use crate::world::Team;

/// All invoices there are.
pub(super) struct Found(pub(super) BTreeMap<TeamId, Vec<Invoice>>);

impl Found {
    /// Reads the lists, and each invoice by itself.
    pub(super) async fn read(billing: &Billing, teams: &[Team]) -> Result<Self> {
        let mut found = BTreeMap::new();
        for team in teams {
            let actor = team.actor();
            let mut invoices = Vec::new();
            let mut page = PageRequest::first(PageRequest::MAX_LIMIT)?;
            loop {
                let rows = billing.invoices(&actor, &InvoiceQuery::new(), &page).await?;
                for row in &rows.items {
                    invoices.push(billing.invoice(&actor, row.id).await?);
                }
                match rows.next {
                    Some(cursor) => page = page.after(cursor),
                    None => break,
                }
            }
            found.insert(team.id, invoices);
        }
        Ok(Self(found))
    }

    pub(super) fn of(&self, team: &Team) -> &[Invoice] {
        self.0.get(&team.id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Invoice> {
        self.0.values().flatten()
    }
}

/// Nothing was left open.
pub(super) fn settled(histories: &[History]) -> Finding {
    let mut finding = Finding::new("every order came to an end");
    for history in histories {
        for order in &history.begun {
            finding.check(history.done.contains_key(order), || format!("order {order} is open"));
        }
    }
    finding
}

/// What was acknowledged is what its key stands for and what the store holds.
pub(super) async fn kept(
    billing: &Billing,
    teams: &[Team],
    seed: u64,
    histories: &[History],
    found: &Found,
) -> Result<Finding> {
    let mut finding = Finding::new("every acknowledged invoice is there, under its key and number");
    let by_id: BTreeMap<_, _> = found.all().map(|invoice| (invoice.id(), invoice)).collect();
    for (order, done) in histories.iter().flat_map(|history| &history.done) {
        let plan = Plan::new(seed, *order);
        let team = teams.get(plan.team).context("no such team")?;
        let step = if plan.in_two_steps { "issue" } else { "both" };
        let answer = billing.ports().commits.idempotency(team.id, &plan.key(step)?).await?;
        let answer = answer.and_then(|record| record.answer.into_iter().next());
        let stored = match &answer {
            Some(Record::Invoice(answer)) => by_id.get(&answer.id()).copied(),
            _ => None,
        };
        let holds = stored.is_some_and(|stored| {
            stored.number().is_some()
                && done.as_ref().is_none_or(|done| {
                    done.invoice == stored.id() && Some(done.number.as_str()) == stored.number()
                })
        });
        finding.check(holds, || {
            let number = stored.and_then(Invoice::number);
            format!("order {order}: acknowledged {done:?}, in the store {number:?}")
        });
    }
    Ok(finding)
}

/// Each order has exactly one invoice, and each invoice an order.
pub(super) fn once(histories: &[History], found: &Found) -> Finding {
    let mut finding = Finding::new("every order has exactly one invoice, and it is issued");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for invoice in found.all() {
        let order = invoice.metadata().get(ORDER).unwrap_or("none").to_owned();
        *counts.entry(order).or_default() += 1;
        if invoice.number().is_none() {
            finding.wrong.push(format!("invoice {} is a draft", invoice.id()));
        }
    }
    for order in histories.iter().flat_map(|history| &history.begun) {
        let count = counts.remove(&order.to_string()).unwrap_or(0);
        finding.check(count == 1, || format!("order {order} has {count} invoices"));
    }
    finding.wrong.extend(counts.keys().map(|order| format!("nobody ordered {order:?}")));
    finding
}

/// No number is there twice.
pub(super) fn unique(found: &Found) -> Finding {
    let mut finding = Finding::new("no number was given twice");
    for (team, invoices) in &found.0 {
        let mut numbers = BTreeSet::new();
        for number in invoices.iter().filter_map(Invoice::number) {
            finding.check(numbers.insert(number), || format!("{number} of team {team}"));
        }
    }
    finding
}

/// Each counter gave every number from its first to its last, and stands at the next.
pub(super) async fn gapless(billing: &Billing, teams: &[Team], found: &Found) -> Result<Finding> {
    let mut finding = Finding::new("no number of a counter is missing");
    for team in teams {
        let mut given: BTreeMap<CounterKey, BTreeSet<u64>> = BTreeMap::new();
        for origin in found.of(team).iter().filter_map(|invoice| Some(invoice.issued()?.origin())) {
            given.entry(origin.counter()).or_default().insert(origin.seq());
        }
        for (key, counter) in billing.ports().trail.counters(team.id).await? {
            let series = billing.series(&team.actor(), key.series).await?;
            let given = given.remove(&key).unwrap_or_default();
            for seq in series.first_seq(key.period)..counter.next {
                finding.check(given.contains(&seq), || format!("{seq} of {key:?} is missing"));
            }
            let beyond = given.range(counter.next..);
            finding.wrong.extend(beyond.map(|seq| format!("{seq} of {key:?} was not counted")));
        }
        finding.wrong.extend(given.keys().map(|key| format!("the counter {key:?} is missing")));
    }
    Ok(finding)
}

/// Each chain verifies, and all documents are in one.
pub(super) async fn intact(billing: &Billing, teams: &[Team], found: &Found) -> Result<Finding> {
    let mut finding = Finding::new("every chain verifies, document by document");
    for team in teams {
        let mut documents = 0;
        for counter in billing.verify(&team.actor()).await? {
            documents += counter.report.documents;
            if let Some(fault) = counter.report.fault {
                finding.wrong.push(format!("{:?}: {fault:?}", counter.counter));
            }
        }
        finding.checked += usize::try_from(documents)?;
        let expected = found.of(team).iter().filter(|invoice| invoice.issued().is_some()).count();
        if u64::try_from(expected)? != documents {
            finding.wrong.push(format!("team {}: {documents} of {expected} documents in chains", team.id));
        }
    }
    Ok(finding)
}

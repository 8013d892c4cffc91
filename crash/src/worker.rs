//! Issues invoices until it is killed, and finds out afterwards what came of those it does not know about.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use invoice_core::ports::BillingPorts;
use invoice_core::service::{Billing, Call, Error};
use invoice_core::{IdempotencyKey, Invoice};

use crate::journal::{Acknowledged, History, Journal};
use crate::patience::patiently;
use crate::plan::{Order, Plan};
use crate::random::{DerivedIds, Random, Stopped};
use crate::world::{Team, teams};

/// Orders in work at once: commits that wait together may land together.
const TASKS: usize = 6;
/// What is wrong with a worker on purpose, so that the judge is seen to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It acknowledges before it commits.
    TooEarly,
    /// It comes back to what it left open with a new key and new identifiers, as if it were another order.
    Forgetful,
}

impl Broken {
    /// By its name: `too-early` or `forgetful`.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "too-early" => Ok(Self::TooEarly),
            "forgetful" => Ok(Self::Forgetful),
            other => bail!("no way to break a worker is called `{other}`"),
        }
    }
}

/// What a worker is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The seed of the run.
    pub seed: u64,
    /// Which worker.
    pub worker: u64,
    /// The folder of the journals.
    pub journals: PathBuf,
    /// How many orders to begin; without, until it is killed.
    pub limit: Option<u64>,
    /// What is wrong with it.
    pub broken: Option<Broken>,
}

/// First what was left open, then new orders.
pub async fn work(ports: &BillingPorts, settings: &Settings) -> Result<()> {
    let path = Journal::path(&settings.journals, settings.worker);
    let history = History::read(&path)?;
    let worker = Worker {
        teams: patiently(async || teams(ports, settings.seed).await).await?,
        ports: ports.clone(),
        journal: Journal::open(&path)?,
        settings: settings.clone(),
        queue: Mutex::new(Queue {
            left_open: history.open().into(),
            next: history.begun.last().map_or(0, |order| order.count + 1),
            rest: settings.limit,
        }),
        salt: RandomState::new().hash_one(settings.worker),
    };
    try_join_all((0..TASKS).map(|_| worker.run())).await?;
    Ok(())
}

struct Queue {
    left_open: VecDeque<Order>,
    next: u64,
    rest: Option<u64>,
}

struct Worker {
    ports: BillingPorts,
    settings: Settings,
    teams: Vec<Team>,
    journal: Journal,
    queue: Mutex<Queue>,
    /// Differs in each life of a worker.
    salt: u64,
}

impl Worker {
    async fn run(&self) -> Result<()> {
        while let Some((order, is_new)) = self.next() {
            if is_new {
                self.journal.begin(order)?;
            }
            let plan = Plan::new(self.settings.seed, order);
            if self.settings.broken == Some(Broken::TooEarly) {
                self.journal.done(order, None)?;
            }
            let invoice = self.issue(&plan, is_new).await.with_context(|| format!("order {order}"))?;
            self.journal.done(order, Some(&Acknowledged::of(&invoice)?))?;
        }
        Ok(())
    }

    fn next(&self) -> Option<(Order, bool)> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(order) = queue.left_open.pop_front() {
            return Some((order, false));
        }
        queue.rest = match queue.rest {
            Some(0) => return None,
            rest => rest.map(|rest| rest - 1),
        };
        let order = Order { worker: self.settings.worker, count: queue.next };
        queue.next += 1;
        Some((order, true))
    }

    async fn issue(&self, plan: &Plan, is_new: bool) -> Result<Invoice> {
        let team = self.teams.get(plan.team).context("no such team")?;
        let data = plan.invoice(team)?;
        if !plan.in_two_steps {
            return self
                .step(plan, team, is_new, "both", async |billing, call| {
                    billing.create_and_issue_invoice(call, data.clone()).await
                })
                .await;
        }
        let draft = self
            .step(plan, team, is_new, "draft", async |billing, call| {
                billing.create_invoice(call, data.clone()).await
            })
            .await?;
        self.step(plan, team, is_new, "issue", async |billing, call| {
            billing.issue_invoice(call, draft.id()).await
        })
        .await
    }

    /// One commit of an order, tried until its outcome is known.
    async fn step(
        &self,
        plan: &Plan,
        team: &Team,
        is_new: bool,
        name: &str,
        step: impl AsyncFn(&Billing, &Call) -> Result<Invoice, Error>,
    ) -> Result<Invoice> {
        let mut tries = 0;
        patiently(async || {
            tries += 1;
            let forgets = self.settings.broken == Some(Broken::Forgetful) && !is_new;
            let (mut ids, mut key) = (plan.ids(name), plan.key(name)?);
            if forgets {
                key = IdempotencyKey::new(format!("{key}/{}/{tries}", self.salt))?;
            }
            if forgets || !plan.same_ids {
                ids = Random::of(&[ids.number(), self.salt, tries]);
            }
            let clock = Arc::new(Stopped(plan.now(team)));
            let billing = Billing::new(self.ports.clone(), clock, Arc::new(DerivedIds::new(ids)));
            let call = Call::new(team.actor()).with_idempotency(key, plan.fingerprint(name));
            Ok(step(&billing, &call).await?)
        })
        .await
    }
}

//! What goes on beside the requests, until the program is told to stop.

use std::sync::Arc;
use std::time::Duration;

use invoice_auth::Auth;
use invoice_core::service::{Billing, Call, Relay, SweepReport};
use invoice_core::system::SystemClock;
use invoice_core::{Actor, TeamId};
use metrics::counter;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{error, info, warn};

use crate::outlet::Outlet;
use crate::teams;

const KEYS_EVERY: Duration = Duration::from_mins(5);
const PURGE_EVERY: Duration = Duration::from_hours(1);
/// What expired is kept so long, for whoever looks into it.
const KEPT_MILLIS: i64 = 7 * 24 * 3_600 * 1_000;
/// A day begins at some hour of UTC in every time zone, or at its half or quarter.
const SWEEP_EVERY: Duration = Duration::from_mins(15);
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Tasks that end together.
#[derive(Debug)]
pub(crate) struct Tasks {
    running: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Tasks {
    /// Starts them all.
    pub(crate) fn start(auth: &Auth, billing: &Billing, outlet: Outlet, metrics: PrometheusHandle) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut running = JoinSet::new();
        running.spawn(keys(auth.clone(), stopped.clone()));
        running.spawn(housekeeping(auth.clone(), billing.clone(), stopped.clone()));
        running.spawn(sweeps(auth.clone(), billing.clone(), stopped.clone()));
        running.spawn(relay(billing.clone(), outlet, stopped.clone()));
        running.spawn(upkeep(metrics, stopped));
        Self { running, stop }
    }

    /// Lets each end what it is at.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.running.join_next().await.is_some() {}
    }
}

/// Waits, and tells whether to go on.
async fn wait(stopped: &mut watch::Receiver<bool>, time: Duration) -> bool {
    tokio::select! {
        () = sleep(time) => true,
        _ = stopped.wait_for(|stopped| *stopped) => false,
    }
}

async fn keys(auth: Auth, mut stopped: watch::Receiver<bool>) {
    loop {
        if let Err(error) = auth.keys().maintain().await {
            error!(error = &error as &dyn std::error::Error, "the signing keys could not be maintained");
        }
        if !wait(&mut stopped, KEYS_EVERY).await {
            return;
        }
    }
}

async fn housekeeping(auth: Auth, billing: Billing, mut stopped: watch::Receiver<bool>) {
    loop {
        let before = billing.now().plus_millis(-KEPT_MILLIS);
        match auth.ports().housekeeping.purge(before).await {
            Ok(0) => {}
            Ok(records) => info!(records, "forgot what expired"),
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "what expired could not be forgotten");
            }
        }
        if !wait(&mut stopped, PURGE_EVERY).await {
            return;
        }
    }
}

/// Announces what became overdue or expired, in each team by its own date.
async fn sweeps(auth: Auth, billing: Billing, mut stopped: watch::Receiver<bool>) {
    loop {
        match teams::all(auth.ports()).await {
            Ok(teams) => {
                for team in teams {
                    if let Err(error) = sweep(&billing, team).await {
                        let error = &error as &dyn std::error::Error;
                        warn!(error, team.id = %team, "what became overdue could not be looked for");
                    }
                    if *stopped.borrow() {
                        return;
                    }
                }
            }
            Err(error) => warn!(error = &error as &dyn std::error::Error, "the teams could not be listed"),
        }
        if !wait(&mut stopped, SWEEP_EVERY).await {
            return;
        }
    }
}

async fn sweep(billing: &Billing, team: TeamId) -> Result<(), invoice_core::service::Error> {
    let actor = Actor::system(team);
    let today = billing.team_today(&actor).await?;
    let SweepReport { overdue, expired } = billing.sweep(&Call::new(actor), today).await?;
    if overdue + expired > 0 {
        info!(team.id = %team, overdue, expired, "announced what time brought about");
    }
    Ok(())
}

async fn relay(billing: Billing, outlet: Outlet, mut stopped: watch::Receiver<bool>) {
    let outbox = billing.ports().outbox.clone();
    let relay = Relay::new(outbox, Arc::new(SystemClock), outlet.patience);
    let mut pause = IDLE;
    loop {
        let (idle, next) = match relay.pass(&*outlet.receiver).await {
            Ok(pass) => {
                for (outcome, events) in [
                    ("delivered", pass.delivered),
                    ("postponed", pass.postponed),
                    ("buried", pass.buried),
                    ("lost", pass.lost),
                ] {
                    counter!("outbox_events_total", "outcome" => outcome).increment(events);
                }
                if pass.buried > 0 {
                    error!(events = pass.buried, "events were set aside as undeliverable");
                }
                (pass.is_idle(), IDLE)
            }
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "the outbox could not be emptied");
                (true, pause.saturating_mul(2).min(LONGEST_WAIT))
            }
        };
        let now = if idle { pause } else { Duration::ZERO };
        pause = next;
        if !wait(&mut stopped, now).await {
            return;
        }
    }
}

async fn upkeep(metrics: PrometheusHandle, mut stopped: watch::Receiver<bool>) {
    while wait(&mut stopped, UPKEEP_EVERY).await {
        metrics.run_upkeep();
    }
}

//! Serving, from the first connection to the last answer.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::FromRef as _;
use invoice_auth::{Mailer, NoMailer};
use invoice_http::middleware::{self, RedisLimits, Settings};
use invoice_http::{Deliveries, FullState, InvoiceState, Problem, ProblemCode};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::config::Config;
use crate::connections::{self, Bounds};
use crate::engine::{self, Accounts};
use crate::health::Health;
use crate::mail::{InvoiceMail, PostOffice};
use crate::metrics;
use crate::outlet::Outlet;
use crate::store::Stores;
use crate::tasks::Tasks;

/// Serves until told to stop.
pub(crate) async fn run(mut config: Config) -> anyhow::Result<ExitCode> {
    // First, so that a port that is taken leaves no files behind.
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.with_context(|| format!("can't listen on {}", config.listen))?;
    config.listen = listener.local_addr()?;
    let stores = Stores::open(&config.billing, config.identity.as_ref()).await?;
    stores.bring_up().await?;
    let post = config.post.as_ref().map(PostOffice::open);
    let mailer: Arc<dyn Mailer> = match &post {
        Some(post) => Arc::new(post.clone()),
        None => Arc::new(NoMailer),
    };
    let Accounts { auth, limits } = engine::accounts(&mut config, &stores, mailer).await?;
    let mut billing = engine::billing(&stores);
    if post.is_none() {
        // Nobody would take them.
        billing = billing.without_events();
    }
    let mut state = FullState::new(billing.clone(), auth.clone());
    let mut outlet = Outlet::nobody();
    if let Some(post) = post {
        let delivery = Arc::new(InvoiceMail::new(post));
        outlet = Outlet::mail(Deliveries::new(billing.clone(), delivery.clone()));
        state = state.with_billing(|billing| billing.with_delivery(delivery));
    }
    let recorded = metrics::start()?;
    let health = Health::new(billing.ports(), auth.ports());
    let app = metrics::count(api(&config, limits, state))
        .merge(health.clone().routes())
        .merge(metrics::routes(recorded.clone()));
    // Before anybody is told that it runs.
    let told_to_stop = told_to_stop()?;
    let tasks = Tasks::start(&auth, &billing, outlet, recorded);
    welcome(&config);

    let (stop, stopped) = oneshot::channel::<()>();
    let bounds = Bounds {
        connections: config.max_connections,
        head: config.head_timeout,
        unread: config.request_timeout,
        proxies: config.trusted_proxies.clone(),
    };
    let served = tokio::spawn(connections::serve(listener, app, bounds, async {
        let _ = stopped.await;
    }));
    told_to_stop.await;
    info!("stopping");
    health.stop();
    let _ = stop.send(());
    let code = if let Ok(ended) = tokio::time::timeout(config.shutdown_grace, served).await {
        ended?;
        ExitCode::SUCCESS
    } else {
        warn!("requests in flight were cut off");
        ExitCode::FAILURE
    };
    tasks.stop().await;
    info!("stopped");
    Ok(code)
}

/// All routes of billing and of accounts, behind what stands before them.
fn api(config: &Config, limits: Option<RedisLimits>, state: FullState) -> Router {
    let mut settings = Settings::default()
        .with_timeout(config.request_timeout)
        .with_limits(config.anonymous_limit, config.actor_limit)
        .with_origins(config.origins.clone())
        .with_trusted_proxies(config.trusted_proxies.clone())
        .with_https_only(config.https_only);
    if let Some(limits) = limits {
        settings = settings.with_counters(Arc::new(limits));
    }
    let routes =
        invoice_http::router_with_auth::<FullState>().fallback(async || Problem::new(ProblemCode::NotFound));
    middleware::apply(routes, InvoiceState::from_ref(&state), settings).with_state(state)
}

/// Ends when the program is told to.
#[cfg(unix)]
fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        // Where no such signal can be heard, the program runs until it is ended.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// Tells whoever started it where to go on, on standard output.
fn welcome(config: &Config) {
    let url = engine::public_url(config);
    println!("Invoices in {}", config.billing);
    if let Some(identity) = &config.identity {
        println!("Accounts in {identity}");
    }
    println!("Listening on http://{}", config.listen);
    println!("API          {url}/api/v1");
    if cfg!(feature = "docs") {
        println!("Docs         {url}/docs/");
    }
    let (before, flags) = match &config.flags {
        Some(flags) => ("", flags.as_str()),
        None => ("with these settings: ", ""),
    };
    println!(
        "First user   {before}invoice-server{flags} user create --email you@example.com --team 'Your company'"
    );
}

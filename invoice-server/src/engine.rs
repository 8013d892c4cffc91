//! The parts of the engine, put together from the configuration.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use invoice_auth::redis::{RedisBroadcast, RedisThrottle};
use invoice_auth::{Auth, AuthError, Mailer, MasterKey, NoMailer, Settings};
use invoice_core::identity::KeyState;
use invoice_core::service::Billing;
use invoice_core::system::{RandomIds, SystemClock};
use invoice_http::middleware::RedisLimits;

use crate::config::Config;
use crate::store::Stores;

/// Whom tokens are meant for.
const AUDIENCE: &str = "invoicing";

/// The use cases of billing over a store.
pub(crate) fn billing(stores: &Stores) -> Billing {
    Billing::new(stores.billing.billing(), Arc::new(SystemClock), Arc::new(RandomIds::new()))
}

/// Where the outside reaches the API.
pub(crate) fn public_url(config: &Config) -> String {
    config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen))
}

/// Accounts, and where requests are counted if several processes count them together.
pub(crate) struct Accounts {
    pub(crate) auth: Auth,
    pub(crate) limits: Option<RedisLimits>,
}

/// Accounts over a store, whose mail goes by `mailer`.
pub(crate) async fn accounts(
    config: &mut Config,
    stores: &Stores,
    mailer: Arc<dyn Mailer>,
) -> anyhow::Result<Accounts> {
    let settings =
        Settings::new(public_url(config), AUDIENCE).mode(config.tokens).verified_only(config.verified_only);
    let master = config.take_master_key();
    if let Some(file) = master.missing() {
        // A new one would open none of them: everybody would be logged out, and the file that is missing forgotten.
        let sealed = stores.identity().identity().signing_keys.signing_keys().await?;
        // Unless another process has made both since.
        ensure!(
            master.missing().is_none() || !sealed.iter().any(|key| key.state() != KeyState::Destroyed),
            "the master key's file {} is missing, and the database has signing keys that it opens: put it back",
            file.display()
        );
    }
    let master = master.load()?;
    let shared = match &config.redis_url {
        Some(url) => Some(Shared::open(url, &master).await.context("redis_url")?),
        None => None,
    };
    let mut auth = Auth::builder(stores.identity().identity(), master, settings, mailer);
    let mut limits = None;
    if let Some(shared) = shared {
        auth = auth.throttle(Arc::new(shared.throttle)).broadcast(Arc::new(shared.broadcast));
        limits = Some(shared.limits);
    }
    Ok(Accounts { auth: auth.build().await?, limits })
}

/// What processes tell each other through Redis.
struct Shared {
    throttle: RedisThrottle,
    broadcast: RedisBroadcast,
    limits: RedisLimits,
}

impl Shared {
    async fn open(url: &str, master: &MasterKey) -> Result<Self, AuthError> {
        Ok(Self {
            throttle: RedisThrottle::open(url, master, Arc::new(SystemClock)).await?,
            broadcast: RedisBroadcast::open(url, master).await?,
            limits: RedisLimits::open(url, master).await?,
        })
    }
}

/// Accounts for an errand that mails nobody.
pub(crate) async fn quiet_auth(config: &mut Config, stores: &Stores) -> anyhow::Result<Auth> {
    Ok(accounts(config, stores, Arc::new(NoMailer)).await?.auth)
}

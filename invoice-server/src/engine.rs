//! The parts of the engine, put together from the configuration.

use std::sync::Arc;

use anyhow::Context as _;
use invoice_auth::redis::{RedisBroadcast, RedisThrottle};
use invoice_auth::{Auth, AuthError, Mailer, MasterKey, NoMailer, Settings};
use invoice_core::service::Billing;
use invoice_core::system::{RandomIds, SystemClock};

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

/// Accounts over a store, whose mail goes by `mailer`.
pub(crate) async fn auth(
    config: &mut Config,
    stores: &Stores,
    mailer: Arc<dyn Mailer>,
) -> anyhow::Result<Auth> {
    let settings =
        Settings::new(public_url(config), AUDIENCE).mode(config.tokens).verified_only(config.verified_only);
    let master = config.take_master_key().load()?;
    let shared = match &config.redis_url {
        Some(url) => Some(open_redis(url, &master).await.context("redis_url")?),
        None => None,
    };
    let mut auth = Auth::builder(stores.identity().identity(), master, settings, mailer);
    if let Some((throttle, broadcast)) = shared {
        auth = auth.throttle(Arc::new(throttle)).broadcast(Arc::new(broadcast));
    }
    Ok(auth.build().await?)
}

async fn open_redis(url: &str, master: &MasterKey) -> Result<(RedisThrottle, RedisBroadcast), AuthError> {
    let throttle = RedisThrottle::open(url, master, Arc::new(SystemClock)).await?;
    Ok((throttle, RedisBroadcast::open(url, master).await?))
}

/// Accounts for an errand that mails nobody.
pub(crate) async fn quiet_auth(config: &mut Config, stores: &Stores) -> anyhow::Result<Auth> {
    auth(config, stores, Arc::new(NoMailer)).await
}

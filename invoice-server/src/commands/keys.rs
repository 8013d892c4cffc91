//! The keys that sign.

use anyhow::{Context as _, anyhow};
use invoice_auth::{Auth, AuthError, KeyView};
use invoice_core::identity::{KeyId, KeyState};

use crate::cli::{Keys, Revoke};
use crate::config::Config;
use crate::engine;
use crate::store::Stores;

pub(super) async fn run(what: Keys, mut config: Config) -> anyhow::Result<()> {
    let stores = Stores::open_current(&config.billing, config.identity.as_ref()).await?;
    match what {
        // Without what it takes to sign, which would be made where it is missing.
        Keys::List => {}
        Keys::Rotate => rotate(&engine::quiet_auth(&mut config, &stores).await?).await?,
        Keys::Revoke(Revoke { kid }) => {
            let kid =
                KeyId::new(kid).map_err(|wrong| anyhow!("not a key's identifier: {}", wrong.detail()))?;
            let auth = engine::quiet_auth(&mut config, &stores).await?;
            auth.keys().revoke(&kid, None).await.with_context(|| format!("{kid} can't be revoked"))?;
        }
    }
    for key in stores.identity().identity().signing_keys.signing_keys().await? {
        let KeyView { kid, algorithm, state, created_at, activated_at, retired_at, .. } = KeyView::from(&key);
        let instant =
            |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at: invoice_core::Timestamp| at.to_string());
        println!(
            "{kid}  {algorithm:?}  {state:?}  made {created_at}  signs from {}  until {}",
            instant(activated_at),
            instant(retired_at),
        );
    }
    Ok(())
}

/// Rotates, and says if there was nothing to do: the next key waits to sign already.
async fn rotate(auth: &Auth) -> Result<(), AuthError> {
    let signing = async || -> Result<Vec<KeyId>, AuthError> {
        let keys = auth.keys().list().await?;
        Ok(keys.into_iter().filter(|key| key.state == KeyState::Active).map(|key| key.kid).collect())
    };
    let before = signing().await?;
    auth.keys().rotate_now(None).await?;
    if signing().await? == before {
        eprintln!("nothing was rotated: the active key begins to sign within ten seconds");
    }
    Ok(())
}

//! Tokens whose signature was found valid, so that it is not checked again with every request.

use std::sync::Arc;

use invoice_core::identity::Fingerprint;
use moka::sync::Cache;

use super::claims::Claims;
use crate::secret::fingerprint;
use crate::settings::Settings;

/// Bytes of claims of the application's own that count as one more token.
const WEIGHT: usize = 512;

/// Known by their SHA-256: the tokens themselves are nowhere in memory once the request is over.
pub(super) struct VerifiedTokens(Option<Cache<Fingerprint, Verified>>);

#[derive(Clone)]
struct Verified {
    generation: u64,
    claims: Arc<Claims>,
}

impl VerifiedTokens {
    /// Room for as many as the settings say; with room for none there is no cache.
    pub(super) fn new(settings: &Settings) -> Self {
        if settings.cached_tokens == 0 {
            return Self(None);
        }
        let cache = Cache::builder()
            .max_capacity(settings.cached_tokens)
            .weigher(|_, verified: &Verified| {
                let app = verified.claims.app.as_ref().map_or(0, |app| app.len());
                u32::try_from(1 + app / WEIGHT).unwrap_or(u32::MAX)
            })
            // Only to free the memory of what nobody sends any more; `exp` is checked by the clock.
            .time_to_live(settings.access_ttl + settings.leeway)
            .build();
        Self(Some(cache))
    }

    /// The claims of a token that a key verified which is still in the ring: since then none was taken out. Their
    /// time is not checked.
    pub(super) fn find(&self, token: &str, generation: u64) -> Option<Arc<Claims>> {
        let verified = self.0.as_ref()?.get(&fingerprint(token.as_bytes()))?;
        (verified.generation == generation).then_some(verified.claims)
    }

    pub(super) fn remember(&self, token: &str, generation: u64, claims: &Arc<Claims>) {
        if let Some(cache) = &self.0 {
            cache.insert(fingerprint(token.as_bytes()), Verified { generation, claims: claims.clone() });
        }
    }
}

//! Tokens whose signature was found valid, so that it is not checked again with every request.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use moka::sync::Cache;

use super::claims::Claims;
use super::error::TokenError;
use crate::keys::KeyRing;
use crate::settings::Settings;

/// Bytes of claims of the application's own that count as one more token.
const WEIGHT: usize = 512;

/// Known by their SHA-256: the tokens themselves are nowhere in memory once the request is over.
pub(super) struct VerifiedTokens(Option<Cache<[u8; 32], Verified>>);

#[derive(Clone)]
struct Verified {
    key_id: Arc<str>,
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

    /// The claims of a token that was verified by a key that is still in the ring. Their time is not checked.
    pub(super) async fn find(&self, token: &str, ring: &KeyRing) -> Result<Option<Arc<Claims>>, TokenError> {
        let Some(verified) = self.0.as_ref().and_then(|cache| cache.get(&hash(token))) else {
            return Ok(None);
        };
        // Asking for the key also brings the ring up to date when it is due.
        let key = ring.verifying(&verified.key_id).await.map_err(TokenError::of_keys)?;
        let holds = key.is_some() && verified.generation == ring.generation();
        Ok(holds.then_some(verified.claims))
    }

    pub(super) fn remember(&self, token: &str, key_id: &str, generation: u64, claims: &Arc<Claims>) {
        if let Some(cache) = &self.0 {
            let verified = Verified { key_id: key_id.into(), generation, claims: claims.clone() };
            cache.insert(hash(token), verified);
        }
    }
}

fn hash(token: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.iter_mut().zip(digest(&SHA256, token.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

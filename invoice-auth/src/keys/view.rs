use invoice_core::Timestamp;
use invoice_core::identity::{KeyAlgorithm, KeyId, KeyState, SigningKey};

/// A key of the ring as an operator sees it: nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyView {
    /// Its identifier, `kid`.
    pub kid: KeyId,
    /// How it signs.
    pub algorithm: KeyAlgorithm,
    /// Where it is in its life.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it begins or began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it stops or stopped signing.
    pub retired_at: Option<Timestamp>,
    /// When it was destroyed.
    pub destroyed_at: Option<Timestamp>,
}

impl From<&SigningKey> for KeyView {
    fn from(key: &SigningKey) -> Self {
        Self {
            kid: key.kid().clone(),
            algorithm: key.algorithm(),
            state: key.state(),
            created_at: key.created_at(),
            activated_at: key.activated_at(),
            retired_at: key.retired_at(),
            destroyed_at: key.destroyed_at(),
        }
    }
}

use tokio::runtime::Handle;

use crate::error::AuthError;

/// The runtime of whoever calls. What is spawned is spawned on this: tokio's own functions panic where there is none.
pub(crate) fn runtime() -> Result<Handle, AuthError> {
    Handle::try_current().map_err(|_| AuthError::NoRuntime)
}

//! Trying again for as long as a store says that this makes sense.

use std::time::{Duration, Instant};

use anyhow::Result;
use invoice_core::ports::StoreError;
use invoice_core::service::Error;

/// How long a store may stay away before that is an error.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);

/// Again and again, while the store says that it is away or that it does not know.
pub async fn patiently<T>(mut attempt: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        match attempt().await {
            Err(error) if is_transient(&error) && start.elapsed() < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

fn is_transient(error: &anyhow::Error) -> bool {
    let store = match error.downcast_ref::<Error>() {
        Some(Error::Store(store)) => Some(store),
        Some(_) => None,
        None => error.downcast_ref::<StoreError>(),
    };
    store.is_some_and(StoreError::is_transient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
        let mut tries = 0;
        let answer = patiently(async || {
            tries += 1;
            match tries {
                1 => Err(StoreError::Unavailable.into()),
                2 => Err(Error::Store(StoreError::UnknownOutcome).into()),
                _ => Ok(tries),
            }
        });
        assert_eq!(answer.await.unwrap(), 3);
        let answer: Result<()> = patiently(async || Err(StoreError::NotFound.into())).await;
        assert!(answer.is_err());
    }
}

//! Random lives of documents, beside a simple model: the engine accepts and refuses as the model does, and
//! every figure is the model's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says it by panicking")]

mod act;
mod checks;
mod model;
mod play;
mod resolve;
mod steps;
mod world;

use play::{Play, Wrong};
use proptest::prelude::*;
use steps::{Step, life};

async fn live(play: &mut Play, life: &[Option<Step>]) -> Result<(), Wrong> {
    for (index, step) in life.iter().flatten().enumerate() {
        play.step(step).await?;
        play.check().await?;
        if index % 12 == 11 {
            play.check_books().await?;
        }
    }
    play.check_books().await?;
    play.check_trail().await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_life_leaves_the_states_of_the_model(life in life(30..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(async {
            let mut play = Play::new().await.map_err(|wrong| (wrong, String::new()))?;
            live(&mut play, &life).await.map_err(|wrong| (wrong, play.story))
        });
        if let Err((wrong, story)) = outcome {
            return Err(TestCaseError::fail(format!("{wrong}\nafter{story}\n")));
        }
    }
}

//! Takes each step twice, in the engine and in the model, and compares what came of it.

use std::fmt::Write as _;

use chrono::Days;
use invoice_core::service::Error;

use crate::model::{Credited, Model, Phase, Reasons, Refused};
use crate::world::{World, reasons};

/// Why a life went wrong.
pub(crate) type Wrong = String;

pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) model: Model,
    /// What was done so far, for people.
    pub(crate) story: String,
    pub(crate) count: usize,
}

impl Play {
    pub(crate) async fn new() -> Result<Self, Wrong> {
        let world = World::new().await.map_err(|error| error.to_string())?;
        let today = world.today().await.map_err(|error| error.to_string())?;
        Ok(Self { world, model: Model::new(today), story: String::new(), count: 0 })
    }

    /// Starts the line of a step in the story.
    pub(crate) fn tell(&mut self, what: impl std::fmt::Display) {
        self.count += 1;
        let _ = write!(self.story, "\n{:3}. {} {what}", self.count, self.model.today);
    }

    /// The engine and the model accept alike, or refuse for a reason that the model knows of.
    pub(crate) fn agree<T>(
        &mut self,
        expected: &[Refused],
        outcome: Result<T, Error>,
    ) -> Result<Option<T>, Wrong> {
        match outcome {
            Ok(done) if expected.is_empty() => {
                self.story.push_str(" -> done");
                Ok(Some(done))
            }
            Ok(_) => Err(format!("accepted, but should be refused: {expected:?}")),
            Err(error) => {
                let _ = write!(self.story, " -> refused: {error}");
                let found = reasons(&error).ok_or_else(|| format!("no way to refuse a step: {error:?}"))?;
                if found.is_empty() || found.iter().any(|reason| !expected.contains(reason)) {
                    return Err(format!("refused for {found:?}, should be {expected:?}"));
                }
                Ok(None)
            }
        }
    }

    /// The same for a credit whose amount the model may know only roughly. Gives what was credited.
    pub(crate) fn agree_on_credit<T>(
        &mut self,
        (mut expected, credited): (Reasons, Option<Credited>),
        outcome: Result<T, Error>,
    ) -> Result<Option<T>, Wrong> {
        use invoice_core::Code;

        if matches!(credited, Some(Credited::Somewhat)) && outcome.is_err() {
            let of_lines =
                [Code::NotPositive, Code::CreditExceedsRemaining, Code::Repeated, Code::OutOfRange];
            expected.extend(of_lines.map(Refused::Invalid));
        }
        self.agree(&expected, outcome)
    }

    pub(crate) fn pass(&mut self, days: i64) {
        self.world.pass(days);
        self.model.today = self.model.today + Days::new(days.unsigned_abs());
    }

    /// All invoices that were not deleted: new ones are drafted while they are few.
    pub(crate) fn has_room(&self) -> bool {
        self.model.invoices.iter().filter(|it| it.phase != Phase::Deleted).count() < 8
    }
}

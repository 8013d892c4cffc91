//! Compares what was acknowledged with what the store holds.

mod documents;
mod events;
mod sums;

use std::fmt;
use std::sync::Arc;

use anyhow::Result;
use invoice_core::Timestamp;
use invoice_core::ports::BillingPorts;
use invoice_core::service::Billing;

use crate::journal::History;
use crate::random::{DerivedIds, Random, Stopped};
use crate::world::teams;
use documents::Found;

/// One thing that must hold, and where it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What must hold.
    pub what: &'static str,
    /// Of how many.
    pub checked: usize,
    /// Where it does not.
    pub wrong: Vec<String>,
}

impl Finding {
    fn new(what: &'static str) -> Self {
        Self { what, checked: 0, wrong: Vec::new() }
    }

    /// One more was looked at.
    fn check(&mut self, holds: bool, describe: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.wrong.push(describe());
        }
    }
}

/// All that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict(pub Vec<Finding>);

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.0.iter().all(|finding| finding.wrong.is_empty())
    }
}

/// A row for each finding, and the first few examples of what is wrong.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<64} {:>8} {:>8}", "", "checked", "wrong")?;
        for Finding { what, checked, wrong } in &self.0 {
            writeln!(f, "{what:<64} {checked:>8} {:>8}", wrong.len())?;
            for example in wrong.iter().take(5) {
                writeln!(f, "    {example}")?;
            }
        }
        Ok(())
    }
}

/// Looks at the store after all workers have ended and nothing is left open. Empties the outbox.
pub async fn judge(ports: &BillingPorts, seed: u64, histories: &[History]) -> Result<Verdict> {
    let clock = Arc::new(Stopped(Timestamp::from_millis(0)));
    let billing = Billing::new(ports.clone(), clock, Arc::new(DerivedIds::new(Random::of(&[seed]))));
    let teams = teams(ports, seed).await?;
    let found = Found::read(&billing, &teams).await?;
    let mut findings = vec![
        documents::settled(histories),
        documents::kept(&billing, &teams, seed, histories, &found).await?,
        documents::once(histories, &found),
        documents::unique(&found),
        documents::gapless(&billing, &teams, &found).await?,
        documents::intact(&billing, &teams, &found).await?,
        events::told(ports, &found).await?,
        events::recorded(&billing, &teams, &found).await?,
    ];
    findings.extend(sums::added_up(&billing, &teams, &found).await?);
    Ok(Verdict(findings))
}

#[cfg(test)]
mod tests;

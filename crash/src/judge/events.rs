//! The outbox and the audit trail: each issue was told once and recorded once.

use std::collections::BTreeMap;

use anyhow::Result;
use invoice_core::change::AggregateId;
use invoice_core::ports::{BillingPorts, PageRequest};
use invoice_core::service::Billing;
use invoice_core::{EventKind, InvoiceId, Timestamp};

use super::Finding;
use super::documents::Found;
use crate::world::Team;

/// How often each invoice was created and issued.
#[derive(Default)]
struct Counts(BTreeMap<InvoiceId, [usize; 2]>);

impl Counts {
    fn count(&mut self, subject: AggregateId, kind: EventKind) {
        let place = match kind {
            EventKind::InvoiceCreated => 0,
            EventKind::InvoiceIssued => 1,
            _ => return,
        };
        if let AggregateId::Invoice(id) = subject {
            let [created, issued] = self.0.entry(id).or_default();
            *(if place == 0 { created } else { issued }) += 1;
        }
    }

    fn compare(mut self, finding: &mut Finding, found: &Found) {
        for invoice in found.all() {
            let counts = self.0.remove(&invoice.id()).unwrap_or_default();
            finding.check(counts == [1, 1], || {
                let [created, issued] = counts;
                format!("invoice {}: {created} times created, {issued} times issued", invoice.id())
            });
        }
        finding.wrong.extend(self.0.keys().map(|id| format!("there is no invoice {id}")));
    }
}

/// Takes everything from the outbox.
pub(super) async fn told(ports: &BillingPorts, found: &Found) -> Result<Finding> {
    let mut finding = Finding::new("every issue has its events in the outbox, once");
    let mut counts = Counts::default();
    let now = Timestamp::from_millis(4_000_000_000_000);
    loop {
        let claimed = ports.outbox.claim(now, 60_000, 1_000).await?;
        for event in &claimed {
            counts.count(event.event.aggregate, event.event.kind);
        }
        if ports.outbox.acknowledge(&claimed).await? == 0 {
            break;
        }
    }
    counts.compare(&mut finding, found);
    Ok(finding)
}

/// Reads the whole trail of each team.
pub(super) async fn recorded(billing: &Billing, teams: &[Team], found: &Found) -> Result<Finding> {
    let mut finding = Finding::new("every issue has its entry in the audit trail, once");
    let mut counts = Counts::default();
    for team in teams {
        let mut page = PageRequest::first(PageRequest::MAX_LIMIT)?;
        loop {
            let entries = billing.audit(&team.actor(), None, &page).await?;
            for entry in &entries.items {
                entry.actions.iter().for_each(|kind| counts.count(entry.subject, *kind));
            }
            match entries.next {
                Some(cursor) => page = page.after(cursor),
                None => break,
            }
        }
    }
    counts.compare(&mut finding, found);
    Ok(finding)
}

//! What must hold after each step, and what is looked at now and then because it reads everything.

use std::collections::BTreeMap;

use invoice_core::change::AggregateId;
use invoice_core::ports::{DateRange, MonthRange, PageRequest, StatementQuery};
use invoice_core::service::Error;
use invoice_core::{EventKind, Money, Month, Sent, Timestamp};

use crate::model::{OfferState, Payment, Phase};
use crate::play::{Play, Wrong};
use crate::world::CURRENCIES;

/// Compares by name, so that a failure says what differs.
macro_rules! same {
    ($what:expr, $($name:literal: $found:expr, $expected:expr;)+) => {$(
        let (found, expected) = ($found, $expected);
        if found != expected {
            return Err(format!("{}: {} is {found:?}, should be {expected:?}", $what, $name));
        }
    )+};
}

fn wrong(what: &'static str) -> impl Fn(Error) -> Wrong {
    move |error| format!("{what}: {error}")
}

impl Play {
    /// Every document and payment is as the model has it.
    pub(crate) async fn check(&self) -> Result<(), Wrong> {
        for place in 0..self.model.invoices.len() {
            self.check_invoice(place).await?;
        }
        for place in 0..self.model.notes.len() {
            self.check_note(place).await?;
        }
        for place in 0..self.model.payments.len() {
            self.check_payment(place).await?;
        }
        for place in 0..self.model.offers.len() {
            self.check_offer(place).await?;
        }
        self.check_sums()
    }

    async fn check_invoice(&self, place: usize) -> Result<(), Wrong> {
        let model = &self.model.invoices[place];
        let what = format!("invoice {place}");
        if model.phase == Phase::Deleted {
            let gone = matches!(self.invoice(place).await, Err(error) if error.contains("no such"));
            return if gone { Ok(()) } else { Err(format!("{what} is still there")) };
        }
        let found = self.invoice(place).await?;
        let id = |place: Option<usize>| place.map(|place| self.world.invoices[place]);
        let today = self.model.today;
        same!(what,
            "status": found.status(today), model.status_on(today);
            "stored status": found.stored_status(), model.status();
            "payment state": found.payment_state(), model.payment_state();
            "due": found.due().minor(), model.due();
            "overpaid": found.overpaid().minor(), model.overpaid();
            "overdue": found.is_overdue(today), model.is_overdue(today);
            "overdue noted": found.overdue_noted().is_some(), model.noted;
            "number": found.number(), model.number.as_deref();
            "allocated": found.allocated().minor(), model.allocated;
            "credited": found.credited().minor(), model.credited;
            "fully credited": found.is_fully_credited(), model.is_fully_credited;
            "written off": found.written_off().minor(), model.written_off;
            "delivered": found.is_delivered(), model.reached_customer();
            "times sent": found.sent().map_or(0, Sent::count), model.sent;
            "uncollectible": found.is_uncollectible(), model.is_uncollectible;
            "void": found.voided_at().is_some(), model.phase == Phase::Void;
            "replaces": found.replaces(), id(model.replaces);
            "replaced by": found.replaced_by(), id(model.replaced_by);
            "deducted in": found.deducted_in(), id(model.deducted_in);
        );
        let Some(issued) = found.issued() else { return Ok(()) };
        let basis = found.credit_basis().map_err(|violation| format!("{what}: {violation}"))?;
        same!(what,
            "payable": found.totals().payable().minor(), model.payable;
            "creditable": basis.total().map(Money::minor), Ok(model.creditable);
            "issue date": Some(issued.issue_date()), model.issue_date;
            "due date": issued.due_date(), model.due_date();
            "intact": found.recompute_hash().is_some(), true;
        );
        Ok(())
    }

    async fn check_note(&self, place: usize) -> Result<(), Wrong> {
        let model = &self.model.notes[place];
        let found = self.world.billing.credit_note(self.world.owner.actor(), self.world.notes[place]).await;
        if model.phase == Phase::Deleted {
            return if matches!(found, Err(Error::NotFound { .. })) {
                Ok(())
            } else {
                Err(format!("credit {place} is still there"))
            };
        }
        let found = found.map_err(wrong("credit"))?;
        same!(format!("credit {place}"),
            "status": found.status(), model.status();
            "number": found.number(), model.number.as_deref();
            "invoice": found.invoice(), self.world.invoices[model.invoice];
        );
        if model.phase == Phase::Issued {
            same!(format!("credit {place}"), "amount": found.totals().payable().minor(), model.amount;);
        }
        Ok(())
    }

    async fn check_payment(&self, place: usize) -> Result<(), Wrong> {
        let model = &self.model.payments[place];
        let found = self.world.billing.payment(self.world.owner.actor(), self.world.payments[place]).await;
        let found = found.map_err(wrong("payment"))?;
        let parts: Vec<_> =
            found.allocations().iter().map(|part| (part.invoice(), part.amount().minor())).collect();
        let expected: Vec<_> = model.parts.iter().map(|part| (self.world.invoices[part.0], part.1)).collect();
        same!(format!("payment {place}"),
            "amount": found.amount().minor(), model.amount;
            "allocations": parts, expected;
            "refunded": found.refunded().minor(), model.refunded;
            "unallocated": found.unallocated().minor(), model.unallocated();
            "reversed": found.reversal().is_some(), model.is_reversed;
        );
        let sum = found.allocated().minor() + found.refunded().minor() + found.unallocated().minor();
        let whole = if model.is_reversed { 0 } else { found.amount().minor() };
        same!(format!("payment {place}"), "sum of its parts": sum, whole;);
        Ok(())
    }

    async fn check_offer(&self, place: usize) -> Result<(), Wrong> {
        let model = &self.model.offers[place];
        let found = self.world.billing.quote(self.world.owner.actor(), self.world.offers[place]).await;
        if model.state == OfferState::Deleted {
            return if matches!(found, Err(Error::NotFound { .. })) {
                Ok(())
            } else {
                Err(format!("offer {place} is still there"))
            };
        }
        let found = found.map_err(wrong("offer"))?;
        same!(format!("offer {place}"),
            "status": found.status(), model.status();
            "number": found.number(), model.number.as_deref();
        );
        Ok(())
    }

    /// The model against itself: it must be as sound as what it is compared with.
    fn check_sums(&self) -> Result<(), Wrong> {
        for (place, invoice) in self.model.invoices.iter().enumerate() {
            let parts = self.model.payments.iter().flat_map(|payment| &payment.parts);
            let allocated: i64 = parts.filter(|part| part.0 == place).map(|part| part.1).sum();
            let notes = self.model.notes.iter();
            let notes = notes.filter(|note| note.invoice == place && note.phase == Phase::Issued);
            let credited: i64 = notes.map(|note| note.amount).sum();
            let what = format!("invoice {place}");
            same!(what,
                "sum of allocations": invoice.allocated, allocated;
                "sum of credit notes": invoice.credited, credited;
                "credited within bounds": credited <= invoice.creditable, true;
            );
            if !invoice.is_live() {
                same!(what, "settled, though not live": (allocated, credited, invoice.due()), (0, 0, 0););
            }
        }
        Ok(())
    }

    /// Chains, numbers and reports.
    pub(crate) async fn check_books(&self) -> Result<(), Wrong> {
        let actor = self.world.owner.actor();
        let reports = self.world.billing.verify(actor).await.map_err(wrong("verify"))?;
        let faults: Vec<_> = reports.iter().filter_map(|it| it.report.fault.clone()).collect();
        let mut counts: Vec<_> = reports.iter().map(|it| it.report.documents).collect();
        let mut given: Vec<_> = self.model.counters.values().map(|counter| counter.0).collect();
        counts.sort_unstable();
        given.sort_unstable();
        same!("the chains",
            "faults": faults, Vec::new();
            "documents": counts, given;
        );
        self.check_aging().await?;
        self.check_taxes().await?;
        for client in 0..2 {
            for currency in 0..2 {
                self.check_statement(client, currency).await?;
            }
        }
        Ok(())
    }

    async fn check_aging(&self) -> Result<(), Wrong> {
        let today = self.model.today;
        for client in [None, Some(0), Some(1)] {
            let rows = self.world.billing.aging(
                self.world.owner.actor(),
                today,
                client.map(|client: usize| self.world.clients[client]),
            );
            let rows = rows.await.map_err(wrong("aging"))?;
            let found: BTreeMap<_, _> = rows
                .iter()
                .map(|row| {
                    let late = [row.days_1_to_30, row.days_31_to_60, row.days_61_to_90, row.over_90_days];
                    let late: i64 = late.iter().map(|money| money.minor()).sum();
                    (row.current.currency(), (row.current.minor(), late))
                })
                .collect();
            let mut expected = BTreeMap::new();
            for invoice in &self.model.invoices {
                if client.is_none_or(|client| client == invoice.doc.client) && invoice.due() > 0 {
                    let sums = expected.entry(CURRENCIES[invoice.doc.currency]).or_insert((0, 0));
                    let sum = if invoice.is_overdue(today) { &mut sums.1 } else { &mut sums.0 };
                    *sum += invoice.due();
                }
            }
            same!("aging", "what is due, current and late": found, expected;);
        }
        Ok(())
    }

    async fn check_taxes(&self) -> Result<(), Wrong> {
        let ever = Month::new(1, 1).and_then(|from| MonthRange::new(from, Month::new(9999, 12)?));
        let ever = ever.map_err(|violation| violation.to_string())?;
        let rows = self.world.billing.tax_summary(self.world.owner.actor(), ever).await;
        let mut found = [0, 0];
        for row in rows.map_err(wrong("taxes"))? {
            let currency = usize::from(row.taxable.currency() == CURRENCIES[1]);
            found[currency] += row.taxable.minor() + row.tax.minor();
        }
        let mut expected = [0, 0];
        for invoice in self.model.invoices.iter().filter(|invoice| invoice.is_live()) {
            expected[invoice.doc.currency] += invoice.creditable - invoice.credited;
        }
        same!("the tax summary", "taxable and tax": found, expected;);
        Ok(())
    }

    /// What a client owes: all that is due, less the credit the client has.
    async fn check_statement(&self, client: usize, currency: usize) -> Result<(), Wrong> {
        let query = StatementQuery {
            client: self.world.clients[client],
            currency: CURRENCIES[currency],
            range: DateRange::default(),
        };
        let mut page = PageRequest::first(7).map_err(|violation| violation.to_string())?;
        let mut before = 0;
        let closing = loop {
            let statement = self.world.billing.statement(self.world.owner.actor(), &query, &page).await;
            let statement = statement.map_err(wrong("statement"))?;
            same!("the statement", "opening": statement.opening.minor(), before;);
            before = statement.closing.minor();
            match statement.next {
                Some(next) => page = page.after(next),
                None => break before,
            }
        };
        let here = |of: (usize, usize)| of == (client, currency);
        let invoices = self.model.invoices.iter();
        let owed: i64 = invoices
            .filter(|it| here((it.doc.client, it.doc.currency)))
            .map(|it| it.due() - it.overpaid())
            .sum();
        let payments = self.model.payments.iter().filter(|it| here((it.client, it.currency)));
        let credit: i64 = payments.map(Payment::unallocated).sum();
        same!("the statement", "closing": closing, owed - credit;);
        Ok(())
    }

    /// Every write left one entry in the trail; the events of each aggregate come in the order it lived.
    pub(crate) async fn check_trail(&self) -> Result<(), Wrong> {
        let mut versions: BTreeMap<AggregateId, Vec<u64>> = BTreeMap::new();
        let mut told: BTreeMap<AggregateId, Vec<(u64, EventKind)>> = BTreeMap::new();
        let mut page = PageRequest::first(PageRequest::MAX_LIMIT).map_err(|it| it.to_string())?;
        loop {
            let entries = self.world.billing.audit(self.world.owner.actor(), None, &page).await;
            let entries = entries.map_err(wrong("audit"))?;
            for entry in entries.items {
                versions.entry(entry.subject).or_default().push(entry.version.get());
                let told = told.entry(entry.subject).or_default();
                told.extend(entry.actions.iter().rev().map(|kind| (entry.version.get(), *kind)));
            }
            match entries.next {
                Some(next) => page = page.after(next),
                None => break,
            }
        }
        for (id, versions) in &mut versions {
            versions.reverse();
            let expected: Vec<_> = (1..=versions.len() as u64).collect();
            same!(id, "versions in the trail": &*versions, &expected;);
        }
        for told in told.values_mut() {
            told.reverse();
        }
        let sent = self.drain().await?;
        let told: BTreeMap<_, _> = told.into_iter().filter(|(_, told)| !told.is_empty()).collect();
        for (id, told) in &told {
            same!(id, "events": sent.get(id), Some(told););
        }
        same!("the outbox", "aggregates": sent.len(), told.len(););
        Ok(())
    }

    /// All events in the order they are handed out.
    async fn drain(&self) -> Result<BTreeMap<AggregateId, Vec<(u64, EventKind)>>, Wrong> {
        let outbox = self.world.billing.ports().outbox.clone();
        let mut sent: BTreeMap<AggregateId, Vec<(u64, EventKind)>> = BTreeMap::new();
        loop {
            let now = Timestamp::from_millis(0);
            let claimed = outbox.claim(now, 60_000, 1_000).await.map_err(|error| error.to_string())?;
            if claimed.is_empty() {
                return Ok(sent);
            }
            outbox.acknowledge(&claimed).await.map_err(|error| error.to_string())?;
            for claimed in claimed {
                let event = claimed.event;
                let lane = sent.entry(event.aggregate).or_default();
                lane.push((event.aggregate_version.get(), event.kind));
            }
        }
    }
}

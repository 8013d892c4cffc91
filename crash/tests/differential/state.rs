//! Everything there is, on every store.

use chrono::{Days, NaiveDate};
use invoice_core::ports::{
    ClientQuery, CreditNoteQuery, DateRange, InvoiceQuery, ItemQuery, MonthRange, PageRequest, PaymentQuery,
    QuoteQuery, StatementQuery,
};
use invoice_core::{Month, Timestamp};

use crate::data::CURRENCIES;
use crate::lists::List;
use crate::trace::{Trace, Wrong};

impl Trace {
    pub(crate) async fn compare_everything(&mut self) -> Result<(), Wrong> {
        for team in 0..self.teams.len() {
            self.team = team;
            self.compare_lists().await?;
            self.compare_trail().await?;
            self.compare_reports().await?;
        }
        self.compare_outbox().await
    }

    async fn compare_lists(&mut self) -> Result<(), Wrong> {
        let mut lists = vec![
            List::Invoices(InvoiceQuery::new()),
            List::CreditNotes(CreditNoteQuery::default()),
            List::Quotes(QuoteQuery::default()),
            List::Payments(PaymentQuery::default()),
            List::Clients(ClientQuery::default()),
            List::Items(ItemQuery::default()),
            List::Audit(None),
        ];
        lists.extend((0..60).map(|_| self.list()));
        let clients = self.known().clients.clone();
        for client in clients.iter().rev().take(20) {
            for currency in CURRENCIES {
                lists.push(List::Statement(StatementQuery {
                    client: *client,
                    currency,
                    range: DateRange::default(),
                }));
            }
        }
        for list in lists {
            self.walk(&list).await?;
        }
        let actor = self.owner();
        let invoices = self.known().invoices.clone();
        for id in invoices {
            let _ = self.same(async |p| p.billing.invoice(&actor, id).await).await?;
        }
        Ok(())
    }

    /// A list from its first page to its last.
    async fn walk(&self, list: &List) -> Result<(), Wrong> {
        let actor = self.owner();
        let mut page = PageRequest::first(PageRequest::MAX_LIMIT).unwrap();
        loop {
            match self.same(async |p| list.read(p, &actor, &page).await).await? {
                Ok((_, Some(next))) => page = page.after(next),
                _ => return Ok(()),
            }
        }
    }

    async fn compare_trail(&self) -> Result<(), Wrong> {
        let (actor, team) = (self.owner(), self.team_id());
        let counters = self.same(async |p| p.ports().trail.counters(team).await).await?.unwrap();
        for (key, _) in counters {
            let _ = self.same(async |p| p.ports().trail.counter(team, key).await).await?;
            let _ = self.same(async |p| p.ports().trail.chain(team, key, 1, u16::MAX).await).await?;
        }
        let _ = self.same(async |p| p.billing.verify(&actor).await).await?;
        let _ = self.same(async |p| p.billing.all_series(&actor).await).await?;
        let _ = self.same(async |p| p.billing.supplier(&actor).await).await?;
        for (key, _) in &self.keys {
            let _ = self.same(async |p| p.ports().commits.idempotency(team, key).await).await?;
        }
        Ok(())
    }

    async fn compare_reports(&self) -> Result<(), Wrong> {
        let actor = self.owner();
        let start = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
        let mut months =
            vec![MonthRange::new(Month::of(start), Month::of(self.today + Days::new(400))).unwrap()];
        for month in 0..60 {
            let month = Month::of(start + Days::new(month * 30));
            months.push(MonthRange::new(month, month).unwrap());
        }
        for months in months {
            let _ = self.same(async |p| p.billing.tax_summary(&actor, months).await).await?;
            let _ = self.same(async |p| p.billing.revenue_by_month(&actor, months).await).await?;
        }
        for days in [0, 20, 45, 80, 400] {
            for as_of in [self.today - Days::new(days), self.today + Days::new(days)] {
                let _ = self.same(async |p| p.billing.aging(&actor, as_of, None).await).await?;
            }
        }
        let known = &self.teams[self.team].1;
        for client in known.clients.iter().rev().take(20) {
            let _ = self.same(async |p| p.billing.aging(&actor, self.today, Some(*client)).await).await?;
        }
        Ok(())
    }

    /// What is buried, and then all the rest, in order.
    async fn compare_outbox(&self) -> Result<(), Wrong> {
        let _ = self.same(async |p| p.ports().outbox.buried(u16::MAX).await).await?;
        let later = Timestamp::from_millis(4_000_000_000_000);
        loop {
            let claimed =
                self.same(async |p| p.ports().outbox.claim(later, 1_000, 500).await).await?.unwrap();
            let _ = self.same(async |p| p.ports().outbox.acknowledge(&claimed).await).await?;
            if claimed.is_empty() {
                return Ok(());
            }
        }
    }
}

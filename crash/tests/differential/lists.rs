//! Steps that read.

use std::fmt::Debug;

use invoice_core::change::AggregateId;
use invoice_core::ports::{
    ClientQuery, CreditNoteQuery, Cursor, DateRange, Direction, InvoiceQuery, InvoiceSort, ItemQuery,
    MonthRange, PageRequest, PaymentQuery, QuoteQuery, StatementQuery,
};
use invoice_core::service::Error;
use invoice_core::{Actor, InvoiceKind, Month, PaymentState, QuoteKind, QuoteStatus, Status};

use crate::data::CURRENCIES;
use crate::player::Player;
use crate::trace::{Trace, Wrong};

const STATUSES: [Status; 10] = [
    Status::Draft,
    Status::Void,
    Status::Credited,
    Status::Overpaid,
    Status::Paid,
    Status::Uncollectible,
    Status::Overdue,
    Status::PartiallyPaid,
    Status::Sent,
    Status::Issued,
];

const SORTS: [InvoiceSort; 6] = [
    InvoiceSort::Created,
    InvoiceSort::IssueDate,
    InvoiceSort::DueDate,
    InvoiceSort::Amount,
    InvoiceSort::Number,
    InvoiceSort::Customer,
];

/// A list and what it is asked for.
#[derive(Debug, Clone)]
pub(crate) enum List {
    Invoices(InvoiceQuery),
    CreditNotes(CreditNoteQuery),
    Quotes(QuoteQuery),
    Payments(PaymentQuery),
    Clients(ClientQuery),
    Items(ItemQuery),
    Audit(Option<AggregateId>),
    Statement(StatementQuery),
}

/// A page, and where the next one starts.
type Rows = (String, Option<Cursor>);

fn rows<T: Debug>(page: invoice_core::ports::Page<T>) -> Rows {
    (format!("{:?}", page.items), page.next)
}

impl List {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Invoices(_) => "invoices",
            Self::CreditNotes(_) => "credit_notes",
            Self::Quotes(_) => "quotes",
            Self::Payments(_) => "payments",
            Self::Clients(_) => "clients",
            Self::Items(_) => "items",
            Self::Audit(_) => "audit",
            Self::Statement(_) => "statement",
        }
    }

    pub(crate) async fn read(
        &self,
        player: &Player,
        actor: &Actor,
        page: &PageRequest,
    ) -> Result<Rows, Error> {
        let billing = &player.billing;
        Ok(match self {
            Self::Invoices(query) => rows(billing.invoices(actor, query, page).await?),
            Self::CreditNotes(query) => rows(billing.credit_notes(actor, query, page).await?),
            Self::Quotes(query) => rows(billing.quotes(actor, query, page).await?),
            Self::Payments(query) => rows(billing.payments(actor, query, page).await?),
            Self::Clients(query) => rows(billing.clients(actor, query, page).await?),
            Self::Items(query) => rows(billing.items(actor, query, page).await?),
            Self::Audit(subject) => rows(billing.audit(actor, *subject, page).await?),
            Self::Statement(query) => {
                let statement = billing.statement(actor, query, page).await?;
                let next = statement.next.clone();
                (format!("{statement:?}"), next)
            }
        })
    }
}

/// A list read up to somewhere.
pub(crate) struct Reading {
    team: usize,
    list: List,
    next: Cursor,
}

impl Trace {
    pub(crate) async fn step_read(&mut self) -> Result<(), Wrong> {
        let actor = self.owner();
        match self.random.below(20) {
            0..7 => {
                let list = self.list();
                self.read(list, None).await
            }
            7..12 if !self.readings.is_empty() => {
                let at =
                    usize::try_from(self.random.below(u64::try_from(self.readings.len()).unwrap())).unwrap();
                let Reading { team, list, next } = self.readings.remove(at);
                self.team = team;
                self.read(list, Some(next)).await
            }
            12 if !self.readings.is_empty() => {
                // The cursor of another list, or of the same one asked for something else.
                let next = self.readings[0].next.clone();
                let list = self.list();
                self.read(list, Some(next)).await
            }
            13 => {
                let query = self.invoice_query();
                drop(
                    self.all("count invoices", async |p| p.billing.count_invoices(&actor, &query).await)
                        .await?,
                );
                Ok(())
            }
            14 | 15 => self.read_one().await,
            _ => self.read_report().await,
        }
    }

    async fn read(&mut self, list: List, next: Option<Cursor>) -> Result<(), Wrong> {
        let actor = self.owner();
        let limit = [1, 3, 7, 50][usize::try_from(self.random.below(4)).unwrap()];
        let mut page = PageRequest::first(limit).unwrap();
        if let Some(next) = next {
            page = page.after(next);
        }
        let what = format!("list {} {list:?} {page:?}", list.name());
        if let Ok((_, Some(next))) = self.all(what, async |p| list.read(p, &actor, &page).await).await? {
            self.readings.push(Reading { team: self.team, list, next });
            if self.readings.len() > 12 {
                self.readings.remove(0);
            }
        }
        Ok(())
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.random.below(u64::try_from(of.len()).unwrap())).unwrap()]
    }

    pub(crate) fn list(&mut self) -> List {
        let client = if self.random.chance(1, 2) { self.pick(|known| &known.clients, 6) } else { None };
        let invoice = if self.random.chance(1, 3) { self.pick(|known| &known.invoices, 10) } else { None };
        match self.random.below(16) {
            0..6 => List::Invoices(self.invoice_query()),
            6 | 7 => {
                let issued = self.random.chance(1, 3).then(|| self.random.chance(1, 2));
                List::CreditNotes(CreditNoteQuery { invoice, client, issued })
            }
            8 | 9 => {
                let mut query = QuoteQuery { client, ..QuoteQuery::default() };
                match self.random.below(4) {
                    0 => query.kind = Some(self.one(&QuoteKind::ALL)),
                    1 => query.status = Some(self.one(&QuoteStatus::ALL)),
                    2 => query.expired_as_of = Some(self.day(20, 10)),
                    _ => {}
                }
                List::Quotes(query)
            }
            10 | 11 => {
                let unallocated = self.random.chance(1, 3).then(|| self.random.chance(2, 3));
                List::Payments(PaymentQuery { client, invoice, unallocated })
            }
            12 => {
                let mut query = ClientQuery::default();
                match self.random.below(4) {
                    0 => query.metadata = Some(self.pair()),
                    1 => query.archived = Some(self.random.chance(1, 2)),
                    2 => query.name_prefix = Some(self.prefix()),
                    _ => {}
                }
                List::Clients(query)
            }
            13 => {
                let name_prefix = self.random.chance(1, 2).then(|| self.prefix());
                let archived = self.random.chance(1, 3).then(|| self.random.chance(1, 2));
                List::Items(ItemQuery { name_prefix, archived })
            }
            14 => List::Audit(invoice.map(AggregateId::Invoice)),
            _ => match self.pick(|known| &known.clients, 6) {
                Some(client) => {
                    let range = if self.random.chance(1, 2) { self.range() } else { DateRange::default() };
                    List::Statement(StatementQuery { client, currency: self.one(&CURRENCIES), range })
                }
                None => List::Audit(None),
            },
        }
    }

    fn prefix(&mut self) -> String {
        let name = self.name();
        let length = if self.random.chance(1, 4) { 102 } else { 1 + self.random.below(5) };
        name.chars().take(usize::try_from(length).unwrap()).collect()
    }

    fn range(&mut self) -> DateRange {
        let from = self.random.chance(3, 4).then(|| self.day(40, 5));
        DateRange { from, to: self.random.chance(3, 4).then(|| self.day(20, 30)) }
    }

    fn invoice_query(&mut self) -> InvoiceQuery {
        let mut query = InvoiceQuery { sort: self.one(&SORTS), ..InvoiceQuery::new() };
        if self.random.chance(1, 2) {
            query.direction = Direction::Ascending;
        }
        match query.sort {
            InvoiceSort::IssueDate if self.random.chance(1, 2) => query.issued = Some(self.range()),
            InvoiceSort::DueDate => match self.random.below(3) {
                0 => query.due = Some(self.range()),
                1 => {
                    query.overdue_as_of = Some(self.day(10, 30));
                    query.overdue_not_noted = self.random.chance(1, 2);
                }
                _ => {}
            },
            InvoiceSort::Amount => {
                query.currency = Some(self.one(&CURRENCIES));
                if self.random.chance(1, 2) {
                    let amount = self.money(200_000);
                    query.currency = None;
                    query.amount_from = Some(amount);
                    query.amount_to =
                        self.random.chance(1, 2).then(|| self.money_in(amount.currency(), 500_000));
                }
            }
            InvoiceSort::Number if self.random.chance(1, 2) => query.number_prefix = Some("INV".to_owned()),
            InvoiceSort::Customer if self.random.chance(1, 2) => query.customer_prefix = Some(self.prefix()),
            _ => {}
        }
        match self.random.below(12) {
            0 => query.status = Some(self.one(&STATUSES)),
            1 => query.payment_state = Some(self.one(&PaymentState::ALL)),
            2 => query.kind = Some(self.one(&[InvoiceKind::Standard, InvoiceKind::Advance])),
            3 | 4 => query.client = self.pick(|known| &known.clients, 6),
            5 => query.metadata = Some(self.pair()),
            6 => {
                query.status = Some(self.one(&STATUSES));
                query.client = self.pick(|known| &known.clients, 6);
                query.currency = query.currency.or(Some(self.one(&CURRENCIES)));
            }
            _ => {}
        }
        query
    }

    async fn read_one(&mut self) -> Result<(), Wrong> {
        let actor = self.owner();
        match self.random.below(8) {
            0 => {
                if let Some(id) = self.pick(|known| &known.invoices, 40) {
                    let team = self.team_id();
                    let _ = self
                        .all("invoice with_context", async |p| {
                            p.ports().invoices.invoice_with_context(team, id).await
                        })
                        .await?;
                }
            }
            1 | 2 => {
                if let Some(id) = self.pick(|known| &known.invoices, 40)
                    && let Ok(invoice) = self.peek(async |p| p.billing.invoice(&actor, id).await).await
                    && let Some(number) = invoice.number().map(str::to_owned)
                {
                    let _ = self
                        .all("invoice by_number", async |p| {
                            p.billing.invoice_by_number(&actor, &number).await
                        })
                        .await?;
                    let _ = self
                        .all("quote by_number", async |p| {
                            p.ports().documents.quote_by_number(actor.team(), &number).await
                        })
                        .await?;
                }
            }
            3 => {
                let reference = format!("bank {}", self.random.below(300));
                let team = self.team_id();
                let _ = self
                    .all("payment by_reference", async |p| {
                        p.ports().payments.payment_by_reference(team, &reference).await
                    })
                    .await?;
            }
            4 => drop(self.all("all series", async |p| p.billing.all_series(&actor).await).await?),
            5 => {
                if let Some(id) = self.pick(|known| &known.notes, 40) {
                    let team = self.team_id();
                    let _ = self
                        .all("credit read", async |p| p.ports().documents.credit_note(team, id).await)
                        .await?;
                }
            }
            6 => {
                if let Some(id) = self.pick(|known| &known.items, 40) {
                    let team = self.team_id();
                    let _ = self.all("item read", async |p| p.ports().catalog.item(team, id).await).await?;
                }
            }
            _ => {
                if let Some((key, _)) = self.keys.front().cloned() {
                    let team = self.team_id();
                    let _ = self
                        .all("idempotency record", async |p| p.ports().commits.idempotency(team, &key).await)
                        .await?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn months(&mut self) -> MonthRange {
        let from = Month::of(self.day(100, 0));
        let to = Month::of(self.day(0, 30));
        MonthRange::new(from, to).unwrap()
    }

    async fn read_report(&mut self) -> Result<(), Wrong> {
        let (actor, months) = (self.owner(), self.months());
        match self.random.below(7) {
            0 | 1 => {
                let as_of = self.day(30, 60);
                let client =
                    if self.random.chance(1, 2) { self.pick(|known| &known.clients, 6) } else { None };
                let _ =
                    self.all("report aging", async |p| p.billing.aging(&actor, as_of, client).await).await?;
            }
            2 | 3 => {
                drop(self.all("report taxes", async |p| p.billing.tax_summary(&actor, months).await).await?);
            }
            4 => drop(
                self.all("report revenue", async |p| p.billing.revenue_by_month(&actor, months).await)
                    .await?,
            ),
            5 => drop(self.all("counters", async |p| p.ports().trail.counters(actor.team()).await).await?),
            _ => drop(self.all("verify", async |p| p.billing.verify(&actor).await).await?),
        }
        Ok(())
    }
}

//! Steps that write, through the use cases.

use invoice_core::service::{ImportedCreditNote, ImportedInvoice, PayData, RefundData, WriteOffData};
use invoice_core::{
    Allocation, ClientId, CreditNoteData, DocumentType, Money, PaymentData, QuoteData, QuoteKind, Series,
    WriteOffReason,
};

use crate::trace::{Trace, Wrong};

/// Ends a step that finds nothing to be about.
macro_rules! some {
    ($found:expr) => {
        match $found {
            Some(found) => found,
            None => return Ok(()),
        }
    };
}

const TYPES: [DocumentType; 4] =
    [DocumentType::Invoice, DocumentType::CreditNote, DocumentType::Quote, DocumentType::ProForma];

impl Trace {
    pub(crate) async fn set_up(&mut self) -> Result<(), Wrong> {
        let (call, supplier) = (self.owner().into(), self.supplier());
        let _ =
            self.all("set supplier", async |p| p.billing.set_supplier(&call, supplier.clone()).await).await?;
        for document_type in TYPES {
            let data = self.series(document_type, Series::DEFAULT_NAME);
            self.create_series(data).await?;
        }
        for _ in 0..3 {
            self.create_client().await?;
        }
        Ok(())
    }

    async fn create_series(&mut self, data: invoice_core::SeriesData) -> Result<(), Wrong> {
        let call = self.owner().into();
        let made =
            self.all("create series", async |p| p.billing.create_series(&call, data.clone()).await).await?;
        self.known().series.extend(made.ok().map(|series| series.id()));
        Ok(())
    }

    async fn create_client(&mut self) -> Result<(), Wrong> {
        let (call, data) = (self.call(), self.client());
        let made =
            self.all("create client", async |p| p.billing.create_client(&call, data.clone()).await).await?;
        self.known().clients.extend(made.ok().map(|client| client.id()));
        Ok(())
    }

    pub(crate) async fn step_catalog(&mut self) -> Result<(), Wrong> {
        let call = self.call();
        match self.random.below(24) {
            0..4 => self.create_client().await?,
            choice @ 4..11 => {
                let id = some!(self.pick(|known| &known.clients, 6));
                match choice {
                    4..6 => {
                        let data = self.client();
                        let _ = self
                            .all("update client", async |p| {
                                p.billing.update_client(&call, id, data.clone()).await
                            })
                            .await?;
                    }
                    6 => drop(
                        self.all("archive client", async |p| p.billing.archive_client(&call, id).await)
                            .await?,
                    ),
                    7..9 => drop(
                        self.all("restore client", async |p| p.billing.restore_client(&call, id).await)
                            .await?,
                    ),
                    _ => drop(
                        self.all("delete client", async |p| p.billing.delete_client(&call, id).await).await?,
                    ),
                }
            }
            11..14 => {
                let data = self.item();
                let made = self
                    .all("create item", async |p| p.billing.create_item(&call, data.clone()).await)
                    .await?;
                self.known().items.extend(made.ok().map(|item| item.id()));
            }
            choice @ 14..20 => {
                let id = some!(self.pick(|known| &known.items, 6));
                match choice {
                    14 | 15 => {
                        let data = self.item();
                        let _ = self
                            .all("update item", async |p| {
                                p.billing.update_item(&call, id, data.clone()).await
                            })
                            .await?;
                    }
                    16 | 17 => drop(
                        self.all("archive item", async |p| p.billing.archive_item(&call, id).await).await?,
                    ),
                    18 => drop(
                        self.all("restore item", async |p| p.billing.restore_item(&call, id).await).await?,
                    ),
                    _ => {
                        drop(
                            self.all("delete item", async |p| p.billing.delete_item(&call, id).await).await?,
                        );
                    }
                }
            }
            20 => {
                let document_type = TYPES[usize::try_from(self.random.below(4)).unwrap()];
                let name = ["default", "b", "c", "d"][usize::try_from(self.random.below(4)).unwrap()];
                let data = self.series(document_type, name);
                self.create_series(data).await?;
            }
            21 => {
                let id = some!(self.pick(|known| &known.series, 6));
                // Those that everything else needs stay.
                if !self.known().series.iter().take(4).any(|first| *first == id) {
                    let _ = self
                        .all("archive series", async |p| p.billing.archive_series(&call, id).await)
                        .await?;
                }
            }
            _ => {
                let profile = self.supplier();
                let _ = self
                    .all("set supplier", async |p| p.billing.set_supplier(&call, profile.clone()).await)
                    .await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn step_invoice(&mut self) -> Result<(), Wrong> {
        let call = self.call();
        let choice = self.random.below(40);
        if choice < 14 {
            let data = some!(self.invoice().await?);
            let made = if choice < 6 {
                self.all("create invoice", async |p| p.billing.create_invoice(&call, data.clone()).await)
                    .await?
            } else {
                self.all("create_and_issue invoice", async |p| {
                    p.billing.create_and_issue_invoice(&call, data.clone()).await
                })
                .await?
            };
            self.known().invoices.extend(made.ok().map(|invoice| invoice.id()));
            return Ok(());
        }
        if choice == 14 {
            return self.import().await;
        }
        let picked = self.pick(|known| &known.invoices, 10);
        let id = some!(self.invoice_in_hand.filter(|_| self.random.chance(1, 2)).or(picked));
        self.invoice_in_hand = Some(id);
        match choice {
            15..17 => {
                let data = some!(self.invoice().await?);
                let _ = self
                    .all("update invoice", async |p| p.billing.update_invoice(&call, id, data.clone()).await)
                    .await?;
            }
            17..19 => {
                let metadata = self.metadata();
                let _ = self
                    .all("annotate invoice", async |p| {
                        p.billing.annotate_invoice(&call, id, Some("a note".into()), metadata.clone()).await
                    })
                    .await?;
            }
            19 => {
                drop(self.all("delete invoice", async |p| p.billing.delete_invoice(&call, id).await).await?);
            }
            20..26 => {
                drop(self.all("issue invoice", async |p| p.billing.issue_invoice(&call, id).await).await?);
            }
            26..28 => {
                drop(self.all("send invoice", async |p| p.billing.send_invoice(&call, id).await).await?);
            }
            28 => drop(
                self.all("view invoice", async |p| p.billing.mark_invoice_viewed(&call, id).await).await?,
            ),
            29 => drop(
                self.all("deliver invoice", async |p| p.billing.mark_invoice_delivered(&call, id).await)
                    .await?,
            ),
            30 => drop(
                self.all("void invoice", async |p| p.billing.void_invoice(&call, id, "wrong").await).await?,
            ),
            31..34 => {
                let made =
                    self.all("revise invoice", async |p| p.billing.revise_invoice(&call, id).await).await?;
                self.known().invoices.extend(made.ok().map(|invoice| invoice.id()));
            }
            34 => drop(
                self.all("uncollectible invoice", async |p| {
                    p.billing.mark_invoice_uncollectible(&call, id).await
                })
                .await?,
            ),
            35 => drop(
                self.all("collectible invoice", async |p| {
                    p.billing.unmark_invoice_uncollectible(&call, id).await
                })
                .await?,
            ),
            36..38 => {
                let mut data = WriteOffData::rest(WriteOffReason::SmallDifference);
                data.amount = self.random.chance(1, 2).then(|| self.money(5_000));
                let _ = self
                    .all("write off", async |p| p.billing.write_off(&call, id, data.clone()).await)
                    .await?;
            }
            _ => drop(
                self.all("take back", async |p| p.billing.take_back_write_off(&call, id, "found").await)
                    .await?,
            ),
        }
        Ok(())
    }

    async fn import(&mut self) -> Result<(), Wrong> {
        let call = self.call();
        let (number, issue_date) = (format!("OLD-{}", self.random.below(200)), self.day(90, 0));
        if self.random.chance(3, 4) {
            let data = some!(self.invoice().await?);
            let payable = data
                .content
                .preview()
                .map_or(Money::zero(data.content.currency()), |totals| totals.payable());
            let import = ImportedInvoice {
                number,
                issue_date,
                due_date: None,
                data,
                supplier: None,
                customer: None,
                payable,
                delivered: self.random.chance(1, 2),
            };
            let made = self
                .all("import invoice", async |p| p.billing.import_invoice(&call, import.clone()).await)
                .await?;
            self.known().invoices.extend(made.ok().map(|invoice| invoice.id()));
        } else {
            let invoice = some!(self.pick(|known| &known.invoices, 10));
            // All of an invoice with nothing credited yet.
            let actor = self.owner();
            let whole = self.peek(async |p| p.billing.invoice(&actor, invoice).await).await;
            let payable = some!(whole.ok()).totals().payable();
            let data = CreditNoteData::new(invoice_core::CreditScope::Full, "Returned");
            let import = ImportedCreditNote { number, issue_date, invoice, data, payable };
            let made = self
                .all("import credit", async |p| p.billing.import_credit_note(&call, import.clone()).await)
                .await?;
            self.known().notes.extend(made.ok().map(|note| note.id()));
        }
        Ok(())
    }

    pub(crate) async fn step_credit(&mut self) -> Result<(), Wrong> {
        let call = self.call();
        let choice = self.random.below(12);
        let mut data = CreditNoteData::new(self.scope(), "Returned");
        data.metadata = self.metadata();
        if choice < 7 {
            let invoice = some!(self.pick(|known| &known.invoices, 10));
            let made = if choice < 3 {
                self.all("create credit", async |p| {
                    p.billing.create_credit_note(&call, invoice, data.clone()).await
                })
                .await?
            } else {
                self.all("credit invoice", async |p| {
                    p.billing.credit_invoice(&call, invoice, data.clone()).await
                })
                .await?
            };
            self.known().notes.extend(made.ok().map(|note| note.id()));
            return Ok(());
        }
        let id = some!(self.pick(|known| &known.notes, 5));
        match choice {
            7 => drop(
                self.all("update credit", async |p| {
                    p.billing.update_credit_note(&call, id, data.clone()).await
                })
                .await?,
            ),
            8 => drop(
                self.all("delete credit", async |p| p.billing.delete_credit_note(&call, id).await).await?,
            ),
            9 | 10 => {
                drop(self.all("issue credit", async |p| p.billing.issue_credit_note(&call, id).await).await?);
            }
            _ if self.random.chance(1, 2) => {
                drop(self.all("send credit", async |p| p.billing.send_credit_note(&call, id).await).await?);
            }
            _ => {
                let _ = self
                    .all("annotate credit", async |p| {
                        p.billing.annotate_credit_note(&call, id, None, data.metadata.clone()).await
                    })
                    .await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn step_quote(&mut self) -> Result<(), Wrong> {
        let call = self.call();
        let choice = self.random.below(20);
        let mut data = QuoteData::new(some!(self.content()));
        data.metadata = self.metadata();
        if self.random.chance(1, 4) {
            data.kind = QuoteKind::ProForma;
        }
        if self.random.chance(1, 2) {
            data.valid_until = Some(self.day(0, 20));
        }
        if choice < 7 {
            let made =
                self.all("create quote", async |p| p.billing.create_quote(&call, data.clone()).await).await?;
            self.known().quotes.extend(made.ok().map(|quote| quote.id()));
            return Ok(());
        }
        let picked = self.pick(|known| &known.quotes, 4);
        let id = some!(self.quote_in_hand.filter(|_| self.random.chance(2, 3)).or(picked));
        self.quote_in_hand = Some(id);
        match choice {
            7 => drop(
                self.all("update quote", async |p| p.billing.update_quote(&call, id, data.clone()).await)
                    .await?,
            ),
            8 => drop(self.all("delete quote", async |p| p.billing.delete_quote(&call, id).await).await?),
            9..13 => drop(self.all("issue quote", async |p| p.billing.issue_quote(&call, id).await).await?),
            13 | 14 => drop(self.all("send quote", async |p| p.billing.send_quote(&call, id).await).await?),
            15 => {
                let metadata = data.metadata.clone();
                let _ = self
                    .all("annotate quote", async |p| {
                        p.billing.annotate_quote(&call, id, None, metadata.clone()).await
                    })
                    .await?;
            }
            16 => drop(self.all("accept quote", async |p| p.billing.accept_quote(&call, id).await).await?),
            17 => drop(
                self.all("decline quote", async |p| {
                    p.billing.decline_quote(&call, id, Some("too dear")).await
                })
                .await?,
            ),
            _ => {
                let made =
                    self.all("convert quote", async |p| p.billing.convert_quote(&call, id).await).await?;
                self.known().invoices.extend(made.ok().map(|invoice| invoice.id()));
            }
        }
        Ok(())
    }

    pub(crate) async fn step_payment(&mut self) -> Result<(), Wrong> {
        let call = self.call();
        let choice = self.random.below(24);
        if choice < 9 {
            let invoice = some!(self.pick(|known| &known.invoices, 10));
            let data = PayData {
                amount: self.random.chance(1, 2).then(|| self.money(30_000)),
                external_reference: self
                    .random
                    .chance(1, 3)
                    .then(|| format!("bank {}", self.random.below(300))),
                allow_overpayment: self.random.chance(1, 3),
                date: self.random.chance(1, 8).then(|| self.day(3, 1)),
                ..PayData::default()
            };
            let made = self
                .all("pay invoice", async |p| p.billing.pay_invoice(&call, invoice, data.clone()).await)
                .await?;
            self.known().payments.extend(made.ok().map(|paid| paid.payment.id()));
            return Ok(());
        }
        if choice < 13 {
            let client = some!(self.pick(|known| &known.clients, 6));
            let (amount, date) = (self.money(60_000), self.day(5, 0));
            let count = self.random.below(3);
            let parts = self.parts(client, amount, count).await?;
            let mut data = PaymentData::new(client, amount, date);
            data.external_reference =
                self.random.chance(1, 3).then(|| format!("bank {}", self.random.below(300)));
            let made = self
                .all("record payment", async |p| {
                    p.billing.record_payment(&call, data.clone(), parts.clone()).await
                })
                .await?;
            self.known().payments.extend(made.ok().map(|payment| payment.id()));
            return Ok(());
        }
        let id = some!(self.pick(|known| &known.payments, 8));
        let actor = self.owner();
        let payment = some!(self.peek(async |p| p.billing.payment(&actor, id).await).await.ok());
        match choice {
            13..17 => {
                let count = 1 + self.random.below(2);
                let parts = self.parts(payment.client(), payment.unallocated(), count).await?;
                let _ = self
                    .all("allocate payment", async |p| {
                        p.billing.allocate_payment(&call, id, parts.clone()).await
                    })
                    .await?;
            }
            17..20 => {
                let kept: Vec<_> = payment.allocations().iter().take(1).copied().collect();
                let _ = self
                    .all("deallocate payment", async |p| {
                        p.billing.deallocate_payment(&call, id, kept.clone()).await
                    })
                    .await?;
            }
            20..23 => {
                let data = RefundData::new(self.money_in(payment.amount().currency(), 20_000));
                let _ = self
                    .all("refund payment", async |p| p.billing.refund_payment(&call, id, data.clone()).await)
                    .await?;
            }
            _ => drop(
                self.all("reverse payment", async |p| p.billing.reverse_payment(&call, id, None).await)
                    .await?,
            ),
        }
        Ok(())
    }

    /// Parts of what is due on invoices, mostly of a client and within what there is.
    async fn parts(&mut self, client: ClientId, most: Money, count: u64) -> Result<Vec<Allocation>, Wrong> {
        let mut parts: Vec<Allocation> = Vec::new();
        for _ in 0..count * 10 {
            let Some(id) = self.pick(|known| &known.invoices, 40) else { break };
            let actor = self.owner();
            let Ok(invoice) = self.peek(async |p| p.billing.invoice(&actor, id).await).await else {
                continue;
            };
            let due = invoice.due();
            let fits = invoice.content().client() == client
                && due.currency() == most.currency()
                && due.is_positive();
            let is_named = parts.iter().any(|part| part.invoice() == id);
            if (fits && !is_named) || self.random.chance(1, 60) {
                let most =
                    u64::try_from(due.minor().min(most.minor()) / i64::try_from(count).unwrap()).unwrap_or(0);
                parts.push(Allocation::new(id, self.money_in(due.currency(), most + 2)));
            }
            if u64::try_from(parts.len()).unwrap() == count {
                break;
            }
        }
        Ok(parts)
    }

    pub(crate) async fn pass_or_sweep(&mut self) -> Result<(), Wrong> {
        if self.random.chance(1, 2) {
            let days = 1 + self.random.below(6);
            self.pass(days);
            return Ok(());
        }
        let (call, as_of) = (self.owner().into(), self.day(2, 5));
        let _ = self
            .all(format_args!("sweep all {as_of}"), async |p| p.billing.sweep(&call, as_of).await)
            .await?;
        Ok(())
    }
}

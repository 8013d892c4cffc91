use invoice_core::service::{PayData, RefundData};
use invoice_core::{Allocation, PaymentData};

use crate::model::Received;
use crate::play::{Play, Wrong};
use crate::resolve;
use crate::steps::{self, Step};
use crate::world::money;

impl Play {
    fn allocations(&self, parts: &[(usize, i64)], currency: usize) -> Vec<Allocation> {
        let part =
            |part: &(usize, i64)| Allocation::new(self.world.invoices[part.0], money(part.1, currency));
        parts.iter().map(part).collect()
    }

    pub(super) async fn receive(&mut self, step: &Step) -> Result<(), Wrong> {
        let (billing, call) = (self.world.billing.clone(), self.world.owner.clone());
        match step {
            Step::Pay { invoice, amount, may_overpay, reference } => {
                let Some(at) = invoice.of(&self.model.invoices, |it| it.due() > 0) else { return Ok(()) };
                let (due, currency) = (self.model.invoices[at].due(), self.model.invoices[at].doc.currency);
                let units = amount.map_or(due, |amount| amount.of(due));
                let may = if *may_overpay { ", more than due if need be" } else { "" };
                self.tell(format_args!("pay {units} of invoice {at}{may}, reference {reference:?}"));
                let data = PayData {
                    amount: amount.map(|_| money(units, currency)),
                    external_reference: reference.map(|reference| format!("bank {reference}")),
                    allow_overpayment: *may_overpay,
                    ..PayData::default()
                };
                let outcome = billing.pay_invoice(&call, self.world.invoices[at], data).await;
                let expected = self.model.may_pay(at, units, *may_overpay, *reference);
                if let Some(paid) = self.agree(&expected, outcome)? {
                    self.world.payments.push(paid.payment.id());
                    self.model.pay(at, units, *reference);
                    if paid.invoice != self.invoice(at).await? {
                        return Err("the answer is not the stored invoice".to_owned());
                    }
                }
            }
            Step::Record { client, currency, amount, date, parts } => {
                let date = resolve::day(self.model.today, *date);
                let parts = resolve::dues(&self.model, (*client, *currency), i64::MAX, parts);
                let amount = match amount {
                    steps::Received::Just(amount) => *amount,
                    steps::Received::More(extra) => parts.iter().map(|part| part.1).sum::<i64>() + extra,
                };
                let received = Received { client: *client, currency: *currency, amount, date };
                self.tell(format_args!("record payment {received:?} for {parts:?}"));
                let paid = PaymentData::new(self.world.clients[*client], money(amount, *currency), date);
                let outcome = billing.record_payment(&call, paid, self.allocations(&parts, *currency)).await;
                if let Some(payment) = self.agree(&self.model.may_record(received, &parts), outcome)? {
                    self.world.payments.push(payment.id());
                    self.model.record(received, &parts);
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn step_payment(&mut self, at: usize, step: &Step) -> Result<(), Wrong> {
        let (billing, call) = (self.world.billing.clone(), self.world.owner.clone());
        let (id, currency) = (self.world.payments[at], self.model.payments[at].currency);
        match step {
            Step::Allocate(_, parts) => {
                let payment = &self.model.payments[at];
                let parts =
                    resolve::dues(&self.model, (payment.client, currency), payment.unallocated(), parts);
                self.tell(format_args!("allocate of payment {at}: {parts:?}"));
                let outcome = billing.allocate_payment(&call, id, self.allocations(&parts, currency)).await;
                if self.agree(&self.model.may_allocate(at, &parts), outcome)?.is_some() {
                    self.model.allocate(at, &parts);
                }
            }
            Step::Deallocate(_, parts) => {
                let parts = resolve::settled(&self.model, at, parts);
                self.tell(format_args!("take back of payment {at}: {parts:?}"));
                let outcome = billing.deallocate_payment(&call, id, self.allocations(&parts, currency)).await;
                if self.agree(&self.model.may_deallocate(at, &parts), outcome)?.is_some() {
                    self.model.deallocate(at, &parts);
                }
            }
            Step::Refund(_, amount, parts) => {
                let payment = &self.model.payments[at];
                let amount = amount.of(payment.amount - payment.refunded);
                let parts = resolve::settled(&self.model, at, parts);
                self.tell(format_args!("refund {amount} of payment {at}, first of {parts:?}"));
                let data = RefundData {
                    deallocate: self.allocations(&parts, currency),
                    ..RefundData::new(money(amount, currency))
                };
                let outcome = billing.refund_payment(&call, id, data).await;
                if self.agree(&self.model.may_refund(at, amount, &parts), outcome)?.is_some() {
                    self.model.refund(at, amount, &parts);
                }
            }
            _ => {
                self.tell(format_args!("reverse payment {at}"));
                let outcome = billing.reverse_payment(&call, id, None).await;
                if self.agree(&self.model.may_reverse(at), outcome)?.is_some() {
                    self.model.reverse(at);
                }
            }
        }
        Ok(())
    }
}

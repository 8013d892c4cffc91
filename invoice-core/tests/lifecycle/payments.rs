//! Money: recorded, allocated, given back, reversed; what it settles always balances.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use invoice_core::change::AggregateId;
use invoice_core::ports::{BillingPorts, Page, PageRequest, PaymentQuery, Payments, StoreError, Unique};
use invoice_core::service::{Billing, Error, PayData, RefundData, WriteOffData};
use invoice_core::{
    Action, Allocation, Code, Content, CreditScope, Currency, Due, EarlyPayment, Invoice, Money, Obstacle,
    Payment, PaymentData, PaymentId, PaymentState, PaymentTerms, Status, TeamId, WriteOffReason,
};

use crate::story::{DAY, Story, date, eur, illegal, line, named, the_field};

fn received(story: &Story, amount: &str) -> PaymentData {
    PaymentData::new(story.client.id(), eur(amount), date("2026-03-15"))
}

fn part(invoice: &Invoice, amount: &str) -> Allocation {
    Allocation::new(invoice.id(), eur(amount))
}

/// What came in is what settles, what was given back, and what is left.
fn assert_balances(payment: &Payment) {
    let parts = [payment.allocated(), payment.refunded(), payment.unallocated()];
    assert_eq!(Money::checked_sum(parts, payment.currency()).unwrap(), payment.amount());
}

#[tokio::test]
async fn one_payment_settles_several_invoices_and_the_rest_stays_the_clients() {
    let story = Story::new().await;
    let (one, other) = (story.issued().await, story.issued().await);
    let parts = vec![part(&one, "120.00"), part(&other, "50.00")];
    let payment =
        story.billing.record_payment(&story.owner, received(&story, "200.00"), parts).await.unwrap();
    assert_eq!((payment.allocated(), payment.unallocated()), (eur("170.00"), eur("30.00")));
    assert_balances(&payment);
    assert_eq!(story.reload(&one).await.stored_status(), Status::Paid);
    assert_eq!(story.reload(&other).await.due(), eur("70.00"));

    let more = vec![part(&other, "30.00")];
    let payment = story.billing.allocate_payment(&story.owner, payment.id(), more).await.unwrap();
    assert!(payment.unallocated().is_zero());
    let amounts: Vec<_> = payment.allocations().iter().map(Allocation::amount).collect();
    assert_eq!(amounts, [eur("120.00"), eur("80.00")], "one entry for each invoice");
}

#[tokio::test]
async fn no_allocation_exceeds_what_is_due_or_what_is_left_of_the_payment() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let record = async |amount, parts| {
        story.billing.record_payment(&story.owner, received(&story, amount), parts).await
    };
    let refused = record("500.00", vec![part(&invoice, "120.01")]).await;
    assert_eq!(the_field(refused), ("/allocations/0/amount".to_owned(), Code::ExceedsDue));
    let refused = record("100.00", vec![part(&invoice, "100.01")]).await;
    assert_eq!(the_field(refused), ("/allocations/0/amount".to_owned(), Code::ExceedsUnallocated));
    let refused = record("100.00", vec![part(&invoice, "0.00")]).await;
    assert_eq!(the_field(refused), ("/allocations/0/amount".to_owned(), Code::NotPositive));
    let refused = record("100.00", vec![part(&invoice, "1.00"), part(&invoice, "1.00")]).await;
    assert_eq!(the_field(refused), ("/allocations/1/invoice".to_owned(), Code::Repeated));
    assert_eq!(story.reload(&invoice).await, invoice);
}

#[tokio::test]
async fn payments_are_more_than_nothing_and_not_of_tomorrow() {
    let story = Story::new().await;
    let record = async |data| story.billing.record_payment(&story.owner, data, Vec::new()).await;
    assert_eq!(the_field(record(received(&story, "0.00")).await), ("/amount".to_owned(), Code::NotPositive));
    let tomorrow = PaymentData { date: date("2026-03-16"), ..received(&story, "1.00") };
    assert_eq!(the_field(record(tomorrow).await), ("/date".to_owned(), Code::DateInFuture));
    let nobody = invoice_core::ClientId::from_uuid(uuid::Uuid::from_u128(77));
    let foreign = PaymentData { client: nobody, ..received(&story, "1.00") };
    assert_eq!(the_field(record(foreign).await), ("/client".to_owned(), Code::Unknown));
}

#[tokio::test]
async fn another_clients_or_currencys_invoice_is_not_settled() {
    let story = Story::new().await;
    let other = story.another_client().await;
    let theirs = Content::new(other.id(), Currency::EUR).with_line(line("1", "1", "10.00", "20"));
    let theirs = story.issue(theirs).await.unwrap();
    let dollars = Content::new(story.client.id(), Currency::USD).with_line(line("1", "1", "10.00", "20"));
    let dollars = story.issue(dollars).await.unwrap();
    let payment =
        story.billing.record_payment(&story.owner, received(&story, "10.00"), Vec::new()).await.unwrap();
    let allocate = async |parts| story.billing.allocate_payment(&story.owner, payment.id(), parts).await;
    let refused = allocate(vec![part(&theirs, "1.00")]).await;
    assert_eq!(the_field(refused), ("/allocations/0/invoice".to_owned(), Code::Inconsistent));
    let refused = allocate(vec![part(&dollars, "1.00")]).await;
    assert_eq!(the_field(refused), ("/allocations/0/amount".to_owned(), Code::MixedCurrencies));
    let one_dollar = Money::parse("1.00", Currency::USD).unwrap();
    let refused = allocate(vec![Allocation::new(dollars.id(), one_dollar)]).await;
    assert_eq!(the_field(refused), ("/allocations/0/amount".to_owned(), Code::MixedCurrencies));
    assert_eq!(the_field(allocate(Vec::new()).await), ("/allocations".to_owned(), Code::Required));
    let pay = PayData { amount: Some(one_dollar), ..PayData::default() };
    let refused = story.billing.pay_invoice(&story.owner, theirs.id(), pay).await;
    assert_eq!(the_field(refused), ("/amount".to_owned(), Code::MixedCurrencies));
}

#[tokio::test]
async fn drafts_and_void_invoices_take_no_money() {
    let story = Story::new().await;
    let payment =
        story.billing.record_payment(&story.owner, received(&story, "10.00"), Vec::new()).await.unwrap();
    let void = story.issued().await;
    story.billing.void_invoice(&story.owner, void.id(), "Typo").await.unwrap();
    for (invoice, state) in [(story.draft().await, "draft"), (void, "void")] {
        let parts = vec![part(&invoice, "1.00")];
        let refused = story.billing.allocate_payment(&story.owner, payment.id(), parts).await;
        assert_eq!(illegal(refused), (state, Action::Pay, None));
    }
    assert_eq!(payment.unallocated(), eur("10.00"), "an advance can be recorded all the same");
}

#[tokio::test]
async fn paying_more_than_is_due_is_refused_unless_allowed() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let refused = story.pay(&invoice, "120.01").await;
    assert_eq!(the_field(refused), ("/amount".to_owned(), Code::ExceedsDue));
    let data = PayData { amount: Some(eur("150.00")), allow_overpayment: true, ..PayData::default() };
    let paid = story.billing.pay_invoice(&story.owner, invoice.id(), data).await.unwrap();
    assert_eq!((paid.invoice.stored_status(), paid.invoice.allocated()), (Status::Paid, eur("120.00")));
    assert_eq!(paid.payment.unallocated(), eur("30.00"));
    assert_balances(&paid.payment);
}

#[tokio::test]
async fn a_reference_pays_once() {
    let story = Story::new().await;
    let (one, other) = (story.issued().await, story.issued().await);
    let data = PayData {
        amount: Some(eur("50.00")),
        external_reference: Some("bank-1".to_owned()),
        ..PayData::default()
    };
    let paid = story.billing.pay_invoice(&story.owner, one.id(), data.clone()).await.unwrap();
    for invoice in [&one, &other] {
        let again = story.billing.pay_invoice(&story.owner, invoice.id(), data.clone()).await;
        let what = Unique::ExternalReference;
        assert!(matches!(again, Err(Error::Duplicate { what: found }) if found == what), "{again:?}");
    }
    assert_eq!(story.reload(&one).await.allocated(), eur("50.00"));
    assert_eq!(story.reload(&other).await.allocated(), eur("0.00"));
    let found = story.billing.payment_by_reference(story.owner.actor(), "bank-1").await.unwrap();
    assert_eq!(found, paid.payment);
}

#[tokio::test]
async fn paying_an_uncollectible_invoice_in_full_clears_the_mark() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.billing.mark_invoice_uncollectible(&story.owner, invoice.id()).await.unwrap();
    let partly = story.pay(&invoice, "20.00").await.unwrap();
    assert_eq!(partly.stored_status(), Status::Uncollectible);
    story.told().await;
    let fully = story.pay(&invoice, "100.00").await.unwrap();
    assert_eq!((fully.stored_status(), fully.is_uncollectible()), (Status::Paid, false));
    let told = story.told_about(AggregateId::Invoice(invoice.id())).await;
    assert_eq!(told, ["invoice.paid", "invoice.collectible"]);
}

#[tokio::test]
async fn taking_money_back_from_an_invoice_reopens_it() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let data = PayData::default();
    let paid = story.billing.pay_invoice(&story.owner, invoice.id(), data).await.unwrap();
    story.told().await;
    let back = vec![part(&invoice, "20.00")];
    let payment = story.billing.deallocate_payment(&story.owner, paid.payment.id(), back).await.unwrap();
    assert_eq!((payment.allocated(), payment.unallocated()), (eur("100.00"), eur("20.00")));
    let open = story.reload(&invoice).await;
    assert_eq!((open.stored_status(), open.due()), (Status::PartiallyPaid, eur("20.00")));
    assert_eq!(story.told_about(AggregateId::Invoice(invoice.id())).await, ["invoice.reopened"]);

    let too_much = vec![part(&invoice, "100.01")];
    let refused = story.billing.deallocate_payment(&story.owner, payment.id(), too_much).await;
    assert_eq!(the_field(refused), ("/allocations/0/amount".to_owned(), Code::OutOfRange));
    let other = vec![part(&story.issued().await, "1.00")];
    let refused = story.billing.deallocate_payment(&story.owner, payment.id(), other).await;
    assert_eq!(the_field(refused), ("/allocations/0/amount".to_owned(), Code::OutOfRange));
}

#[tokio::test]
async fn every_change_of_what_is_allocated_is_told_about_the_invoice() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let data = PayData { amount: Some(eur("50.00")), ..PayData::default() };
    let paid = story.billing.pay_invoice(&story.owner, invoice.id(), data).await.unwrap();
    for amount in ["20.00", "30.00"] {
        story.told().await;
        let back = vec![part(&invoice, amount)];
        story.billing.deallocate_payment(&story.owner, paid.payment.id(), back).await.unwrap();
        let told = story.told_about(AggregateId::Invoice(invoice.id())).await;
        assert_eq!(told, ["invoice.updated"], "still open, and something else is due");
    }
    let trail = story.trail(AggregateId::Invoice(invoice.id())).await;
    assert!(trail.iter().all(|entry| !entry.actions.is_empty()), "{trail:?}");
}

#[tokio::test]
async fn a_refund_takes_back_what_it_needs_in_one_commit() {
    let story = Story::new().await;
    let (one, other) = (story.issued().await, story.issued().await);
    let parts = vec![part(&one, "120.00"), part(&other, "60.00")];
    let payment =
        story.billing.record_payment(&story.owner, received(&story, "200.00"), parts).await.unwrap();
    let refund = async |amount: &str| {
        story.billing.refund_payment(&story.owner, payment.id(), RefundData::new(eur(amount))).await
    };
    let after = refund("15.00").await.unwrap();
    assert_eq!((after.unallocated(), after.refunded()), (eur("5.00"), eur("15.00")));
    assert_eq!(story.reload(&other).await.allocated(), eur("60.00"));
    let after = refund("70.00").await.unwrap();
    assert_balances(&after);
    assert_eq!(story.reload(&other).await.allocated(), eur("0.00"), "the latest first");
    assert_eq!(story.reload(&one).await.due(), eur("5.00"));
    let trail = story.whole_trail().await;
    let last = trail.last().unwrap().commit;
    assert_eq!(trail.iter().filter(|entry| entry.commit == last).count(), 3);

    let refused = refund("115.01").await;
    assert_eq!(the_field(refused), ("/amount".to_owned(), Code::ExceedsUnallocated));
    assert_eq!(the_field(refund("0.00").await), ("/amount".to_owned(), Code::NotPositive));
    let after = refund("115.00").await.unwrap();
    assert_eq!(after.refunded(), after.amount());
}

#[tokio::test]
async fn a_refund_can_say_which_invoice_it_takes_from() {
    let story = Story::new().await;
    let (one, other) = (story.issued().await, story.issued().await);
    let parts = vec![part(&one, "100.00"), part(&other, "100.00")];
    let payment =
        story.billing.record_payment(&story.owner, received(&story, "200.00"), parts).await.unwrap();
    let data = RefundData {
        deallocate: vec![part(&one, "30.00")],
        reason: Some("Goodwill".to_owned()),
        ..RefundData::new(eur("30.00"))
    };
    let after = story.billing.refund_payment(&story.owner, payment.id(), data).await.unwrap();
    assert_eq!(after.refunds()[0].reason(), Some("Goodwill"));
    assert_eq!(story.reload(&one).await.allocated(), eur("70.00"));
    assert_eq!(story.reload(&other).await.allocated(), eur("100.00"));
    let early = RefundData { date: Some(date("2026-03-14")), ..RefundData::new(eur("1.00")) };
    let refused = story.billing.refund_payment(&story.owner, payment.id(), early).await;
    assert_eq!(named(refused), [("/date".to_owned(), Code::Inconsistent)]);
}

#[tokio::test]
async fn a_reversed_payment_is_taken_back_from_everything_and_is_at_its_end() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let (one, other) = (story.issued().await, story.issued().await);
    let parts = vec![part(&one, "120.00"), part(&other, "10.00")];
    let payment = billing.record_payment(owner, received(&story, "130.00"), parts.clone()).await.unwrap();
    let reason = Some("Returned direct debit".to_owned());
    let reversed = billing.reverse_payment(owner, payment.id(), reason.clone()).await.unwrap();
    assert_eq!(reversed.reversal().unwrap().reason(), reason.as_deref());
    assert!(reversed.allocations().is_empty() && reversed.unallocated().is_zero());
    for invoice in [&one, &other] {
        assert_eq!(story.reload(invoice).await.payment_state(), PaymentState::Unpaid);
    }
    let id = payment.id();
    assert_eq!(illegal(billing.reverse_payment(owner, id, None).await), ("reversed", Action::Reverse, None));
    let refused = billing.allocate_payment(owner, id, parts.clone()).await;
    assert_eq!(illegal(refused), ("reversed", Action::Allocate, None));
    let refused = billing.deallocate_payment(owner, id, parts).await;
    assert_eq!(illegal(refused), ("reversed", Action::Deallocate, None));
    let refused = billing.refund_payment(owner, id, RefundData::new(eur("1.00"))).await;
    assert_eq!(illegal(refused), ("reversed", Action::Refund, None));
}

#[tokio::test]
async fn a_payment_that_was_partly_given_back_is_not_reversed() {
    let story = Story::new().await;
    let payment =
        story.billing.record_payment(&story.owner, received(&story, "10.00"), Vec::new()).await.unwrap();
    let one = RefundData::new(eur("1.00"));
    story.billing.refund_payment(&story.owner, payment.id(), one).await.unwrap();
    let refused = illegal(story.billing.reverse_payment(&story.owner, payment.id(), None).await);
    assert_eq!(refused, ("recorded", Action::Reverse, Some(Obstacle::Refunded)));
}

#[tokio::test]
async fn a_short_payment_is_closed_by_writing_the_rest_off() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.pay(&invoice, "119.50").await.unwrap();
    let write_off = async |data| story.billing.write_off(&story.owner, invoice.id(), data).await;
    let unexplained = write_off(WriteOffData::rest(WriteOffReason::Other)).await;
    assert_eq!(the_field(unexplained), ("/note".to_owned(), Code::Required));
    let charges = WriteOffData::rest(WriteOffReason::BankCharges);
    let too_much = write_off(WriteOffData { amount: Some(eur("0.51")), ..charges.clone() }).await;
    assert_eq!(the_field(too_much), ("/amount".to_owned(), Code::ExceedsDue));
    let nothing = write_off(WriteOffData { amount: Some(eur("0.00")), ..charges.clone() }).await;
    assert_eq!(the_field(nothing), ("/amount".to_owned(), Code::NotPositive));
    let closed = write_off(charges.clone()).await.unwrap();
    assert_eq!((closed.stored_status(), closed.written_off()), (Status::Paid, eur("0.50")));
    assert_eq!(closed.write_offs()[0].date(), date("2026-03-15"));
    assert_eq!(illegal(write_off(charges).await), ("paid", Action::WriteOff, Some(Obstacle::NothingDue)));
}

/// 2 % off within ten days, on 120.00.
async fn with_discount(story: &Story) -> Invoice {
    let discount = EarlyPayment::new(10, "2".parse().unwrap());
    let terms = PaymentTerms::new(Due::Days(30)).with_early_payment(discount);
    story.issue(story.content().with_terms(terms)).await.unwrap()
}

#[tokio::test]
async fn an_early_payer_keeps_the_discount() {
    let story = Story::new().await;
    let invoice = with_discount(&story).await;
    assert_eq!(invoice.early_payment_discount(date("2026-03-25")), Some(eur("2.40")));
    assert_eq!(invoice.early_payment_discount(date("2026-03-26")), None);
    story.clock.advance_millis(10 * DAY);
    story.pay(&invoice, "117.60").await.unwrap();
    let rest = WriteOffData::rest(WriteOffReason::EarlyPayment);
    let closed = story.billing.write_off(&story.owner, invoice.id(), rest).await.unwrap();
    assert_eq!((closed.stored_status(), closed.written_off()), (Status::Paid, eur("2.40")));
}

#[tokio::test]
async fn an_early_payment_booked_late_keeps_it_too() {
    let story = Story::new().await;
    let invoice = with_discount(&story).await;
    story.clock.advance_millis(20 * DAY);
    let on = |day| Some(date(day));
    let data = PayData { amount: Some(eur("117.60")), date: on("2026-03-25"), ..PayData::default() };
    story.billing.pay_invoice(&story.owner, invoice.id(), data).await.unwrap();
    let write_off = async |day| {
        let data = WriteOffData { date: day, ..WriteOffData::rest(WriteOffReason::EarlyPayment) };
        story.billing.write_off(&story.owner, invoice.id(), data).await
    };
    assert_eq!(the_field(write_off(None).await), ("/amount".to_owned(), Code::OutOfRange));
    assert_eq!(the_field(write_off(on("2026-04-05")).await), ("/date".to_owned(), Code::DateInFuture));
    assert_eq!(the_field(write_off(on("2026-03-14")).await), ("/date".to_owned(), Code::Inconsistent));
    let closed = write_off(on("2026-03-25")).await.unwrap();
    assert_eq!((closed.stored_status(), closed.write_offs()[0].date()), (Status::Paid, date("2026-03-25")));
}

#[tokio::test]
async fn a_late_or_greedy_payer_does_not() {
    let story = Story::new().await;
    let invoice = with_discount(&story).await;
    let write_off = async |amount: &str| {
        let data =
            WriteOffData { amount: Some(eur(amount)), ..WriteOffData::rest(WriteOffReason::EarlyPayment) };
        story.billing.write_off(&story.owner, invoice.id(), data).await
    };
    assert_eq!(the_field(write_off("2.41").await), ("/amount".to_owned(), Code::OutOfRange));
    write_off("2.00").await.unwrap();
    let again = write_off("0.41").await;
    assert_eq!(the_field(again), ("/amount".to_owned(), Code::OutOfRange), "the discount is taken once");
    story.clock.advance_millis(11 * DAY);
    assert_eq!(the_field(write_off("0.40").await), ("/amount".to_owned(), Code::OutOfRange));
    let plain = story.issued().await;
    let rest = WriteOffData::rest(WriteOffReason::EarlyPayment);
    let refused = story.billing.write_off(&story.owner, plain.id(), rest).await;
    assert_eq!(the_field(refused), ("/amount".to_owned(), Code::OutOfRange), "no discount was offered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_payers_of_the_whole_amount_exactly_one_succeeds() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (billing, owner, id) = (story.billing.clone(), story.owner.clone(), invoice.id());
        let data = PayData { amount: Some(eur("120.00")), ..PayData::default() };
        tasks.spawn(async move { billing.pay_invoice(&owner, id, data).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.into_iter().filter(Result::is_err) {
        assert_eq!(illegal(refused), ("paid", Action::Pay, Some(Obstacle::NothingDue)));
    }
    let paid = story.reload(&invoice).await;
    assert_eq!((paid.allocated(), paid.stored_status()), (eur("120.00"), Status::Paid));
    let told = story.told_about(AggregateId::Invoice(invoice.id())).await;
    assert_eq!(told.iter().filter(|kind| **kind == "invoice.paid").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_part_payments_at_once_are_all_counted() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let (billing, owner, id) = (story.billing.clone(), story.owner.clone(), invoice.id());
        let data = PayData { amount: Some(eur("5.00")), ..PayData::default() };
        tasks.spawn(async move { billing.pay_invoice(&owner, id, data).await });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    assert_eq!(story.reload(&invoice).await.stored_status(), Status::Paid);
}

#[tokio::test]
async fn a_credited_part_is_not_owed_any_more() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.credit(&invoice, CreditScope::Amount(eur("100.00"))).await.unwrap();
    assert_eq!(the_field(story.pay(&invoice, "20.01").await), ("/amount".to_owned(), Code::ExceedsDue));
    assert_eq!(story.pay(&invoice, "20.00").await.unwrap().stored_status(), Status::Paid);
}

/// Reads of payments, after the first of which something else happens.
struct Overtaken {
    payments: Arc<dyn Payments>,
    then: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

#[async_trait]
impl Payments for Overtaken {
    async fn payment(&self, team: TeamId, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let payment = self.payments.payment(team, id).await;
        let then = self.then.lock().unwrap().take();
        if let Some(then) = then {
            then.await;
        }
        payment
    }

    async fn payment_by_reference(
        &self,
        team: TeamId,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError> {
        self.payments.payment_by_reference(team, reference).await
    }

    async fn payments(
        &self,
        team: TeamId,
        query: &PaymentQuery,
        page: &PageRequest,
    ) -> Result<Page<Payment>, StoreError> {
        self.payments.payments(team, query, page).await
    }
}

#[tokio::test]
async fn a_payment_is_reversed_though_a_part_was_taken_back_while_it_was_read() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let data = received(&story, "120.00");
    let parts = vec![part(&invoice, "120.00")];
    let payment = story.billing.record_payment(&story.owner, data, parts.clone()).await.unwrap();

    let (billing, owner, id) = (story.billing.clone(), story.owner.clone(), payment.id());
    let other = async move {
        billing.deallocate_payment(&owner, id, parts).await.unwrap();
    };
    let ports = story.billing.ports().clone();
    let overtaken = Overtaken { payments: ports.payments.clone(), then: Mutex::new(Some(Box::pin(other))) };
    let ports = BillingPorts { payments: Arc::new(overtaken), ..ports };
    let overtaken = Billing::new(ports, story.clock.clone(), story.ids.clone());
    let reversed = overtaken.reverse_payment(&story.owner, id, None).await.unwrap();
    assert!(reversed.reversal().is_some());
    assert_eq!(story.reload(&invoice).await.due(), eur("120.00"));
}

//! What was given up comes back: by a credit note, or because it is paid after all.

use invoice_core::change::AggregateId;
use invoice_core::service::{PayData, WriteOffData};
use invoice_core::{
    AccountingRate, Action, Code, CreditLine, CreditScope, Currency, PaymentState, Status, WriteOffReason,
};

use crate::story::{Story, date, eur, fingerprint, illegal, key, line, the_field};

#[tokio::test]
async fn crediting_a_bad_debt_leaves_nobody_owing_anything() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let bad_debt = WriteOffData::rest(WriteOffReason::BadDebt);
    story.billing.write_off(&story.owner, invoice.id(), bad_debt).await.unwrap();
    story.credit(&invoice, CreditScope::Full).await.unwrap();
    let invoice = story.reload(&invoice).await;
    assert_eq!(invoice.overpaid(), eur("0.00"));
    assert_eq!(invoice.written_off(), eur("0.00"));
    assert_eq!(invoice.payment_state(), PaymentState::NothingDue);
    assert_eq!(invoice.status(date("2026-03-15")), Status::Credited);
    let taken_back = invoice.write_offs().last().unwrap();
    assert_eq!((taken_back.amount(), taken_back.reason()), (eur("-120.00"), WriteOffReason::TakenBack));
}

#[tokio::test]
async fn a_short_payment_written_off_and_then_credited_owes_back_what_was_paid() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.pay(&invoice, "100.00").await.unwrap();
    let charges = WriteOffData::rest(WriteOffReason::BankCharges);
    story.billing.write_off(&story.owner, invoice.id(), charges).await.unwrap();
    story.credit(&invoice, CreditScope::Full).await.unwrap();
    assert_eq!(story.reload(&invoice).await.overpaid(), eur("100.00"));
}

#[tokio::test]
async fn a_bad_debt_that_is_paid_after_all_is_due_again_first() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let none = story.billing.take_back_write_off(&story.owner, invoice.id(), "A mistake").await;
    assert_eq!(illegal(none), ("issued", Action::TakeBackWriteOff, None));
    let bad_debt = WriteOffData::rest(WriteOffReason::BadDebt);
    story.billing.write_off(&story.owner, invoice.id(), bad_debt).await.unwrap();
    let open = story.billing.take_back_write_off(&story.owner, invoice.id(), "They pay").await.unwrap();
    assert_eq!(open.due(), eur("120.00"));
    let paid = story.billing.pay_invoice(&story.owner, invoice.id(), PayData::default()).await.unwrap();
    assert_eq!(paid.invoice.payment_state(), PaymentState::Paid);
    let told = story.told_about(AggregateId::Invoice(invoice.id())).await;
    assert_eq!(told[told.len() - 3..], ["invoice.write_off_reversed", "invoice.reopened", "invoice.paid"]);
}

#[tokio::test]
async fn writing_the_rest_off_clears_the_uncollectible_mark() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.billing.mark_invoice_uncollectible(&story.owner, invoice.id()).await.unwrap();
    let bad_debt = WriteOffData::rest(WriteOffReason::BadDebt);
    let settled = story.billing.write_off(&story.owner, invoice.id(), bad_debt).await.unwrap();
    assert!(!settled.is_uncollectible());
}

#[tokio::test]
async fn the_accounting_tax_of_credits_adds_up_to_the_invoices() {
    let story = Story::with_profile(|profile| profile.with_tax_currency(Currency::USD)).await;
    let rate = AccountingRate::new(Currency::USD, "0.5".parse().unwrap(), date("2026-03-01"), "ECB");
    let lines = ["1", "2", "3"].map(|id| line(id, "1", "0.05", "20"));
    let invoice = story.issue(story.content_of(lines).with_accounting_rate(rate)).await.unwrap();
    let whole = invoice.issued().unwrap().accounting().unwrap().tax_total();
    let mut parts = 0;
    for id in ["1", "2", "3"] {
        let note = story.credit(&invoice, CreditScope::Lines(vec![CreditLine::left(id)])).await.unwrap();
        parts += note.issued().unwrap().accounting().unwrap().tax_total().minor();
    }
    assert_eq!(parts, whole.minor());
}

#[tokio::test]
async fn the_reason_for_declining_is_a_bounded_text() {
    let story = Story::new().await;
    let data = invoice_core::QuoteData::new(story.content());
    let quote = story.billing.create_quote(&story.owner, data).await.unwrap();
    story.billing.issue_quote(&story.owner, quote.id()).await.unwrap();
    let refused = story.billing.decline_quote(&story.owner, quote.id(), Some("a\0b")).await;
    assert_eq!(the_field(refused), ("/reason".to_owned(), Code::NulCharacter));
}

#[tokio::test]
async fn seeing_or_handing_over_twice_changes_nothing() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let call = story.owner.clone().with_idempotency(key("view"), fingerprint(1));
    let viewed = story.billing.mark_invoice_viewed(&call, invoice.id()).await.unwrap();
    assert_eq!(story.billing.mark_invoice_viewed(&story.owner, invoice.id()).await.unwrap(), viewed);
    let handed = story.billing.mark_invoice_delivered(&story.owner, invoice.id()).await.unwrap();
    assert_eq!(story.billing.mark_invoice_delivered(&story.owner, invoice.id()).await.unwrap(), handed);
}

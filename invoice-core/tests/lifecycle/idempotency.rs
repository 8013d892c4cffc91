//! Repeated requests are answered, not done again.

use invoice_core::InvoiceData;
use invoice_core::service::{Error, PayData};

use crate::story::{Story, fingerprint, key};

#[tokio::test]
async fn a_repeated_issue_gives_the_first_answer_even_after_the_invoice_moved_on() {
    let story = Story::new().await;
    let draft = story.draft().await;
    let call = story.owner.clone().with_idempotency(key("issue-1"), fingerprint(1));
    let first = story.billing.issue_invoice(&call, draft.id()).await.unwrap();
    story.pay(&first, "20.00").await.unwrap();
    let again = story.billing.issue_invoice(&call, draft.id()).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(story.issued().await.number(), Some("INV-2026-0002"));
}

#[tokio::test]
async fn a_repeated_payment_pays_once() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let call = story.owner.clone().with_idempotency(key("pay"), fingerprint(1));
    let first = story.billing.pay_invoice(&call, invoice.id(), PayData::default()).await.unwrap();
    let again = story.billing.pay_invoice(&call, invoice.id(), PayData::default()).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(story.reload(&invoice).await.allocated(), story.reload(&invoice).await.totals().payable());
}

#[tokio::test]
async fn the_same_key_with_another_request_is_refused_and_writes_nothing() {
    let story = Story::new().await;
    let call = |byte| story.owner.clone().with_idempotency(key("create"), fingerprint(byte));
    let data = InvoiceData::new(story.content());
    let first = story.billing.create_invoice(&call(1), data.clone()).await.unwrap();
    let other = story.billing.create_invoice(&call(2), data.clone()).await;
    assert!(matches!(other, Err(Error::IdempotencyMismatch)), "{other:?}");
    let again = story.billing.create_invoice(&call(1), data).await.unwrap();
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let story = Story::new().await;
    let call = story.owner.clone().with_idempotency(key("pay"), fingerprint(1));
    let draft = story.draft().await;
    assert!(story.billing.pay_invoice(&call, draft.id(), PayData::default()).await.is_err());
    story.billing.issue_invoice(&story.owner, draft.id()).await.unwrap();
    assert!(story.billing.pay_invoice(&call, draft.id(), PayData::default()).await.is_ok());
}

/// A web framework moves futures between threads.
#[test]
fn use_cases_can_be_awaited_on_any_thread() {
    fn movable(_: impl Send) {}
    let check = |story: &Story, invoice: &invoice_core::Invoice| {
        movable(story.billing.issue_invoice(&story.owner, invoice.id()));
        movable(story.billing.pay_invoice(&story.owner, invoice.id(), PayData::default()));
        movable(story.billing.create_invoice(&story.owner, InvoiceData::new(story.content())));
    };
    let _: &dyn Fn(&Story, &invoice_core::Invoice) = &check;
}

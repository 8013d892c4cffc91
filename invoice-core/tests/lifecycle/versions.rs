//! Conditions on versions: of two editors one wins, and nobody overwrites what they have not seen.

use invoice_core::service::{Call, Error, PayData};
use invoice_core::{
    ClientData, CreditNoteData, CreditScope, Invoice, InvoiceData, Metadata, PaymentData, QuoteData,
    SupplierProfile, Version,
};

use crate::story::{Story, customer, date, eur, line, profile};

fn assert_conflict<T: std::fmt::Debug>(outcome: Result<T, Error>, expected: Version, found: Option<Version>) {
    match outcome {
        Err(Error::Conflict { expected: told, found: told_found }) => {
            assert_eq!((told, told_found), (expected, found));
        }
        other => panic!("not a conflict: {other:?}"),
    }
}

async fn edited(story: &Story) -> (Invoice, Invoice) {
    let stale = story.draft().await;
    let content = story.content_of([line("1", "2", "1.00", "20")]);
    let fresh = story.billing.update_invoice(&story.owner, stale.id(), content.into()).await.unwrap();
    (stale, fresh)
}

#[tokio::test]
async fn a_version_counts_every_write() {
    let story = Story::new().await;
    let (stale, fresh) = edited(&story).await;
    assert_eq!((stale.version(), fresh.version()), (Version::FIRST, Version::FIRST.next()));
    let issued = story.billing.issue_invoice(&story.owner, fresh.id()).await.unwrap();
    assert_eq!(issued.version(), fresh.version().next());
}

#[tokio::test]
async fn of_two_editors_who_read_the_same_version_the_second_is_refused() {
    let story = Story::new().await;
    let draft = story.draft().await;
    let call = story.owner.clone().if_version(draft.version());
    let data = |price| InvoiceData::new(story.content_of([line("1", "1", price, "20")]));
    let first = story.billing.update_invoice(&call, draft.id(), data("1.00")).await.unwrap();
    let second = story.billing.update_invoice(&call, draft.id(), data("2.00")).await;
    assert_conflict(second, draft.version(), Some(first.version()));
    assert_eq!(story.reload(&draft).await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_editors_at_once_one_wins() {
    let story = Story::new().await;
    let draft = story.draft().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (billing, id) = (story.billing.clone(), draft.id());
        let call = story.owner.clone().if_version(draft.version());
        let data = InvoiceData::new(story.content());
        tasks.spawn(async move { billing.update_invoice(&call, id, data).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(story.reload(&draft).await.version(), draft.version().next());
}

#[tokio::test]
async fn every_use_case_on_an_invoice_respects_the_version_asked_for() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let (stale, fresh) = edited(&story).await;
    let (id, found) = (stale.id(), Some(fresh.version()));
    let call: &Call = &owner.clone().if_version(stale.version());
    let expected = stale.version();
    assert_conflict(billing.delete_invoice(call, id).await, expected, found);
    assert_conflict(billing.issue_invoice(call, id).await, expected, found);
    assert_conflict(billing.annotate_invoice(call, id, None, Metadata::new()).await, expected, found);

    let issued = billing.issue_invoice(owner, id).await.unwrap();
    let found = Some(issued.version());
    assert_conflict(billing.send_invoice(call, id).await, expected, found);
    assert_conflict(billing.mark_invoice_viewed(call, id).await, expected, found);
    assert_conflict(billing.mark_invoice_delivered(call, id).await, expected, found);
    assert_conflict(billing.mark_invoice_uncollectible(call, id).await, expected, found);
    assert_conflict(billing.void_invoice(call, id, "Typo").await, expected, found);
    assert_conflict(billing.revise_invoice(call, id).await, expected, found);
    assert_conflict(billing.pay_invoice(call, id, PayData::default()).await, expected, found);
    let data = CreditNoteData::new(CreditScope::Full, "Returned");
    assert_conflict(billing.credit_invoice(call, id, data.clone()).await, expected, found);
    assert_conflict(billing.create_credit_note(call, id, data).await, expected, found);
    assert_eq!(story.reload(&issued).await, issued);
    let current = owner.clone().if_version(issued.version());
    assert!(billing.send_invoice(&current, id).await.is_ok());
}

#[tokio::test]
async fn every_other_aggregate_respects_the_version_asked_for() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let never = Version::FIRST.next().next();
    let call = &owner.clone().if_version(never);
    let first = Some(Version::FIRST);

    let client = ClientData::new(customer());
    assert_conflict(billing.update_client(call, story.client.id(), client).await, never, first);
    assert_conflict(billing.archive_client(call, story.client.id()).await, never, first);
    let quote = billing.create_quote(owner, QuoteData::new(story.content())).await.unwrap();
    let data = QuoteData::new(story.content());
    assert_conflict(billing.update_quote(call, quote.id(), data).await, never, first);
    assert_conflict(billing.issue_quote(call, quote.id()).await, never, first);
    assert_conflict(billing.delete_quote(call, quote.id()).await, never, first);
    let payment = PaymentData::new(story.client.id(), eur("1.00"), date("2026-03-15"));
    let payment = billing.record_payment(owner, payment, Vec::new()).await.unwrap();
    assert_conflict(billing.reverse_payment(call, payment.id(), None).await, never, first);
    assert_conflict(billing.set_supplier(call, profile(story.team)).await, never, first);
    let series = &billing.all_series(owner.actor()).await.unwrap()[0];
    assert_conflict(billing.archive_series(call, series.id()).await, never, first);
    let invoice = story.issued().await;
    let note = CreditNoteData::new(CreditScope::Full, "Returned");
    let note = billing.create_credit_note(owner, invoice.id(), note).await.unwrap();
    assert_conflict(billing.issue_credit_note(call, note.id()).await, never, first);
    assert_conflict(billing.delete_credit_note(call, note.id()).await, never, first);
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_at_no_version() {
    let story = Story::bare(crate::story::NOON).await;
    let call = story.owner.clone().if_version(Version::FIRST);
    let profile: SupplierProfile = profile(story.team);
    assert_conflict(story.billing.set_supplier(&call, profile).await, Version::FIRST, None);
    assert!(story.billing.supplier(story.owner.actor()).await.is_err());
}

/// Pays a part of an invoice, just before somebody else's commit.
fn a_part_payment(story: &Story, invoice: &Invoice) -> impl Future<Output = ()> + Send + use<> {
    let (billing, owner, id) = (story.billing.clone(), story.owner.clone(), invoice.id());
    async move {
        let data = PayData { amount: Some(eur("5.00")), ..PayData::default() };
        billing.pay_invoice(&owner, id, data).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_without_a_condition_is_decided_again_on_what_others_wrote() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let billing = story.meanwhile(a_part_payment(&story, &invoice));
    let paid = billing.pay_invoice(&story.owner, invoice.id(), PayData::default()).await.unwrap();
    assert_eq!((paid.payment.amount(), paid.invoice.due()), (eur("115.00"), eur("0.00")));
}

#[tokio::test]
async fn a_call_with_a_condition_is_refused_when_somebody_was_faster() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let billing = story.meanwhile(a_part_payment(&story, &invoice));
    let call = story.owner.clone().if_version(invoice.version());
    let refused = billing.pay_invoice(&call, invoice.id(), PayData::default()).await;
    assert_conflict(refused, invoice.version(), Some(invoice.version().next()));
    assert_eq!(story.reload(&invoice).await.allocated(), eur("5.00"));
}

#[tokio::test]
async fn a_condition_on_one_aggregate_is_not_broken_by_a_change_of_another() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let data = PaymentData::new(story.client.id(), eur("10.00"), date("2026-03-15"));
    let payment = story.billing.record_payment(&story.owner, data, Vec::new()).await.unwrap();
    let billing = story.meanwhile(a_part_payment(&story, &invoice));
    let call = story.owner.clone().if_version(payment.version());
    let part = invoice_core::Allocation::new(invoice.id(), eur("10.00"));
    billing.allocate_payment(&call, payment.id(), vec![part]).await.unwrap();
    assert_eq!(story.reload(&invoice).await.allocated(), eur("15.00"));
}

#[tokio::test]
async fn a_void_and_a_payment_at_once_do_not_both_happen() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let billing = story.meanwhile(a_part_payment(&story, &invoice));
    let refused = billing.void_invoice(&story.owner, invoice.id(), "Typo").await;
    let allocated = Some(invoice_core::Obstacle::Allocated);
    assert_eq!(crate::story::illegal(refused), ("partially_paid", invoice_core::Action::Void, allocated));
}

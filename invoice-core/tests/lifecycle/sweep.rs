//! What only time brings about is announced once.

use invoice_core::change::AggregateId;
use invoice_core::service::{PayData, SweepReport};
use invoice_core::{QuoteData, QuoteStatus, Status};

use crate::story::{Story, date, eur};

async fn sweep(story: &Story, day: &str) -> (u64, u64) {
    let SweepReport { overdue, expired } = story.billing.sweep(&story.owner, date(day)).await.unwrap();
    (overdue, expired)
}

#[tokio::test]
async fn an_invoice_is_announced_overdue_once_from_the_day_after_its_due_date() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.told().await;
    assert_eq!(sweep(&story, "2026-03-29").await, (0, 0));
    assert_eq!(sweep(&story, "2026-03-30").await, (1, 0));
    assert_eq!(sweep(&story, "2026-03-30").await, (0, 0));
    assert_eq!(sweep(&story, "2026-06-30").await, (0, 0));
    let told = story.told().await;
    let [event] = &told[..] else { panic!("{told:?}") };
    assert_eq!((event.kind.as_str(), event.amount), ("invoice.overdue", Some(eur("120.00"))));
    assert_eq!(
        (event.number.as_deref(), event.aggregate),
        (invoice.number(), AggregateId::Invoice(invoice.id()))
    );
}

#[tokio::test]
async fn overdue_is_derived_and_needs_no_sweep() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    assert_eq!(invoice.status(date("2026-03-30")), Status::Overdue);
    sweep(&story, "2026-03-30").await;
    let after = story.reload(&invoice).await;
    assert_eq!((after.status(date("2026-03-29")), after.stored_status()), (Status::Issued, Status::Issued));
}

#[tokio::test]
async fn drafts_paid_credited_and_void_invoices_are_never_overdue() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    story.draft().await;
    let paid = story.issued().await;
    billing.pay_invoice(owner, paid.id(), PayData::default()).await.unwrap();
    let credited = story.issued().await;
    story.credit(&credited, invoice_core::CreditScope::Full).await.unwrap();
    let void = story.issued().await;
    billing.void_invoice(owner, void.id(), "Typo").await.unwrap();
    assert_eq!(sweep(&story, "2027-01-01").await, (0, 0));
}

#[tokio::test]
async fn a_part_payment_announces_nothing_anew_and_a_reopened_invoice_may_be_overdue_again() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    assert_eq!(sweep(&story, "2026-03-30").await, (1, 0));
    story.pay(&invoice, "20.00").await.unwrap();
    assert_eq!(sweep(&story, "2026-03-31").await, (0, 0));
    let data = PayData::default();
    let rest = story.billing.pay_invoice(&story.owner, invoice.id(), data).await.unwrap();
    assert_eq!(sweep(&story, "2026-03-31").await, (0, 0));
    story.billing.reverse_payment(&story.owner, rest.payment.id(), None).await.unwrap();
    assert_eq!(sweep(&story, "2026-03-31").await, (1, 0));
    assert_eq!(sweep(&story, "2026-03-31").await, (0, 0));
}

#[tokio::test]
async fn an_open_quote_expires_once_after_its_last_day() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let data = QuoteData { valid_until: Some(date("2026-03-31")), ..QuoteData::new(story.content()) };
    let mut quotes = Vec::new();
    for _ in 0..4 {
        let draft = billing.create_quote(owner, data.clone()).await.unwrap();
        quotes.push(billing.issue_quote(owner, draft.id()).await.unwrap());
    }
    let endless = billing.create_quote(owner, QuoteData::new(story.content())).await.unwrap();
    billing.issue_quote(owner, endless.id()).await.unwrap();
    billing.create_quote(owner, data).await.unwrap();
    billing.accept_quote(owner, quotes[0].id()).await.unwrap();
    billing.decline_quote(owner, quotes[1].id(), None).await.unwrap();
    billing.send_quote(owner, quotes[2].id()).await.unwrap();
    story.told().await;
    assert_eq!(sweep(&story, "2026-03-31").await, (0, 0));
    assert_eq!(sweep(&story, "2026-04-01").await, (0, 2));
    assert_eq!(sweep(&story, "2026-04-01").await, (0, 0));
    let told = story.told().await;
    assert!(told.iter().all(|event| event.kind.as_str() == "quote.expired"));
    assert_eq!(told.len(), 2);
    let expired = billing.quote(owner.actor(), quotes[2].id()).await.unwrap();
    assert_eq!(expired.status(), QuoteStatus::Expired);
}

#[tokio::test]
async fn more_than_one_page_is_swept() {
    let story = Story::new().await;
    for _ in 0..205 {
        story.issue(story.content()).await.unwrap();
    }
    assert_eq!(sweep(&story, "2026-03-30").await, (205, 0));
    assert_eq!(sweep(&story, "2026-03-30").await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_sweeps_at_once_announce_nothing_twice() {
    let story = Story::new().await;
    for _ in 0..20 {
        story.issue(story.content()).await.unwrap();
    }
    story.told().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (billing, owner) = (story.billing.clone(), story.owner.clone());
        tasks.spawn(async move { billing.sweep(&owner, date("2026-03-30")).await.unwrap().overdue });
    }
    assert_eq!(tasks.join_all().await.iter().sum::<u64>(), 20);
    assert_eq!(story.told().await.len(), 20);
}

#[tokio::test]
async fn a_sweep_sees_its_own_team_only() {
    let story = Story::new().await;
    story.issued().await;
    let other = invoice_core::TeamId::from_uuid(uuid::Uuid::from_u128(5));
    let call = invoice_core::service::Call::new(invoice_core::Actor::system(other));
    let report = story.billing.sweep(&call, date("2027-01-01")).await.unwrap();
    assert_eq!(report, SweepReport::default());
}

#[tokio::test]
async fn an_uncollectible_invoice_is_not_announced_as_overdue() {
    let story = Story::new().await;
    let invoice = story.sent().await;
    story.billing.mark_invoice_uncollectible(&story.owner, invoice.id()).await.unwrap();
    let report = story.billing.sweep(&story.owner, date("2027-01-01")).await.unwrap();
    assert_eq!(report.overdue, 0);
    story.billing.unmark_invoice_uncollectible(&story.owner, invoice.id()).await.unwrap();
    let report = story.billing.sweep(&story.owner, date("2027-01-01")).await.unwrap();
    assert_eq!(report.overdue, 1);
}

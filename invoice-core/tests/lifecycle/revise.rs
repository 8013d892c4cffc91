//! Replacing an issued invoice by a corrected one.

use std::collections::BTreeSet;

use invoice_core::change::{AggregateId, AuditEntry};
use invoice_core::ports::{CreditNoteQuery, PageRequest};
use invoice_core::service::{PayData, WriteOffData};
use invoice_core::{Action, Code, CreditScope, Invoice, Obstacle, Status, WriteOffReason};

use crate::story::{Story, date, eur, illegal, line, the_field};

async fn replacement_of(story: &Story, original: &Invoice) -> Invoice {
    let (billing, owner) = (&story.billing, &story.owner);
    let draft = billing.revise_invoice(owner, original.id()).await.unwrap();
    let corrected = story.content_of([line("1", "1", "90.00", "20")]);
    billing.update_invoice(owner, draft.id(), corrected.into()).await.unwrap();
    billing.issue_invoice(owner, draft.id()).await.unwrap()
}

/// The entries of the commit that was made last.
async fn last_commit(story: &Story) -> Vec<AuditEntry> {
    let mut entries = story.whole_trail().await;
    let last = entries.last().unwrap().commit;
    entries.retain(|entry| entry.commit == last);
    entries
}

fn actions(entries: &[AuditEntry], subject: AggregateId) -> Vec<&'static str> {
    let of_subject = entries.iter().filter(|entry| entry.subject == subject);
    of_subject.flat_map(|entry| entry.actions.iter().map(|kind| kind.as_str())).collect()
}

#[tokio::test]
async fn nothing_happens_to_the_original_before_the_replacement_is_issued() {
    let story = Story::new().await;
    let original = story.sent().await;
    let draft = story.billing.revise_invoice(&story.owner, original.id()).await.unwrap();
    assert_eq!((draft.replaces(), draft.number()), (Some(original.id()), None));
    assert_eq!(draft.totals(), original.totals());
    assert_eq!(draft.content().issue_date(), None);
    assert_eq!(story.reload(&original).await, original);
    story.billing.delete_invoice(&story.owner, draft.id()).await.unwrap();
    assert_eq!(story.reload(&original).await, original);
}

#[tokio::test]
async fn an_undelivered_original_is_voided_in_the_same_commit() {
    let story = Story::new().await;
    let original = story.issued().await;
    let replacement = replacement_of(&story, &original).await;
    assert_eq!(replacement.number(), Some("INV-2026-0002"));
    let original = story.reload(&original).await;
    assert_eq!((original.stored_status(), original.number()), (Status::Void, Some("INV-2026-0001")));
    assert_eq!(original.replaced_by(), Some(replacement.id()));
    let commit = last_commit(&story).await;
    assert_eq!(actions(&commit, AggregateId::Invoice(replacement.id())), ["invoice.issued"]);
    let of_original = actions(&commit, AggregateId::Invoice(original.id()));
    assert_eq!(of_original, ["invoice.voided", "invoice.replaced"]);
}

#[tokio::test]
async fn a_delivered_original_is_credited_in_full_in_the_same_commit() {
    let story = Story::new().await;
    let original = story.sent().await;
    let replacement = replacement_of(&story, &original).await;
    let original = story.reload(&original).await;
    assert_eq!((original.stored_status(), original.due()), (Status::Credited, eur("0.00")));
    assert_eq!(original.replaced_by(), Some(replacement.id()));
    let query = CreditNoteQuery { invoice: Some(original.id()), ..CreditNoteQuery::default() };
    let page = PageRequest::first(10).unwrap();
    let notes = story.billing.credit_notes(story.owner.actor(), &query, &page).await.unwrap().items;
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((note.number(), note.totals().payable()), (Some("CN-2026-0001"), eur("120.00")));

    let commit = last_commit(&story).await;
    assert_eq!(actions(&commit, AggregateId::Invoice(replacement.id())), ["invoice.issued"]);
    let of_original = actions(&commit, AggregateId::Invoice(original.id()));
    assert_eq!(of_original, ["invoice.credited", "invoice.replaced"]);
    let of_note = actions(&commit, AggregateId::CreditNote(note.id()));
    assert_eq!(of_note, ["credit_note.created", "credit_note.issued"]);
    assert_eq!(commit.iter().map(|entry| entry.at).collect::<BTreeSet<_>>().len(), 1);
}

#[tokio::test]
async fn an_invoice_that_money_or_a_credit_note_touched_is_not_revised() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let paid = story.issued().await;
    story.pay(&paid, "1.00").await.unwrap();
    let refused = illegal(billing.revise_invoice(owner, paid.id()).await);
    assert_eq!(refused, ("partially_paid", Action::Revise, Some(Obstacle::Allocated)));
    let credited = story.issued().await;
    story.credit(&credited, CreditScope::Amount(eur("1.00"))).await.unwrap();
    let refused = illegal(billing.revise_invoice(owner, credited.id()).await);
    assert_eq!(refused, ("issued", Action::Revise, Some(Obstacle::Credited)));
    let given_up = story.issued().await;
    let rest = WriteOffData::rest(WriteOffReason::BadDebt);
    billing.write_off(owner, given_up.id(), rest).await.unwrap();
    let refused = illegal(billing.revise_invoice(owner, given_up.id()).await);
    assert_eq!(refused, ("paid", Action::Revise, Some(Obstacle::WrittenOff)));
}

#[tokio::test]
async fn a_payment_that_comes_in_before_the_issue_stops_the_replacement() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let original = story.sent().await;
    let draft = billing.revise_invoice(owner, original.id()).await.unwrap();
    let paid = billing.pay_invoice(owner, original.id(), PayData::default()).await.unwrap();
    let refused = illegal(billing.issue_invoice(owner, draft.id()).await);
    assert_eq!(refused, ("paid", Action::Revise, Some(Obstacle::Allocated)));
    assert_eq!(story.reload(&draft).await.number(), None);
    billing.reverse_payment(owner, paid.payment.id(), None).await.unwrap();
    let issued = billing.issue_invoice(owner, draft.id()).await.unwrap();
    assert_eq!(issued.number(), Some("INV-2026-0002"), "the refused issue took no number");
}

#[tokio::test]
async fn a_replacement_can_be_replaced() {
    let story = Story::new().await;
    let first = story.issued().await;
    let second = replacement_of(&story, &first).await;
    let second = story.billing.send_invoice(&story.owner, second.id()).await.unwrap();
    let third = replacement_of(&story, &second).await;
    assert_eq!(third.replaces(), Some(second.id()));
    assert_eq!(story.reload(&first).await.replaced_by(), Some(second.id()));
    assert_eq!(story.reload(&second).await.replaced_by(), Some(third.id()));
    let refused = illegal(story.billing.revise_invoice(&story.owner, first.id()).await);
    assert_eq!(refused, ("void", Action::Revise, None));
}

#[tokio::test]
async fn of_two_replacements_the_first_issued_wins() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    for delivered in [false, true] {
        let original = if delivered { story.sent().await } else { story.issued().await };
        let one = billing.revise_invoice(owner, original.id()).await.unwrap();
        let other = billing.revise_invoice(owner, original.id()).await.unwrap();
        billing.issue_invoice(owner, one.id()).await.unwrap();
        let refused = illegal(billing.issue_invoice(owner, other.id()).await);
        let state = if delivered { "credited" } else { "void" };
        assert_eq!((refused.0, refused.1), (state, Action::Revise));
        assert_eq!(story.reload(&original).await.replaced_by(), Some(one.id()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_replacements_issued_at_once_one_wins() {
    let story = Story::new().await;
    let original = story.sent().await;
    let mut drafts = Vec::new();
    for _ in 0..8 {
        drafts.push(story.billing.revise_invoice(&story.owner, original.id()).await.unwrap());
    }
    let mut tasks = tokio::task::JoinSet::new();
    for draft in drafts {
        let (billing, owner) = (story.billing.clone(), story.owner.clone());
        tasks.spawn(async move { billing.issue_invoice(&owner, draft.id()).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(story.reload(&original).await.credited(), eur("120.00"));
    assert_eq!(story.issued().await.number(), Some("INV-2026-0003"));
}

#[tokio::test]
async fn a_replacement_that_cannot_be_issued_leaves_the_original_as_it_was() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let original = story.sent().await;
    let draft = billing.revise_invoice(owner, original.id()).await.unwrap();
    billing.update_invoice(owner, draft.id(), story.content_of([]).into()).await.unwrap();
    let refused = billing.issue_invoice(owner, draft.id()).await;
    assert_eq!(the_field(refused), ("/lines".to_owned(), Code::NoLines));
    assert_eq!(story.reload(&original).await, original);
}

#[tokio::test]
async fn a_delivered_invoice_over_nothing_can_be_revised() {
    let story = Story::new().await;
    let gift = story.issue(story.content_of([line("1", "1", "0.00", "20")])).await.unwrap();
    let gift = story.billing.send_invoice(&story.owner, gift.id()).await.unwrap();
    let replacement = replacement_of(&story, &gift).await;
    assert_eq!(story.reload(&gift).await.replaced_by(), Some(replacement.id()));
    assert_eq!(story.reload(&gift).await.status(date("2026-03-15")), Status::Credited);
}

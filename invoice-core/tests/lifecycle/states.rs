//! Which step each state allows, what it refuses, and what is shown meanwhile.

use invoice_core::change::AggregateId;
use invoice_core::service::{Error, PayData, WriteOffData};
use invoice_core::{
    Action, ClientData, CreditScope, EventKind, Invoice, InvoiceData, Metadata, Obstacle, Party,
    PaymentState, Status, WriteOffReason,
};

use crate::story::{Story, address, date, eur, illegal, profile};

/// Each stored status, in the order of the columns below.
const STATES: [Status; 9] = [
    Status::Draft,
    Status::Issued,
    Status::Sent,
    Status::Void,
    Status::Credited,
    Status::PartiallyPaid,
    Status::Paid,
    Status::Overpaid,
    Status::Uncollectible,
];

type Cell = Result<(), Option<Obstacle>>;
const YES: Cell = Ok(());
const NO: Cell = Err(None);
const ALLOC: Cell = Err(Some(Obstacle::Allocated));
const CREDIT: Cell = Err(Some(Obstacle::Credited));
const DELIV: Cell = Err(Some(Obstacle::Delivered));
const DONE: Cell = Err(Some(Obstacle::NothingDue));

/// draft, issued, sent, void, credited, partially paid, paid, overpaid, uncollectible.
const STEPS: [(Action, [Cell; 9]); 13] = [
    (Action::Edit, [YES, NO, NO, NO, NO, NO, NO, NO, NO]),
    (Action::Delete, [YES, NO, NO, NO, NO, NO, NO, NO, NO]),
    (Action::Issue, [YES, NO, NO, NO, NO, NO, NO, NO, NO]),
    (Action::Send, [NO, YES, YES, NO, YES, YES, YES, YES, YES]),
    (Action::MarkViewed, [NO, YES, YES, NO, YES, YES, YES, YES, YES]),
    (Action::MarkDelivered, [NO, YES, YES, NO, YES, YES, YES, YES, YES]),
    (Action::Void, [NO, YES, DELIV, NO, CREDIT, ALLOC, ALLOC, ALLOC, YES]),
    (Action::Revise, [NO, YES, YES, NO, CREDIT, ALLOC, ALLOC, ALLOC, YES]),
    (Action::Credit, [NO, YES, YES, NO, CREDIT, YES, YES, YES, YES]),
    (Action::MarkUncollectible, [NO, YES, YES, NO, DONE, YES, DONE, DONE, NO]),
    (Action::UnmarkUncollectible, [NO, NO, NO, NO, NO, NO, NO, NO, YES]),
    (Action::Pay, [NO, YES, YES, NO, DONE, YES, DONE, DONE, YES]),
    (Action::WriteOff, [NO, YES, YES, NO, DONE, YES, DONE, DONE, YES]),
];

async fn bring_to(story: &Story, status: Status) -> Invoice {
    let owner = &story.owner;
    let invoice = match status {
        Status::Draft => story.draft().await,
        Status::Sent => story.sent().await,
        _ => story.issued().await,
    };
    match status {
        Status::Void => drop(story.billing.void_invoice(owner, invoice.id(), "Typo").await.unwrap()),
        Status::Credited => drop(story.credit(&invoice, CreditScope::Full).await.unwrap()),
        Status::PartiallyPaid => drop(story.pay(&invoice, "20.00").await.unwrap()),
        Status::Paid => drop(story.pay(&invoice, "120.00").await.unwrap()),
        Status::Overpaid => {
            story.pay(&invoice, "120.00").await.unwrap();
            story.credit(&invoice, CreditScope::Amount(eur("12.00"))).await.unwrap();
        }
        Status::Uncollectible => {
            story.billing.mark_invoice_uncollectible(owner, invoice.id()).await.unwrap();
        }
        _ => {}
    }
    let invoice = story.reload(&invoice).await;
    assert_eq!(invoice.stored_status(), status);
    invoice
}

async fn take(story: &Story, invoice: &Invoice, action: Action) -> Result<(), Error> {
    let (billing, owner, id) = (&story.billing, &story.owner, invoice.id());
    match action {
        Action::Edit => billing.update_invoice(owner, id, story.content().into()).await.map(drop),
        Action::Delete => billing.delete_invoice(owner, id).await,
        Action::Issue => billing.issue_invoice(owner, id).await.map(drop),
        Action::Send => billing.send_invoice(owner, id).await.map(drop),
        Action::MarkViewed => billing.mark_invoice_viewed(owner, id).await.map(drop),
        Action::MarkDelivered => billing.mark_invoice_delivered(owner, id).await.map(drop),
        Action::Void => billing.void_invoice(owner, id, "Typo").await.map(drop),
        Action::Revise => billing.revise_invoice(owner, id).await.map(drop),
        Action::Credit => story.credit(invoice, CreditScope::Full).await.map(drop),
        Action::MarkUncollectible => billing.mark_invoice_uncollectible(owner, id).await.map(drop),
        Action::UnmarkUncollectible => billing.unmark_invoice_uncollectible(owner, id).await.map(drop),
        Action::Pay => billing.pay_invoice(owner, id, PayData::default()).await.map(drop),
        Action::WriteOff => {
            let rest = WriteOffData::rest(WriteOffReason::BadDebt);
            billing.write_off(owner, id, rest).await.map(drop)
        }
        other => panic!("no use case takes {other}"),
    }
}

#[tokio::test]
async fn every_step_is_allowed_or_refused_as_the_table_of_states_says() {
    for (action, row) in STEPS {
        for (status, expected) in STATES.into_iter().zip(row) {
            let story = Story::new().await;
            let before = bring_to(&story, status).await;
            let outcome = take(&story, &before, action).await;
            match expected {
                Ok(()) => assert!(outcome.is_ok(), "{action} while {status}: {outcome:?}"),
                Err(obstacle) => {
                    let said = illegal(outcome);
                    assert_eq!(said, (status.as_str(), action, obstacle), "{action} while {status}");
                    assert_eq!(story.reload(&before).await, before, "{action} while {status}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_refused_step_can_be_told_in_words() {
    let story = Story::new().await;
    let sent = story.sent().await;
    let refused = story.billing.void_invoice(&story.owner, sent.id(), "Typo").await.unwrap_err();
    assert_eq!(refused.to_string(), "can't void while sent: it was delivered");
}

#[tokio::test]
async fn an_invoice_that_was_viewed_or_handed_over_is_not_voided_either() {
    let story = Story::new().await;
    let viewed = story.issued().await;
    story.billing.mark_invoice_viewed(&story.owner, viewed.id()).await.unwrap();
    let handed_over = story.issued().await;
    story.billing.mark_invoice_delivered(&story.owner, handed_over.id()).await.unwrap();
    for invoice in [viewed, handed_over] {
        let outcome = story.billing.void_invoice(&story.owner, invoice.id(), "Typo").await;
        assert_eq!(illegal(outcome), ("sent", Action::Void, Some(Obstacle::Delivered)));
    }
}

#[tokio::test]
async fn a_partly_written_off_invoice_is_not_voided() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let cent = WriteOffData { amount: Some(eur("0.01")), ..WriteOffData::rest(WriteOffReason::BankCharges) };
    story.billing.write_off(&story.owner, invoice.id(), cent).await.unwrap();
    let outcome = story.billing.void_invoice(&story.owner, invoice.id(), "Typo").await;
    assert_eq!(illegal(outcome), ("issued", Action::Void, Some(Obstacle::WrittenOff)));
}

#[tokio::test]
async fn voiding_takes_a_reason_and_keeps_the_number_used() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let silent = story.billing.void_invoice(&story.owner, invoice.id(), "  ").await;
    assert_eq!(crate::story::the_field(silent).0, "/reason");
    let void = story.billing.void_invoice(&story.owner, invoice.id(), "Wrong client").await.unwrap();
    assert_eq!(void.number(), Some("INV-2026-0001"));
    assert!(void.due().is_zero());
    assert_eq!(void.payment_state(), PaymentState::NothingDue);
    assert_eq!(story.issued().await.number(), Some("INV-2026-0002"));
    let entry = story.trail(AggregateId::Invoice(invoice.id())).await.pop().unwrap();
    assert_eq!(entry.reason.as_deref(), Some("Wrong client"));
}

#[tokio::test]
async fn sending_again_is_counted_and_viewing_again_is_not() {
    let story = Story::new().await;
    let invoice = story.sent().await;
    story.clock.advance_millis(1_000);
    let again = story.billing.send_invoice(&story.owner, invoice.id()).await.unwrap();
    let sent = again.sent().unwrap();
    assert_eq!((sent.count(), sent.last_at().as_millis() - sent.first_at().as_millis()), (2, 1_000));
    let viewed = story.billing.mark_invoice_viewed(&story.owner, invoice.id()).await.unwrap();
    story.clock.advance_millis(1_000);
    assert_eq!(story.billing.mark_invoice_viewed(&story.owner, invoice.id()).await.unwrap(), viewed);
}

#[tokio::test]
async fn the_first_status_that_fits_is_shown() {
    let (due, late) = (date("2026-03-29"), date("2026-03-30"));
    let story = Story::new().await;
    let draft = story.draft().await;
    assert_eq!(draft.status(late), Status::Draft);

    let invoice = story.billing.issue_invoice(&story.owner, draft.id()).await.unwrap();
    assert_eq!((invoice.status(due), invoice.status(late)), (Status::Issued, Status::Overdue));
    let invoice = story.billing.send_invoice(&story.owner, invoice.id()).await.unwrap();
    assert_eq!((invoice.status(due), invoice.status(late)), (Status::Sent, Status::Overdue));
    let invoice = story.pay(&invoice, "20.00").await.unwrap();
    assert_eq!((invoice.status(due), invoice.status(late)), (Status::PartiallyPaid, Status::Overdue));
    let invoice = story.billing.mark_invoice_uncollectible(&story.owner, invoice.id()).await.unwrap();
    assert_eq!(invoice.status(late), Status::Uncollectible);
    let invoice = story.pay(&invoice, "100.00").await.unwrap();
    assert_eq!(invoice.status(late), Status::Paid);
    story.credit(&invoice, CreditScope::Amount(eur("1.00"))).await.unwrap();
    assert_eq!(story.reload(&invoice).await.status(late), Status::Overpaid);
    story.credit(&invoice, CreditScope::Full).await.unwrap();
    assert_eq!(story.reload(&invoice).await.status(late), Status::Credited);

    let void = story.issued().await;
    let void = story.billing.void_invoice(&story.owner, void.id(), "Typo").await.unwrap();
    assert_eq!(void.status(late), Status::Void);
}

#[tokio::test]
async fn the_payment_axis_follows_what_is_settled() {
    let story = Story::new().await;
    let draft = story.draft().await;
    let axis = |invoice: &Invoice| (invoice.payment_state(), invoice.due(), invoice.overpaid());
    let zero = eur("0.00");
    assert_eq!(axis(&draft), (PaymentState::NothingDue, zero, zero));
    let invoice = story.billing.issue_invoice(&story.owner, draft.id()).await.unwrap();
    assert_eq!(axis(&invoice), (PaymentState::Unpaid, eur("120.00"), zero));
    story.credit(&invoice, CreditScope::Amount(eur("20.00"))).await.unwrap();
    let invoice = story.reload(&invoice).await;
    assert_eq!(axis(&invoice), (PaymentState::Unpaid, eur("100.00"), zero));
    let invoice = story.pay(&invoice, "60.00").await.unwrap();
    assert_eq!(axis(&invoice), (PaymentState::PartiallyPaid, eur("40.00"), zero));
    let some = WriteOffData { amount: Some(eur("15.00")), ..WriteOffData::rest(WriteOffReason::BadDebt) };
    let invoice = story.billing.write_off(&story.owner, invoice.id(), some).await.unwrap();
    assert_eq!(axis(&invoice), (PaymentState::PartiallyPaid, eur("25.00"), zero));
    let invoice = story.pay(&invoice, "25.00").await.unwrap();
    assert_eq!(axis(&invoice), (PaymentState::Paid, zero, zero));
}

#[tokio::test]
async fn a_full_credit_of_an_unpaid_invoice_leaves_nothing_due_and_nothing_paid() {
    let story = Story::new().await;
    let invoice = bring_to(&story, Status::Credited).await;
    assert_eq!(invoice.payment_state(), PaymentState::NothingDue);
    assert!(invoice.overpaid().is_zero());
}

#[tokio::test]
async fn after_the_issue_only_internal_notes_and_metadata_can_be_edited() {
    for status in STATES {
        let story = Story::new().await;
        let before = bring_to(&story, status).await;
        let notes = (Some("Call before noon".to_owned()), Metadata::new().with("order", "A-17"));
        let after = story
            .billing
            .annotate_invoice(&story.owner, before.id(), notes.0.clone(), notes.1.clone())
            .await
            .unwrap();
        assert_eq!((after.internal_notes(), after.metadata()), (notes.0.as_deref(), &notes.1), "{status}");
        assert_eq!(
            (after.content(), after.totals(), after.issued()),
            (before.content(), before.totals(), before.issued())
        );
        assert_eq!(after.recompute_hash(), after.issued().map(|issued| issued.seal().hash()), "{status}");
    }
}

#[tokio::test]
async fn issued_documents_keep_their_parties_when_these_change_later() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let moved = Party::new("Kaffeehaus Sperl Nachf.").with_address(address("DE"));
    story.billing.update_client(&story.owner, story.client.id(), ClientData::new(moved)).await.unwrap();
    let mut renamed = profile(story.team);
    renamed = invoice_core::SupplierProfile::new(story.team, Party::new("Other GmbH"), renamed.time_zone());
    story.billing.set_supplier(&story.owner, renamed).await.unwrap();
    let note = story.credit(&invoice, CreditScope::Full).await.unwrap();
    for issued in [story.reload(&invoice).await.issued().unwrap(), note.issued().unwrap()] {
        assert_eq!(issued.supplier().name(), "Rösterei Blau GmbH");
        assert_eq!(issued.customer().name(), "Kaffeehaus Sperl KG");
        assert_eq!(issued.customer().address().unwrap().country().code(), "AT");
    }
}

#[tokio::test]
async fn a_draft_has_no_number_and_shows_what_it_would_come_to() {
    let story = Story::new().await;
    let draft = story.draft().await;
    assert_eq!((draft.number(), draft.totals().payable()), (None, eur("120.00")));
    let more = story.content_of([crate::story::line("1", "2", "100.00", "20")]);
    let draft = story.billing.update_invoice(&story.owner, draft.id(), more.into()).await.unwrap();
    assert_eq!((draft.number(), draft.totals().payable()), (None, eur("240.00")));
    story.billing.delete_invoice(&story.owner, draft.id()).await.unwrap();
    let gone = story.billing.invoice(story.owner.actor(), draft.id()).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
}

#[tokio::test]
async fn marking_and_unmarking_uncollectible_changes_nothing_else() {
    let story = Story::new().await;
    let sent = story.sent().await;
    let marked = story.billing.mark_invoice_uncollectible(&story.owner, sent.id()).await.unwrap();
    assert_eq!((marked.due(), marked.payment_state()), (eur("120.00"), PaymentState::Unpaid));
    let unmarked = story.billing.unmark_invoice_uncollectible(&story.owner, sent.id()).await.unwrap();
    assert_eq!(unmarked.stored_status(), Status::Sent);
    let told = story.told_about(AggregateId::Invoice(sent.id())).await;
    let [.., marked, unmarked] = told[..] else { panic!("{told:?}") };
    assert_eq!(
        [marked, unmarked],
        [EventKind::InvoiceUncollectible.as_str(), EventKind::InvoiceCollectible.as_str()]
    );
}

#[tokio::test]
async fn a_client_with_documents_is_archived_and_not_deleted() {
    let story = Story::new().await;
    let unused = story.another_client().await;
    story.billing.delete_client(&story.owner, unused.id()).await.unwrap();
    let draft = story.draft().await;
    let refused = story.billing.delete_client(&story.owner, story.client.id()).await;
    assert!(matches!(refused, Err(Error::InUse)), "{refused:?}");
    story.billing.delete_invoice(&story.owner, draft.id()).await.unwrap();
    let client = story.billing.archive_client(&story.owner, story.client.id()).await.unwrap();
    assert!(client.is_archived());
    let refused = story.billing.create_invoice(&story.owner, InvoiceData::new(story.content())).await;
    assert_eq!(crate::story::the_field(refused).0, "/client");
    let twice = story.billing.archive_client(&story.owner, story.client.id()).await;
    assert_eq!(illegal(twice), ("archived", Action::Archive, None));
    story.billing.restore_client(&story.owner, story.client.id()).await.unwrap();
    let twice = story.billing.restore_client(&story.owner, story.client.id()).await;
    assert_eq!(illegal(twice), ("active", Action::Restore, None));
    story.draft().await;
}

//! Credit notes: in full, by line, by quantity, by amount; the parts always add up.

use invoice_core::change::AggregateId;
use invoice_core::line::{Adjustment, DocumentAdjustment};
use invoice_core::service::{Error, WriteOffData};
use invoice_core::totals::PriceMode;
use invoice_core::{
    Action, Code, CreditLine, CreditNote, CreditNoteData, CreditNoteStatus, CreditScope, Currency, Invoice,
    InvoiceData, InvoiceKind, Metadata, Money, Note, Obstacle, PaymentState, Status, WriteOffReason,
};

use crate::story::{Story, date, eur, illegal, line, the_field};

/// Odd cents under two rates, and a discount on the whole that no line divides evenly.
async fn awkward(story: &Story) -> Invoice {
    let discount = DocumentAdjustment::new(Adjustment::fixed(eur("9.99")));
    let lines = [line("a", "3", "33.33", "20"), line("b", "7", "1.43", "10"), line("c", "1", "0.05", "20")];
    story.issue(story.content_of(lines).with_allowance(discount)).await.unwrap()
}

fn sum(notes: &[CreditNote], figure: impl Fn(&CreditNote) -> Money) -> Money {
    Money::checked_sum(notes.iter().map(figure), Currency::EUR).unwrap()
}

/// The notes together are the invoice: payable, net, tax, and both figures of each group.
fn assert_adds_up(invoice: &Invoice, notes: &[CreditNote]) {
    let totals = invoice.totals();
    assert_eq!(sum(notes, |note| note.totals().payable()), totals.payable());
    assert_eq!(sum(notes, |note| note.totals().tax_exclusive()), totals.tax_exclusive());
    assert_eq!(sum(notes, |note| note.totals().tax_total()), totals.tax_total());
    for group in totals.breakdown() {
        let rows = |note: &CreditNote| {
            let row = note.totals().breakdown().iter().find(|row| row.rate() == group.rate()).cloned();
            row.map_or((eur("0.00"), eur("0.00")), |row| (row.taxable(), row.tax()))
        };
        assert_eq!(sum(notes, |note| rows(note).0), group.taxable(), "{}", group.rate());
        assert_eq!(sum(notes, |note| rows(note).1), group.tax(), "{}", group.rate());
    }
}

#[tokio::test]
async fn a_full_credit_mirrors_the_invoice_in_positive_amounts() {
    let story = Story::new().await;
    let invoice = awkward(&story).await;
    let note = story.credit(&invoice, CreditScope::Full).await.unwrap();
    assert_adds_up(&invoice, std::slice::from_ref(&note));
    assert_eq!(note.number(), Some("CN-2026-0001"));
    assert_eq!(note.type_code(), "381");
    assert_eq!(note.preceding().number(), "INV-2026-0001");
    assert_eq!(note.preceding().issue_date(), Some(date("2026-03-15")));
    let invoice = story.reload(&invoice).await;
    assert!(invoice.is_fully_credited());
    assert_eq!((invoice.stored_status(), invoice.due()), (Status::Credited, eur("0.00")));
}

#[tokio::test]
async fn parts_credited_in_every_way_add_up_to_the_invoice() {
    let story = Story::new().await;
    let invoice = awkward(&story).await;
    let mut notes = Vec::new();
    for scope in [
        CreditScope::Lines(vec![CreditLine::quantity("a", "1".parse().unwrap())]),
        CreditScope::Amount(eur("0.01")),
        CreditScope::Lines(vec![CreditLine::net("b", eur("0.03")), CreditLine::left("c")]),
        CreditScope::Amount(eur("17.77")),
        CreditScope::Lines(vec![CreditLine::quantity("b", "3".parse().unwrap())]),
        CreditScope::Full,
    ] {
        notes.push(story.credit(&invoice, scope).await.unwrap());
    }
    assert_adds_up(&invoice, &notes);
    let credited = story.reload(&invoice).await;
    assert_eq!(credited.credited(), invoice.totals().payable());
    assert!(credited.is_fully_credited());
}

#[tokio::test]
async fn an_amount_is_credited_to_the_cent() {
    let story = Story::new().await;
    let invoice = awkward(&story).await;
    for amount in ["0.01", "0.02", "1.00", "33.33", "19.99"] {
        let note = story.credit(&invoice, CreditScope::Amount(eur(amount))).await.unwrap();
        assert_eq!(note.totals().payable(), eur(amount));
    }
    let left = invoice.totals().payable().checked_sub(eur("54.35")).unwrap();
    assert_eq!(story.reload(&invoice).await.due(), left);
}

#[tokio::test]
async fn thirds_of_a_line_by_quantity_add_up_to_it() {
    let story = Story::new().await;
    let invoice = story.issue(story.content_of([line("1", "3", "0.335", "20")])).await.unwrap();
    let one = || CreditScope::Lines(vec![CreditLine::quantity("1", "1".parse().unwrap())]);
    let mut notes = Vec::new();
    for _ in 0..3 {
        notes.push(story.credit(&invoice, one()).await.unwrap());
    }
    assert_adds_up(&invoice, &notes);
    assert!(story.reload(&invoice).await.is_fully_credited());
}

#[tokio::test]
async fn prices_with_tax_are_credited_with_their_tax() {
    let story = Story::new().await;
    let content = story.content_of([line("1", "3", "9.99", "20"), line("2", "1", "4.99", "10")]);
    let invoice = story.issue(content.with_prices(PriceMode::TaxInclusive)).await.unwrap();
    assert_eq!(invoice.totals().payable(), eur("34.96"));
    let mut notes = vec![story.credit(&invoice, CreditScope::Amount(eur("11.11"))).await.unwrap()];
    notes.push(story.credit(&invoice, CreditScope::Lines(vec![CreditLine::left("2")])).await.unwrap());
    notes.push(story.credit(&invoice, CreditScope::Full).await.unwrap());
    assert_adds_up(&invoice, &notes);
}

#[tokio::test]
async fn more_than_is_left_is_not_credited() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let refused = story.credit(&invoice, CreditScope::Amount(eur("120.01"))).await;
    assert_eq!(the_field(refused), ("/scope/amount".to_owned(), Code::CreditExceedsRemaining));
    story.credit(&invoice, CreditScope::Amount(eur("60.00"))).await.unwrap();
    let refused = story.credit(&invoice, CreditScope::Amount(eur("60.01"))).await;
    assert_eq!(the_field(refused), ("/scope/amount".to_owned(), Code::CreditExceedsRemaining));
    let too_much = CreditScope::Lines(vec![CreditLine::net("1", eur("50.01"))]);
    let refused = story.credit(&invoice, too_much).await;
    assert_eq!(the_field(refused).1, Code::CreditExceedsRemaining);
    assert_eq!(story.reload(&invoice).await.credited(), eur("60.00"));
}

#[tokio::test]
async fn nothing_less_than_nothing_and_foreign_money_are_not_credited() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    for amount in ["0.00", "-1.00"] {
        let refused = story.credit(&invoice, CreditScope::Amount(eur(amount))).await;
        assert_eq!(the_field(refused), ("/scope/amount".to_owned(), Code::NotPositive));
    }
    let dollars = Money::parse("1.00", Currency::USD).unwrap();
    let refused = story.credit(&invoice, CreditScope::Amount(dollars)).await;
    assert_eq!(the_field(refused), ("/scope/amount".to_owned(), Code::MixedCurrencies));
    let refused = story.credit(&invoice, CreditScope::Lines(Vec::new())).await;
    assert_eq!(the_field(refused).1, Code::NotPositive);
    let unknown = CreditScope::Lines(vec![CreditLine::left("9")]);
    assert_eq!(the_field(story.credit(&invoice, unknown).await).1, Code::Unknown);
    let twice = CreditScope::Lines(vec![CreditLine::left("1"), CreditLine::left("1")]);
    assert_eq!(the_field(story.credit(&invoice, twice).await).1, Code::Repeated);
}

#[tokio::test]
async fn a_credit_note_says_why() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let silent = CreditNoteData::new(CreditScope::Full, " ");
    let refused = story.billing.credit_invoice(&story.owner, invoice.id(), silent).await;
    assert_eq!(the_field(refused), ("/reason".to_owned(), Code::Required));
}

#[tokio::test]
async fn crediting_a_paid_invoice_makes_it_overpaid() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.pay(&invoice, "120.00").await.unwrap();
    story.told().await;
    story.credit(&invoice, CreditScope::Amount(eur("24.00"))).await.unwrap();
    let after = story.reload(&invoice).await;
    assert_eq!((after.payment_state(), after.overpaid()), (PaymentState::Overpaid, eur("24.00")));
    let told = story.told_about(AggregateId::Invoice(invoice.id())).await;
    assert_eq!(told, ["invoice.credited", "invoice.overpaid"]);
}

#[tokio::test]
async fn crediting_the_rest_of_a_partly_paid_invoice_settles_it() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.pay(&invoice, "100.00").await.unwrap();
    story.told().await;
    story.credit(&invoice, CreditScope::Amount(eur("20.00"))).await.unwrap();
    assert_eq!(story.reload(&invoice).await.stored_status(), Status::Paid);
    let told = story.told_about(AggregateId::Invoice(invoice.id())).await;
    assert_eq!(told, ["invoice.credited", "invoice.paid"]);
}

#[tokio::test]
async fn a_draft_credit_note_counts_only_from_its_issue() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let invoice = story.issued().await;
    let half = CreditNoteData::new(CreditScope::Amount(eur("60.00")), "Returned");
    let draft = billing.create_credit_note(owner, invoice.id(), half).await.unwrap();
    assert_eq!((draft.number(), draft.status()), (None, CreditNoteStatus::Draft));
    assert_eq!(story.reload(&invoice).await, invoice);

    // Meanwhile the rest gets smaller: the draft's preview no longer fits.
    story.credit(&invoice, CreditScope::Amount(eur("70.00"))).await.unwrap();
    let refused = billing.issue_credit_note(owner, draft.id()).await;
    assert_eq!(the_field(refused), ("/scope/amount".to_owned(), Code::CreditExceedsRemaining));
    let less = CreditNoteData::new(CreditScope::Full, "Returned");
    let draft = billing.update_credit_note(owner, draft.id(), less).await.unwrap();
    assert_eq!(draft.totals().payable(), eur("50.00"));
    let issued = billing.issue_credit_note(owner, draft.id()).await.unwrap();
    assert_eq!((issued.number(), issued.status()), (Some("CN-2026-0002"), CreditNoteStatus::Issued));
    let sent = billing.send_credit_note(owner, issued.id()).await.unwrap();
    assert_eq!(sent.status(), CreditNoteStatus::Sent);
    assert!(story.reload(&invoice).await.is_fully_credited());
}

#[tokio::test]
async fn an_issued_credit_note_is_neither_edited_nor_deleted_nor_issued_again() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let invoice = story.issued().await;
    let data = CreditNoteData::new(CreditScope::Amount(eur("1.00")), "Returned");
    let draft = billing.create_credit_note(owner, invoice.id(), data.clone()).await.unwrap();
    assert_eq!(illegal(billing.send_credit_note(owner, draft.id()).await), ("draft", Action::Send, None));
    let note = billing.issue_credit_note(owner, draft.id()).await.unwrap();
    let edited = billing.update_credit_note(owner, note.id(), data.clone()).await;
    assert_eq!(illegal(edited), ("issued", Action::Edit, None));
    assert_eq!(illegal(billing.delete_credit_note(owner, note.id()).await), ("issued", Action::Delete, None));
    assert_eq!(illegal(billing.issue_credit_note(owner, note.id()).await), ("issued", Action::Issue, None));

    let draft = billing.create_credit_note(owner, invoice.id(), data).await.unwrap();
    billing.delete_credit_note(owner, draft.id()).await.unwrap();
    let gone = billing.credit_note(owner.actor(), draft.id()).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
}

#[tokio::test]
async fn an_issued_credit_note_keeps_its_internal_notes_and_metadata_editable() {
    let story = Story::new().await;
    let note = story.credit(&story.issued().await, CreditScope::Full).await.unwrap();
    let metadata = Metadata::new().with("order", "A-17");
    let annotate = async |notes: &str| {
        let notes = Some(notes.to_owned());
        story.billing.annotate_credit_note(&story.owner, note.id(), notes, metadata.clone()).await
    };
    let after = annotate("Call before noon").await.unwrap();
    assert_eq!(after.data().internal_notes.as_deref(), Some("Call before noon"));
    assert_eq!(after.data().metadata, metadata);
    assert_eq!(after.recompute_hash(), note.recompute_hash());
    assert_eq!(the_field(annotate("a\0b").await), ("/internal_notes".to_owned(), Code::NulCharacter));
}

#[tokio::test]
async fn a_draft_or_void_invoice_is_not_credited_not_even_by_a_waiting_draft() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let draft = story.draft().await;
    let refused = story.credit(&draft, CreditScope::Full).await;
    assert_eq!(illegal(refused), ("draft", Action::Credit, None));
    let invoice = story.issued().await;
    let data = CreditNoteData::new(CreditScope::Full, "Returned");
    let waiting = billing.create_credit_note(owner, invoice.id(), data.clone()).await.unwrap();
    billing.void_invoice(owner, invoice.id(), "Typo").await.unwrap();
    let refused = billing.issue_credit_note(owner, waiting.id()).await;
    assert_eq!(illegal(refused), ("void", Action::Credit, None));
    let refused = billing.create_credit_note(owner, invoice.id(), data).await;
    assert_eq!(illegal(refused), ("void", Action::Credit, None));
}

#[tokio::test]
async fn an_uncollectible_or_written_off_invoice_can_still_be_credited() {
    let story = Story::new().await;
    let lost = story.issued().await;
    story.billing.mark_invoice_uncollectible(&story.owner, lost.id()).await.unwrap();
    story.credit(&lost, CreditScope::Amount(eur("20.00"))).await.unwrap();
    let lost = story.reload(&lost).await;
    assert_eq!((lost.stored_status(), lost.due()), (Status::Uncollectible, eur("100.00")));
    let rest = WriteOffData::rest(WriteOffReason::BadDebt);
    story.billing.write_off(&story.owner, lost.id(), rest).await.unwrap();
    story.credit(&lost, CreditScope::Full).await.unwrap();
    assert!(story.reload(&lost).await.is_fully_credited());
}

#[tokio::test]
async fn a_delivered_invoice_over_nothing_can_be_cancelled_too() {
    let story = Story::new().await;
    let gift = DocumentAdjustment::new(Adjustment::percent("100".parse().unwrap()));
    for content in [story.content().with_allowance(gift), story.content_of([line("1", "1", "0.00", "20")])] {
        let invoice = story.issue(content).await.unwrap();
        story.billing.send_invoice(&story.owner, invoice.id()).await.unwrap();
        let note = story.credit(&invoice, CreditScope::Full).await.unwrap();
        assert!(note.totals().payable().is_zero());
        let invoice = story.reload(&invoice).await;
        assert_eq!(invoice.stored_status(), Status::Credited);
        let twice = story.credit(&invoice, CreditScope::Full).await;
        assert_eq!(illegal(twice), ("credited", Action::Credit, Some(Obstacle::Credited)));
    }
}

#[tokio::test]
async fn a_self_billed_invoice_is_credited_by_a_self_billed_credit_note() {
    let story = Story::new().await;
    let content = story.content().with_note(Note::new("Self-billing"));
    let data = InvoiceData { kind: InvoiceKind::SelfBilled, ..InvoiceData::new(content) };
    let invoice = story.issue(data).await.unwrap();
    let note = story.credit(&invoice, CreditScope::Full).await.unwrap();
    assert_eq!(note.type_code(), "261");
}

#[tokio::test]
async fn a_credit_note_is_not_dated_before_its_invoice() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let on = |day| CreditNoteData {
        issue_date: Some(date(day)),
        ..CreditNoteData::new(CreditScope::Full, "Returned")
    };
    let refused = story.billing.credit_invoice(&story.owner, invoice.id(), on("2026-03-14")).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::Inconsistent));
    let refused = story.billing.credit_invoice(&story.owner, invoice.id(), on("2026-03-16")).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::DateInFuture));
    story.billing.credit_invoice(&story.owner, invoice.id(), on("2026-03-15")).await.unwrap();
}

#[tokio::test]
async fn what_an_archived_client_owes_can_be_corrected() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    story.billing.archive_client(&story.owner, story.client.id()).await.unwrap();
    assert!(story.credit(&invoice, CreditScope::Full).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_creditors_at_once_never_credit_more_than_the_invoice() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (billing, owner, id) = (story.billing.clone(), story.owner.clone(), invoice.id());
        let data = CreditNoteData::new(CreditScope::Amount(eur("30.00")), "Returned");
        tasks.spawn(async move { billing.credit_invoice(&owner, id, data).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 4);
    assert!(story.reload(&invoice).await.is_fully_credited());
}

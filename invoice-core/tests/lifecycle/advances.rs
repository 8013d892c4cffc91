//! Advance invoices, and the final invoice that deducts them once.

use invoice_core::service::PayData;
use invoice_core::totals::AdvanceDeduction;
use invoice_core::{
    Action, Code, Content, CreditScope, Currency, Invoice, InvoiceData, InvoiceId, InvoiceKind, Obstacle,
    Status,
};
use uuid::Uuid;

use crate::story::{Story, eur, illegal, line, named, the_field};

/// 300.00 at 20 % and 100.00 at 10 %: 470.00 with tax.
fn work(story: &Story) -> Content {
    story.content_of([line("1", "1", "300.00", "20"), line("2", "1", "100.00", "10")])
}

async fn final_invoice(story: &Story, advances: &[&Invoice]) -> Invoice {
    let content = advances.iter().fold(work(story), |content, advance| content.with_advance(advance.id()));
    story.issue(content).await.unwrap()
}

const NOT_DEDUCTIBLE: Code = Code::AdvanceNotDeductible;

#[tokio::test]
async fn a_final_invoice_deducts_the_advances_in_their_own_tax_groups() {
    let story = Story::new().await;
    let (first, second) = (story.advance("100.00", "20").await, story.advance("40.00", "10").await);
    assert_eq!(first.kind().type_code(), "386");
    let last = final_invoice(&story, &[&first, &second]).await;
    assert!(last.is_final());
    assert_eq!(last.totals().payable(), eur("306.00"));
    let groups: Vec<_> = last
        .totals()
        .breakdown()
        .iter()
        .map(|row| (row.taxable_after_advances(), row.tax_after_advances()))
        .collect();
    assert_eq!(groups, [(eur("60.00"), eur("6.00")), (eur("200.00"), eur("40.00"))]);
    let deducted: Vec<_> = last.issued().unwrap().advances().iter().map(AdvanceDeduction::document).collect();
    assert_eq!(deducted, [first.number().unwrap(), second.number().unwrap()]);
    assert_eq!(story.reload(&first).await.deducted_in(), Some(last.id()));
}

#[tokio::test]
async fn an_advance_is_deducted_once() {
    let story = Story::new().await;
    let advance = story.advance("100.00", "20").await;
    final_invoice(&story, &[&advance]).await;
    let again = story.issue(work(&story).with_advance(advance.id())).await;
    assert_eq!(the_field(again), ("/advances/0".to_owned(), NOT_DEDUCTIBLE));
    let twice = work(&story).with_advance(advance.id()).with_advance(advance.id());
    assert_eq!(the_field(story.issue(twice).await), ("/advances/1".to_owned(), Code::Repeated));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_final_invoices_at_once_do_not_share_an_advance() {
    let story = Story::new().await;
    let advance = story.advance("100.00", "20").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (billing, owner) = (story.billing.clone(), story.owner.clone());
        let data = InvoiceData::new(work(&story).with_advance(advance.id()));
        tasks.spawn(async move { billing.create_and_issue_invoice(&owner, data).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.into_iter().filter(Result::is_err) {
        assert_eq!(the_field(refused).1, NOT_DEDUCTIBLE);
    }
}

#[tokio::test]
async fn only_issued_advance_invoices_of_the_same_client_and_currency_are_deducted() {
    let story = Story::new().await;
    let refused = async |id: InvoiceId| named(story.issue(work(&story).with_advance(id)).await);
    let wanted = [("/advances/0".to_owned(), NOT_DEDUCTIBLE)];

    let (standard, draft) = (story.issued().await, story.draft().await);
    assert_eq!(refused(standard.id()).await, wanted);
    assert_eq!(refused(draft.id()).await, wanted);
    assert_eq!(refused(InvoiceId::from_uuid(Uuid::from_u128(404))).await, wanted);

    let advance = |content| InvoiceData { kind: InvoiceKind::Advance, ..InvoiceData::new(content) };
    let unissued = story.billing.create_invoice(&story.owner, advance(story.content())).await.unwrap();
    assert_eq!(refused(unissued.id()).await, wanted);
    let other = Content::new(story.another_client().await.id(), Currency::EUR);
    let other = story.issue(advance(other.with_line(line("1", "1", "10.00", "20")))).await.unwrap();
    assert_eq!(refused(other.id()).await, wanted);
    let dollars = Content::new(story.client.id(), Currency::USD).with_line(line("1", "1", "10.00", "20"));
    let dollars = story.issue(advance(dollars)).await.unwrap();
    assert_eq!(refused(dollars.id()).await, wanted);

    let void = story.advance("10.00", "20").await;
    story.billing.void_invoice(&story.owner, void.id(), "Typo").await.unwrap();
    assert_eq!(refused(void.id()).await, wanted);
    let credited = story.advance("10.00", "20").await;
    story.credit(&credited, CreditScope::Amount(eur("1.00"))).await.unwrap();
    assert_eq!(refused(credited.id()).await, wanted);
}

#[tokio::test]
async fn an_advance_larger_than_the_work_or_taxed_otherwise_is_refused() {
    let story = Story::new().await;
    let large = story.advance("500.00", "20").await;
    let refused = the_field(story.issue(work(&story).with_advance(large.id())).await);
    assert_eq!(refused, ("/advances/0/net".to_owned(), NOT_DEDUCTIBLE));
    let wide = story.advance("110.00", "10").await;
    let refused = the_field(story.issue(work(&story).with_advance(wide.id())).await);
    assert_eq!(refused, ("/advances/0/rows/0/taxable".to_owned(), NOT_DEDUCTIBLE));
    let foreign = story.advance("10.00", "13").await;
    let refused = the_field(story.issue(work(&story).with_advance(foreign.id())).await);
    assert_eq!(refused, ("/advances/0/rows/0".to_owned(), NOT_DEDUCTIBLE));
}

#[tokio::test]
async fn an_advance_invoice_deducts_no_advance() {
    let story = Story::new().await;
    let advance = story.advance("10.00", "20").await;
    let data = InvoiceData {
        kind: InvoiceKind::Advance,
        ..InvoiceData::new(story.content().with_advance(advance.id()))
    };
    assert_eq!(the_field(story.issue(data).await), ("/advances".to_owned(), Code::Inconsistent));
}

#[tokio::test]
async fn a_deducted_advance_is_neither_voided_nor_revised_nor_credited() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let advance = story.advance("100.00", "20").await;
    final_invoice(&story, &[&advance]).await;
    let deducted = Some(Obstacle::Deducted);
    let refused = billing.void_invoice(owner, advance.id(), "Typo").await;
    assert_eq!(illegal(refused), ("issued", Action::Void, deducted));
    let refused = billing.revise_invoice(owner, advance.id()).await;
    assert_eq!(illegal(refused), ("issued", Action::Revise, deducted));
    let refused = story.credit(&advance, CreditScope::Full).await;
    assert_eq!(illegal(refused), ("issued", Action::Credit, deducted));
    assert!(billing.pay_invoice(owner, advance.id(), PayData::default()).await.is_ok(), "it is still owed");
}

#[tokio::test]
async fn voiding_the_final_invoice_sets_its_advances_free() {
    let story = Story::new().await;
    let advance = story.advance("100.00", "20").await;
    let last = final_invoice(&story, &[&advance]).await;
    story.billing.void_invoice(&story.owner, last.id(), "Typo").await.unwrap();
    assert_eq!(story.reload(&advance).await.deducted_in(), None);
    let next = final_invoice(&story, &[&advance]).await;
    assert_eq!(story.reload(&advance).await.deducted_in(), Some(next.id()));
}

#[tokio::test]
async fn crediting_the_final_invoice_sets_its_advances_free_once_all_is_credited() {
    let story = Story::new().await;
    let advance = story.advance("100.00", "20").await;
    let last = final_invoice(&story, &[&advance]).await;
    assert_eq!(last.totals().payable(), eur("350.00"));
    story.credit(&last, CreditScope::Amount(eur("100.00"))).await.unwrap();
    assert_eq!(story.reload(&advance).await.deducted_in(), Some(last.id()));
    let note = story.credit(&last, CreditScope::Full).await.unwrap();
    assert_eq!(note.totals().payable(), eur("250.00"), "the advance itself is not credited");
    assert_eq!(story.reload(&advance).await.deducted_in(), None);
    assert!(story.credit(&advance, CreditScope::Full).await.is_ok());
}

#[tokio::test]
async fn a_final_invoice_whose_advances_cover_everything_is_settled_and_can_be_cancelled() {
    let story = Story::new().await;
    let all = [story.advance("300.00", "20").await, story.advance("100.00", "10").await];
    let last = final_invoice(&story, &[&all[0], &all[1]]).await;
    assert_eq!((last.totals().payable(), last.stored_status()), (eur("0.00"), Status::Paid));
    story.billing.send_invoice(&story.owner, last.id()).await.unwrap();
    story.credit(&last, CreditScope::Full).await.unwrap();
    assert_eq!(story.reload(&last).await.stored_status(), Status::Credited);
    for advance in all {
        assert_eq!(story.reload(&advance).await.deducted_in(), None);
    }
}

#[tokio::test]
async fn a_revised_final_invoice_takes_its_advances_along_or_lets_them_go() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    for delivered in [false, true] {
        let (kept, dropped) = (story.advance("100.00", "20").await, story.advance("40.00", "10").await);
        let last = final_invoice(&story, &[&kept, &dropped]).await;
        if delivered {
            billing.send_invoice(owner, last.id()).await.unwrap();
        }
        let draft = billing.revise_invoice(owner, last.id()).await.unwrap();
        let content = work(&story).with_advance(kept.id());
        billing.update_invoice(owner, draft.id(), content.into()).await.unwrap();
        let issued = billing.issue_invoice(owner, draft.id()).await.unwrap();
        assert_eq!(issued.totals().payable(), eur("350.00"));
        assert_eq!(story.reload(&kept).await.deducted_in(), Some(issued.id()));
        assert_eq!(story.reload(&dropped).await.deducted_in(), None);
    }
}

#[tokio::test]
async fn a_revised_advance_can_be_deducted_and_its_original_not() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let wrong = story.advance("100.00", "20").await;
    let draft = billing.revise_invoice(owner, wrong.id()).await.unwrap();
    assert_eq!(draft.kind(), InvoiceKind::Advance);
    let right = billing.issue_invoice(owner, draft.id()).await.unwrap();
    let refused = story.issue(work(&story).with_advance(wrong.id())).await;
    assert_eq!(the_field(refused), ("/advances/0".to_owned(), NOT_DEDUCTIBLE));
    final_invoice(&story, &[&right]).await;
}

#[tokio::test]
async fn a_draft_shows_what_its_advances_leave_to_pay() {
    let story = Story::new().await;
    let advance = story.advance("30.00", "20").await;
    let content = work(&story).with_advance(advance.id());
    let draft = story.billing.create_invoice(&story.owner, InvoiceData::new(content)).await.unwrap();
    let issued = story.billing.issue_invoice(&story.owner, draft.id()).await.unwrap();
    assert_eq!(draft.totals(), issued.totals());
    assert!(draft.totals().advance_total().is_positive());
}

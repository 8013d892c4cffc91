//! Offers: quotes that become an invoice once, and pro-forma invoices that are never owed.

use invoice_core::change::AggregateId;
use invoice_core::service::Error;
use invoice_core::{
    Action, Code, DocumentType, InvoiceData, Metadata, Obstacle, Quote, QuoteData, QuoteKind, QuoteStatus,
};

use crate::story::{DAY, Story, date, eur, illegal, line, the_field};

fn offer(story: &Story) -> QuoteData {
    QuoteData { valid_until: Some(date("2026-03-31")), ..QuoteData::new(story.content()) }
}

async fn drafted(story: &Story) -> Quote {
    story.billing.create_quote(&story.owner, offer(story)).await.unwrap()
}

async fn issued(story: &Story) -> Quote {
    let draft = drafted(story).await;
    story.billing.issue_quote(&story.owner, draft.id()).await.unwrap()
}

async fn bring_to(story: &Story, status: QuoteStatus) -> Quote {
    let (billing, owner) = (&story.billing, &story.owner);
    if status == QuoteStatus::Draft {
        return drafted(story).await;
    }
    let quote = issued(story).await;
    match status {
        QuoteStatus::Sent => drop(billing.send_quote(owner, quote.id()).await.unwrap()),
        QuoteStatus::Accepted => drop(billing.accept_quote(owner, quote.id()).await.unwrap()),
        QuoteStatus::Declined => drop(billing.decline_quote(owner, quote.id(), None).await.unwrap()),
        QuoteStatus::Expired => {
            billing.sweep(owner, date("2026-04-01")).await.unwrap();
        }
        QuoteStatus::Converted => drop(billing.convert_quote(owner, quote.id()).await.unwrap()),
        _ => {}
    }
    let quote = billing.quote(owner.actor(), quote.id()).await.unwrap();
    assert_eq!(quote.status(), status);
    quote
}

async fn take(story: &Story, quote: &Quote, action: Action) -> Result<(), Error> {
    let (billing, owner, id) = (&story.billing, &story.owner, quote.id());
    match action {
        Action::Edit => billing.update_quote(owner, id, offer(story)).await.map(drop),
        Action::Delete => billing.delete_quote(owner, id).await,
        Action::Issue => billing.issue_quote(owner, id).await.map(drop),
        Action::Send => billing.send_quote(owner, id).await.map(drop),
        Action::Accept => billing.accept_quote(owner, id).await.map(drop),
        Action::Decline => billing.decline_quote(owner, id, Some("Too dear")).await.map(drop),
        Action::Convert => billing.convert_quote(owner, id).await.map(drop),
        other => panic!("no use case takes {other}"),
    }
}

#[tokio::test]
async fn every_step_of_a_quote_is_allowed_or_refused_by_its_state() {
    // draft, issued, sent, accepted, declined, expired, converted.
    let steps = [
        (Action::Edit, [true, false, false, false, false, false, false]),
        (Action::Delete, [true, false, false, false, false, false, false]),
        (Action::Issue, [true, false, false, false, false, false, false]),
        (Action::Send, [false, true, true, true, false, false, false]),
        (Action::Accept, [false, true, true, false, false, false, false]),
        (Action::Decline, [false, true, true, false, false, false, false]),
        (Action::Convert, [false, true, true, true, false, false, false]),
    ];
    for (action, row) in steps {
        for (status, allowed) in QuoteStatus::ALL.into_iter().zip(row) {
            let story = Story::new().await;
            let before = bring_to(&story, status).await;
            let outcome = take(&story, &before, action).await;
            if allowed {
                assert!(outcome.is_ok(), "{action} while {}: {outcome:?}", status.as_str());
            } else {
                assert_eq!(illegal(outcome), (status.as_str(), action, None));
                let after = story.billing.quote(story.owner.actor(), before.id()).await.unwrap();
                assert_eq!(after, before);
            }
        }
    }
}

#[tokio::test]
async fn an_issued_quote_has_a_number_and_frozen_parties() {
    let story = Story::new().await;
    let quote = issued(&story).await;
    assert_eq!(quote.number(), Some("Q-2026-0001"));
    assert_eq!(quote.issued().unwrap().customer().name(), "Kaffeehaus Sperl KG");
    assert_eq!(quote.totals().payable(), eur("120.00"));
}

#[tokio::test]
async fn an_accepted_quote_becomes_an_invoice_draft_once() {
    let story = Story::new().await;
    let quote = bring_to(&story, QuoteStatus::Accepted).await;
    story.told().await;
    let draft = story.billing.convert_quote(&story.owner, quote.id()).await.unwrap();
    assert_eq!((draft.number(), draft.content().lines()), (None, quote.content().lines()));
    assert_eq!((draft.content().issue_date(), draft.content().series()), (None, None));
    let converted = story.billing.quote(story.owner.actor(), quote.id()).await.unwrap();
    assert_eq!(converted.converted_to(), Some(draft.id()));
    assert_eq!(story.told_about(AggregateId::Quote(quote.id())).await, ["quote.converted"]);
    let twice = story.billing.convert_quote(&story.owner, quote.id()).await;
    assert_eq!(illegal(twice), ("converted", Action::Convert, None));
    let invoice = story.billing.issue_invoice(&story.owner, draft.id()).await.unwrap();
    assert_eq!(invoice.number(), Some("INV-2026-0001"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_quote_converted_by_many_at_once_becomes_one_invoice() {
    let story = Story::new().await;
    let quote = issued(&story).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (billing, owner, id) = (story.billing.clone(), story.owner.clone(), quote.id());
        tasks.spawn(async move { billing.convert_quote(&owner, id).await });
    }
    assert_eq!(tasks.join_all().await.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[tokio::test]
async fn after_its_last_day_a_quote_can_be_declined_and_nothing_else() {
    let story = Story::new().await;
    let quote = issued(&story).await;
    story.clock.advance_millis(16 * DAY);
    assert!(!quote.is_expired(story.billing.team_today(story.owner.actor()).await.unwrap()));
    story.clock.advance_millis(DAY);
    let expired = Some(Obstacle::Expired);
    let refused = story.billing.accept_quote(&story.owner, quote.id()).await;
    assert_eq!(illegal(refused), ("issued", Action::Accept, expired));
    let refused = story.billing.convert_quote(&story.owner, quote.id()).await;
    assert_eq!(illegal(refused), ("issued", Action::Convert, expired));
    assert!(story.billing.decline_quote(&story.owner, quote.id(), None).await.is_ok());
}

#[tokio::test]
async fn a_quote_accepted_in_time_is_converted_later() {
    let story = Story::new().await;
    let quote = bring_to(&story, QuoteStatus::Accepted).await;
    story.clock.advance_millis(100 * DAY);
    assert!(story.billing.convert_quote(&story.owner, quote.id()).await.is_ok());
}

#[tokio::test]
async fn an_issued_quote_keeps_its_internal_notes_and_metadata_editable() {
    let story = Story::new().await;
    let quote = bring_to(&story, QuoteStatus::Converted).await;
    let notes = (Some("Call before noon".to_owned()), Metadata::new().with("order", "A-17"));
    let after = story
        .billing
        .annotate_quote(&story.owner, quote.id(), notes.0.clone(), notes.1.clone())
        .await
        .unwrap();
    assert_eq!((after.internal_notes(), after.metadata()), (notes.0.as_deref(), &notes.1));
    assert_eq!(after.recompute_hash(), quote.recompute_hash());
}

#[tokio::test]
async fn a_declined_quote_keeps_the_reason_in_the_trail() {
    let story = Story::new().await;
    let quote = issued(&story).await;
    story.billing.decline_quote(&story.owner, quote.id(), Some("Too dear")).await.unwrap();
    let entry = story.trail(AggregateId::Quote(quote.id())).await.pop().unwrap();
    assert_eq!(entry.reason.as_deref(), Some("Too dear"));
}

#[tokio::test]
async fn a_pro_forma_never_comes_from_a_series_of_invoices_and_is_never_owed() {
    let story = Story::new().await;
    let all = story.billing.all_series(story.owner.actor()).await.unwrap();
    let of = |wanted| all.iter().find(|series| series.document_type() == wanted).unwrap().id();
    let pro_forma = |content| QuoteData { kind: QuoteKind::ProForma, ..QuoteData::new(content) };
    for wrong in [DocumentType::Invoice, DocumentType::Quote, DocumentType::CreditNote] {
        let data = pro_forma(story.content().with_series(of(wrong)));
        let refused = story.billing.create_quote(&story.owner, data).await;
        assert_eq!(the_field(refused), ("/series".to_owned(), Code::Unknown), "{wrong}");
    }
    let data = pro_forma(story.content());
    let draft = story.billing.create_quote(&story.owner, data).await.unwrap();
    let issued = story.billing.issue_quote(&story.owner, draft.id()).await.unwrap();
    assert_eq!((issued.number(), issued.kind().type_code()), (Some("PF-2026-0001"), "325"));
    let later = date("2027-01-01");
    assert!(story.billing.aging(story.owner.actor(), later, None).await.unwrap().is_empty());
    let query = invoice_core::ports::InvoiceQuery::new();
    assert_eq!(story.billing.count_invoices(story.owner.actor(), &query).await.unwrap(), 0);
    assert_eq!(story.issued().await.number(), Some("INV-2026-0001"));
}

#[tokio::test]
async fn an_offer_over_less_than_nothing_or_already_over_is_not_issued() {
    let story = Story::new().await;
    let issue = async |data| {
        let draft = story.billing.create_quote(&story.owner, data).await.unwrap();
        story.billing.issue_quote(&story.owner, draft.id()).await
    };
    let negative = QuoteData::new(story.content_of([line("1", "-1", "1.00", "20")]));
    assert_eq!(the_field(issue(negative).await), ("/totals/payable".to_owned(), Code::NegativePayable));
    let over = QuoteData { valid_until: Some(date("2026-03-14")), ..offer(&story) };
    assert_eq!(the_field(issue(over).await), ("/valid_until".to_owned(), Code::Inconsistent));
    let empty = QuoteData::new(story.content_of([]));
    assert_eq!(the_field(issue(empty).await), ("/lines".to_owned(), Code::NoLines));
}

#[tokio::test]
async fn an_archived_client_gets_no_new_offers_and_no_invoices_from_old_ones() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let (quote, draft) = (issued(&story).await, drafted(&story).await);
    billing.archive_client(owner, story.client.id()).await.unwrap();
    let wanted = ("/client".to_owned(), Code::Inconsistent);
    assert_eq!(the_field(billing.create_quote(owner, offer(&story)).await), wanted);
    assert_eq!(the_field(billing.issue_quote(owner, draft.id()).await), wanted);
    assert_eq!(the_field(billing.convert_quote(owner, quote.id()).await), wanted);
    assert!(billing.update_quote(owner, draft.id(), offer(&story)).await.is_ok(), "as with invoice drafts");
    let other = billing.create_client(owner, invoice_core::ClientData::new(crate::story::customer())).await;
    let data = InvoiceData::new(invoice_core::Content::new(other.unwrap().id(), invoice_core::Currency::EUR));
    assert!(billing.create_invoice(owner, data).await.is_ok());
}

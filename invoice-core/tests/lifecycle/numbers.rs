//! Numbers: gapless whatever fails, each period by itself, and never one number twice.

use std::collections::BTreeSet;

use invoice_core::service::Error;
use invoice_core::{
    Code, CreditNoteData, CreditScope, DocumentType, FiscalYearStart, InvoiceData, Pattern, QuoteData, Reset,
    SeriesData, SeriesId, Timestamp,
};
use uuid::Uuid;

use crate::story::{DAY, NOON, Story, date, line, named, series, the_field};

fn numbered(pattern: &str, reset: Reset) -> SeriesData {
    SeriesData {
        name: "other".to_owned(),
        pattern: Pattern::new(pattern).unwrap(),
        reset,
        ..series(DocumentType::Invoice, "X")
    }
}

/// Issues with a series on a day, at noon of which the clock stands.
async fn issue_on(story: &Story, series: &invoice_core::Series, days: i64) -> String {
    story.clock.set(Timestamp::from_millis(NOON + days * DAY));
    let invoice = story.issue(story.content().with_series(series.id())).await.unwrap();
    invoice.number().unwrap().to_owned()
}

#[tokio::test]
async fn what_fails_takes_no_number() {
    let story = Story::new().await;
    assert_eq!(story.issued().await.number(), Some("INV-2026-0001"));
    assert!(story.issue(story.content_of([])).await.is_err());
    assert!(story.issue(story.content_of([line("1", "-1", "1.00", "20")])).await.is_err());
    assert!(story.issue(story.content().with_issue_date(date("2026-03-14"))).await.is_err());
    let draft = story.draft().await;
    story.billing.delete_invoice(&story.owner, draft.id()).await.unwrap();
    let paid = story.issued().await;
    assert!(story.billing.issue_invoice(&story.owner, paid.id()).await.is_err());
    assert_eq!(story.issued().await.number(), Some("INV-2026-0003"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_issuers_at_once_give_exactly_one_to_n() {
    let story = Story::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..64 {
        let (billing, owner) = (story.billing.clone(), story.owner.clone());
        // Every fourth has nothing to invoice and must not leave a gap.
        let content = if index % 4 == 3 { story.content_of([]) } else { story.content() };
        tasks.spawn(async move {
            let data = InvoiceData::new(content);
            if index % 2 == 0 {
                return billing.create_and_issue_invoice(&owner, data).await;
            }
            let draft = billing.create_invoice(&owner, data).await?;
            billing.issue_invoice(&owner, draft.id()).await
        });
    }
    let mut numbers = BTreeSet::new();
    let mut refused = 0;
    while let Some(outcome) = tasks.join_next().await {
        match outcome.unwrap() {
            Ok(invoice) => assert!(numbers.insert(invoice.number().unwrap().to_owned())),
            Err(Error::Invalid(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    let expected: BTreeSet<_> = (1..=48).map(|seq| format!("INV-2026-{seq:04}")).collect();
    assert_eq!((numbers, refused), (expected, 16));
    for counter in story.billing.verify(story.owner.actor()).await.unwrap() {
        assert_eq!((counter.report.documents, counter.report.fault), (48, None));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_draft_issued_by_many_at_once_gets_one_number() {
    let story = Story::new().await;
    let draft = story.draft().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (billing, owner, id) = (story.billing.clone(), story.owner.clone(), draft.id());
        tasks.spawn(async move { billing.issue_invoice(&owner, id).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|it| matches!(it, Ok(_) | Err(Error::Illegal(_)))), "{outcomes:?}");
    assert_eq!(story.issued().await.number(), Some("INV-2026-0002"));
}

#[tokio::test]
async fn a_year_starts_again_at_one() {
    let story = Story::new().await;
    let data = numbered("A{year}/{seq:03}", Reset::Yearly);
    let yearly = story.billing.create_series(&story.owner, data).await.unwrap();
    assert_eq!(issue_on(&story, &yearly, 0).await, "A2026/001");
    assert_eq!(issue_on(&story, &yearly, 1).await, "A2026/002");
    assert_eq!(issue_on(&story, &yearly, 365).await, "A2027/001");
}

#[tokio::test]
async fn a_month_starts_again_at_one() {
    let story = Story::new().await;
    let data = numbered("{year}{month}-{seq}", Reset::Monthly);
    let monthly = story.billing.create_series(&story.owner, data).await.unwrap();
    assert_eq!(issue_on(&story, &monthly, 0).await, "202603-1");
    assert_eq!(issue_on(&story, &monthly, 16).await, "202603-2");
    assert_eq!(issue_on(&story, &monthly, 17).await, "202604-1");
}

#[tokio::test]
async fn a_fiscal_year_starts_again_at_one_on_its_first_day() {
    let april = FiscalYearStart::new(4, 1).unwrap();
    let story = Story::with_profile(|profile| profile.with_fiscal_year_start(april)).await;
    let data = numbered("FY{fiscal_year}-{seq}", Reset::FiscalYear);
    let fiscal = story.billing.create_series(&story.owner, data).await.unwrap();
    assert_eq!(issue_on(&story, &fiscal, 16).await, "FY2025-1");
    assert_eq!(issue_on(&story, &fiscal, 17).await, "FY2026-1");
    assert_eq!(issue_on(&story, &fiscal, 292).await, "FY2026-2");
}

#[tokio::test]
async fn a_series_without_reset_counts_on() {
    let story = Story::new().await;
    let endless =
        story.billing.create_series(&story.owner, numbered("{seq:06}", Reset::Never)).await.unwrap();
    assert_eq!(issue_on(&story, &endless, 0).await, "000001");
    assert_eq!(issue_on(&story, &endless, 365).await, "000002");
}

#[tokio::test]
async fn a_series_starts_where_the_old_system_ended_in_its_first_period_only() {
    let story = Story::new().await;
    let data = SeriesData { start: 58, from: date("2026-03-01"), ..numbered("N{year}-{seq}", Reset::Yearly) };
    let moved = story.billing.create_series(&story.owner, data).await.unwrap();
    assert_eq!(issue_on(&story, &moved, 0).await, "N2026-58");
    assert_eq!(issue_on(&story, &moved, 0).await, "N2026-59");
    let early = story.content().with_series(moved.id()).with_issue_date(date("2026-02-28"));
    assert_eq!(the_field(story.issue(early).await), ("/issue_date".to_owned(), Code::OutOfRange));
    assert_eq!(issue_on(&story, &moved, 365).await, "N2027-1");
}

#[tokio::test]
async fn patterns_that_could_give_a_number_twice_are_refused() {
    let story = Story::new().await;
    for (pattern, reset) in [
        ("R{seq}", Reset::Yearly),
        ("R{year}-{seq}", Reset::Monthly),
        ("R{month}-{seq}", Reset::Monthly),
        ("R{year}-{seq}", Reset::FiscalYear),
    ] {
        let refused = story.billing.create_series(&story.owner, numbered(pattern, reset)).await;
        assert_eq!(the_field(refused), ("/pattern".to_owned(), Code::BadPattern), "{pattern}");
    }
    assert_eq!(Pattern::new("R{year}").unwrap_err().code(), Code::BadPattern);
    let nowhere = SeriesData { start: 0, name: " ".to_owned(), ..numbered("R{seq}", Reset::Never) };
    let refused = named(story.billing.create_series(&story.owner, nowhere).await);
    let expected = [("/name".to_owned(), Code::Required), ("/start".to_owned(), Code::OutOfRange)];
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn a_series_whose_numbers_another_could_give_is_refused() {
    let story = Story::new().await;
    let wanted = ("/pattern".to_owned(), Code::PatternOverlaps);
    for pattern in ["INV-{year}-{seq}", "INV-2026-{seq:05}", "CN-{year}-{seq:06}", "PF-{seq}-{seq:04}"] {
        let Ok(pattern) = Pattern::new(pattern) else { continue };
        let data = SeriesData { pattern, ..numbered("Z{seq}", Reset::Never) };
        assert_eq!(the_field(story.billing.create_series(&story.owner, data).await), wanted);
    }
    // An archived series still owns what it gave.
    let other = story.billing.create_series(&story.owner, numbered("Z{seq}", Reset::Never)).await.unwrap();
    story.billing.archive_series(&story.owner, other.id()).await.unwrap();
    let again = SeriesData { name: "again".to_owned(), ..numbered("Z{seq:02}", Reset::Never) };
    assert_eq!(the_field(story.billing.create_series(&story.owner, again).await), wanted);
}

#[tokio::test]
async fn a_series_name_is_taken_once_for_each_type() {
    let story = Story::new().await;
    let refused = story.billing.create_series(&story.owner, series(DocumentType::Invoice, "INW")).await;
    let what = invoice_core::ports::Unique::SeriesName;
    assert!(matches!(refused, Err(Error::Duplicate { what: found }) if found == what), "{refused:?}");
}

#[tokio::test]
async fn dates_go_back_between_counters_but_never_within_one() {
    let story = Story::new().await;
    let data = numbered("{year}{month}-{seq}", Reset::Monthly);
    let monthly = story.billing.create_series(&story.owner, data).await.unwrap();
    issue_on(&story, &monthly, 0).await;
    issue_on(&story, &monthly, 20).await;
    let on = |day| story.content().with_series(monthly.id()).with_issue_date(date(day));
    let late = story.issue(on("2026-03-31")).await.unwrap();
    assert_eq!(late.number(), Some("202603-2"));
    let refused = story.issue(on("2026-03-30")).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::DateBeforeLastIssue));
    let refused = story.issue(on("2026-04-03")).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::DateBeforeLastIssue));
    let other = story.issue(story.content().with_issue_date(date("2026-03-01"))).await.unwrap();
    assert_eq!(other.number(), Some("INV-2026-0001"));
}

#[tokio::test]
async fn a_draft_chooses_a_series_that_is_there_in_use_and_of_its_type() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let all = billing.all_series(owner.actor()).await.unwrap();
    let of = |wanted| all.iter().find(|series| series.document_type() == wanted).unwrap().id();
    let (draft, issued) = (story.draft().await, story.issued().await);
    let note = |series| {
        let data = CreditNoteData::new(CreditScope::Full, "Returned");
        CreditNoteData { series: Some(series), ..data }
    };
    let credit =
        billing.create_credit_note(owner, issued.id(), note(of(DocumentType::CreditNote))).await.unwrap();
    let absent = SeriesId::from_uuid(Uuid::from_u128(99));
    for wrong in [absent, of(DocumentType::ProForma)] {
        let content = || story.content().with_series(wrong);
        let unknown = ("/series".to_owned(), Code::Unknown);
        assert_eq!(the_field(billing.create_invoice(owner, content().into()).await), unknown);
        assert_eq!(the_field(billing.update_invoice(owner, draft.id(), content().into()).await), unknown);
        assert_eq!(the_field(billing.create_quote(owner, QuoteData::new(content())).await), unknown);
        assert_eq!(the_field(billing.create_credit_note(owner, issued.id(), note(wrong)).await), unknown);
        assert_eq!(the_field(billing.update_credit_note(owner, credit.id(), note(wrong)).await), unknown);
    }

    let other = billing.create_series(owner, numbered("X-{seq}", Reset::Never)).await.unwrap();
    let content = || story.content().with_series(other.id());
    let chosen = billing.create_invoice(owner, content().into()).await.unwrap();
    billing.archive_series(owner, other.id()).await.unwrap();
    let archived = ("/series".to_owned(), Code::Inconsistent);
    assert_eq!(the_field(billing.create_invoice(owner, content().into()).await), archived);
    // What it chose before is looked at when it is issued.
    billing.update_invoice(owner, chosen.id(), content().into()).await.unwrap();
}

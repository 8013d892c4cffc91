//! Documents that another system issued, with their numbers.

use invoice_core::change::AggregateId;
use invoice_core::ports::Unique;
use invoice_core::service::{Error, ImportedCreditNote, ImportedInvoice};
use invoice_core::{
    Action, Code, CreditNoteData, CreditScope, DocumentType, FiscalYearStart, Invoice, InvoiceData, Obstacle,
    Origin, Party, Pattern, SeriesData, Status,
};

use crate::story::{Story, address, date, eur, illegal, line, series, the_field};

fn old(story: &Story, number: &str) -> ImportedInvoice {
    ImportedInvoice {
        number: number.to_owned(),
        issue_date: date("2019-11-30"),
        due_date: None,
        data: InvoiceData::new(story.content()),
        supplier: None,
        customer: None,
        payable: eur("120.00"),
        delivered: true,
    }
}

async fn imported(story: &Story, number: &str) -> Invoice {
    story.billing.import_invoice(&story.owner, old(story, number)).await.unwrap()
}

fn old_note(invoice: &Invoice, number: &str, amount: &str) -> ImportedCreditNote {
    ImportedCreditNote {
        number: number.to_owned(),
        issue_date: date("2019-12-15"),
        invoice: invoice.id(),
        data: CreditNoteData::new(CreditScope::Amount(eur(amount)), "Returned"),
        payable: eur(amount),
    }
}

#[tokio::test]
async fn an_imported_invoice_keeps_its_number_and_dates_and_lives_on() {
    let story = Story::new().await;
    let invoice = imported(&story, "R-19/0815").await;
    let issued = invoice.issued().unwrap();
    let is_import = matches!(issued.origin(), Origin::Imported { .. });
    assert_eq!((invoice.number(), is_import), (Some("R-19/0815"), true));
    assert_eq!((issued.issue_date(), issued.due_date()), (date("2019-11-30"), Some(date("2019-12-14"))));
    assert_eq!(invoice.status(date("2026-03-15")), Status::Overdue);
    assert_eq!(invoice.recompute_hash(), Some(issued.seal().hash()));
    let refused = story.billing.void_invoice(&story.owner, invoice.id(), "Typo").await;
    assert_eq!(illegal(refused), ("sent", Action::Void, Some(Obstacle::Delivered)));
    assert_eq!(story.pay(&invoice, "120.00").await.unwrap().stored_status(), Status::Paid);
    assert_eq!(story.issued().await.number(), Some("INV-2026-0001"), "it joined no series");
    assert_eq!(
        story.trail(AggregateId::Invoice(invoice.id())).await[0].actions[0].as_str(),
        "invoice.imported"
    );
}

#[tokio::test]
async fn the_parties_are_those_of_then_if_told() {
    let story = Story::new().await;
    let then = Party::new("Sperl & Sohn").with_address(address("DE"));
    let import = ImportedInvoice { customer: Some(then), ..old(&story, "R-1") };
    let invoice = story.billing.import_invoice(&story.owner, import).await.unwrap();
    let issued = invoice.issued().unwrap();
    assert_eq!((issued.customer().name(), issued.supplier().name()), ("Sperl & Sohn", "Rösterei Blau GmbH"));
    let nameless = ImportedInvoice { customer: Some(Party::new(" ")), ..old(&story, "R-2") };
    let refused = story.billing.import_invoice(&story.owner, nameless).await;
    assert_eq!(the_field(refused), ("/customer/name".to_owned(), Code::Required));
}

#[tokio::test]
async fn a_total_that_differs_from_the_printed_one_is_refused() {
    let story = Story::new().await;
    let import = ImportedInvoice { payable: eur("120.01"), ..old(&story, "R-1") };
    let refused = story.billing.import_invoice(&story.owner, import).await;
    assert_eq!(the_field(refused), ("/payable".to_owned(), Code::Inconsistent));
}

#[tokio::test]
async fn a_number_is_imported_once_whatever_the_document() {
    let story = Story::new().await;
    let invoice = imported(&story, "R-1").await;
    let again = story.billing.import_invoice(&story.owner, old(&story, "R-1")).await;
    assert!(matches!(again, Err(Error::Duplicate { what: Unique::Number })), "{again:?}");
    let note = story.billing.import_credit_note(&story.owner, old_note(&invoice, "R-1", "1.00")).await;
    assert!(matches!(note, Err(Error::Duplicate { what: Unique::Number })), "{note:?}");
    assert_eq!(story.reload(&invoice).await, invoice);
}

#[tokio::test]
async fn a_number_that_a_series_will_give_is_not_imported() {
    let story = Story::new().await;
    let wanted = ("/number".to_owned(), Code::NumberReserved);
    for number in ["INV-2026-0007", "INV-2020-0001", "CN-2031-12345", "PF-2026-0001"] {
        let refused = story.billing.import_invoice(&story.owner, old(&story, number)).await;
        assert_eq!(the_field(refused), wanted, "{number}");
    }
    // Before the series, or not as it writes numbers.
    for number in ["INV-2019-0007", "INV-2026-007", "INV-2026-00007", "inv-2026-0007"] {
        imported(&story, number).await;
    }
}

#[tokio::test]
async fn numbers_below_a_chosen_start_are_the_old_systems() {
    let story = Story::new().await;
    let data = SeriesData {
        name: "moved".to_owned(),
        start: 58,
        from: date("2026-03-01"),
        ..series(DocumentType::Invoice, "M")
    };
    let moved = story.billing.create_series(&story.owner, data).await.unwrap();
    imported(&story, "M-2026-0057").await;
    let refused = story.billing.import_invoice(&story.owner, old(&story, "M-2026-0058")).await;
    assert_eq!(the_field(refused), ("/number".to_owned(), Code::NumberReserved));
    let next = story.issue(story.content().with_series(moved.id())).await.unwrap();
    assert_eq!(next.number(), Some("M-2026-0058"));
}

#[tokio::test]
async fn a_calendar_years_number_is_reserved_by_its_calendar_year_even_beside_a_fiscal_one() {
    let april = FiscalYearStart::new(4, 1).unwrap();
    let story = Story::with_profile(|profile| profile.with_fiscal_year_start(april)).await;
    let data = SeriesData {
        name: "both".to_owned(),
        pattern: Pattern::new("{year}-FY{fiscal_year}-{seq}").unwrap(),
        from: date("2026-01-01"),
        ..series(DocumentType::Invoice, "B")
    };
    let both = story.billing.create_series(&story.owner, data).await.unwrap();
    let refused = story.billing.import_invoice(&story.owner, old(&story, "2026-FY2025-1")).await;
    assert_eq!(the_field(refused), ("/number".to_owned(), Code::NumberReserved));
    let issued = story.issue(story.content().with_series(both.id())).await.unwrap();
    assert_eq!(issued.number(), Some("2026-FY2025-1"));
}

#[tokio::test]
async fn neither_tomorrows_nor_nameless_documents_are_imported() {
    let story = Story::new().await;
    let tomorrow = ImportedInvoice { issue_date: date("2026-03-16"), ..old(&story, "R-1") };
    let refused = story.billing.import_invoice(&story.owner, tomorrow).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::DateInFuture));
    let refused = story.billing.import_invoice(&story.owner, old(&story, " ")).await;
    assert_eq!(the_field(refused), ("/number".to_owned(), Code::Required));
    let negative = InvoiceData::new(story.content_of([line("1", "-1", "1.00", "20")]));
    let import = ImportedInvoice { data: negative, payable: eur("-1.20"), ..old(&story, "R-2") };
    let refused = story.billing.import_invoice(&story.owner, import).await;
    assert_eq!(the_field(refused), ("/totals/payable".to_owned(), Code::NegativePayable));
}

#[tokio::test]
async fn an_import_asks_less_than_an_issue() {
    let story = Story::new().await;
    story.billing.archive_client(&story.owner, story.client.id()).await.unwrap();
    let exempt = InvoiceData::new(story.content_of([line("1", "1", "100.00", "0")]));
    let import = ImportedInvoice { data: exempt, payable: eur("100.00"), ..old(&story, "R-1") };
    assert!(story.billing.import_invoice(&story.owner, import).await.is_ok());
}

#[tokio::test]
async fn an_undelivered_import_can_be_voided() {
    let story = Story::new().await;
    let import = ImportedInvoice { delivered: false, ..old(&story, "R-1") };
    let invoice = story.billing.import_invoice(&story.owner, import).await.unwrap();
    assert!(story.billing.void_invoice(&story.owner, invoice.id(), "Never sent").await.is_ok());
}

#[tokio::test]
async fn advances_of_the_old_system_are_stated_as_prepaid() {
    let story = Story::new().await;
    let advance = story.advance("10.00", "20").await;
    let data = InvoiceData::new(story.content().with_advance(advance.id()));
    let refused = story.billing.import_invoice(&story.owner, ImportedInvoice { data, ..old(&story, "R-1") });
    assert_eq!(the_field(refused.await), ("/advances".to_owned(), Code::Inconsistent));
    let data = InvoiceData::new(story.content().with_prepaid(eur("20.00")));
    let import = ImportedInvoice { data, payable: eur("100.00"), ..old(&story, "R-1") };
    let invoice = story.billing.import_invoice(&story.owner, import).await.unwrap();
    assert_eq!(invoice.due(), eur("100.00"));
}

#[tokio::test]
async fn an_imported_credit_note_lowers_what_is_due() {
    let story = Story::new().await;
    let invoice = imported(&story, "R-1").await;
    let note =
        story.billing.import_credit_note(&story.owner, old_note(&invoice, "G-1", "20.00")).await.unwrap();
    assert_eq!((note.number(), note.preceding().number()), (Some("G-1"), "R-1"));
    assert_eq!(story.reload(&invoice).await.due(), eur("100.00"));
    let entry = story.trail(AggregateId::CreditNote(note.id())).await.pop().unwrap();
    assert_eq!((entry.number.as_deref(), entry.reason.as_deref()), (Some("G-1"), Some("Returned")));

    let wrong = ImportedCreditNote { payable: eur("20.01"), ..old_note(&invoice, "G-2", "20.00") };
    let refused = story.billing.import_credit_note(&story.owner, wrong).await;
    assert_eq!(the_field(refused), ("/payable".to_owned(), Code::Inconsistent));
    let refused = story.billing.import_credit_note(&story.owner, old_note(&invoice, "G-2", "100.01")).await;
    assert_eq!(the_field(refused), ("/scope/amount".to_owned(), Code::CreditExceedsRemaining));
    let before = ImportedCreditNote { issue_date: date("2019-11-29"), ..old_note(&invoice, "G-2", "1.00") };
    let refused = story.billing.import_credit_note(&story.owner, before).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::Inconsistent));
}

#[tokio::test]
async fn an_imported_full_credit_of_a_final_invoice_sets_its_advances_free() {
    let story = Story::new().await;
    let advance = story.advance("10.00", "20").await;
    let last = story.issue(story.content().with_advance(advance.id())).await.unwrap();
    let import = ImportedCreditNote {
        issue_date: date("2026-03-15"),
        data: CreditNoteData::new(CreditScope::Full, "Returned"),
        payable: eur("108.00"),
        ..old_note(&last, "G-1", "1.00")
    };
    story.billing.import_credit_note(&story.owner, import).await.unwrap();
    assert_eq!(story.reload(&advance).await.deducted_in(), None);
}

#[tokio::test]
async fn a_series_starts_after_the_imported_numbers_of_its_pattern() {
    let story = Story::new().await;
    imported(&story, "OLD-7").await;
    let data = |start| SeriesData {
        name: "old".to_owned(),
        pattern: Pattern::new("OLD-{seq}").unwrap(),
        reset: invoice_core::Reset::Never,
        start,
        ..series(DocumentType::Invoice, "unused")
    };
    let early = story.billing.create_series(&story.owner, data(7)).await;
    assert_eq!(the_field(early), ("/start".to_owned(), Code::NumberReserved));
    story.billing.create_series(&story.owner, data(8)).await.unwrap();
}

//! Who may do what: each use case by each role, on one's own drafts and on those of others.

use invoice_core::ports::PageRequest;
use invoice_core::service::{
    Call, Error, ImportedCreditNote, ImportedInvoice, PayData, RefundData, WriteOffData,
};
use invoice_core::{
    Actor, ClientData, CreditNoteData, CreditScope, DocumentType, Invoice, InvoiceData, ItemData, Metadata,
    Payment, PaymentData, Permission, Quote, QuoteData, Role, TeamId, WriteOffReason,
};

use crate::story::{Story, customer, date, eur, profile, series};

fn check<T>(role: Role, permission: Permission, what: &str, outcome: Result<T, Error>) {
    match outcome {
        Ok(_) => assert!(role.may(permission), "{role} did {what}"),
        Err(Error::Forbidden { permission: told }) => {
            assert_eq!(told, permission, "{role} {what}");
            assert!(!role.may(permission), "{role} was kept from {what}");
        }
        Err(error) => panic!("{role} {what}: {error}"),
    }
}

/// Lets every role do one thing in a story of its own; who may not is told which permission it takes.
macro_rules! every_role {
    ($permission:ident: $($what:literal => |$story:ident, $call:ident| $step:expr;)+) => {$(
        for role in Role::ALL {
            let $story = &Story::new().await;
            let $call = &$story.as_role(role);
            check(role, Permission::$permission, $what, $step);
        }
    )+};
}

fn half() -> CreditNoteData {
    CreditNoteData::new(CreditScope::Amount(eur("60.00")), "Returned")
}

async fn quote(story: &Story) -> Quote {
    story.billing.create_quote(&story.owner, QuoteData::new(story.content())).await.unwrap()
}

async fn issued_quote(story: &Story) -> Quote {
    let draft = quote(story).await;
    story.billing.issue_quote(&story.owner, draft.id()).await.unwrap()
}

async fn paid(story: &Story) -> Payment {
    let invoice = story.issued().await;
    let data = PayData { amount: Some(eur("50.00")), ..PayData::default() };
    story.billing.pay_invoice(&story.owner, invoice.id(), data).await.unwrap().payment
}

fn money(story: &Story) -> PaymentData {
    PaymentData::new(story.client.id(), eur("50.00"), date("2026-03-15"))
}

fn old(story: &Story) -> ImportedInvoice {
    ImportedInvoice {
        number: "R-1".to_owned(),
        issue_date: date("2019-11-30"),
        due_date: None,
        data: InvoiceData::new(story.content()),
        supplier: None,
        customer: None,
        payable: eur("120.00"),
        delivered: true,
    }
}

fn item() -> ItemData {
    let tax = invoice_core::tax::Tax::vat(invoice_core::tax::TaxCategory::Standard, "20".parse().unwrap());
    ItemData {
        taxes: vec![tax],
        ..ItemData::new("Beans", invoice_core::Currency::EUR, "23.90".parse().unwrap())
    }
}

#[tokio::test]
async fn everybody_but_viewers_prepares_documents_clients_and_items() {
    every_role! { WriteOwn:
        "create an invoice" => |story, call| story.billing.create_invoice(call, story.content().into()).await;
        "create a quote" => |story, call| {
            story.billing.create_quote(call, QuoteData::new(story.content())).await
        };
        "create a credit note" => |story, call| {
            story.billing.create_credit_note(call, story.issued().await.id(), half()).await
        };
        "create a client" => |story, call| story.billing.create_client(call, ClientData::new(customer())).await;
        "create an item" => |story, call| story.billing.create_item(call, item()).await;
    }
}

#[tokio::test]
async fn what_others_prepared_is_for_accountants() {
    every_role! { WriteAll:
        "edit an invoice" => |story, call| {
            story.billing.update_invoice(call, story.draft().await.id(), story.content().into()).await
        };
        "annotate an invoice" => |story, call| {
            story.billing.annotate_invoice(call, story.issued().await.id(), None, Metadata::new()).await
        };
        "delete an invoice" => |story, call| story.billing.delete_invoice(call, story.draft().await.id()).await;
        "edit a quote" => |story, call| {
            story.billing.update_quote(call, quote(story).await.id(), QuoteData::new(story.content())).await
        };
        "annotate a quote" => |story, call| {
            story.billing.annotate_quote(call, quote(story).await.id(), None, Metadata::new()).await
        };
        "annotate a credit note" => |story, call| {
            let invoice = story.issued().await;
            let note = story.billing.create_credit_note(&story.owner, invoice.id(), half()).await.unwrap();
            story.billing.annotate_credit_note(call, note.id(), None, Metadata::new()).await
        };
        "delete a quote" => |story, call| story.billing.delete_quote(call, quote(story).await.id()).await;
        "edit a credit note" => |story, call| {
            let invoice = story.issued().await;
            let note = story.billing.create_credit_note(&story.owner, invoice.id(), half()).await.unwrap();
            story.billing.update_credit_note(call, note.id(), half()).await
        };
        "delete a credit note" => |story, call| {
            let invoice = story.issued().await;
            let note = story.billing.create_credit_note(&story.owner, invoice.id(), half()).await.unwrap();
            story.billing.delete_credit_note(call, note.id()).await
        };
        "edit a client" => |story, call| {
            story.billing.update_client(call, story.client.id(), ClientData::new(customer())).await
        };
        "archive a client" => |story, call| story.billing.archive_client(call, story.client.id()).await;
        "restore a client" => |story, call| {
            story.billing.archive_client(&story.owner, story.client.id()).await.unwrap();
            story.billing.restore_client(call, story.client.id()).await
        };
        "delete a client" => |story, call| story.billing.delete_client(call, story.client.id()).await;
        "edit an item" => |story, call| {
            let other = story.billing.create_item(&story.owner, item()).await.unwrap();
            story.billing.update_item(call, other.id(), item()).await
        };
        "archive an item" => |story, call| {
            let other = story.billing.create_item(&story.owner, item()).await.unwrap();
            story.billing.archive_item(call, other.id()).await
        };
        "delete an item" => |story, call| {
            let other = story.billing.create_item(&story.owner, item()).await.unwrap();
            story.billing.delete_item(call, other.id()).await
        };
    }
}

#[tokio::test]
async fn members_change_and_delete_what_they_prepared_themselves() {
    let story = &Story::new().await;
    let (billing, member) = (&story.billing, &story.as_role(Role::Member));
    let draft = billing.create_invoice(member, story.content().into()).await.unwrap();
    billing.update_invoice(member, draft.id(), story.content().into()).await.unwrap();
    billing.annotate_invoice(member, draft.id(), None, Metadata::new()).await.unwrap();
    billing.delete_invoice(member, draft.id()).await.unwrap();
    let offer = billing.create_quote(member, QuoteData::new(story.content())).await.unwrap();
    billing.update_quote(member, offer.id(), QuoteData::new(story.content())).await.unwrap();
    billing.delete_quote(member, offer.id()).await.unwrap();
    let note = billing.create_credit_note(member, story.issued().await.id(), half()).await.unwrap();
    billing.update_credit_note(member, note.id(), half()).await.unwrap();
    billing.delete_credit_note(member, note.id()).await.unwrap();
    let client = billing.create_client(member, ClientData::new(customer())).await.unwrap();
    billing.update_client(member, client.id(), ClientData::new(customer())).await.unwrap();
    billing.delete_client(member, client.id()).await.unwrap();
    let own = billing.create_item(member, item()).await.unwrap();
    billing.update_item(member, own.id(), item()).await.unwrap();
    billing.delete_item(member, own.id()).await.unwrap();
}

#[tokio::test]
async fn one_who_became_a_viewer_does_not_change_their_own_drafts() {
    let story = &Story::new().await;
    let member = story.as_role(Role::Member);
    let draft = story.billing.create_invoice(&member, story.content().into()).await.unwrap();
    let user = member.actor().user_id().unwrap();
    let viewer = Call::new(Actor::user(story.team, user, Role::Viewer));
    let refused = story.billing.update_invoice(&viewer, draft.id(), story.content().into()).await;
    check(Role::Viewer, Permission::WriteOwn, "edit", refused);
}

#[tokio::test]
async fn issuing_and_all_that_follows_is_for_accountants() {
    every_role! { IssueDocuments:
        "issue" => |story, call| story.billing.issue_invoice(call, story.draft().await.id()).await;
        "create and issue" => |story, call| {
            story.billing.create_and_issue_invoice(call, story.content().into()).await
        };
        "send" => |story, call| story.billing.send_invoice(call, story.issued().await.id()).await;
        "mark viewed" => |story, call| story.billing.mark_invoice_viewed(call, story.issued().await.id()).await;
        "mark delivered" => |story, call| {
            story.billing.mark_invoice_delivered(call, story.issued().await.id()).await
        };
        "void" => |story, call| story.billing.void_invoice(call, story.issued().await.id(), "Typo").await;
        "revise" => |story, call| story.billing.revise_invoice(call, story.issued().await.id()).await;
        "credit" => |story, call| story.billing.credit_invoice(call, story.issued().await.id(), half()).await;
        "issue a credit note" => |story, call| {
            let invoice = story.issued().await;
            let note = story.billing.create_credit_note(&story.owner, invoice.id(), half()).await.unwrap();
            story.billing.issue_credit_note(call, note.id()).await
        };
        "send a credit note" => |story, call| {
            let invoice = story.issued().await;
            let note = story.credit(&invoice, CreditScope::Full).await.unwrap();
            story.billing.send_credit_note(call, note.id()).await
        };
        "import an invoice" => |story, call| story.billing.import_invoice(call, old(story)).await;
        "import a credit note" => |story, call| {
            let invoice: Invoice = story.billing.import_invoice(&story.owner, old(story)).await.unwrap();
            let note = ImportedCreditNote {
                number: "G-1".to_owned(),
                issue_date: date("2019-12-01"),
                invoice: invoice.id(),
                data: half(),
                payable: eur("60.00"),
            };
            story.billing.import_credit_note(call, note).await
        };
        "sweep" => |story, call| story.billing.sweep(call, date("2026-03-15")).await;
    }
}

#[tokio::test]
async fn offers_are_issued_and_answered_by_accountants() {
    every_role! { IssueDocuments:
        "issue a quote" => |story, call| story.billing.issue_quote(call, quote(story).await.id()).await;
        "send a quote" => |story, call| story.billing.send_quote(call, issued_quote(story).await.id()).await;
        "accept a quote" => |story, call| story.billing.accept_quote(call, issued_quote(story).await.id()).await;
        "decline a quote" => |story, call| {
            story.billing.decline_quote(call, issued_quote(story).await.id(), None).await
        };
        "convert a quote" => |story, call| {
            story.billing.convert_quote(call, issued_quote(story).await.id()).await
        };
    }
}

#[tokio::test]
async fn money_is_for_accountants() {
    every_role! { HandlePayments:
        "pay" => |story, call| {
            story.billing.pay_invoice(call, story.issued().await.id(), PayData::default()).await
        };
        "record" => |story, call| story.billing.record_payment(call, money(story), Vec::new()).await;
        "allocate" => |story, call| {
            let payment = story.billing.record_payment(&story.owner, money(story), Vec::new()).await.unwrap();
            let part = invoice_core::Allocation::new(story.issued().await.id(), eur("1.00"));
            story.billing.allocate_payment(call, payment.id(), vec![part]).await
        };
        "deallocate" => |story, call| {
            let payment = paid(story).await;
            story.billing.deallocate_payment(call, payment.id(), payment.allocations().to_vec()).await
        };
        "refund" => |story, call| {
            story.billing.refund_payment(call, paid(story).await.id(), RefundData::new(eur("1.00"))).await
        };
        "reverse" => |story, call| story.billing.reverse_payment(call, paid(story).await.id(), None).await;
        "write off" => |story, call| {
            let rest = WriteOffData::rest(WriteOffReason::BadDebt);
            story.billing.write_off(call, story.issued().await.id(), rest).await
        };
        "give up" => |story, call| {
            story.billing.mark_invoice_uncollectible(call, story.issued().await.id()).await
        };
        "hope again" => |story, call| {
            let invoice = story.issued().await;
            story.billing.mark_invoice_uncollectible(&story.owner, invoice.id()).await.unwrap();
            story.billing.unmark_invoice_uncollectible(call, invoice.id()).await
        };
    }
}

#[tokio::test]
async fn series_and_the_profile_are_for_admins() {
    every_role! { ManageSeries:
        "create a series" => |story, call| {
            let data = invoice_core::SeriesData { name: "x".to_owned(), ..series(DocumentType::Invoice, "X") };
            story.billing.create_series(call, data).await
        };
        "archive a series" => |story, call| {
            let all = story.billing.all_series(story.owner.actor()).await.unwrap();
            story.billing.archive_series(call, all[0].id()).await
        };
    }
    every_role! { ManageSupplier:
        "set the profile" => |story, call| story.billing.set_supplier(call, profile(story.team)).await;
    }
}

#[tokio::test]
async fn everybody_of_the_team_reads_and_nobody_else() {
    let page = &PageRequest::first(10).unwrap();
    every_role! { Read:
        "read an invoice" => |story, call| {
            story.billing.invoice(call.actor(), story.issued().await.id()).await
        };
        "verify" => |story, call| story.billing.verify(call.actor()).await;
        "read the trail" => |story, call| story.billing.audit(call.actor(), None, page).await;
        "read what is due" => |story, call| {
            story.billing.aging(call.actor(), date("2026-03-15"), None).await
        };
    }
    let story = Story::new().await;
    let invoice = story.issued().await;
    let stranger = Call::new(Actor::system(TeamId::from_uuid(uuid::Uuid::from_u128(9))));
    let (billing, id) = (&story.billing, invoice.id());
    let absent = |outcome: Result<(), Error>| assert!(matches!(outcome, Err(Error::NotFound { .. })));
    absent(billing.invoice(stranger.actor(), id).await.map(drop));
    absent(billing.send_invoice(&stranger, id).await.map(drop));
    absent(billing.delete_invoice(&stranger, id).await);
    absent(billing.pay_invoice(&stranger, id, PayData::default()).await.map(drop));
    absent(billing.credit_invoice(&stranger, id, half()).await.map(drop));
    absent(billing.client(stranger.actor(), story.client.id()).await.map(drop));
    absent(billing.set_supplier(&stranger, profile(story.team)).await.map(drop));
    let foreign_client = InvoiceData::new(story.content());
    let refused = billing.create_invoice(&stranger, foreign_client).await;
    assert_eq!(crate::story::the_field(refused).0, "/client");
}

#[tokio::test]
async fn who_may_not_learns_nothing_about_what_would_have_been_wrong() {
    let story = Story::new().await;
    let viewer = story.as_role(Role::Viewer);
    let draft = quote(&story).await;
    let nobody = invoice_core::ClientId::from_uuid(uuid::Uuid::from_u128(404));
    let data = QuoteData::new(invoice_core::Content::new(nobody, invoice_core::Currency::EUR));
    let refused = story.billing.update_quote(&viewer, draft.id(), data).await;
    check(Role::Viewer, Permission::WriteAll, "edit a quote", refused);
}

#[tokio::test]
async fn a_member_annotates_their_own_draft_and_no_issued_document() {
    let story = Story::new().await;
    let member = story.as_role(Role::Member);
    let (billing, empty) = (&story.billing, Metadata::new);

    let draft = billing.create_invoice(&member, InvoiceData::new(story.content())).await.unwrap();
    billing.annotate_invoice(&member, draft.id(), None, empty()).await.unwrap();
    let invoice = billing.issue_invoice(&story.owner, draft.id()).await.unwrap();
    let refused = billing.annotate_invoice(&member, draft.id(), None, empty()).await;
    assert!(matches!(refused, Err(Error::Forbidden { permission: Permission::WriteAll })), "{refused:?}");

    let data = CreditNoteData::new(CreditScope::Full, "Returned");
    let note = billing.create_credit_note(&member, invoice.id(), data).await.unwrap();
    billing.annotate_credit_note(&member, note.id(), None, empty()).await.unwrap();
    billing.issue_credit_note(&story.owner, note.id()).await.unwrap();
    let refused = billing.annotate_credit_note(&member, note.id(), None, empty()).await;
    assert!(matches!(refused, Err(Error::Forbidden { permission: Permission::WriteAll })), "{refused:?}");

    let data = QuoteData::new(story.content());
    let quote = billing.create_quote(&member, data).await.unwrap();
    billing.annotate_quote(&member, quote.id(), None, empty()).await.unwrap();
    billing.issue_quote(&story.owner, quote.id()).await.unwrap();
    let refused = billing.annotate_quote(&member, quote.id(), None, empty()).await;
    assert!(matches!(refused, Err(Error::Forbidden { permission: Permission::WriteAll })), "{refused:?}");
}

//! What issuing asks for, each refusal by the name of its field, and what it freezes.

use invoice_core::line::{Adjustment, DocumentAdjustment, InvoicePeriod, Line};
use invoice_core::service::Error;
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::{
    AccountingRate, ClientData, Code, Content, Currency, Delivery, DocumentType, Due, Invoice, InvoiceData,
    InvoiceId, InvoiceKind, Note, Party, PaymentState, PaymentTerms, Regime, SeriesData, Status,
    SupplierProfile, TimeZone,
};
use uuid::Uuid;

use crate::story::{
    DAY, NOON, Story, address, customer, date, eur, line, named, series, supplier, the_field, untaxed,
};

fn exempt(category: TaxCategory, reason: Option<&str>) -> Line {
    let tax = Tax::new(invoice_core::tax::TaxScheme::VAT, category, None);
    let tax = match reason {
        Some(reason) => tax.with_exemption_reason(reason).unwrap(),
        None => tax,
    };
    untaxed("1", "1", "100.00").with_tax(tax)
}

fn delivered(content: Content) -> Content {
    content.with_delivery(Delivery::new(address("FR"))).with_supply_date(date("2026-03-14"))
}

async fn with_supplier(party: Party) -> Story {
    Story::with_profile(|profile| SupplierProfile::new(profile.team(), party, profile.time_zone())).await
}

async fn for_customer(story: &Story, party: Party) -> Content {
    let client = story.billing.create_client(&story.owner, ClientData::new(party)).await.unwrap();
    Content::new(client.id(), Currency::EUR)
}

#[tokio::test]
async fn a_document_without_lines_is_not_issued() {
    let story = Story::new().await;
    assert_eq!(the_field(story.issue(story.content_of([])).await), ("/lines".to_owned(), Code::NoLines));
}

#[tokio::test]
async fn both_parties_need_a_name_and_an_address() {
    let story = with_supplier(Party::new("Rösterei Blau GmbH").with_vat_id("ATU98765433")).await;
    let content = for_customer(&story, Party::new("Kaffeehaus Sperl KG")).await;
    let refused = story.issue(content.with_line(line("1", "1", "1.00", "20"))).await;
    let fields = ["/supplier/address", "/customer/address"].map(|at| (at.to_owned(), Code::Required));
    assert_eq!(named(refused), fields);

    let nameless = ClientData::new(Party::new(" ").with_address(address("AT")));
    let refused = story.billing.create_client(&story.owner, nameless).await;
    assert_eq!(the_field(refused), ("/party/name".to_owned(), Code::Required));
    let nameless = SupplierProfile::new(story.team, Party::new(""), TimeZone::UTC);
    let refused = story.billing.set_supplier(&story.owner, nameless).await;
    assert_eq!(the_field(refused), ("/party/name".to_owned(), Code::Required));
}

#[tokio::test]
async fn a_simplified_invoice_says_so_and_needs_no_address_of_the_customer() {
    let story = Story::new().await;
    let content = for_customer(&story, Party::new("Walk-in customer")).await;
    let content = content.with_line(line("1", "1", "10.00", "20"));
    let refused = story.issue(content.clone()).await;
    assert_eq!(the_field(refused), ("/customer/address".to_owned(), Code::Required));
    assert!(story.issue(content.simplified()).await.unwrap().content().is_simplified());
}

#[tokio::test]
async fn a_supplier_without_any_tax_id_charges_no_vat() {
    let story = with_supplier(Party::new("Rösterei Blau GmbH").with_address(address("AT"))).await;
    let wanted = ("/supplier/vat_id".to_owned(), Code::TaxIdRequired);
    for one in [line("1", "1", "1.00", "20"), exempt(TaxCategory::Exempt, Some("Medical care"))] {
        assert_eq!(the_field(story.issue(story.content_of([one])).await), wanted);
    }
    let registered = Party::new("Rösterei Blau GmbH").with_address(address("AT"));
    let registered = with_supplier(registered.with_tax_registration("09 123/4567")).await;
    assert!(registered.issue(registered.content()).await.is_ok());
}

#[tokio::test]
async fn cross_border_categories_need_the_suppliers_vat_id_and_not_just_a_registration() {
    let party = Party::new("Rösterei Blau GmbH").with_address(address("AT")).with_tax_registration("09 1");
    let story = with_supplier(party).await;
    for (category, reason) in [
        (TaxCategory::ReverseCharge, "Reverse charge"),
        (TaxCategory::IntraCommunity, "Intra-community supply"),
        (TaxCategory::Export, "Export"),
    ] {
        let content = delivered(story.content_of([exempt(category, Some(reason))]));
        let wanted = ("/supplier/vat_id".to_owned(), Code::TaxIdRequired);
        assert_eq!(the_field(story.issue(content).await), wanted, "{category}");
    }
}

#[tokio::test]
async fn reverse_charge_and_intra_community_supplies_need_the_customers_tax_id() {
    let story = Story::new().await;
    let stranger = Party::new("Café de Flore").with_address(address("FR"));
    let content = for_customer(&story, stranger.clone()).await;
    let wanted = ("/customer/vat_id".to_owned(), Code::TaxIdRequired);
    let reverse = exempt(TaxCategory::ReverseCharge, Some("Reverse charge"));
    let refused = story.issue(content.clone().with_line(reverse.clone())).await;
    assert_eq!(the_field(refused), wanted);
    let intra = exempt(TaxCategory::IntraCommunity, Some("Intra-community supply"));
    let refused = story.issue(delivered(content.with_line(intra.clone()))).await;
    assert_eq!(the_field(refused), wanted);

    // EN 16931 BR-AE-02 takes the legal registration instead, BR-IC-02 does not.
    let content = for_customer(&story, stranger.clone().with_legal_id("RCS 552 032 534")).await;
    assert!(story.issue(content.clone().with_line(reverse)).await.is_ok());
    assert_eq!(the_field(story.issue(delivered(content.with_line(intra.clone()))).await), wanted);
    let content = for_customer(&story, stranger.with_vat_id("FR40303265045")).await;
    assert!(story.issue(delivered(content.with_line(intra))).await.is_ok());
}

#[tokio::test]
async fn reverse_charge_says_so_in_its_reason_code_or_a_note() {
    let story = Story::new().await;
    let wanted = ("/lines/0/taxes/0/exemption_reason".to_owned(), Code::LegalTextRequired);
    let vague = story.content_of([exempt(TaxCategory::ReverseCharge, Some("Service abroad"))]);
    assert_eq!(the_field(story.issue(vague.clone()).await), wanted);
    let noted = vague.with_note(Note::new("Steuerschuldnerschaft des Leistungsempfängers"));
    assert!(story.issue(noted).await.is_ok());
    let said = story.content_of([exempt(TaxCategory::ReverseCharge, Some("REVERSE CHARGE, art. 196"))]);
    assert!(story.issue(said).await.is_ok());
    let tax = Tax::vat(TaxCategory::ReverseCharge, "0".parse().unwrap());
    let coded = untaxed("1", "1", "1").with_tax(tax.with_exemption_code("VATEX-EU-AE").unwrap());
    assert!(story.issue(story.content_of([coded])).await.is_ok());
}

#[tokio::test]
async fn whoever_charges_nothing_says_why() {
    let story = Story::new().await;
    for category in [
        TaxCategory::Exempt,
        TaxCategory::ReverseCharge,
        TaxCategory::IntraCommunity,
        TaxCategory::Export,
        TaxCategory::OutOfScope,
    ] {
        let content = delivered(story.content_of([exempt(category, None)]));
        let content = content.with_note(Note::new("Reverse charge"));
        let wanted = ("/lines/0/taxes/0/exemption_reason".to_owned(), Code::ExemptionReasonRequired);
        assert_eq!(the_field(story.issue(content).await), wanted, "{category}");
    }
}

#[tokio::test]
async fn a_rate_that_contradicts_its_category_is_refused_wherever_it_stands() {
    let story = Story::new().await;
    let free = untaxed("1", "1", "1").with_tax(Tax::vat(TaxCategory::Standard, "0".parse().unwrap()));
    let refused = story.issue(story.content_of([free])).await;
    assert_eq!(the_field(refused), ("/lines/0/taxes/0/rate".to_owned(), Code::RateNotAllowed));
    let charged = Tax::vat(TaxCategory::ZeroRated, "5".parse().unwrap());
    let freight = DocumentAdjustment::new(Adjustment::fixed(eur("1.00"))).with_tax(charged);
    let refused = story.issue(story.content().with_charge(freight)).await;
    assert_eq!(the_field(refused), ("/charges/0/taxes/0/rate".to_owned(), Code::RateNotAllowed));
}

#[tokio::test]
async fn what_is_outside_the_scope_of_tax_stands_alone() {
    let story = Story::new().await;
    let outside = exempt(TaxCategory::OutOfScope, Some("Not subject to VAT"));
    let beside = story.content_of([outside.clone(), line("2", "1", "1.00", "20")]);
    let wanted = ("/lines/1/taxes/0/category".to_owned(), Code::CategoryStandsAlone);
    assert_eq!(the_field(story.issue(beside).await), wanted);
    assert!(story.issue(story.content_of([outside])).await.is_ok());
}

#[tokio::test]
async fn an_intra_community_supply_needs_the_delivery_date_and_country() {
    let story = Story::new().await;
    let content = story.content_of([exempt(TaxCategory::IntraCommunity, Some("Intra-community supply"))]);
    let fields = ["/supply_date", "/delivery"].map(|at| (at.to_owned(), Code::Required));
    assert_eq!(named(story.issue(content.clone()).await), fields);
    let period = InvoicePeriod::new(Some(date("2026-03-01")), Some(date("2026-03-10"))).unwrap();
    let content = content.with_period(period);
    assert_eq!(the_field(story.issue(content.clone()).await).0, "/delivery");
    assert!(story.issue(content.with_delivery(Delivery::new(address("FR")))).await.is_ok());
}

#[tokio::test]
async fn a_self_billed_invoice_says_so() {
    let story = Story::new().await;
    let data = |content| InvoiceData { kind: InvoiceKind::SelfBilled, ..InvoiceData::new(content) };
    let refused = story.issue(data(story.content())).await;
    assert_eq!(the_field(refused), ("/notes".to_owned(), Code::LegalTextRequired));
    let issued = story.issue(data(story.content().with_note(Note::new("Self-billing")))).await.unwrap();
    assert_eq!(issued.kind().type_code(), "389");
}

#[tokio::test]
async fn a_small_business_charges_nothing_and_gives_its_reason() {
    let reason = "Steuerbefreit nach § 6 Abs. 1 Z 27 UStG";
    let regime = Regime::SmallBusiness { reason: reason.to_owned() };
    let story = Story::with_profile(|profile| profile.with_regime(regime)).await;
    let wanted = ("/lines/0/taxes/0/category".to_owned(), Code::SmallBusinessRegime);
    assert_eq!(the_field(story.issue(story.content()).await), wanted);
    let other = story.content_of([exempt(TaxCategory::Exempt, Some("Medical care"))]);
    let wanted = ("/lines/0/taxes/0/exemption_reason".to_owned(), Code::SmallBusinessRegime);
    assert_eq!(the_field(story.issue(other.clone()).await), wanted);
    assert!(story.issue(other.with_note(Note::new(reason))).await.is_ok());
    let right = story.content_of([exempt(TaxCategory::Exempt, Some(reason))]);
    assert!(story.issue(right).await.is_ok());
}

#[tokio::test]
async fn an_invoice_over_less_than_nothing_is_not_issued() {
    let story = Story::new().await;
    let refused = story.issue(story.content_of([line("1", "-1", "5.00", "20")])).await;
    assert_eq!(the_field(refused), ("/totals/payable".to_owned(), Code::NegativePayable));
}

#[tokio::test]
async fn an_invoice_over_nothing_is_settled_at_once() {
    let story = Story::new().await;
    let gift = story.issue(story.content_of([line("1", "1", "0.00", "20")])).await.unwrap();
    assert_eq!(
        (gift.status(date("2027-01-01")), gift.payment_state()),
        (Status::Paid, PaymentState::NothingDue)
    );
    let told = story.told_about(invoice_core::change::AggregateId::Invoice(gift.id())).await;
    assert_eq!(told, ["invoice.created", "invoice.issued", "invoice.paid"]);
}

#[tokio::test]
async fn everything_wrong_is_named_at_once() {
    let story = with_supplier(Party::new("Rösterei Blau GmbH")).await;
    let content = for_customer(&story, Party::new("Café de Flore")).await;
    let content = content.with_line(exempt(TaxCategory::IntraCommunity, None));
    let fields: Vec<_> = named(story.issue(content).await).into_iter().map(|(at, _)| at).collect();
    assert_eq!(
        fields,
        [
            "/supplier/address",
            "/customer/address",
            "/lines/0/taxes/0/exemption_reason",
            "/supplier/vat_id",
            "/customer/vat_id",
            "/supply_date",
            "/delivery",
        ]
    );
}

#[tokio::test]
async fn vat_in_another_currency_needs_its_rate_and_freezes_both_totals() {
    let sek = Currency::new("SEK").unwrap();
    let story = Story::with_profile(|profile| profile.with_tax_currency(sek)).await;
    let wanted = ("/accounting_rate".to_owned(), Code::AccountingRateRequired);
    assert_eq!(the_field(story.issue(story.content()).await), wanted);
    let rate = |currency, source| {
        AccountingRate::new(currency, "11.4325".parse().unwrap(), date("2026-03-13"), source)
    };
    let wrong = story.content().with_accounting_rate(rate(Currency::USD, "ECB"));
    assert_eq!(the_field(story.issue(wrong).await), wanted);
    let unsourced = story.content().with_accounting_rate(rate(sek, " "));
    let wanted = ("/accounting_rate/source".to_owned(), Code::Required);
    assert_eq!(the_field(story.issue(unsourced).await), wanted);

    let right = story.content().with_accounting_rate(rate(sek, "ECB"));
    let invoice = story.issue(right).await.unwrap();
    let accounting = invoice.issued().unwrap().accounting().unwrap();
    assert_eq!(invoice.totals().tax_total(), eur("20.00"));
    assert_eq!(accounting.tax_total().to_string(), "228.65 SEK");
    assert_eq!((accounting.rate_date(), accounting.source()), (date("2026-03-13"), "ECB"));

    let scope = invoice_core::CreditScope::Amount(eur("60.00"));
    let note = story.credit(&invoice, scope).await.unwrap();
    let back = note.issued().unwrap().accounting().unwrap();
    assert_eq!((back.tax_total().to_string(), back.rate()), ("114.33 SEK".to_owned(), accounting.rate()));

    let krona = Content::new(story.client.id(), sek).with_line(line("1", "1", "100.00", "20"));
    assert!(story.issue(krona).await.unwrap().issued().unwrap().accounting().is_none());
}

#[tokio::test]
async fn issue_dates_lie_neither_in_the_future_nor_before_the_last_issue() {
    let story = Story::new().await;
    let on = |day: &str| story.content().with_issue_date(date(day));
    let refused = story.issue(on("2026-03-16")).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::DateInFuture));
    let refused = story.issue(on("2019-12-31")).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::OutOfRange));
    story.issue(on("2026-03-10")).await.unwrap();
    let refused = story.issue(on("2026-03-09")).await;
    assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::DateBeforeLastIssue));
    let same_day = story.issue(on("2026-03-10")).await.unwrap();
    assert_eq!(same_day.number(), Some("INV-2026-0002"));
}

#[tokio::test]
async fn a_team_without_profile_or_series_does_not_issue() {
    let story = Story::bare(NOON).await;
    let refused = story.issue(story.content()).await;
    assert_eq!(the_field(refused), ("/supplier".to_owned(), Code::Required));
    let profile = SupplierProfile::new(story.team, supplier(), TimeZone::UTC);
    story.billing.set_supplier(&story.owner, profile).await.unwrap();
    let refused = story.issue(story.content()).await;
    assert_eq!(the_field(refused), ("/series".to_owned(), Code::Unknown));
}

#[tokio::test]
async fn an_archived_or_foreign_series_numbers_nothing() {
    let story = Story::new().await;
    let all = story.billing.all_series(story.owner.actor()).await.unwrap();
    let of = |wanted| all.iter().find(|series| series.document_type() == wanted).unwrap().id();
    let refused = story.issue(story.content().with_series(of(DocumentType::Quote))).await;
    assert_eq!(the_field(refused), ("/series".to_owned(), Code::Unknown));
    let absent = invoice_core::SeriesId::from_uuid(Uuid::from_u128(99));
    let refused = story.issue(story.content().with_series(absent)).await;
    assert_eq!(the_field(refused), ("/series".to_owned(), Code::Unknown));

    let export = SeriesData { name: "export".to_owned(), ..series(DocumentType::Invoice, "EXP") };
    let export = story.billing.create_series(&story.owner, export).await.unwrap();
    let issued = story.issue(story.content().with_series(export.id())).await.unwrap();
    assert_eq!(issued.number(), Some("EXP-2026-0001"));
    story.billing.archive_series(&story.owner, export.id()).await.unwrap();
    let refused = story.issue(story.content().with_series(export.id())).await;
    assert_eq!(the_field(refused), ("/series".to_owned(), Code::Inconsistent));
}

#[tokio::test]
async fn nothing_is_issued_to_an_archived_or_unknown_client() {
    let story = Story::new().await;
    let draft = story.draft().await;
    story.billing.archive_client(&story.owner, story.client.id()).await.unwrap();
    let refused = story.billing.issue_invoice(&story.owner, draft.id()).await;
    assert_eq!(the_field(refused), ("/client".to_owned(), Code::Inconsistent));
    let nobody = invoice_core::ClientId::from_uuid(Uuid::from_u128(99));
    let refused = story.issue(Content::new(nobody, Currency::EUR).with_line(line("1", "1", "1", "20"))).await;
    assert_eq!(the_field(refused), ("/client".to_owned(), Code::Unknown));
    let nothing = story.billing.issue_invoice(&story.owner, InvoiceId::from_uuid(Uuid::from_u128(9))).await;
    assert!(matches!(nothing, Err(Error::NotFound { .. })), "{nothing:?}");
}

#[tokio::test]
async fn the_due_date_comes_from_the_document_then_the_client_then_the_team() {
    let due = |invoice: &Invoice| invoice.issued().unwrap().due_date();
    let story =
        Story::with_profile(|profile| profile.with_default_terms(PaymentTerms::new(Due::Days(30)))).await;
    let plain = || Content::new(story.client.id(), Currency::EUR).with_line(line("1", "1", "1.00", "20"));
    assert_eq!(due(&story.issue(plain()).await.unwrap()), Some(date("2026-04-14")));
    let agreed = PaymentTerms::new(Due::DaysAfterMonthEnd(10));
    let client = ClientData { terms: Some(agreed), ..ClientData::new(customer()) };
    story.billing.update_client(&story.owner, story.client.id(), client).await.unwrap();
    assert_eq!(due(&story.issue(plain()).await.unwrap()), Some(date("2026-04-10")));
    let own = plain().with_terms(PaymentTerms::new(Due::OnReceipt));
    assert_eq!(due(&story.issue(own).await.unwrap()), Some(date("2026-03-15")));
    let past = plain().with_terms(PaymentTerms::new(Due::On(date("2026-03-14"))));
    assert_eq!(the_field(story.issue(past).await), ("/terms/due".to_owned(), Code::Inconsistent));
    let story = Story::new().await;
    let plain = Content::new(story.client.id(), Currency::EUR).with_line(line("1", "1", "1.00", "20"));
    assert_eq!(due(&story.issue(plain).await.unwrap()), None);
}

#[tokio::test]
async fn vat_becomes_due_at_the_tax_point_then_the_supply_then_the_end_of_the_period_then_the_issue() {
    let story = Story::new().await;
    let period = InvoicePeriod::new(Some(date("2026-02-01")), Some(date("2026-02-28"))).unwrap();
    let point = async |content| story.issue(content).await.unwrap().issued().unwrap().tax_point();
    let content = story.content();
    assert_eq!(point(content.clone()).await, date("2026-03-15"));
    let content = content.with_period(period);
    assert_eq!(point(content.clone()).await, date("2026-02-28"));
    let content = content.with_supply_date(date("2026-02-20"));
    assert_eq!(point(content.clone()).await, date("2026-02-20"));
    assert_eq!(point(content.with_tax_point(date("2026-01-31"))).await, date("2026-01-31"));
}

#[tokio::test]
async fn the_teams_zone_decides_the_day_and_the_year() {
    // 2026-12-31T12:00:00Z: past midnight in Auckland, early morning in Los Angeles.
    let instant = NOON + 291 * DAY;
    for (zone, day, number) in [
        ("Pacific/Auckland", "2027-01-01", "INV-2027-0001"),
        ("America/Los_Angeles", "2026-12-31", "INV-2026-0001"),
    ] {
        let story = Story::in_zone(zone, instant).await;
        let invoice = story.issued().await;
        assert_eq!(invoice.issued().unwrap().issue_date(), date(day), "{zone}");
        assert_eq!(invoice.number(), Some(number), "{zone}");
        assert_eq!(story.billing.team_today(story.owner.actor()).await.unwrap(), date(day), "{zone}");
        let tomorrow = date(day).succ_opt().unwrap();
        let refused = story.issue(story.content().with_issue_date(tomorrow)).await;
        assert_eq!(the_field(refused), ("/issue_date".to_owned(), Code::DateInFuture), "{zone}");
    }
}

//! What is written is read back, to the last bit.

use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::world::{Desk, World, all, every_page, rows, stored};
use crate::change::Record;
use crate::line::{Adjustment, DocumentAdjustment, InvoicePeriod, Line, LineDetails, UnitCode};
use crate::ports::{BillingPorts, ClientQuery, InvoiceQuery};
use crate::tax::{Tax, TaxCategory, TaxScheme};
use crate::testing::fixtures::{line, sound, vat};
use crate::testing::{day, euros};
use crate::totals::{PayableRounding, PriceMode};
use crate::{
    AccountingRate, Allocation, ClientData, Content, CreditScope, Currency, Delivery, DocumentType, Due,
    EarlyPayment, Iban, Invoice, InvoiceData, InvoiceKind, Item, ItemData, Metadata, Money, Note,
    PaymentData, PaymentInstruction, PaymentMethod, PaymentTerms, Preceding, QuoteData, QuoteKind,
    References, Refund, Reset, Reversal, SeriesData, Timestamp, WriteOffReason,
};

/// One of each kind with every field filled: what is read equals what was written, also in its stored form.
pub async fn every_kind_of_record_reads_back_as_written(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    for record in full_records(&desk).await {
        world.insert(record.clone()).await;
        reads_back(&world, &record).await;
    }
}

/// An update replaces the whole of a record; the next version is read.
pub async fn an_update_replaces_the_whole_record(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let full = full_records(&desk).await;
    let mut plain = plain_records(&desk).await;
    let mut profile = stored(ports.catalog.supplier(world.team()).await, "the profile");
    profile.default_terms = Some(PaymentTerms::new(Due::Days(14)));
    plain.push(profile.into());
    for record in full.iter().chain(&plain[..plain.len() - 1]) {
        world.insert(record.clone()).await;
    }
    for record in full.into_iter().chain(plain) {
        let mut changed = record.clone();
        alter(&mut changed, world.now());
        let change = world.change().update(changed);
        let sent = change.clone().build().writes.into_iter().find_map(|write| write.record().cloned());
        let sent = sent.unwrap_or_else(|| panic!("one record is written"));
        let receipt = world.commit(change).await;
        assert_eq!(receipt.records, std::slice::from_ref(&sent), "the answer is what was sent");
        assert_eq!(sent.version(), record.version().next(), "an update is one version");
        reads_back(&world, &sent).await;
    }
}

/// A deleted record is gone, from its list as well.
pub async fn a_deleted_record_is_gone(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let records = plain_records(&desk).await;
    let before = world.snapshot().await;
    for record in &records {
        world.insert(record.clone()).await;
    }
    assert_ne!(world.snapshot().await, before, "the records are in their lists");
    for record in records {
        world.delete(record.clone()).await;
        assert_eq!(world.read(record.id()).await, None, "{} is gone", record.id());
    }
    // Nothing but the trail tells of them.
    assert_eq!(world.snapshot().await.without_audit(), before.without_audit(), "the lists are as before");
}

/// Emoji, right-to-left and combining characters, quotes and control characters survive in every text, also in names that
/// no use case takes: a store may hold them from before.
pub async fn texts_of_any_script_survive(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    for text in [
        "👩‍👩‍👧‍👦 Familie 🏳️‍🌈",
        "\u{202e}مرحبا بالعالم שלום",
        "𝒳𐍈\u{10ffff}",
        "e\u{301} é ǆ ẞ İ ı",
        "a'b\"c`d\\e%f_g{h}$i.j--/*;",
        "tab\tline\nreturn\r\nend\u{1}\u{7f}\u{85}\u{2028}",
        " both ends ",
        "\u{feff}mark",
    ] {
        let client = world.insert(kept(&world.client(ANY), text)).await;
        reads_back(&world, &client.clone().into()).await;
        let mut content = world.content(&client, "10").with_note(Note::new(ANY));
        content.lines.push(line("2", ANY, "1"));
        let mut data = InvoiceData::new(content);
        data.internal_notes = Some(ANY.to_owned());
        data.metadata = Metadata::new().with("key", text);
        let invoice = kept(&world.invoice(data), text);
        let issued = world.change().issue(invoice, &desk.invoices, &client, day("2026-03-02"));
        let receipt = world.commit(issued).await;
        for record in &receipt.records {
            reads_back(&world, record).await;
        }
        let mut payment = PaymentData::new(client.id(), euros("1"), day("2026-03-02"));
        payment.external_reference = Some(ANY.to_owned());
        let payment = world.insert(kept(&world.payment_of(payment), text.trim())).await;
        let found = ports.payments.payment_by_reference(world.team(), text.trim()).await;
        assert_eq!(stored(found, "the payment"), payment, "a reference is found as it is");
    }
}

/// Stands for any text.
const ANY: &str = "any text";

/// A record with another text in the place of each that stands for any.
fn kept<T: Serialize + DeserializeOwned>(record: &T, text: &str) -> T {
    let quoted = |text: &str| sound(serde_json::to_string(text));
    let stored = sound(serde_json::to_string(record));
    sound(serde_json::from_str(&stored.replace(&quoted(ANY), &quoted(text))))
}

/// The longest texts there are survive.
pub async fn the_longest_texts_survive(ports: &BillingPorts) {
    let world = World::new(ports);
    let mut data = ClientData::new(world.party(&"𝒳".repeat(1_000)));
    data.internal_notes = Some("é".repeat(10_000));
    data.metadata = (0..Metadata::MAX_PAIRS)
        .map(|pair| (format!("{pair:0>100}"), "💡".repeat(Metadata::MAX_VALUE)))
        .collect();
    let client = world.insert(world.client_of(data)).await;
    reads_back(&world, &client.into()).await;
    let client = world.insert(world.client("Café Jelinek")).await;
    let mut payment = PaymentData::new(client.id(), euros("1"), day("2026-03-02"));
    let reference = "💡".repeat(1_000);
    payment.external_reference = Some(reference.clone());
    let payment = world.insert(world.payment_of(payment)).await;
    let found = ports.payments.payment_by_reference(world.team(), &reference).await;
    assert_eq!(stored(found, "the payment"), payment, "the longest reference is found");
}

/// Amounts, prices and quantities at their bounds, in currencies of 0, 2 and 3 decimals, survive exactly.
pub async fn amounts_at_the_bounds_survive(ports: &BillingPorts) {
    const MOST: i64 = 999_999_999_999_999_999;
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    for currency in [Currency::EUR, Currency::JPY, Currency::KWD] {
        for minor in [1, 9_007_199_254_740_993, MOST] {
            let amount = sound(Money::from_minor(minor, currency));
            let one = sound(Money::from_minor(1, currency));
            let mut payment = world.payment_of(PaymentData::new(client.id(), one, day("2026-03-02")));
            // More than a payment may be, and no more than an amount.
            payment.amount = amount;
            let payment = world.insert(payment).await;
            let found = stored(ports.payments.payment(world.team(), payment.id()).await, "the payment");
            assert_eq!(found.amount(), amount, "an amount is kept to its minor unit");
        }
    }
    for price in ["99999999999.99999999", "-99999999999.99999999", "0.00000001", "158.1250000000", "0"] {
        let line = sound(Line::new("1", "Lamp", sound("0.00000001".parse()), sound(price.parse())));
        let content = Content::new(client.id(), Currency::KWD).with_line(line.with_tax(vat("0.00000001")));
        let invoice = world.insert(world.invoice(content)).await;
        reads_back(&world, &invoice.into()).await;
        let data = ItemData::new("Lamp", Currency::JPY, sound(price.parse()));
        let item = world.insert(world.item_of(data)).await;
        reads_back(&world, &item.into()).await;
    }
}

/// Instants keep their milliseconds; dates at both ends of the calendar are kept.
pub async fn instants_and_dates_survive(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    for millis in [0, 1, 999, 1_772_442_000_123, 253_402_300_799_999] {
        let at = Timestamp::from_millis(millis);
        let mut item: Item = world.item("Lamp");
        (item.created_at, item.updated_at, item.archived_at) = (at, at, Some(at));
        world.insert(item.clone()).await;
        let found = stored(ports.catalog.item(world.team(), item.id()).await, "the item");
        assert_eq!(found.created_at().as_millis(), millis, "an instant is kept to its millisecond");
        assert_eq!(found, item, "all instants are kept");
    }
    for date in ["1970-01-01", "2028-02-29", "9998-12-31"] {
        let data = PaymentData::new(client.id(), euros("1"), day(date));
        let payment = world.insert(world.payment_of(data)).await;
        let found = stored(ports.payments.payment(world.team(), payment.id()).await, "the payment");
        assert_eq!(found.date(), day(date), "a date is kept");
        let invoice = world.invoice(world.content(&client, "1").with_supply_date(day(date)));
        world.insert(invoice.clone()).await;
        reads_back(&world, &invoice.into()).await;
    }
}

/// Metadata is data: keys that mean something to a database survive, and are found by the pair.
pub async fn metadata_keys_are_plain_data(ports: &BillingPorts) {
    let world = World::new(ports);
    let keys = [
        "$gt",
        "$where",
        "a.b",
        "a.b.c",
        ".",
        "$",
        "a$b",
        "'",
        "\"",
        "a\"b'c",
        "\\",
        "%",
        "_",
        "__proto__",
        "_id",
        "a/b~c",
        "[0]",
        "{\"x\":1}",
        " ",
        "💡",
        "key",
        "Key",
    ];
    let mut made = Vec::new();
    for key in keys {
        let mut data = ClientData::new(world.party("Client"));
        data.metadata = Metadata::new().with(key, format!("of {key}")).with("kind", "same");
        let client = world.insert(world.client_of(data)).await;
        let mut data = InvoiceData::new(world.content(&client, "1"));
        data.metadata = client.metadata().clone();
        let invoice = world.insert(world.invoice(data)).await;
        reads_back(&world, &client.clone().into()).await;
        reads_back(&world, &invoice.clone().into()).await;
        made.push((key, client, invoice));
    }
    for (key, client, invoice) in &made {
        let pair = Some(((*key).to_owned(), format!("of {key}")));
        let query = ClientQuery { metadata: pair.clone(), ..ClientQuery::default() };
        let found = rows(ports.catalog.clients(world.team(), &query, &all()).await);
        let found: Vec<_> = found.iter().map(crate::Client::id).collect();
        assert_eq!(found, [client.id()], "the client with the key {key:?} is found by it");
        let query = InvoiceQuery { metadata: pair, ..InvoiceQuery::new() };
        let found = rows(ports.invoices.invoices(world.team(), &query, &all()).await);
        let found: Vec<_> = found.iter().map(|row| row.id).collect();
        assert_eq!(found, [invoice.id()], "the invoice with the key {key:?} is found by it");
    }
    let pair = Some(("kind".to_owned(), "same".to_owned()));
    let query = &ClientQuery { metadata: pair, ..ClientQuery::default() };
    let team = world.team();
    let found = every_page(5, |page| async move { ports.catalog.clients(team, query, &page).await }).await;
    assert_eq!(found.len(), keys.len(), "a pair they share finds all of them");
}

/// The record is read by its identifier as it is, and its stored form is the same text.
pub(super) async fn reads_back(world: &World<'_>, record: &Record) {
    let found = world.read(record.id()).await;
    let found = found.unwrap_or_else(|| panic!("{} is stored", record.id()));
    assert_eq!(&found, record, "what is read is what was written");
    let text = |record: &Record| sound(serde_json::to_string(record));
    assert_eq!(text(&found), text(record), "the stored form is the same");
}

/// Changes a field of the record that its kind lets change.
fn alter(record: &mut Record, at: Timestamp) {
    let note = || Some("Altered".to_owned());
    match record {
        Record::Client(client) => (client.internal_notes, client.archived_at) = (note(), Some(at)),
        Record::Item(item) => (item.description, item.taxes) = (note(), Vec::new()),
        Record::Supplier(profile) => profile.default_instructions = Vec::new(),
        Record::Series(series) => series.archived_at = Some(at),
        Record::Invoice(invoice) => (invoice.internal_notes, invoice.metadata) = (note(), Metadata::new()),
        Record::CreditNote(credit) => credit.data.metadata = Metadata::new().with("altered", "yes"),
        Record::Quote(quote) => (quote.internal_notes, quote.valid_until) = (note(), None),
        Record::Payment(payment) => payment.note = note(),
    }
}

/// One of each kind but the profile, with as little in it as there can be; none refers to another.
async fn plain_records(desk: &Desk<'_>) -> Vec<Record> {
    let invoice = desk.issue("10", day("2026-03-02")).await;
    vec![
        desk.client("Gasthaus Ubl").into(),
        desk.item_of(ItemData::new("Lamp", Currency::EUR, sound("1".parse()))).into(),
        desk.series_named(DocumentType::Quote, "plain", "P-{seq}").into(),
        desk.draft(&desk.client, "10").into(),
        desk.credit_note(&invoice, CreditScope::Full).into(),
        desk.quote(&desk.client, "10").into(),
        desk.payment(&desk.client, "10").into(),
    ]
}

/// One of each kind but the profile, with every field filled.
async fn full_records(desk: &Desk<'_>) -> Vec<Record> {
    let terms = PaymentTerms::new(Due::DaysAfterMonthEnd(10))
        .with_early_payment(EarlyPayment::new(10, sound("2.5".parse())))
        .with_text("10 days 2.5 %");
    let metadata = Metadata::new().with("order", "A-17").with("$shop", "a.b");
    let party = desk.party("Gasthaus Ubl").with_trading_name("Ubl").with_vat_id("ATU87654321");
    let party = party.with_legal_id("FN 1").with_email("ubl@example.org").with_phone("+43 1 5876437");
    let mut client = ClientData::new(party.with_electronic_address("9915:b").with_contact_name("Frau Ubl"));
    (client.currency, client.terms) = (Some(Currency::CHF), Some(terms.clone()));
    (client.language, client.internal_notes) = (Some("de-AT".to_owned()), Some("Rings twice".to_owned()));
    client.metadata = metadata.clone();
    let client = desk.client_of(client);

    let mut item = ItemData::new("Lamp", Currency::CHF, sound("158.125".parse()));
    (item.code, item.description) = (Some("L-1".to_owned()), Some("Brass".to_owned()));
    (item.unit, item.metadata) = (Some(UnitCode::HOUR), metadata.clone());
    item.taxes = vec![vat("20"), Tax::withheld(TaxScheme::IRPF, sound("15".parse()))];

    let series = SeriesData {
        document_type: DocumentType::Invoice,
        name: "export".to_owned(),
        pattern: sound("EX-{year}-{month}-{seq:05}".parse()),
        reset: Reset::Monthly,
        start: 121,
        from: day("2026-01-15"),
    };

    let content = full_content(desk, terms);
    let mut invoice = InvoiceData::new(content.clone());
    (invoice.kind, invoice.internal_notes) = (InvoiceKind::SelfBilled, Some("Urgent".to_owned()));
    invoice.metadata = metadata.clone();
    let mut quote = QuoteData::new(content);
    (quote.kind, quote.valid_until) = (QuoteKind::ProForma, Some(day("2026-04-30")));
    (quote.internal_notes, quote.metadata) = (Some("Haggles".to_owned()), metadata.clone());

    let issued = lived_invoice(desk).await;
    let mut note = desk.credit_note(&issued, CreditScope::Amount(euros("6")));
    note.data.notes = vec![Note::new("Sorry").with_subject("AAI")];
    (note.data.internal_notes, note.data.metadata) = (Some("Broken".to_owned()), metadata);

    let mut payment = PaymentData::new(desk.client.id(), euros("100"), day("2026-03-02"));
    payment.method = PaymentMethod::DirectDebit;
    (payment.external_reference, payment.note) = (Some("E2E-1".to_owned()), Some("Thanks".to_owned()));
    let mut payment = desk.payment_of(payment);
    sound(payment.allocate(Allocation::new(issued.id(), euros("5"))));
    let back = Refund {
        amount: euros("7"),
        date: day("2026-03-05"),
        reason: Some("Paid twice".to_owned()),
        by: Some(desk.user()),
    };
    sound(payment.refund(back));
    let mut returned = desk.payment(&desk.client, "9");
    let reversal = Reversal { date: day("2026-03-06"), reason: Some("No cover".to_owned()) };
    sound(returned.reverse(reversal));

    vec![
        client.into(),
        desk.item_of(item).into(),
        desk.series_of(series).into(),
        desk.invoice(invoice).into(),
        desk.quote_of(quote).into(),
        note.into(),
        payment.into(),
        returned.into(),
    ]
}

fn full_content(desk: &Desk<'_>, terms: PaymentTerms) -> Content {
    let discount = sound(Adjustment::percent(sound("10".parse())).with_reason("Regular"));
    let freight = sound(Adjustment::fixed(euros("8.50")).with_reason("Freight"));
    let details = LineDetails {
        description: Some("Brass".to_owned()),
        seller_item_id: Some("L-1".to_owned()),
        ..LineDetails::default()
    };
    let lamp = line("1", "Lamp", "119.99").with_details(details).with_unit(UnitCode::HOUR);
    let lamp = lamp.with_base_quantity(sound("10".parse())).with_allowance(discount.clone());
    let exempt = sound(Tax::vat(TaxCategory::Exempt, sound("0".parse())).with_exemption_reason("Art. 132"));
    let lesson = sound(Line::new("2", "Lesson", sound("2".parse()), sound("50".parse()))).with_tax(exempt);
    let mut content = Content::new(desk.client.id(), Currency::EUR)
        .with_lines([lamp, lesson])
        .with_allowance(DocumentAdjustment::new(discount))
        .with_charge(DocumentAdjustment::new(freight).with_tax(vat("20")))
        .with_prepaid(euros("1.01"))
        .with_payable_rounding(PayableRounding::Increment(euros("0.05")))
        .with_prices(PriceMode::Net)
        .with_series(desk.invoices.id())
        .with_issue_date(day("2026-03-02"))
        .with_supply_date(day("2026-02-27"))
        .with_tax_point(day("2026-02-28"))
        .with_terms(terms)
        .with_instruction(PaymentInstruction::credit_transfer(sound(Iban::new("DE44500105175407324931"))))
        .with_note(Note::new("Thank you").with_subject("AAI"))
        .with_language("de-AT");
    let days = (Some(day("2026-02-01")), Some(day("2026-02-28")));
    content.period = Some(sound(InvoicePeriod::new(days.0, days.1)));
    let party = desk.party("Depot");
    content.delivery = party.address().cloned().map(|address| Delivery::new(address).with_name("Depot"));
    content.accounting_rate =
        Some(AccountingRate::new(Currency::SEK, sound("11.4325".parse()), day("2026-03-01"), "ECB"));
    content.references = References {
        buyer_reference: Some("KST 7".to_owned()),
        purchase_order: Some("PO-9".to_owned()),
        preceding: vec![Preceding::new("INV-0", Some(day("2025-12-31")))],
        ..References::default()
    };
    content
}

/// An issued invoice that was sent, seen, paid in part, credited in part and written off in part.
async fn lived_invoice(desk: &Desk<'_>) -> Invoice {
    let mut invoice = desk.issue("100", day("2026-03-02")).await;
    let at = desk.now();
    sound(invoice.send(at));
    sound(invoice.send(desk.tick()));
    sound(invoice.mark_viewed(at));
    sound(invoice.allocate(euros("5")));
    let today: NaiveDate = day("2026-03-03");
    let by = Some(desk.user());
    let why = Some("Fee".to_owned());
    sound(invoice.write_off(euros("1"), WriteOffReason::BankCharges, why, today, by));
    let figures = sound(invoice.plan_credit(&CreditScope::Amount(euros("6"))));
    sound(invoice.credit_with(&figures, today, by));
    let written = desk.update(invoice).await;
    reads_back(desk, &written.clone().into()).await;
    written
}

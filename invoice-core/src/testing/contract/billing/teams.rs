//! A team reads and writes its own, and learns nothing of another.

use std::sync::Arc;

use super::world::{Desk, World, absent, all, only, rows, stored};
use crate::change::{AggregateId, Record};
use crate::ports::{
    BillingPorts, ClientQuery, CreditNoteQuery, InvoiceQuery, ItemQuery, MonthRange, PaymentQuery,
    QuoteQuery, StatementQuery,
};
use crate::testing::contract::{must, must_conflict, must_not_be_found};
use crate::testing::fixtures::sound;
use crate::testing::{day, euros};
use crate::{
    Allocation, CreditNote, Currency, DocumentType, Invoice, Item, Month, Payment, PaymentData, Quote,
};

/// A team with one of everything.
struct Owner<'a> {
    desk: Desk<'a>,
    item: Item,
    draft: Invoice,
    invoice: Invoice,
    note: CreditNote,
    quote: Quote,
    payment: Payment,
}

impl<'a> Owner<'a> {
    async fn new(world: &World<'a>) -> Self {
        let desk = world.desk().await;
        let date = day("2026-03-02");
        let item = world.insert(world.item("Lamp")).await;
        let draft = world.insert(world.draft(&desk.client, "7")).await;
        desk.issue("100", date).await;
        let credited = desk.issue("50", date).await;
        let note = desk.credit(&credited, date).await;
        let quote = world.change().issue(world.quote(&desk.client, "30"), &desk.quotes, &desk.client, date);
        let quote = only(world.commit(quote).await);
        let mut payment = PaymentData::new(desk.client.id(), euros("20"), date);
        payment.external_reference = Some("E2E-1".to_owned());
        let payment = world.insert(world.payment_of(payment)).await;
        let invoice = stored(
            world.ports.invoices.invoice_by_number(world.team(), "INV-1").await,
            "the owner's invoice",
        );
        Self { desk, item, draft, invoice, note, quote, payment }
    }

    /// All that can be updated or deleted.
    fn records(&self) -> [Record; 7] {
        [
            self.desk.client.clone().into(),
            self.item.clone().into(),
            self.desk.invoices.clone().into(),
            self.draft.clone().into(),
            self.note.clone().into(),
            self.quote.clone().into(),
            self.payment.clone().into(),
        ]
    }
}

/// Invoices: by identifier, by number, with context, listed and counted.
pub async fn invoices_of_another_team_are_not_seen(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let team = world.beside().team();
    let sentence = "a foreign invoice reads like an absent one";
    absent(ports.invoices.invoice(team, owner.invoice.id()).await, sentence);
    absent(ports.invoices.invoice_by_number(team, "INV-1").await, sentence);
    absent(ports.invoices.invoice_with_context(team, owner.invoice.id()).await, sentence);
    let filtered = InvoiceQuery { client: Some(owner.desk.client.id()), ..InvoiceQuery::new() };
    for query in [InvoiceQuery::new(), filtered] {
        let found = rows(ports.invoices.invoices(team, &query, &all()).await);
        assert_eq!(found, [], "a list holds the team's own invoices only");
        let count = must(ports.invoices.count_invoices(team, &query).await, "invoices are counted");
        assert_eq!(count, 0, "a count counts the team's own invoices only");
    }
}

/// Credit notes and quotes: by identifier, by number and listed.
pub async fn documents_of_another_team_are_not_seen(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let (team, documents) = (world.beside().team(), &ports.documents);
    let sentence = "a foreign document reads like an absent one";
    absent(documents.credit_note(team, owner.note.id()).await, sentence);
    absent(documents.credit_note_by_number(team, "CN-1").await, sentence);
    absent(documents.quote(team, owner.quote.id()).await, sentence);
    absent(documents.quote_by_number(team, "QUO-1").await, sentence);
    let filtered = CreditNoteQuery { invoice: Some(owner.note.invoice()), ..CreditNoteQuery::default() };
    for query in [CreditNoteQuery::default(), filtered] {
        let found = rows(documents.credit_notes(team, &query, &all()).await);
        assert_eq!(found, [], "a list holds the team's own credit notes only");
    }
    let filtered = QuoteQuery { client: Some(owner.desk.client.id()), ..QuoteQuery::default() };
    for query in [QuoteQuery::default(), filtered] {
        let found = rows(documents.quotes(team, &query, &all()).await);
        assert_eq!(found, [], "a list holds the team's own quotes only");
    }
}

/// Clients, items, series and the profile: by identifier, listed, and in a trading context.
pub async fn the_catalog_of_another_team_is_not_seen(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let (other, catalog) = (world.beside(), &ports.catalog);
    let team = other.team();
    let sentence = "what is foreign reads like what is absent";
    absent(catalog.client(team, owner.desk.client.id()).await, sentence);
    absent(catalog.item(team, owner.item.id()).await, sentence);
    absent(catalog.supplier(team).await, sentence);
    absent(catalog.series(team, owner.desk.invoices.id()).await, sentence);
    let found = rows(catalog.clients(team, &ClientQuery::default(), &all()).await);
    assert_eq!(found, [], "a list holds the team's own clients only");
    let found = rows(catalog.items(team, &ItemQuery::default(), &all()).await);
    assert_eq!(found, [], "a list holds the team's own items only");
    let found = must(catalog.all_series(team).await, "the series are read");
    assert_eq!(found, [], "a list holds the team's own series only");
}

/// A trading context is made of the team's own client, profile and series.
pub async fn a_trading_context_holds_nothing_foreign(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let other = world.beside();
    let (client, series) = (owner.desk.client.id(), owner.desk.invoices.id());
    for chosen in [None, Some(series)] {
        let context =
            ports.catalog.trading_context(other.team(), client, DocumentType::Invoice, chosen).await;
        let context = must(context, "a context is read");
        assert_eq!(context, crate::ports::TradingContext::default(), "a context holds nothing foreign");
    }
}

/// Payments: by identifier, by reference and listed.
pub async fn payments_of_another_team_are_not_seen(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let (team, payments) = (world.beside().team(), &ports.payments);
    let sentence = "a foreign payment reads like an absent one";
    absent(payments.payment(team, owner.payment.id()).await, sentence);
    absent(payments.payment_by_reference(team, "E2E-1").await, sentence);
    let filtered = PaymentQuery { client: Some(owner.desk.client.id()), ..PaymentQuery::default() };
    for query in [PaymentQuery::default(), filtered] {
        let found = rows(payments.payments(team, &query, &all()).await);
        assert_eq!(found, [], "a list holds the team's own payments only");
    }
}

/// Sums are over the team's own documents, also when another team's client is asked for.
pub async fn reports_sum_nothing_foreign(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let (team, reports) = (world.beside().team(), &ports.reports);
    let client = owner.desk.client.id();
    for asked in [None, Some(client)] {
        let aging = must(reports.aging(team, day("2026-06-01"), asked).await, "aging is read");
        assert_eq!(aging, [], "nothing foreign is due");
    }
    let months = sound(MonthRange::new(sound(Month::new(2026, 1)), sound(Month::new(2026, 12))));
    let taxes = must(reports.tax_summary(team, months).await, "the taxes are read");
    assert_eq!(taxes, [], "no foreign tax is summed");
    let revenue = must(reports.revenue_by_month(team, months).await, "the revenue is read");
    assert_eq!(revenue, [], "no foreign revenue is summed");
    let query = StatementQuery { client, currency: Currency::EUR, range: crate::ports::DateRange::default() };
    let statement = must(reports.statement(team, &query, &all()).await, "the statement is read");
    assert_eq!(statement.entries, [], "a foreign client has no statement");
    assert!(statement.opening.is_zero() && statement.closing.is_zero(), "and owes nothing");
}

/// The trail, the counters and the chain.
pub async fn the_trail_of_another_team_is_not_seen(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let (team, trail) = (world.beside().team(), &ports.trail);
    for subject in [None, Some(AggregateId::Invoice(owner.invoice.id()))] {
        let found = rows(trail.audit(team, subject, &all()).await);
        assert_eq!(found, [], "a foreign trail is not read");
    }
    let key = owner.desk.invoices.counter(day("2026-03-02"));
    assert_eq!(must(trail.counters(team).await, "the counters are read"), [], "no foreign counter is listed");
    absent(trail.counter(team, key).await, "a foreign counter reads like an absent one");
    assert_eq!(must(trail.chain(team, key, 1, 100).await, "a chain is read"), [], "no foreign chain is read");
}

/// An update of a record whose identifier is another team's: there is no such record.
pub async fn a_foreign_record_is_not_updated(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let (other, before) = (world.beside(), world.snapshot().await);
    let desk = other.desk().await;
    let unchanged = other.snapshot().await;
    for record in owner.records() {
        let ours = disguised(record, &other, &desk);
        let (id, expected) = (ours.id(), ours.version());
        let answer = other.try_commit(other.change().update(ours)).await;
        must_conflict(answer, expected, None, &format!("{id} is not this team's to update"));
    }
    assert_eq!(world.snapshot().await, before, "nothing of the owner's is changed");
    assert_eq!(other.snapshot().await, unchanged, "nothing is written");
}

/// A deletion of a record whose identifier is another team's: there is no such record.
pub async fn a_foreign_record_is_not_deleted(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let (other, before) = (world.beside(), world.snapshot().await);
    for record in owner.records() {
        let (id, expected) = (record.id(), record.version());
        let answer = other.try_commit(other.change().delete(record)).await;
        must_conflict(answer, expected, None, &format!("{id} is not this team's to delete"));
    }
    let profile = other.change().delete(world.supplier());
    let answer = other.try_commit(profile).await;
    assert!(answer.is_err(), "a foreign profile is not deleted, but the store answered {answer:?}");
    assert_eq!(world.snapshot().await, before, "everything is still the owner's");
}

/// A guard on another team's record holds as little as one on nothing.
pub async fn a_foreign_guard_does_not_hold(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let other = world.beside();
    for record in owner.records() {
        let (id, expected) = (record.id(), record.version());
        let change = other.change().insert(other.item("Lamp")).guard(record);
        must_conflict(other.try_commit(change).await, expected, None, &format!("{id} is not this team's"));
    }
    let items = rows(ports.catalog.items(other.team(), &ItemQuery::default(), &all()).await);
    assert_eq!(items, [], "nothing is written behind a foreign guard");
}

/// Documents and payments do not refer to another team's clients and invoices.
pub async fn references_do_not_cross_teams(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let other = world.beside();
    let desk = other.desk().await;
    let foreign = &owner.desk.client;
    let before = (world.snapshot().await, other.snapshot().await);
    let mut note = owner.note.clone();
    (note.team, note.client, note.version) = (other.team(), desk.client.id(), crate::Version::FIRST);
    note.issuance = crate::document::Issuance::Draft;
    let mut payment = other.payment(&desk.client, "10");
    sound(payment.allocate(Allocation::new(owner.invoice.id(), euros("5"))));
    let records: [Record; 5] = [
        other.draft(foreign, "10").into(),
        other.quote(foreign, "10").into(),
        other.payment(foreign, "10").into(),
        note.into(),
        payment.into(),
    ];
    for record in records {
        let id = record.id();
        let answer = other.try_commit(other.change().insert(record)).await;
        must_not_be_found(answer, &format!("{id} refers to what is another team's"));
    }
    assert_eq!((world.snapshot().await, other.snapshot().await), before, "what is refused writes nothing");
}

/// Identifiers lead with the team: one that another team uses is free, and both records live side by side.
pub async fn the_same_identifiers_live_in_two_teams(ports: &BillingPorts) {
    let world = World::new(ports);
    let owner = Owner::new(&world).await;
    let (other, before) = (world.beside(), world.snapshot().await);
    let desk = other.desk().await;
    for record in owner.records() {
        // A credit note is of an invoice, which the other team does not have.
        if matches!(record, Record::CreditNote(_)) {
            continue;
        }
        let id = record.id();
        let ours = disguised(record, &other, &desk);
        let change = other.change().insert(ours.clone());
        must(other.try_commit(change).await, &format!("{id} is free in this team"));
        assert_eq!(other.read(id).await, Some(ours.clone()), "each team reads its own");
        other.delete(ours).await;
        assert_eq!(other.read(id).await, None, "each team deletes its own");
    }
    assert_eq!(world.snapshot().await, before, "another team's record of this identifier is as it was");
}

/// The same record as the other team would write it: its own but for the identifier.
fn disguised(record: Record, other: &World<'_>, desk: &Desk<'_>) -> Record {
    let (team, client) = (other.team(), desk.client.id());
    match record {
        Record::Client(record) => crate::Client { team, ..*record }.into(),
        Record::Item(record) => Item { team, ..*record }.into(),
        Record::Series(record) => crate::Series { team, name: "other".to_owned(), ..*record }.into(),
        Record::Invoice(mut record) => {
            let content = Arc::make_mut(&mut record.content);
            (record.team, content.client) = (team, client);
            Record::Invoice(record)
        }
        Record::CreditNote(record) => CreditNote { team, client, ..*record }.into(),
        Record::Quote(mut record) => {
            (record.team, record.content.client) = (team, client);
            Record::Quote(record)
        }
        Record::Payment(record) => Payment { team, client, ..*record }.into(),
        Record::Supplier(record) => crate::SupplierProfile { team, ..*record }.into(),
    }
}

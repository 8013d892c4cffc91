//! What is read together because a use case needs it together.

use super::world::{World, only, stored};
use crate::ports::{BillingPorts, TradingContext};
use crate::testing::contract::must;
use crate::testing::day;
use crate::{Client, ClientId, DocumentType, Invoice, SeriesId};

/// The default series of the type asked for; the chosen one, if one is chosen; the client and the profile.
pub async fn a_trading_context_holds_the_chosen_or_the_default_series(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let client = world.insert(world.client("Gasthaus Ubl")).await;
    let chosen = world.insert(world.series_named(DocumentType::Quote, "export", "EX-{seq}")).await;
    let supplier = stored(ports.catalog.supplier(world.team()).await, "the profile");
    let read =
        |client: ClientId, kind, series| ports.catalog.trading_context(world.team(), client, kind, series);
    let defaults = [&desk.invoices, &desk.credit_notes, &desk.quotes, &desk.pro_formas];
    for (kind, default) in DocumentType::ALL.into_iter().zip(defaults) {
        let context = must(read(client.id(), kind, None).await, "a context is read");
        let expected = TradingContext {
            client: Some(client.clone()),
            supplier: Some(supplier.clone()),
            series: Some(default.clone()),
        };
        assert_eq!(context, expected, "the default series of the type {kind}");
    }
    let context = must(read(client.id(), DocumentType::Quote, Some(chosen.id())).await, "a context is read");
    assert_eq!(context.series, Some(chosen), "the chosen series");
    let nothing = Some(SeriesId::from_uuid(world.uuid()));
    let context = must(read(client.id(), DocumentType::Invoice, nothing).await, "a context is read");
    assert_eq!(context.series, None, "a series that is not there is not replaced by the default");
    assert_eq!(context.client, Some(client), "the rest is there all the same");
    let nobody = ClientId::from_uuid(world.uuid());
    let context = must(read(nobody, DocumentType::Invoice, None).await, "a context is read");
    assert_eq!((context.client, context.supplier), (None, Some(supplier)), "a client that is not there");
}

/// A team without profile and series has a context without them.
pub async fn a_trading_context_may_lack_anything(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Gasthaus Ubl")).await;
    world.insert(world.series_named(DocumentType::Invoice, "Default", "A-{seq}")).await;
    let context = ports.catalog.trading_context(world.team(), client.id(), DocumentType::Invoice, None).await;
    let expected = TradingContext { client: Some(client), supplier: None, series: None };
    assert_eq!(must(context, "a context is read"), expected, "what is there, and nothing like it");
}

/// An archived series is not what documents take that choose none, but can be read by choosing it.
pub async fn an_archived_series_is_no_default(ports: &BillingPorts) {
    let world = World::new(ports);
    let mut desk = world.desk().await;
    desk.invoices.archived_at = Some(world.now());
    let archived = world.update(desk.invoices.clone()).await;
    let read =
        |series| ports.catalog.trading_context(world.team(), desk.client.id(), DocumentType::Invoice, series);
    assert_eq!(must(read(None).await, "a context is read").series, None, "an archived series is no default");
    let chosen = must(read(Some(archived.id())).await, "a context is read").series;
    assert_eq!(chosen, Some(archived), "whoever chooses it is told that it is archived");
    let new = world.insert(world.series_named(DocumentType::Invoice, "default", "NEW-{seq}")).await;
    assert_eq!(must(read(None).await, "a context is read").series, Some(new), "the new one is the default");
}

/// An invoice comes with its client as it is now, the profile, and the series that numbers it.
pub async fn an_invoice_comes_with_its_context(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let chosen = world.insert(world.series_named(DocumentType::Invoice, "export", "EX-{seq}")).await;
    let other = world.insert(world.client("Gasthaus Ubl")).await;
    let plain = world.insert(world.draft(&desk.client, "10")).await;
    let exported = world.insert(world.invoice(world.content(&other, "10").with_series(chosen.id()))).await;
    let issued = desk.issue("10", day("2026-03-02")).await;
    let mut renamed = desk.client.clone();
    renamed.internal_notes = Some("Moved".to_owned());
    let current: Client = only(world.commit(world.change().update(renamed)).await);
    let supplier = stored(ports.catalog.supplier(world.team()).await, "the profile");
    let expected = |invoice: Invoice, client: &Client, series| {
        let (client, supplier) = (Some(client.clone()), Some(supplier.clone()));
        (invoice, TradingContext { client, supplier, series: Some(series) })
    };
    for (invoice, client, series) in [
        (plain, &current, desk.invoices.clone()),
        (exported, &other, chosen),
        (issued, &current, desk.invoices.clone()),
    ] {
        let found = ports.invoices.invoice_with_context(world.team(), invoice.id()).await;
        assert_eq!(stored(found, "the invoice"), expected(invoice, client, series), "an invoice's context");
    }
    let nothing = world.draft(&desk.client, "1").id();
    let found = ports.invoices.invoice_with_context(world.team(), nothing).await;
    super::world::absent(found, "an invoice that is not there has no context");
}

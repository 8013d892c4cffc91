//! What is in a team once.

use super::commits::commit_at_once;
use super::world::{World, absent, stored};
use crate::change::Record;
use crate::ports::{BillingPorts, Unique};
use crate::testing::contract::{must, must_duplicate};
use crate::testing::fixtures::sound;
use crate::testing::{BillingChange, day, euros};
use crate::{Client, Currency, DocumentType, Item, ItemData, Payment, PaymentData};

/// An external reference pays once; payments without one do not meet.
pub async fn an_external_reference_is_in_the_team_once(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    let first = world.insert(payment(&world, &client, Some("E2E-1"))).await;
    taken(&world, world.change().insert(payment(&world, &client, Some("E2E-1"))), Unique::ExternalReference)
        .await;
    let other = world.insert(payment(&world, &client, Some("e2e-1"))).await;
    let mut moved = other.clone();
    moved.external_reference = Some("E2E-1".to_owned());
    taken(&world, world.change().update(moved), Unique::ExternalReference).await;
    let pair = world.change().insert(payment(&world, &client, Some("E2E-2")));
    let pair = pair.insert(payment(&world, &client, Some("E2E-2")));
    taken(&world, pair, Unique::ExternalReference).await;
    world.insert(payment(&world, &client, None)).await;
    world.insert(payment(&world, &client, None)).await;
    world.update(other).await;
    world.delete(first).await;
    world.insert(payment(&world, &client, Some("E2E-1"))).await;
}

/// 16 payments with one reference at once: one is recorded.
pub async fn of_many_payments_with_one_reference_one_wins(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    let payments: Vec<_> = (0..16).map(|_| payment(&world, &client, Some("E2E-1"))).collect();
    let changes: Vec<_> = payments.iter().map(|payment| world.change().insert(payment.clone())).collect();
    let answers = commit_at_once(ports, &changes).await;
    let winners: Vec<_> = payments.iter().zip(&answers).filter(|(_, answer)| answer.is_ok()).collect();
    let [(winner, _)] = winners.as_slice() else { panic!("one of 16 wins, not {}", winners.len()) };
    for answer in answers.iter().filter(|answer| answer.is_err()) {
        must_duplicate(answer.clone(), Unique::ExternalReference, "the others are told why");
    }
    let found = ports.payments.payment_by_reference(world.team(), "E2E-1").await;
    assert_eq!(&stored(found, "the payment"), *winner, "the reference finds the winner");
}

/// A payment is found by its reference, whole and as it is now, and by no other.
pub async fn a_payment_is_found_by_its_reference(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    world.insert(payment(&world, &client, None)).await;
    let mut first = world.insert(payment(&world, &client, Some("E2E-1"))).await;
    let second = world.insert(payment(&world, &client, Some("E2E-12"))).await;
    first.external_reference = Some("E2E-7".to_owned());
    let first = world.update(first).await;
    let (payments, team) = (&ports.payments, world.team());
    let found = payments.payment_by_reference(team, "E2E-7").await;
    assert_eq!(stored(found, "the payment"), first, "it is found by its new reference");
    let found = payments.payment_by_reference(team, "E2E-12").await;
    assert_eq!(stored(found, "the payment"), second, "another one by its own");
    for reference in ["E2E-1", "e2e-7", "E2E-7 ", "", "%"] {
        let sentence = format!("no payment has the reference {reference:?}");
        absent(payments.payment_by_reference(team, reference).await, &sentence);
    }
}

/// A series' name is there once for each document type.
pub async fn a_series_name_is_there_once_for_its_type(ports: &BillingPorts) {
    let world = World::new(ports);
    let series = |kind, name: &str, pattern: &str| world.series_named(kind, name, pattern);
    world.insert(series(DocumentType::Invoice, "export", "A-{seq}")).await;
    let twin = series(DocumentType::Invoice, "export", "B-{seq}");
    taken(&world, world.change().insert(twin), Unique::SeriesName).await;
    world.insert(series(DocumentType::Quote, "export", "C-{seq}")).await;
    world.insert(series(DocumentType::Invoice, "Export", "D-{seq}")).await;
}

/// An archived series gives its name free for another one of its type.
pub async fn an_archived_series_gives_its_name_free(ports: &BillingPorts) {
    let world = World::new(ports);
    let mut old = world.insert(world.series_named(DocumentType::Invoice, "export", "A-{seq}")).await;
    let twin = world.series_named(DocumentType::Invoice, "export", "B-{seq}");
    taken(&world, world.change().insert(twin.clone()), Unique::SeriesName).await;
    old.archived_at = Some(world.now());
    let old = world.update(old).await;
    let new = world.insert(twin).await;
    for series in [&old, &new] {
        let found = ports.catalog.series(world.team(), series.id()).await;
        assert_eq!(&stored(found, "the series"), series, "both are there");
    }
    let mut back = old;
    back.archived_at = None;
    taken(&world, world.change().update(back), Unique::SeriesName).await;
}

/// An item's code is there once; items without one do not meet.
pub async fn an_item_code_is_in_the_team_once(ports: &BillingPorts) {
    let world = World::new(ports);
    let first = world.insert(item(&world, Some("L-1"))).await;
    taken(&world, world.change().insert(item(&world, Some("L-1"))), Unique::ItemCode).await;
    let other = world.insert(item(&world, Some("l-1"))).await;
    let mut moved = other.clone();
    moved.code = Some("L-1".to_owned());
    taken(&world, world.change().update(moved), Unique::ItemCode).await;
    world.insert(item(&world, None)).await;
    world.insert(item(&world, None)).await;
    let mut freed = first;
    freed.code = None;
    world.update(freed).await;
    world.update(other).await;
    world.insert(item(&world, Some("L-1"))).await;
}

/// A team has one profile.
pub async fn a_team_has_one_profile(ports: &BillingPorts) {
    let world = World::new(ports);
    let profile = world.insert(world.supplier()).await;
    taken(&world, world.change().insert(world.supplier()), Unique::Supplier).await;
    let changed = world.update(profile).await;
    let found = stored(ports.catalog.supplier(world.team()).await, "the profile");
    assert_eq!(found, changed, "the profile is the one that was written");
}

/// What is unique in one team may be in another as well.
pub async fn unique_values_do_not_cross_teams(ports: &BillingPorts) {
    let world = World::new(ports);
    for world in [world.beside(), world] {
        let desk = world.desk().await;
        let import =
            world.change().import(world.draft(&desk.client, "5"), "OLD-9", &desk.client, day("2026-03-02"));
        must(world.try_commit(import).await, "another team has this number as well");
        for record in [
            Record::from(payment(&world, &desk.client, Some("E2E-1"))),
            item(&world, Some("L-1")).into(),
            world.series_named(DocumentType::Invoice, "export", "A-{seq}").into(),
        ] {
            let answer = world.try_commit(world.change().insert(record)).await;
            must(answer, "another team has this name, reference or code as well");
        }
        assert_eq!(
            desk.issue("1", day("2026-03-02")).await.number(),
            Some("INV-1"),
            "each counts for itself"
        );
    }
}

/// The change is refused for what is taken, and writes nothing.
async fn taken(world: &World<'_>, change: BillingChange, what: Unique) {
    let before = world.snapshot().await;
    must_duplicate(world.try_commit(change).await, what, &format!("the {what} is taken"));
    assert_eq!(world.snapshot().await, before, "what is refused writes nothing");
}

fn payment(world: &World<'_>, client: &Client, reference: Option<&str>) -> Payment {
    let mut data = PaymentData::new(client.id(), euros("10"), day("2026-03-02"));
    data.external_reference = reference.map(str::to_owned);
    world.payment_of(data)
}

fn item(world: &World<'_>, code: Option<&str>) -> Item {
    let mut data = ItemData::new("Lamp", Currency::EUR, sound("1".parse()));
    data.code = code.map(str::to_owned);
    world.item_of(data)
}

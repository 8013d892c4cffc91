//! A large team, made of one invoice: a store would take long.

use invoice_core::TeamId;
use invoice_store_mongo::mongodb::bson::spec::BinarySubtype;
use invoice_store_mongo::mongodb::bson::{Binary, Bson, DateTime, Document, doc};

use super::issue::settled;
use super::server::Server;
use crate::Wrong;
use crate::world::{Kind, Teams};

const WORLD: u16 = 63;
/// Documents inserted at once.
const CHUNK: usize = 1_000;
/// 2023-01-01, in milliseconds.
const FROM: i64 = 1_672_531_200_000;
const DAY: i64 = 86_400_000;

/// A team with so many issued invoices, one a minute, that are as the store wrote the first but for what lists
/// sort and find them by.
pub(super) async fn filled(server: &Server, database: &str, count: usize) -> Result<TeamId, Wrong> {
    let (_, teams) = settled(server, database, WORLD, 1, 1).await?;
    let billing = server.billing(database);
    let first = billing.find_one(doc! { "kind": "invoice" }).await?.ok_or("no invoice")?;
    let mut some = Vec::with_capacity(CHUNK);
    for place in 1..count {
        some.push(like(&first, place)?);
        if some.len() == CHUNK || place + 1 == count {
            billing.insert_many(some.drain(..)).ordered(false).await?;
        }
    }
    Ok(teams.team(0)?.id())
}

fn like(first: &Document, place: usize) -> Result<Document, Wrong> {
    let mut invoice = first.clone();
    let bytes = Teams::id(WORLD, Kind::Invoice, place)?.as_bytes().to_vec();
    let id = Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes });
    invoice.get_document_mut("_id")?.insert("id", id.clone());
    let turn = i64::try_from(place)?;
    let at = FROM + turn * 60_000;
    let day = DateTime::from_millis(at - at % DAY);
    let (number, customer) = (format!("F-{place}"), format!("customer {}", place % 5_000));
    let fields = doc! {
        "id": id, "number": &number, "number_sort": &number, "seq": turn + 1_000_000,
        "created_at": DateTime::from_millis(at), "updated_at": DateTime::from_millis(at),
        "issue_date": day, "due_date": DateTime::from_millis(day.timestamp_millis() + 14 * DAY),
        "customer_name": &customer, "customer_key": &customer, "customer_sort": &customer,
        "payable": 1_000 + turn % 90_000,
    };
    for (name, value) in fields {
        if invoice.contains_key(&name) {
            invoice.insert(name, value);
        }
    }
    Ok(invoice)
}

//! Rows of everything but documents.

use invoice_core::change::{AggregateId, AggregateKind, Write};
use invoice_core::ports::{InvoiceQuery, StoreError, Unique};
use invoice_core::{Client, Item, Metadata, Payment, Series, SupplierProfile, Timestamp};
use invoice_store_common::lists::metadata_pair;
use rusqlite::{Connection, Params};
use uuid::Uuid;

use crate::error::{Constrained as _, SqliteError};
use crate::values::{Day, int};

/// Where the current version of a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) commit: Uuid,
    pub(super) ordinal: i64,
}

/// Writes; what runs into a foreign key refers to something that is not there.
pub(super) fn execute(connection: &Connection, text: &str, values: impl Params) -> Result<usize, StoreError> {
    try_execute(connection, text, values).unique(Unique::Id, Unique::Id)
}

pub(super) fn try_execute(
    connection: &Connection,
    text: &str,
    values: impl Params,
) -> rusqlite::Result<usize> {
    connection.prepare_cached(text)?.execute(values)
}

pub(super) fn put_client(connection: &Connection, client: &Client, place: Place) -> Result<(), StoreError> {
    let name_key = InvoiceQuery::customer_key(client.party().name());
    let (team, id) = (client.team().as_uuid(), client.id().as_uuid());
    execute(
        connection,
        "INSERT INTO clients (team, id, version, commit_id, ordinal, name_key, name_sort, archived, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (team, id) DO UPDATE SET version = ?3, commit_id = ?4, ordinal = ?5, name_key = ?6,
             name_sort = ?7, archived = ?8",
        (
            team,
            id,
            int(client.version().get()),
            place.commit,
            place.ordinal,
            &name_key,
            InvoiceQuery::sort_text(&name_key),
            client.is_archived(),
            client.created_at().as_millis(),
        ),
    )?;
    Ok(())
}

pub(super) fn put_item(connection: &Connection, item: &Item, place: Place) -> Result<(), StoreError> {
    let name_key = InvoiceQuery::customer_key(item.name());
    let (team, id) = (item.team().as_uuid(), item.id().as_uuid());
    execute(
        connection,
        "INSERT INTO items
             (team, id, version, commit_id, ordinal, code, name_key, name_sort, archived, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (team, id) DO UPDATE SET version = ?3, commit_id = ?4, ordinal = ?5, code = ?6,
             name_key = ?7, name_sort = ?8, archived = ?9",
        (
            team,
            id,
            int(item.version().get()),
            place.commit,
            place.ordinal,
            item.code(),
            &name_key,
            InvoiceQuery::sort_text(&name_key),
            item.is_archived(),
            item.created_at().as_millis(),
        ),
    )?;
    Ok(())
}

pub(super) fn put_supplier(
    connection: &Connection,
    supplier: &SupplierProfile,
    place: Place,
) -> Result<(), StoreError> {
    execute(
        connection,
        "INSERT INTO suppliers (team, version, commit_id, ordinal) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (team) DO UPDATE SET version = ?2, commit_id = ?3, ordinal = ?4",
        (supplier.team().as_uuid(), int(supplier.version().get()), place.commit, place.ordinal),
    )?;
    Ok(())
}

pub(super) fn put_series(connection: &Connection, series: &Series, place: Place) -> Result<(), StoreError> {
    let in_use = (!series.is_archived()).then(|| series.name());
    let (team, id) = (series.team().as_uuid(), series.id().as_uuid());
    execute(
        connection,
        "INSERT INTO series
             (team, id, version, commit_id, ordinal, document_type, name, name_in_use, archived, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (team, id) DO UPDATE SET version = ?3, commit_id = ?4, ordinal = ?5,
             document_type = ?6, name = ?7, name_in_use = ?8, archived = ?9",
        (
            team,
            id,
            int(series.version().get()),
            place.commit,
            place.ordinal,
            series.document_type().as_str(),
            series.name(),
            in_use,
            series.is_archived(),
            series.created_at().as_millis(),
        ),
    )?;
    Ok(())
}

/// Writes a payment and its allocations; those of an earlier version were removed.
pub(super) fn put_payment(
    connection: &Connection,
    payment: &Payment,
    place: Place,
) -> Result<(), StoreError> {
    let (team, id) = (payment.team().as_uuid(), payment.id().as_uuid());
    let created_at = payment.created_at().as_millis();
    execute(
        connection,
        "INSERT INTO payments
             (team, id, version, commit_id, ordinal, client, date, currency, amount, unallocated,
              external_reference, refunded, reversed_on, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (team, id) DO UPDATE SET version = ?3, commit_id = ?4, ordinal = ?5, client = ?6,
             date = ?7, currency = ?8, amount = ?9, unallocated = ?10, external_reference = ?11,
             refunded = ?12, reversed_on = ?13",
        (
            team,
            id,
            int(payment.version().get()),
            place.commit,
            place.ordinal,
            payment.client().as_uuid(),
            Day(payment.date()),
            payment.currency().code(),
            payment.amount().minor(),
            payment.unallocated().minor(),
            payment.external_reference(),
            !payment.refunds().is_empty(),
            payment.reversal().map(|reversal| Day(reversal.date())),
            created_at,
        ),
    )?;
    for allocation in payment.allocations() {
        // Several parts of one payment may go to one invoice.
        execute(
            connection,
            "INSERT INTO allocations (team, payment, invoice, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            (team, id, allocation.invoice().as_uuid(), created_at),
        )?;
    }
    Ok(())
}

/// Writes the pairs of an invoice or client anew.
pub(super) fn put_metadata(
    connection: &Connection,
    team: Uuid,
    id: AggregateId,
    metadata: &Metadata,
    created_at: Timestamp,
    is_new: bool,
) -> Result<(), StoreError> {
    if !is_new {
        delete_metadata(connection, team, id)?;
    }
    for (key, value) in metadata.iter() {
        execute(
            connection,
            "INSERT INTO metadata (team, kind, id, pair, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (team, id.kind().as_str(), id.as_uuid(), metadata_pair(key, value), created_at.as_millis()),
        )?;
    }
    Ok(())
}

fn delete_metadata(connection: &Connection, team: Uuid, id: AggregateId) -> Result<(), StoreError> {
    execute(
        connection,
        "DELETE FROM metadata WHERE team = ?1 AND kind = ?2 AND id = ?3",
        (team, id.kind().as_str(), id.as_uuid()),
    )?;
    Ok(())
}

/// Gives free what this write's record will not hold any more, so that another record of the same change
/// may take it, whatever the order.
pub(super) fn release(connection: &Connection, team: Uuid, write: &Write) -> Result<(), StoreError> {
    let id = write.id();
    let text = match id.kind() {
        AggregateKind::Item => "UPDATE items SET code = NULL WHERE team = ?1 AND id = ?2",
        AggregateKind::Series => "UPDATE series SET name_in_use = NULL WHERE team = ?1 AND id = ?2",
        AggregateKind::Payment => "UPDATE payments SET external_reference = NULL WHERE team = ?1 AND id = ?2",
        _ => return Ok(()),
    };
    execute(connection, text, (team, id.as_uuid()))?;
    Ok(())
}

/// Removes the allocations of a payment that is written anew.
pub(super) fn deallocate(connection: &Connection, team: Uuid, id: AggregateId) -> Result<(), StoreError> {
    execute(connection, "DELETE FROM allocations WHERE team = ?1 AND payment = ?2", (team, id.as_uuid()))?;
    Ok(())
}

pub(super) fn delete(connection: &Connection, team: Uuid, id: AggregateId) -> Result<(), StoreError> {
    let text = match id.kind() {
        AggregateKind::Client => "DELETE FROM clients WHERE team = ?1 AND id = ?2",
        AggregateKind::Item => "DELETE FROM items WHERE team = ?1 AND id = ?2",
        AggregateKind::Supplier => "DELETE FROM suppliers WHERE team = ?1 AND ?1 = ?2",
        AggregateKind::Series => "DELETE FROM series WHERE team = ?1 AND id = ?2",
        AggregateKind::Payment => "DELETE FROM payments WHERE team = ?1 AND id = ?2",
        AggregateKind::Invoice => "DELETE FROM documents WHERE team = ?1 AND kind = 'invoice' AND id = ?2",
        AggregateKind::CreditNote => {
            "DELETE FROM documents WHERE team = ?1 AND kind = 'credit_note' AND id = ?2"
        }
        AggregateKind::Quote => "DELETE FROM documents WHERE team = ?1 AND kind = 'quote' AND id = ?2",
    };
    if matches!(id, AggregateId::Client(_) | AggregateId::Invoice(_)) {
        delete_metadata(connection, team, id)?;
    }
    // Its version was checked in this very transaction.
    match execute(connection, text, (team, id.as_uuid()))? {
        1 => Ok(()),
        _ => Err(SqliteError::Panicked.into()),
    }
}

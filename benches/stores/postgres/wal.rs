//! Bytes of write-ahead log for each issue, beside the same rows written by hand.

use std::fmt::Write as _;
use std::sync::Arc;

use invoice_core::change::ChangeSet;
use invoice_core::ports::{Clock as _, Commits as _, IdGenerator as _};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_store_postgres::sqlx::{self, AssertSqlSafe, PgConnection, Row as _};

use super::issue::land;
use super::server::{Server, Sync};
use crate::measure::median;
use crate::table::{Report, thousands};
use crate::world::Teams;
use crate::{Length, Wrong};

const WORLD: u16 = 60;

/// What is counted, of the store and by hand.
struct Bytes {
    store: Option<i64>,
    hand: Option<i64>,
}

/// Both, with and without what the server adds to the first change of a page after a checkpoint.
pub(super) async fn wal(server: &Server, report: &mut Report, length: Length) -> Result<(), Wrong> {
    let store = server.store(Sync::Off).await?;
    let count = length.operations(400);
    let teams = Teams::new(WORLD, count).await?;
    teams.settle(&store).await?;
    let originals = teams.issues(count).await?;
    land(&store, originals.clone()).await?;
    land(&store, teams.issues(count).await?).await?;
    let mut connection = server.connection().await?;
    let warm = bytes(server, &mut connection, &teams, &originals, false).await?;
    let cold = bytes(server, &mut connection, &teams, &originals, true).await?;
    let mut text = String::from(
        "Bytes of write-ahead log for each issue (median), beside the same rows written by separate statements in \
         one transaction:\n\n| | the store | by hand |\n| --- | ---: | ---: |\n",
    );
    for (what, bytes) in
        [("pages changed before", warm), ("the first after a checkpoint, with images of whole pages", cold)]
    {
        let number = |bytes: Option<i64>| thousands(u128::from(bytes.unwrap_or_default().unsigned_abs()));
        let _ = writeln!(text, "| {what} | {} | {} |", number(bytes.store), number(bytes.hand));
    }
    report.note(text.trim_end());
    Ok(())
}

async fn bytes(
    server: &Server,
    connection: &mut PgConnection,
    teams: &Teams,
    originals: &[Arc<ChangeSet>],
    after_checkpoint: bool,
) -> Result<Bytes, Wrong> {
    let store = server.store(Sync::Off).await?;
    let ids = RandomIds::new();
    let id = || ids.uuid(SystemClock.now());
    // The store has to learn where the counters are first.
    land(&store, teams.issues(originals.len()).await?).await?;
    if after_checkpoint {
        sqlx::raw_sql("CHECKPOINT").execute(&mut *connection).await?;
    }
    let (mut ours, mut hand) = (Vec::new(), Vec::new());
    // By hand goes to other teams, so that neither finds pages that the other was the first to change.
    let others = originals.iter().skip(originals.len() / 2);
    for (change, original) in teams.issues(originals.len()).await?.into_iter().zip(others) {
        let before = position(connection).await?;
        store.commit_all(vec![change]).await.pop().ok_or("no answer")??;
        let between = position(connection).await?;
        let text = BY_HAND
            .replace("{team}", &original.team.as_uuid().to_string())
            .replace("{commit}", &original.id.as_uuid().to_string())
            .replace("{invoice}", &original.writes.first().ok_or("no write")?.id().as_uuid().to_string());
        let text = ["{new}", "{new_commit}", "{new_audit}", "{new_event}"]
            .into_iter()
            .fold(text, |text, name| text.replace(name, &id().to_string()));
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *connection).await?;
        let after = position(connection).await?;
        ours.push(between - before);
        hand.push(after - between);
    }
    store.close().await;
    Ok(Bytes { store: median(ours), hand: median(hand) })
}

async fn position(connection: &mut PgConnection) -> Result<i64, Wrong> {
    let row =
        sqlx::query("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// Another invoice like one there is, as somebody would write it who knows the schema: each table once, no checks.
const BY_HAND: &str = "
    BEGIN;
    INSERT INTO versions (team, commit_id, ordinal, kind, id, version, data)
    SELECT team, '{new_commit}', ordinal, kind, '{new}', version, data
    FROM versions WHERE team = '{team}' AND commit_id = '{commit}';
    INSERT INTO documents (team, kind, id, version, commit_id, ordinal, subtype, status, payment_state, client,
        number, series, period, seq, issue_date, due_date, currency, payable, due, live, written_off,
        customer_name, customer_key, customer_sort, overdue_noted, created_at, updated_at)
    SELECT team, kind, '{new}', version, '{new_commit}', ordinal, subtype, status, payment_state, client,
        'INV-2026-' || right('{new}', 5), series, period, 1000000 + ('x' || right('{new}', 7))::bit(28)::integer,
        issue_date, due_date, currency, payable, due, live, written_off,
        customer_name, customer_key, customer_sort, overdue_noted, now(), now()
    FROM documents WHERE team = '{team}' AND kind = 'invoice' AND id = '{invoice}';
    INSERT INTO audit (team, id, commit_id, at, actor, subject_kind, subject, version, actions, number)
    SELECT team, '{new_audit}', '{new_commit}', now(), actor, subject_kind, '{new}', version, actions, number
    FROM audit WHERE team = '{team}' AND subject_kind = 'invoice' AND subject = '{invoice}';
    INSERT INTO outbox (team, id, aggregate_kind, aggregate, aggregate_version, ordinal, event)
    SELECT team, overlay('{new_event}' placing lpad(ordinal::text, 2, '0') from 35)::uuid, aggregate_kind, '{new}',
        aggregate_version, ordinal, event
    FROM outbox WHERE team = '{team}' AND aggregate_kind = 'invoice' AND aggregate = '{invoice}' ORDER BY ordinal;
    UPDATE monthly_taxes SET taxable = taxable + 100, tax = tax + 19, documents = documents + 1 WHERE team = '{team}';
    UPDATE monthly_revenue SET invoiced = invoiced + 100, invoices = invoices + 1 WHERE team = '{team}';
    UPDATE receivables SET amount = amount + 119 WHERE team = '{team}';
    INSERT INTO commits (team, id, at, complete) VALUES ('{team}', '{new_commit}', now(), true);
    UPDATE counters SET next = next + 1, head = sha256(head) WHERE team = '{team}';
    COMMIT;
";

//! Large teams, made in the database: a store would take hours.

use chrono::NaiveDate;
use invoice_core::TeamId;

use super::server::{Server, Sync};
use crate::Wrong;
use crate::world::{Kind, Teams};

/// Where the large teams are.
const WORLD: u16 = 50;
const LARGE: usize = 1_000_000;
const SMALL: usize = 10_000;

/// The first and the last day of issue.
pub(super) const DAYS: [&str; 2] = ["2023-01-01", "2025-12-31"];

/// Two teams with invoices over the same three years, a third of them open, and the sums that go with them.
pub(super) struct Filled {
    pub(super) large: TeamId,
    pub(super) small: TeamId,
    pub(super) large_count: usize,
}

impl Filled {
    /// Fills both, the large one with a share of its full size.
    pub(super) async fn new(server: &Server, share: usize) -> Result<Self, Wrong> {
        let teams = Teams::new(WORLD, 2).await?;
        teams.settle(&server.store(Sync::Off).await?).await?;
        let large_count = LARGE / share.max(1);
        for (place, count) in [(0, large_count), (1, SMALL.min(large_count))] {
            server.run(&invoices(place, count)?).await?;
        }
        server.run(&SUMS.replace("{first}", &Teams::id(WORLD, Kind::Team, 0)?.to_string())).await?;
        server.run(&SUMS.replace("{first}", &Teams::id(WORLD, Kind::Team, 1)?.to_string())).await?;
        server.run("VACUUM ANALYZE").await?;
        let team = |place: usize| teams.team(place).map(super::super::world::Team::id);
        Ok(Self { large: team(0)?, small: team(1)?, large_count })
    }

    /// The day after the last issue.
    pub(super) fn day_after() -> Result<NaiveDate, Wrong> {
        Ok(DAYS[1].parse::<NaiveDate>()?.succ_opt().ok_or("no day after")?)
    }
}

/// Issued invoices as the store would have their rows, the first on the first day and the last on the last.
fn invoices(place: usize, count: usize) -> Result<String, Wrong> {
    let id = |kind| Teams::id(WORLD, kind, place);
    let (team, client, series) = (id(Kind::Team)?, id(Kind::Client)?, id(Kind::Series)?);
    let first = Teams::number(WORLD, Kind::Invoice, place * LARGE)?;
    let [from, to] = DAYS;
    Ok(format!(
        "INSERT INTO documents (team, kind, id, version, commit_id, ordinal, subtype, status, payment_state, client,
             number, series, period, seq, issue_date, due_date, currency, payable, due, live, written_off,
             customer_name, customer_key, customer_sort, overdue_noted, created_at, updated_at)
         SELECT '{team}', 'invoice', ('0000000000000000' || {first} + i)::uuid, 2,
             ('0000000000000000' || {first} + i)::uuid, 0, 'standard',
             CASE WHEN i % 3 = 0 THEN 'issued' ELSE 'paid' END, CASE WHEN i % 3 = 0 THEN 'unpaid' ELSE 'paid' END,
             '{client}', 'F-' || i, '{series}', 'none', i + 1, day, day + (ARRAY[14, 30, 60])[i % 7 % 3 + 1], 'EUR',
             1000 + i % 90000, CASE WHEN i % 3 = 0 THEN 1000 + i % 90000 ELSE 0 END, true, false,
             'Customer ' || i % 5000, 'customer ' || i % 5000, 'customer ' || i % 5000, false,
             day::timestamptz + i * interval '1 millisecond', day::timestamptz + i * interval '1 millisecond'
         FROM (SELECT i, date '{from}' + (i::bigint * (date '{to}' - date '{from}' + 1) / {count})::integer AS day
               FROM generate_series(0, {count} - 1) AS i) AS rows"
    ))
}

/// What the commits of these invoices would have left in the sums.
const SUMS: &str = "
    INSERT INTO receivables (team, currency, due_date, issue_date, amount)
    SELECT team, currency, due_date, issue_date, sum(due) FROM documents
    WHERE team = '{first}' AND due > 0 GROUP BY 1, 2, 3, 4;
    INSERT INTO monthly_taxes (team, month, currency, scheme, category, rate, withheld, taxable, tax, documents)
    SELECT team, date_trunc('month', issue_date), currency, 'VAT', 'S', r.rate, false, sum(payable) / 2,
        sum(payable) / 10, count(*)
    FROM documents, (VALUES ('19'), ('7')) AS r(rate) WHERE team = '{first}' GROUP BY 1, 2, 3, r.rate;
    INSERT INTO monthly_revenue (team, month, currency, invoiced, credited, invoices, credit_notes)
    SELECT team, date_trunc('month', issue_date), currency, sum(payable), 0, count(*), 0
    FROM documents WHERE team = '{first}' GROUP BY 1, 2, 3;
";

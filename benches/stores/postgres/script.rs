//! The store's statement for a new invoice, as a script for pgbench.
//!
//! What differs from what the store runs:
//!
//! - The ids are made of numbers in SQL (`('0000000000000000' || :n::text)::uuid`), because pgbench has no other values that
//!   change. They ascend, as the store's do.
//! - The counter is compared with itself and not with a prediction: pgbench can't know where a thousand counters
//!   are. The place and the number of the document come from the same number as the ids.
//! - Everything else, the stored JSON among it, is the same in each transaction, and sent each time.

use std::collections::HashMap;
use std::fmt::Write as _;

use invoice_core::change::{ChangeSet, Receipt, Record};
use uuid::Uuid;

use super::pgbench::Script;
use super::told::Told;
use crate::Wrong;
use crate::world::{Kind, Team, Teams};

/// Where the teams of a script are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) world: u16,
    pub(super) teams: usize,
}

/// Makes a script of the statement that was told for `change`.
pub(super) fn issue(
    told: &Told,
    change: &ChangeSet,
    receipt: &Receipt,
    team: &Team,
    place: Place,
) -> Result<Script, Wrong> {
    let first = |kind| Teams::number(place.world, kind, 0);
    let mut commands = format!(
        "\\set n :n + 1\n\
         \\set t random(1, {}) - 1\n\
         \\set unique :run * 1000000000 + :n * 1000 + :client_id\n\
         \\set team {} + :t\n\
         \\set client {} + :t\n\
         \\set series {} + :t\n",
        place.teams,
        first(Kind::Team)?,
        first(Kind::Client)?,
        first(Kind::Series)?,
    );
    let mut ids: HashMap<String, String> = HashMap::new();
    let mut known = |id: Uuid, name: &str| {
        ids.insert(id.to_string(), Teams::made_of(&format!(":{name}::text")));
    };
    known(team.id().as_uuid(), "team");
    known(team.client.as_uuid(), "client");
    known(change.issues.first().ok_or("nothing is issued")?.counter.series.as_uuid(), "series");
    let fresh = [change.id.as_uuid()]
        .into_iter()
        .chain(change.writes.iter().map(|write| write.id().as_uuid()))
        .chain(change.audit.iter().map(|entry| entry.id.as_uuid()))
        .chain(change.events.iter().map(|event| event.id.as_uuid()));
    for (place, id) in (1_u64..).zip(fresh) {
        let name = format!("fresh{place}");
        let _ = writeln!(commands, "\\set {name} 2000000000000000 + {place} * 100000000000000 + :unique");
        known(id, &name);
    }
    let number = receipt.records.first().and_then(Record::number).ok_or("no number")?;
    ids.insert(number.to_owned(), "('N' || :unique::text)".to_owned());
    let mut constants = Vec::new();
    let statement = fill(told, &ids, &mut constants)?;
    let statement = [("found_next", "next"), ("found_head", "head"), ("found_date", "last_issue_date")]
        .into_iter()
        .fold(statement, |text, (found, column)| text.replace(&format!("w.{found}"), &format!("c.{column}")));
    Script::new(&commands, &statement, constants)
}

/// Replaces each `$1` by what it stands for: an expression, or a variable of pgbench.
pub(super) fn fill(
    told: &Told,
    known: &HashMap<String, String>,
    constants: &mut Vec<(String, String)>,
) -> Result<String, Wrong> {
    let mut filled = String::new();
    let mut rest = told.text.as_str();
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (place, after) = after.split_at(digits);
        let place: usize = place.parse()?;
        let value = told.values.get(place.saturating_sub(1)).ok_or("a parameter without a value")?;
        rest = after;
        let Some(value) = value else {
            filled.push_str("NULL");
            continue;
        };
        if after.starts_with("::bigint AS seq") {
            filled.push_str(":unique");
        } else if let Some(expression) = known.get(value) {
            filled.push_str(expression);
        } else if let Some(items) = array(value, known) {
            filled.push_str(&items);
        } else {
            let _ = write!(filled, ":p{place}");
            let name = format!("p{place}");
            if !constants.iter().any(|(other, _)| *other == name) {
                constants.push((name, value.clone()));
            }
        }
    }
    filled.push_str(rest);
    // The end of a statement is a line of its own for pgbench, and lines within it are no matter.
    Ok(filled.replace('\n', " "))
}

/// An array in which at least one element is known.
fn array(value: &str, known: &HashMap<String, String>) -> Option<String> {
    let items: Vec<&str> = value.strip_prefix('{')?.strip_suffix('}')?.split(',').collect();
    if !items.iter().any(|item| known.contains_key(*item)) {
        return None;
    }
    let items: Vec<String> =
        items.iter().map(|item| known.get(*item).cloned().unwrap_or_else(|| format!("'{item}'"))).collect();
    Some(format!("ARRAY[{}]", items.join(", ")))
}

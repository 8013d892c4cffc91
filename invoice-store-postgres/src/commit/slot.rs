//! The rows of a part of the statement, as items of its FROM clauses.

use super::table::{Column, Part};
use super::value::Type;

/// Rows that are given by place, at most. The server looks for a place in an array of texts from its beginning.
const FEW: usize = 128;

/// How rows are given to the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Given {
    /// The only one, by its values.
    Alone,
    /// Each column as an array, where each row takes what stands at its place.
    ByPlace,
    /// Each column as an array, all of them unnested.
    Unnested,
}

impl Given {
    /// As arrays, where the longest has so many rows.
    pub(super) fn arrays(rows: usize) -> Self {
        if rows > FEW { Self::Unnested } else { Self::ByPlace }
    }

    pub(super) fn is_array(self) -> bool {
        self != Self::Alone
    }
}

/// A part with rows.
pub(super) struct Slot {
    pub(super) part: Part,
    pub(super) given: Given,
    /// The number of its first parameter.
    pub(super) first: usize,
    /// Each row says whose it is.
    pub(super) teams: bool,
}

impl Slot {
    /// Its rows as an item of a FROM clause.
    pub(super) fn rows(&self, alias: &str) -> String {
        let team: &[Column] = if self.teams { &[("team", Type::Uuid)] } else { &[] };
        let mut columns = team
            .iter()
            .chain(self.part.columns())
            .zip(self.first..)
            .map(|((name, kind), n)| (name, kind.name(), n));
        match self.given {
            Given::Alone => {
                let values = columns.map(|(name, kind, n)| format!("${n}::{kind} AS {name}"));
                format!("(SELECT {}) AS {alias}", join(values))
            }
            // The server keeps what is unnested in a store of its own for each array: for few rows, making these
            // stores takes longer than all else it does to read them.
            Given::ByPlace => {
                let Some((first, kind, n)) = columns.next() else { return String::new() };
                let rows = format!("unnest(${n}::{kind}[]) WITH ORDINALITY AS r({first}, place)");
                let others = columns.map(|(name, kind, n)| format!("(${n}::{kind}[])[r.place] AS {name}"));
                let columns = join(std::iter::once(format!("r.{first}")).chain(others));
                format!("(SELECT {columns} FROM {rows}) AS {alias}")
            }
            Given::Unnested => {
                let arrays = columns.clone().map(|(_, kind, n)| format!("${n}::{kind}[]"));
                format!("unnest({}) AS {alias}({})", join(arrays), join(columns.map(|(name, ..)| name)))
            }
        }
    }

    /// How many rows it has.
    pub(super) fn count(&self) -> String {
        if self.given.is_array() { format!("cardinality(${})", self.first) } else { "1".to_owned() }
    }

    /// Its columns, each behind a prefix.
    pub(super) fn names(&self, prefix: &str) -> String {
        join(self.part.columns().iter().map(|(name, _)| format!("{prefix}{name}")))
    }
}

pub(super) fn join(items: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for item in items {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(item.as_ref());
    }
    text
}

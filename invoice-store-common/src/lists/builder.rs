use std::fmt::Write as _;

use chrono::NaiveDate;
use invoice_core::adapter::{Key, Order, foreign_cursor};
use invoice_core::ports::{DateRange, Direction, InvoiceQuery, PageRequest, StoreError};
use invoice_core::{TeamId, Timestamp};
use uuid::Uuid;

use super::{Dialect, Statement, Value, end_of_prefix, kept_day, metadata_pair};

/// The record of a row, from where its current version is.
const DATA: &str = "d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal) AS data";

/// What the type of the order's column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sorted {
    Instant,
    Date,
    Number,
    Text,
}

/// A statement while it is written. The rows are those of the table `d`.
pub(super) struct Builder<'a> {
    dialect: Dialect<'a>,
    text: String,
    values: Vec<Value>,
    depends_on_values: bool,
    sorted_by_creation: bool,
    of_one_client: bool,
}

impl<'a> Builder<'a> {
    /// Selects `columns` of the team's rows of a table.
    pub(super) fn select(dialect: Dialect<'a>, columns: &str, table: &str, team: TeamId) -> Self {
        let mut this = Self::new(dialect, columns);
        this.table(table, "d");
        this.text.push_str(" WHERE d.team = ");
        this.bind(Value::Uuid(team.as_uuid()));
        this
    }

    /// Selects the rows that another table, `x`, leads to, in the order in which it has them: `leads` are
    /// its columns for the identifier of `d`, and the condition on them.
    pub(super) fn select_through(
        dialect: Dialect<'a>,
        columns: &str,
        table: &str,
        team: TeamId,
        (through, id, same_kind): (&str, &str, bool),
    ) -> Self {
        let mut this = Self::new(dialect, columns);
        this.table(through, "x");
        // SQLite keeps the order of a CROSS JOIN; both read `x` by its index first.
        this.text.push_str(if this.is_sqlite() { " CROSS JOIN " } else { " JOIN " });
        this.name(table, "d");
        this.push(&format!(" ON d.team = x.team AND d.id = x.{id}"));
        this.push(if same_kind { " AND d.kind = x.kind" } else { "" });
        this.push(" WHERE x.team = ");
        this.bind(Value::Uuid(team.as_uuid()));
        this
    }

    fn new(dialect: Dialect<'a>, columns: &str) -> Self {
        let text = format!("SELECT {columns}");
        Self {
            dialect,
            text,
            values: Vec::new(),
            depends_on_values: false,
            sorted_by_creation: true,
            of_one_client: false,
        }
    }

    /// Selects whole records; see [`Builder::select`].
    pub(super) fn data(dialect: Dialect<'_>) -> String {
        let schema = match dialect {
            Dialect::Postgres { schema } => format!("{schema}."),
            Dialect::Sqlite => String::new(),
        };
        format!("(SELECT v.data FROM {schema}versions v WHERE v.team = {DATA}")
    }

    /// Says that the order is another than that of creation, in which every filter's index is.
    pub(super) fn sorted_otherwise(&mut self) {
        self.sorted_by_creation = false;
    }

    /// Says that no one plan is the best for all values.
    pub(super) fn depends_on_values(&mut self) {
        self.depends_on_values = true;
    }

    const fn is_sqlite(&self) -> bool {
        matches!(self.dialect, Dialect::Sqlite)
    }

    fn table(&mut self, table: &str, alias: &str) {
        self.text.push_str(" FROM ");
        self.name(table, alias);
    }

    fn name(&mut self, table: &str, alias: &str) {
        if let Dialect::Postgres { schema } = self.dialect {
            self.text.push_str(schema);
            self.text.push('.');
        }
        self.text.push_str(table);
        self.text.push(' ');
        self.text.push_str(alias);
    }

    fn bind(&mut self, value: Value) {
        self.values.push(value);
        let sign = if self.is_sqlite() { '?' } else { '$' };
        // Writing to a string does not fail.
        let _ = write!(self.text, "{sign}{}", self.values.len());
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A condition without values.
    pub(super) fn and(&mut self, condition: &str) {
        self.push(" AND ");
        self.push(condition);
    }

    /// A condition that ends with a value, such as `d.payable >=`.
    pub(super) fn and_value(&mut self, condition: &str, value: Value) {
        self.and(condition);
        self.push(" ");
        self.bind(value);
    }

    /// A filter for equality that an index in the list's own order answers.
    pub(super) fn leading(&mut self, column: &str, value: Value) {
        self.and_value(&format!("{column} ="), value);
    }

    /// A filter for equality beside the order. SQLite knows too little about its rows to choose between an
    /// index for the filter and one for the order: `+` takes the filter's away, so that nothing is sorted.
    pub(super) fn equal(&mut self, column: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        let beside = self.is_sqlite() && !self.sorted_by_creation;
        self.depends_on_values |= !self.sorted_by_creation;
        self.and_value(&format!("{}{column} =", if beside { "+" } else { "" }), value);
    }

    /// A filter for equality whose index has another order than any list but one.
    pub(super) fn beside(&mut self, column: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        self.depends_on_values();
        self.and_value(&format!("{}{column} =", if self.is_sqlite() { "+" } else { "" }), value);
    }

    /// A client's rows: few enough to be sorted, where their index has another order. PostgreSQL knows how
    /// many they are and decides; for SQLite, [`Builder::page`] takes the order's index away.
    pub(super) fn of_client(&mut self, client: Option<Uuid>) {
        let Some(client) = client else { return };
        self.of_one_client = true;
        self.depends_on_values |= !self.sorted_by_creation;
        self.leading("d.client", Value::Uuid(client));
    }

    /// Only rows with a metadata pair, where the list is not read through the table of pairs.
    pub(super) fn has_pair(&mut self, kind: &str, pair: Option<&(String, String)>) {
        let Some((key, value)) = pair else { return };
        self.depends_on_values();
        self.and("EXISTS (SELECT 1 FROM ");
        self.name("metadata", "m");
        self.push(&format!(" WHERE m.team = d.team AND m.kind = {kind} AND m.id = d.id"));
        self.and_value("m.pair =", Value::Bytes(metadata_pair(key, value).to_vec()));
        self.push(")");
    }

    /// From a day to a day.
    pub(super) fn within(&mut self, column: &str, range: Option<DateRange>) {
        let Some(DateRange { from, to }) = range else { return };
        if let Some(from) = from {
            self.and_value(&format!("{column} >="), Value::Date(kept_day(from)));
        }
        if let Some(to) = to {
            self.and_value(&format!("{column} <="), Value::Date(kept_day(to)));
        }
    }

    /// Before a day.
    pub(super) fn before(&mut self, column: &str, day: NaiveDate) {
        self.and_value(&format!("{column} <"), Value::Date(kept_day(day)));
    }

    /// Texts that begin with a prefix: those in `sort`, of which only the beginning is kept, and, where the
    /// prefix is longer than that, those in `key`.
    pub(super) fn begins(&mut self, prefix: &str, sort: &str, key: &str) {
        if prefix.contains('\0') {
            // No stored text has one, and PostgreSQL takes none.
            return self.and("FALSE");
        }
        let kept = InvoiceQuery::sort_text(prefix);
        self.between(sort, kept);
        if kept.len() < prefix.len() {
            self.between(key, prefix);
        }
    }

    fn between(&mut self, column: &str, prefix: &str) {
        if prefix.is_empty() {
            return;
        }
        self.and_value(&format!("{column} >="), Value::Text(prefix.to_owned()));
        if let Some(end) = end_of_prefix(prefix) {
            self.and_value(&format!("{column} <"), Value::Text(end));
        }
    }

    /// The statement without an order, for counting.
    pub(super) fn finish(self) -> Statement {
        Statement { text: self.text, values: self.values, depends_on_values: true }
    }

    /// The rows after the request's cursor, in order, one more than a page. `key` is the column the list is
    /// sorted by and `id` what tells rows alike in it apart; unique keys need none.
    pub(super) fn page(
        mut self,
        order: Order,
        request: &PageRequest,
        (key, sorted): (&str, Sorted),
        id: Option<&str>,
    ) -> Result<Statement, StoreError> {
        let (sign, direction) = match order.direction() {
            Direction::Ascending => (">", ""),
            Direction::Descending => ("<", " DESC"),
        };
        let sorts = self.is_sqlite() && self.of_one_client && !self.sorted_by_creation;
        let key = if sorts { format!("+{key}") } else { key.to_owned() };
        if let Some((at, last)) = order.start(request)? {
            let at = value_of(at, sorted).ok_or_else(foreign_cursor)?;
            match id {
                None => self.and_value(&format!("{key} {sign}"), at),
                Some(id) => {
                    self.and(&format!("({key}, {id}) {sign} ("));
                    self.bind(at);
                    self.push(", ");
                    self.bind(Value::Uuid(last));
                    self.push(")");
                }
            }
        }
        self.push(&format!(" ORDER BY {key}{direction}"));
        if let Some(id) = id {
            self.push(&format!(", {id}{direction}"));
        }
        self.push(" LIMIT ");
        let limit = request.limit().saturating_add(1);
        if self.is_sqlite() {
            self.bind(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
        } else {
            let _ = write!(self.text, "{}", rounded_limit(limit));
        }
        Ok(Statement { text: self.text, values: self.values, depends_on_values: self.depends_on_values })
    }
}

/// At least as many rows, of few sizes. PostgreSQL must know the limit when it plans, lest it plan for a tenth of
/// all rows, and it keeps a plan for each text; the rows beyond the page are not looked at.
fn rounded_limit(limit: usize) -> usize {
    [11, 21, 51, 101].into_iter().find(|size| *size >= limit).unwrap_or_else(|| limit.max(201))
}

/// The key of a cursor as a value of the column; `None` if it can't be one.
fn value_of(key: Key, sorted: Sorted) -> Option<Value> {
    match (key, sorted) {
        (Key::Number(millis), Sorted::Instant) => {
            let at = Timestamp::from_millis(millis);
            (at.as_millis() == millis).then_some(Value::Instant(at))
        }
        (Key::Number(days), Sorted::Date) => {
            let day = NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?)?;
            (kept_day(day) == day).then_some(Value::Date(day))
        }
        (Key::Number(number), Sorted::Number) => Some(Value::Int(number)),
        (Key::Text(text), Sorted::Text) => Some(Value::Text(text)),
        _ => None,
    }
}

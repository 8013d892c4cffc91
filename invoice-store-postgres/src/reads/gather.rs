//! Invoices and clients by their identifiers, and contexts of invoices, asked for together.

use invoice_core::ports::StoreError;
use invoice_core::{Series, TeamId};
use invoice_store_common::gather::{Asks, Gathered, gather};
use invoice_store_common::lists::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::row::column;
use super::{context, data_of, document, small_data};
use crate::PostgresStore;
use crate::error::unreadable;
use crate::record::Stored;

/// Whose, and which.
type Question = (Uuid, Uuid);
type Answer = Option<PgRow>;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    Clients,
    Invoices,
    /// With the default series of invoices, by the client.
    Contexts,
}

/// Those who wait, by what they ask for.
pub(crate) struct Readers {
    clients: Gathered<Question, Answer>,
    invoices: Gathered<Question, Answer>,
    contexts: Gathered<Question, Answer>,
}

impl Readers {
    /// With so many questions of a kind under way before others wait.
    pub(crate) fn new(lanes: usize) -> Self {
        let gathered = || Gathered::new(lanes);
        Self { clients: gathered(), invoices: gathered(), contexts: gathered() }
    }
}

/// A row for each of `w`, with its place at the end. The arrays come through a sub-select: the server then takes no plan
/// for a better one because of how many they are, and keeps one for good.
macro_rules! of_each {
    ($columns:expr) => {
        concat!(
            "SELECT ",
            $columns,
            ", w.place FROM unnest((SELECT $1::uuid[]), (SELECT $2::uuid[])) WITH ORDINALITY AS w(team, id, place)"
        )
    };
}

const CLIENT: &str = data_of!("clients", "d.id = $2");
const CLIENTS: &str = of_each!(concat!(
    "(SELECT ",
    small_data!("d"),
    " FROM {s}.clients d WHERE d.team = w.team AND d.id = w.id)"
));
const INVOICE: &str = document!("invoice", "id");
const INVOICES: &str = of_each!(concat!(
    "(SELECT ",
    small_data!("d"),
    " FROM {s}.documents d WHERE d.team = w.team AND d.kind = (SELECT 'invoice') AND d.id = w.id)"
));
const CONTEXT: &str =
    concat!("SELECT ", context!("$1", "$2", "r.document_type = 'invoice' AND r.name_in_use = $3"));
const CONTEXTS: &str =
    of_each!(context!("w.team", "w.id", "r.document_type = 'invoice' AND r.name_in_use = $3"));

impl Of {
    fn text(self) -> &'static str {
        match self {
            Self::Clients => CLIENT,
            Self::Invoices => INVOICE,
            Self::Contexts => CONTEXT,
        }
    }

    fn text_of_many(self) -> &'static str {
        match self {
            Self::Clients => CLIENTS,
            Self::Invoices => INVOICES,
            Self::Contexts => CONTEXTS,
        }
    }
}

#[derive(Clone)]
struct Asked {
    store: PostgresStore,
    of: Of,
}

impl Asks for Asked {
    type Question = Question;
    type Answer = Answer;

    fn gathered(&self) -> &Gathered<Question, Answer> {
        let readers = &self.store.shared.readers;
        match self.of {
            Of::Clients => &readers.clients,
            Of::Invoices => &readers.invoices,
            Of::Contexts => &readers.contexts,
        }
    }

    async fn ask(&self, &(team, id): &Question) -> Result<Answer, StoreError> {
        let mut values = vec![Value::Uuid(team), Value::Uuid(id)];
        if let Of::Contexts = self.of {
            values.push(Value::Text(Series::DEFAULT_NAME.to_owned()));
        }
        self.store.row(self.of.text(), &values).await
    }

    async fn ask_together(&self, questions: &[Question]) -> Result<Vec<Option<Answer>>, StoreError> {
        let (teams, ids): (Vec<_>, Vec<_>) = questions.iter().copied().unzip();
        let text = self.store.sql(self.of.text_of_many()).0;
        let ask = || {
            let query = sqlx::query(sqlx::AssertSqlSafe(text.clone())).bind(&teams).bind(&ids);
            if let Of::Contexts = self.of { query.bind(Series::DEFAULT_NAME) } else { query }
        };
        let mut answers: Vec<Option<Answer>> = questions.iter().map(|_| None).collect();
        for row in self.store.asked(ask).await? {
            let place = column::<i64>(&row, row.len().saturating_sub(1))?;
            let answer = usize::try_from(place - 1).ok().and_then(|place| answers.get_mut(place));
            // Whoever asks alone learns whether it is not there, too large for all, or unreadable.
            let is_told = matches!(self.of, Of::Contexts) || column::<Option<Stored<'_>>>(&row, 0)?.is_some();
            *answer.ok_or_else(|| unreadable("place", "nobody asked there"))? = is_told.then_some(Some(row));
        }
        Ok(answers)
    }
}

impl PostgresStore {
    /// The row of what is asked for. Of a context, what is not there is null.
    pub(super) async fn gathered(&self, of: Of, team: TeamId, id: Uuid) -> Result<Option<PgRow>, StoreError> {
        gather(&Asked { store: self.clone(), of }, (team.as_uuid(), id)).await
    }
}

use invoice_core::{Pattern, Series, SeriesData, Timestamp, UserId, Version, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::{At, Reader};
use super::{schema, whole};

/// What a user decides about a number series.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SeriesInput, example = json!({
    "document_type": "invoice", "pattern": "INV-{year}-{seq:05}", "reset": "yearly", "from": "2026-01-01"
}))]
pub(crate) struct SeriesInput {
    /// What it numbers.
    #[schema(value_type = schema::DocumentTypeName)]
    document_type: String,
    /// Its name, unique for the type; `default` if not said.
    #[schema(value_type = Option<schema::RequiredText>)]
    name: Option<String>,
    /// The pattern of its numbers.
    #[schema(max_length = 50, pattern = "\\{seq(:[0-9]+)?\\}")]
    pattern: String,
    /// When counting starts again.
    #[schema(value_type = schema::ResetName)]
    reset: String,
    /// The first number of the period that contains `from`; 1 if not said.
    #[schema(minimum = 1, maximum = 999_999_999_999_u64)]
    #[serde(default, deserialize_with = "whole::optional")]
    start: Option<u64>,
    /// The first issue date it numbers.
    #[schema(value_type = schema::Date)]
    from: String,
}

impl SeriesInput {
    pub(crate) fn read(self) -> Result<SeriesData, Violations> {
        let mut reader = Reader::default();
        let at = At::Body;
        let document_type = reader.named(&at.field("document_type"), &self.document_type);
        let pattern = reader.check(&at.field("pattern"), Pattern::new(&self.pattern));
        let reset = reader.named(&at.field("reset"), &self.reset);
        let from = reader.date(&at.field("from"), &self.from);
        let (name, start) = (self.name, self.start.unwrap_or(1));
        let data = document_type.zip(pattern).zip(reset).zip(from);
        let data = data.map(|(((document_type, pattern), reset), from)| SeriesData {
            document_type,
            name: name.unwrap_or_else(|| Series::DEFAULT_NAME.to_owned()),
            pattern,
            reset,
            start,
            from,
        });
        reader.finish(data)
    }
}

/// A number series. To number differently, archive it and create another.
#[derive(Serialize, ToSchema)]
#[schema(as = Series)]
pub(crate) struct SeriesView<'a> {
    #[schema(value_type = schema::SeriesId)]
    id: invoice_core::SeriesId,
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    #[schema(value_type = schema::DocumentTypeName)]
    document_type: invoice_core::DocumentType,
    /// Its name, unique for the type.
    name: &'a str,
    /// The pattern of its numbers.
    #[schema(value_type = String)]
    pattern: String,
    #[schema(value_type = schema::ResetName)]
    reset: invoice_core::Reset,
    /// The first number of the first period.
    start: u64,
    /// The first issue date it numbers.
    #[schema(value_type = schema::Date)]
    from: chrono::NaiveDate,
    /// Whether it numbers nothing any more.
    archived: bool,
    #[schema(value_type = Option<schema::UserId>)]
    created_by: Option<UserId>,
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
}

impl<'a> From<&'a Series> for SeriesView<'a> {
    fn from(series: &'a Series) -> Self {
        Self {
            id: series.id(),
            version: series.version(),
            document_type: series.document_type(),
            name: series.name(),
            pattern: series.pattern().to_string(),
            reset: series.reset(),
            start: series.start(),
            from: series.from(),
            archived: series.is_archived(),
            created_by: series.created_by(),
            created_at: series.created_at(),
        }
    }
}

/// All series of the team.
#[derive(Serialize, ToSchema)]
#[schema(as = SeriesList)]
pub(crate) struct SeriesListView<'a> {
    /// The oldest first, archived ones included.
    pub(crate) items: Vec<SeriesView<'a>>,
}

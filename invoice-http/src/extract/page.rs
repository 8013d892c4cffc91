use invoice_core::Code;
use invoice_core::ports::{Cursor, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{FieldError, Problem, ProblemCode};

/// How much of a list, and from where. Flattened parameters would lose serde's types, so that each list has
/// these two fields and hands them in.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// Most rows in the page, 1 to 100; 50 if not said.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u16>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
}

/// Most rows of a page.
const MOST: u16 = 100;

impl PageParams {
    pub(crate) fn new(limit: Option<u16>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    pub(crate) fn request(self) -> Result<PageRequest, Problem> {
        let refuse = |pointer: &str, code: Code, detail: &str| {
            let error = FieldError::new(pointer, code.as_str(), detail.to_owned());
            Problem::new(ProblemCode::InvalidQuery).with_error(error)
        };
        let limit = self.limit.unwrap_or(50);
        if !(1..=MOST).contains(&limit) {
            return Err(refuse("/limit", Code::OutOfRange, "a page has 1 to 100 rows"));
        }
        let page =
            PageRequest::first(limit).map_err(|wrong| refuse("/limit", wrong.code(), wrong.detail()))?;
        let Some(cursor) = self.cursor else { return Ok(page) };
        let cursor = Cursor::new(cursor).map_err(|wrong| refuse("/cursor", wrong.code(), wrong.detail()))?;
        Ok(page.after(cursor))
    }
}

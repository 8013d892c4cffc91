use invoice_core::ports::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// Some rows of a list.
#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
pub(crate) struct PageView<T> {
    /// The rows, in the order asked for.
    items: Vec<T>,
    /// Where the next page starts: hand it in as `cursor`. None at the end of the list.
    next_cursor: Option<String>,
}

impl<T> PageView<T> {
    pub(crate) fn of<'a, R>(page: &'a Page<R>, row: impl Fn(&'a R) -> T) -> Self {
        Self {
            items: page.items.iter().map(row).collect(),
            next_cursor: page.next.as_ref().map(|cursor| cursor.as_str().to_owned()),
        }
    }
}

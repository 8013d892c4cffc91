//! Lists and their pages.

use invoice_core::ports::{Cursor, Page, PageRequest, StoreError};
use invoice_core::{Code, TeamId, Violation};

use super::{Answer, Broken, Fault, Read};

impl Broken {
    /// A page of a list.
    pub(super) async fn page<'a, T: Send + 'a>(
        &self,
        read: Read,
        team: TeamId,
        request: &PageRequest,
        ask: impl Fn(TeamId, PageRequest) -> Answer<'a, Page<T>> + Send + Sync,
    ) -> Result<Page<T>, StoreError> {
        match self.fault {
            Fault::PagesByOffset | Fault::ReversesLists => self.by_offset(team, request, ask).await,
            Fault::OverfillsPages => {
                let size = u16::try_from(request.limit()).unwrap_or(PageRequest::MAX_LIMIT);
                let more = first((size + 1).min(PageRequest::MAX_LIMIT))?;
                let more = request.cursor().cloned().map_or(more.clone(), |cursor| more.after(cursor));
                ask(team, more).await
            }
            Fault::SkipsARowBetweenPages => {
                let page = ask(team, request.clone()).await?;
                let Some(next) = page.next else { return Ok(page) };
                let one = ask(team, first(1)?.after(next)).await?;
                Ok(Page { items: page.items, next: one.next })
            }
            Fault::IgnoresForeignCursors => match ask(team, request.clone()).await {
                Err(StoreError::Refused(_)) if request.cursor().is_some() => {
                    ask(team, first(u16::try_from(request.limit()).unwrap_or(1))?).await
                }
                answer => answer,
            },
            _ => self.answer(read, team, |team| ask(team, request.clone())).await,
        }
    }

    async fn by_offset<'a, T: Send + 'a>(
        &self,
        team: TeamId,
        request: &PageRequest,
        ask: impl Fn(TeamId, PageRequest) -> Answer<'a, Page<T>> + Send + Sync,
    ) -> Result<Page<T>, StoreError> {
        let mut rows = Vec::new();
        let mut next = first(PageRequest::MAX_LIMIT)?;
        loop {
            let page = ask(team, next).await?;
            rows.extend(page.items);
            match page.next {
                Some(cursor) => next = first(PageRequest::MAX_LIMIT)?.after(cursor),
                None => break,
            }
        }
        if self.has(Fault::ReversesLists) {
            rows.reverse();
        }
        let offset = match request.cursor() {
            None => 0,
            Some(cursor) => {
                cursor.as_str().strip_prefix("offset~").and_then(|it| it.parse().ok()).ok_or_else(|| {
                    StoreError::Refused(Violation::new("/cursor", Code::Malformed, "not an offset"))
                })?
            }
        };
        let end = request.limit().saturating_add(offset);
        let more = rows.len() > end;
        let items = rows.into_iter().skip(offset).take(request.limit()).collect();
        let next = Cursor::new(format!("offset~{end}")).map_err(StoreError::Refused)?;
        Ok(Page { items, next: more.then_some(next) })
    }
}

/// The first so many rows.
pub(super) fn first(size: u16) -> Result<PageRequest, StoreError> {
    PageRequest::first(size).map_err(StoreError::Refused)
}

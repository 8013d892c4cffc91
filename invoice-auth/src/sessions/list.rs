use invoice_core::ports::{Page, PageRequest};

use super::SessionView;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::AuthError;

/// How many pages of the store's are read for one of ours.
const READS: usize = 5;

impl Auth {
    /// The caller's open sessions, newest first.
    ///
    /// Sessions that are over are left out; where they are many, a page may be shorter than asked for and still
    /// have a next one.
    pub async fn sessions(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<SessionView>, AuthError> {
        let (user, now) = (caller.person()?, self.parts().now());
        let (mut items, mut next) = (Vec::new(), page.cursor().cloned());
        for _ in 0..READS {
            let wanted = u16::try_from(page.limit() - items.len()).unwrap_or(PageRequest::MAX_LIMIT);
            let mut request = PageRequest::first(wanted)?;
            if let Some(cursor) = next.take() {
                request = request.after(cursor);
            }
            let found = self.parts().ports.sessions.sessions_of(user, &request).await?;
            let open = found.items.iter().filter(|session| session.is_open(now));
            items.extend(open.map(|session| SessionView::of(session, caller.session_id())));
            next = found.next;
            if next.is_none() || items.len() >= page.limit() {
                break;
            }
        }
        Ok(Page { items, next })
    }
}

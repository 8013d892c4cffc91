//! Pages of lists in the order of identifiers.

use std::fmt::Display;
use std::str::FromStr;

use invoice_core::ports::{Cursor, Page, PageRequest, StoreError};
use uuid::Uuid;

/// The identifier at which the page before ended; `None` for the first page.
pub fn position<I: FromStr>(
    request: &PageRequest,
    uuid: impl FnOnce(I) -> Uuid,
) -> Result<Option<Uuid>, StoreError> {
    Ok(request.position::<I>()?.map(uuid))
}

/// The first identifier of a page in ascending order; `None` if none can come after the position.
pub fn first_after(position: Option<Uuid>) -> Option<Uuid> {
    position.map_or(Some(Uuid::nil()), |it| it.as_u128().checked_add(1).map(Uuid::from_u128))
}

/// The first identifier of a page in descending order; `None` if none can come after the position.
pub fn first_before(position: Option<Uuid>) -> Option<Uuid> {
    position.map_or(Some(Uuid::max()), |it| it.as_u128().checked_sub(1).map(Uuid::from_u128))
}

/// How many rows to read: one more than asked for, which tells whether there is a next page.
pub fn limit(request: &PageRequest) -> i64 {
    i64::try_from(request.limit()).unwrap_or(i64::MAX).saturating_add(1)
}

/// The page of rows that were read up to the [`limit`]; the next one goes on behind the identifier of its last row.
pub fn page<T, I: Display>(
    rows: Vec<T>,
    request: &PageRequest,
    id: impl FnOnce(&T) -> I,
) -> Result<Page<T>, StoreError> {
    Page::from_overfull(rows, request, |row| Cursor::new(id(row).to_string()).map_err(StoreError::Refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_beside_the_position_and_nowhere_at_the_ends() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!((first_after(None), first_after(Some(one))), (Some(Uuid::nil()), Some(two)));
        assert_eq!((first_before(None), first_before(Some(two))), (Some(Uuid::max()), Some(one)));
        assert_eq!((first_after(Some(Uuid::max())), first_before(Some(Uuid::nil()))), (None, None));
    }

    #[test]
    fn the_next_page_goes_on_where_the_last_one_ended() {
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let request = PageRequest::first(2).unwrap();
        assert_eq!(limit(&request), 3);
        assert_eq!(position(&request, |id: Uuid| id).unwrap(), None);
        let first = page(ids.to_vec(), &request, |id| *id).unwrap();
        assert_eq!(first.items, ids[..2]);
        let request = request.after(first.next.unwrap());
        assert_eq!(position(&request, |id: Uuid| id).unwrap(), Some(ids[1]));
        assert_eq!(page(vec![ids[2]], &request, |id| *id).unwrap().next, None);
    }
}

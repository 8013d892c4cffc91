//! Pages of rows that are in no order of their own.

use crate::adapter::{Order, Position};
use crate::ports::{Direction, Page, PageRequest, StoreError};

/// The page that a request asks for, of rows in any order.
pub(super) fn page<'a, R: 'a, T>(
    order: Order,
    rows: impl Iterator<Item = (Position, &'a R)>,
    request: &PageRequest,
    answer: impl Fn(&R) -> T,
) -> Result<Page<T>, StoreError> {
    let after = order.start(request)?;
    let compare = |one: &Position, other: &Position| match order.direction() {
        Direction::Ascending => one.cmp(other),
        Direction::Descending => other.cmp(one),
    };
    let is_later = |position: &Position| after.as_ref().is_none_or(|it| compare(position, it).is_gt());
    let mut rows: Vec<_> = rows.filter(|(position, _)| is_later(position)).collect();
    // Sorting the page is enough; one row more tells whether it is the last.
    if rows.len() > request.limit() + 1 {
        rows.select_nth_unstable_by(request.limit(), |one, other| compare(&one.0, &other.0));
        rows.truncate(request.limit() + 1);
    }
    rows.sort_unstable_by(|one, other| compare(&one.0, &other.0));
    let page = Page::from_overfull(rows, request, |(position, _)| order.cursor(position))?;
    Ok(Page { items: page.items.into_iter().map(|(_, row)| answer(row)).collect(), next: page.next })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::adapter::Key;

    const ORDER: Order = Order::CLIENTS_BY_NAME;

    fn rows(names: &[&'static str]) -> Vec<(Position, &'static str)> {
        let id = |index| Uuid::from_u128(u128::try_from(index).unwrap());
        names.iter().enumerate().map(|(index, name)| ((Key::text(name), id(index)), *name)).collect()
    }

    fn page(names: &[&'static str], request: &PageRequest) -> Page<String> {
        let rows = rows(names);
        let rows = rows.iter().map(|(at, row)| (at.clone(), row));
        super::page(ORDER, rows, request, |row| (*row).to_owned()).unwrap()
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition() {
        let names = ["d", "a", "c", "a", "e", "b"];
        for limit in 1..=7 {
            let mut request = PageRequest::first(limit).unwrap();
            let mut seen = Vec::new();
            for _ in &names {
                let page = page(&names, &request);
                seen.extend(page.items);
                let Some(next) = page.next else { break };
                request = request.after(next);
            }
            assert_eq!(seen, ["a", "a", "b", "c", "d", "e"], "{limit} a page");
        }
    }

    #[test]
    fn a_row_that_comes_before_the_cursor_later_does_not_move_the_next_page() {
        let request = PageRequest::first(2).unwrap();
        let first = page(&["d", "b", "c"], &request);
        let second = page(&["d", "b", "c", "a"], &request.after(first.next.unwrap()));
        assert_eq!(second.items, ["d"]);
        assert_eq!(second.next, None);
    }
}

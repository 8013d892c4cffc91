//! Whether something is overdue, which only a team's own calendar tells.

use chrono::{Days, NaiveDate};
use invoice_core::ports::InvoiceSummary;
use invoice_core::service::Billing;
use invoice_core::{Actor, Invoice, Issued, Status, TimeZone};

use crate::Problem;

/// What to show for an invoice on a date; on the team's own day if none is asked for.
///
/// The team's zone is read only where it decides: days differ by at most one from those of UTC.
pub(super) async fn status(
    billing: &Billing,
    actor: &Actor,
    invoice: &Invoice,
    as_of: Option<NaiveDate>,
) -> Result<Status, Problem> {
    if let Some(as_of) = as_of {
        return Ok(invoice.status(as_of));
    }
    let due_date = invoice.issued().and_then(Issued::due_date);
    match fits(TimeZone::UTC.date_at(billing.now()), invoice.stored_status(), due_date) {
        Some(day) => Ok(invoice.status(day)),
        None => Ok(invoice.status(billing.team_today(actor).await?)),
    }
}

/// A day that gives all rows of a list the status of the team's own day.
pub(super) async fn of_rows(
    billing: &Billing,
    actor: &Actor,
    rows: &[InvoiceSummary],
) -> Result<NaiveDate, Problem> {
    let utc = TimeZone::UTC.date_at(billing.now());
    let clear = rows.iter().all(|row| fits(utc, row.status, row.due_date).is_some());
    if clear { Ok(utc) } else { Ok(billing.team_today(actor).await?) }
}

/// The day in UTC, if every zone on Earth gives the same status.
fn fits(utc: NaiveDate, stored: Status, due_date: Option<NaiveDate>) -> Option<NaiveDate> {
    let open = stored > Status::Overdue;
    let Some(due_date) = due_date.filter(|_| open) else { return Some(utc) };
    let yesterday = utc.checked_sub_days(Days::new(1)).unwrap_or(utc);
    (due_date < yesterday || due_date > utc).then_some(utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_due_dates_around_today_need_the_teams_zone() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        let fits = |status, due| fits(day(10), status, due).is_some();
        assert!(fits(Status::Sent, Some(day(8))));
        assert!(!fits(Status::Sent, Some(day(9))));
        assert!(!fits(Status::Sent, Some(day(10))));
        assert!(fits(Status::Sent, Some(day(11))));
        assert!(fits(Status::Paid, Some(day(10))));
        assert!(fits(Status::Issued, None));
    }
}

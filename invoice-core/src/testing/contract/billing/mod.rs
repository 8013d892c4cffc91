//! The contract of the billing port.
//!
//! Each case panics with a sentence when the store behind the ports breaks the rule it is named after.

#![expect(clippy::missing_panics_doc, reason = "panicking on a broken rule is what a case is for")]

pub mod batches;
pub mod commits;
pub mod contexts;
pub mod invoice_lists;
pub mod list_pages;
pub mod lists;
pub mod numbers;
pub mod outbox;
pub mod records;
pub mod references;
pub mod reports;
pub mod retries;
pub mod statements;
pub mod teams;
pub mod trail;
pub mod uniqueness;

mod corpus;
mod world;

use super::Case;
use crate::ports::BillingPorts;

/// Every case, as data.
pub const CASES: &[Case<BillingPorts>] = crate::__billing_cases!([crate::__contract_list]);

/// Tests that a store keeps the contract of the billing port: one `#[test]` per case, in a module
/// `billing_contract`, or one of the name given first.
///
/// Takes an async function, or a closure that gives a future, which opens an **empty** store and gives its
/// [`BillingPorts`](crate::ports::BillingPorts). Cases run at the same time: each needs a store of its own.
///
/// ```
/// # mod tests {
/// use std::sync::Arc;
///
/// use invoice_core::memory::MemoryBilling;
/// use invoice_core::ports::BillingPorts;
///
/// async fn an_empty_store() -> BillingPorts {
///     // Your store, with a database of this case's own.
///     BillingPorts::from_store(&Arc::new(MemoryBilling::new()))
/// }
///
/// invoice_core::billing_contract!(an_empty_store);
/// # }
/// ```
///
/// Two stores in one test file take names of their own:
///
/// ```
/// # mod tests {
/// # use std::sync::Arc;
/// # use invoice_core::memory::MemoryBilling;
/// # use invoice_core::ports::BillingPorts;
/// # async fn an_empty_store() -> BillingPorts {
/// #     BillingPorts::from_store(&Arc::new(MemoryBilling::new()))
/// # }
/// invoice_core::billing_contract!(with_one_connection, an_empty_store);
/// invoice_core::billing_contract!(with_a_pool, an_empty_store);
/// # }
/// ```
#[macro_export]
macro_rules! billing_contract {
    ($make:expr) => {
        $crate::billing_contract!(billing_contract, $make);
    };
    ($name:ident, $make:expr) => {
        $crate::__billing_cases!([$crate::__contract_tests] $name, $make;);
    };
}

/// The one list of cases; hands it to the macro named first, after that macro's own arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __billing_cases {
    ([$($then:tt)+] $($arguments:tt)*) => {
        $($then)+! {
            $($arguments)*
            ($crate::testing::contract::billing)
            commits::all_writes_of_a_commit_land_together,
            commits::a_conflict_writes_nothing,
            commits::a_duplicate_writes_nothing,
            commits::a_stale_version_is_a_conflict,
            commits::a_record_that_is_gone_is_found_at_no_version,
            commits::a_guard_must_hold,
            commits::an_identifier_is_given_once,
            commits::of_many_updates_of_one_version_one_wins,
            commits::a_draft_is_issued_or_deleted_but_not_both,
            commits::a_record_of_another_team_than_its_change_is_refused,
            commits::a_commit_that_failed_may_succeed_later,
            retries::the_same_commit_again_is_one_write,
            retries::a_retry_is_recognised_before_its_versions_are_looked_at,
            retries::many_retries_of_one_commit_are_one_write,
            retries::a_commit_identifier_belongs_to_its_team,
            retries::a_repeated_request_is_answered_and_not_done_again,
            retries::another_request_with_the_same_key_is_refused,
            retries::concurrent_identical_requests_have_one_effect,
            retries::idempotency_keys_belong_to_their_team,
            retries::a_failed_request_leaves_its_key_free,
            retries::an_idempotency_record_tells_what_was_answered,
            batches::a_member_that_fails_does_not_fail_its_neighbours,
            batches::members_of_one_series_are_numbered_in_order,
            batches::of_two_members_that_write_one_record_the_first_wins,
            batches::a_member_named_twice_is_one_write,
            batches::racing_batches_stay_gapless,
            batches::an_empty_batch_is_answered_with_nothing,
            records::every_kind_of_record_reads_back_as_written,
            records::an_update_replaces_the_whole_record,
            records::a_deleted_record_is_gone,
            records::texts_of_any_script_survive,
            records::the_longest_texts_survive,
            records::amounts_at_the_bounds_survive,
            records::instants_and_dates_survive,
            records::metadata_keys_are_plain_data,
            numbers::concurrent_issuers_get_exactly_one_to_n,
            numbers::drafts_issued_at_once_get_exactly_one_to_n,
            numbers::documents_of_several_counters_are_numbered_in_one_commit,
            numbers::documents_of_one_counter_in_one_commit_are_consecutive,
            numbers::series_taken_in_opposite_order_do_not_deadlock,
            numbers::an_issue_date_does_not_go_back,
            numbers::a_counter_starts_where_its_series_says,
            numbers::periods_count_independently,
            numbers::an_issue_tells_its_number_everywhere,
            numbers::a_number_is_in_the_team_once,
            numbers::of_many_imports_of_one_number_one_wins,
            numbers::imported_documents_have_a_chain_of_their_own,
            numbers::an_issue_of_nothing_is_refused,
            numbers::a_document_is_found_by_its_number,
            uniqueness::an_external_reference_is_in_the_team_once,
            uniqueness::of_many_payments_with_one_reference_one_wins,
            uniqueness::a_payment_is_found_by_its_reference,
            uniqueness::a_series_name_is_there_once_for_its_type,
            uniqueness::an_archived_series_gives_its_name_free,
            uniqueness::an_item_code_is_in_the_team_once,
            uniqueness::a_team_has_one_profile,
            uniqueness::unique_values_do_not_cross_teams,
            references::a_document_of_an_absent_client_is_refused,
            references::what_is_of_an_absent_invoice_is_refused,
            references::a_reference_may_land_in_the_same_commit,
            references::a_client_in_use_is_not_deleted,
            references::a_client_is_not_deleted_beneath_a_new_document,
            teams::invoices_of_another_team_are_not_seen,
            teams::documents_of_another_team_are_not_seen,
            teams::the_catalog_of_another_team_is_not_seen,
            teams::a_trading_context_holds_nothing_foreign,
            teams::payments_of_another_team_are_not_seen,
            teams::reports_sum_nothing_foreign,
            teams::the_trail_of_another_team_is_not_seen,
            teams::a_foreign_record_is_not_updated,
            teams::a_foreign_record_is_not_deleted,
            teams::a_foreign_guard_does_not_hold,
            teams::references_do_not_cross_teams,
            teams::the_same_identifiers_live_in_two_teams,
            contexts::a_trading_context_holds_the_chosen_or_the_default_series,
            contexts::a_trading_context_may_lack_anything,
            contexts::an_archived_series_is_no_default,
            contexts::an_invoice_comes_with_its_context,
            invoice_lists::pages_of_any_size_give_each_invoice_once_in_order,
            invoice_lists::pages_are_stable_while_invoices_come,
            invoice_lists::pages_are_stable_while_invoices_go,
            invoice_lists::invoices_are_filtered_by_status,
            invoice_lists::invoices_are_filtered_by_payment_state,
            invoice_lists::invoices_are_filtered_by_kind,
            invoice_lists::invoices_are_filtered_by_client,
            invoice_lists::invoices_are_filtered_by_currency,
            invoice_lists::invoices_are_filtered_by_metadata,
            invoice_lists::invoices_are_filtered_by_issue_date,
            invoice_lists::invoices_are_filtered_by_due_date,
            invoice_lists::invoices_are_filtered_by_what_is_overdue,
            invoice_lists::announced_overdue_invoices_are_left_out_when_asked,
            invoice_lists::invoices_are_filtered_by_amount,
            invoice_lists::invoices_are_filtered_by_the_beginning_of_their_number,
            invoice_lists::invoices_are_filtered_by_the_beginning_of_their_customer,
            invoice_lists::equality_filters_combine,
            invoice_lists::a_count_is_the_length_of_the_list,
            invoice_lists::a_row_says_what_its_invoice_says,
            invoice_lists::long_names_are_sorted_by_their_beginning,
            invoice_lists::a_renamed_client_moves_no_issued_invoice,
            invoice_lists::an_unanswerable_query_is_refused,
            invoice_lists::a_foreign_cursor_is_refused,
            list_pages::other_lists_give_the_newest_first,
            list_pages::other_lists_are_stable_while_rows_come_and_go,
            list_pages::a_cursor_of_another_list_is_refused,
            lists::clients_are_filtered_by_the_beginning_of_their_name,
            lists::clients_are_filtered_by_being_archived,
            lists::clients_are_filtered_by_metadata,
            lists::items_are_filtered_by_the_beginning_of_their_name,
            lists::items_are_filtered_by_being_archived,
            lists::credit_notes_are_filtered_by_invoice,
            lists::credit_notes_are_filtered_by_client,
            lists::credit_notes_are_filtered_by_being_issued,
            lists::quotes_are_filtered_by_kind,
            lists::quotes_are_filtered_by_status,
            lists::quotes_are_filtered_by_client,
            lists::quotes_are_filtered_by_what_has_expired,
            lists::payments_are_filtered_by_client,
            lists::payments_are_filtered_by_invoice,
            lists::payments_are_filtered_by_what_is_left,
            reports::aging_puts_each_age_into_its_bucket,
            reports::aging_is_by_currency_and_client,
            reports::aging_counts_what_is_still_due,
            reports::taxes_are_summed_by_group_and_tax_point,
            reports::void_invoices_are_in_no_tax_or_revenue,
            reports::credit_notes_lower_the_taxes,
            reports::advances_are_counted_once,
            reports::revenue_is_by_month_of_issue_and_currency,
            statements::a_statement_runs_a_balance_over_all_that_happened,
            statements::a_statement_of_some_days_opens_with_what_was_owed,
            statements::pages_of_a_statement_carry_the_balance_on,
            statements::pages_of_a_statement_are_stable,
            statements::a_statement_refuses_a_foreign_cursor,
            trail::the_trail_is_read_newest_first,
            trail::the_trail_outlives_what_it_tells_of,
            trail::the_trail_refuses_a_foreign_cursor,
            trail::a_chain_is_read_in_order_from_any_place,
            trail::a_chain_holds_while_its_documents_live_on,
            trail::a_changed_past_is_found,
            outbox::events_land_with_their_commit,
            outbox::an_aggregates_events_come_one_by_one_in_order,
            outbox::events_of_one_write_come_in_their_order,
            outbox::several_workers_keep_each_aggregates_order,
            outbox::a_lease_keeps_an_event_until_it_ends,
            outbox::only_the_holder_has_a_say,
            outbox::an_acknowledgement_counts_what_was_held,
            outbox::an_event_given_back_waits_until_its_time,
            outbox::a_buried_event_lets_the_later_ones_through,
            outbox::a_revived_event_is_handed_out_again,
            outbox::a_claim_takes_the_oldest_first,
        }
    };
}

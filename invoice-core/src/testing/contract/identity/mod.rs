//! The contract of the identity port.
//!
//! Each case panics with a sentence when the store behind the ports breaks the rule it is named after.

#![expect(clippy::missing_panics_doc, reason = "panicking on a broken rule is what a case is for")]

pub mod api_keys;
pub mod audit;
pub mod changes;
pub mod concurrency;
pub mod deletions;
pub mod paging;
pub mod records;
pub mod sessions;
pub mod teams;
pub mod tokens;
pub mod uniqueness;

mod world;

use super::Case;
use crate::ports::identity::IdentityPorts;

/// Every case, as data.
pub const CASES: &[Case<IdentityPorts>] = crate::__identity_cases!([crate::__contract_list]);

/// Tests that a store keeps the contract of the identity port: one `#[test]` per case, in a module
/// `identity_contract`.
///
/// Takes an async function, or a closure that gives a future, which opens an **empty** store and gives its
/// [`IdentityPorts`](crate::ports::identity::IdentityPorts).
///
/// ```
/// # mod tests {
/// use std::sync::Arc;
///
/// use invoice_core::memory::MemoryIdentity;
/// use invoice_core::ports::identity::IdentityPorts;
///
/// async fn an_empty_store() -> IdentityPorts {
///     IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()))
/// }
///
/// invoice_core::identity_contract!(an_empty_store);
/// # }
/// ```
#[macro_export]
macro_rules! identity_contract {
    ($make:expr) => {
        $crate::__identity_cases!([$crate::__contract_tests] identity_contract, $make;);
    };
}

/// The one list of cases; hands it to the macro named first, after that macro's own arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __identity_cases {
    ([$($then:tt)+] $($arguments:tt)*) => {
        $($then)+! {
            $($arguments)*
            ($crate::testing::contract::identity)
            records::users_read_back_as_written,
            records::teams_and_memberships_read_back_as_written,
            records::invitations_read_back_as_written,
            records::sessions_read_back_as_written,
            records::one_time_tokens_read_back_as_written,
            records::api_keys_read_back_as_written,
            records::signing_keys_read_back_as_written_in_order,
            records::what_is_absent_reads_as_none,
            changes::a_stale_version_writes_nothing,
            changes::a_stale_guard_writes_nothing,
            changes::a_guard_that_holds_writes_nothing_of_its_own,
            changes::a_failing_part_undoes_all_others,
            changes::a_record_that_is_gone_is_found_at_no_version,
            changes::a_retried_commit_is_one_write,
            changes::a_change_that_contradicts_itself_is_refused,
            changes::what_refers_to_nothing_is_not_written,
            uniqueness::an_identifier_is_given_once,
            uniqueness::an_address_belongs_to_one_user,
            uniqueness::an_address_is_compared_byte_by_byte,
            uniqueness::an_address_is_free_again_after_it_was_left,
            uniqueness::a_user_is_in_a_team_once,
            uniqueness::a_fingerprint_is_given_once,
            uniqueness::a_key_identifier_is_given_once,
            concurrency::of_many_updates_of_one_version_one_wins,
            concurrency::of_many_registrations_of_an_address_one_wins,
            concurrency::many_retries_of_one_commit_are_one_write,
            concurrency::of_two_last_owners_one_stays,
            concurrency::an_invitation_is_accepted_once,
            concurrency::a_refresh_token_is_exchanged_once,
            concurrency::a_one_time_token_is_used_once,
            deletions::deleting_a_team_takes_all_that_is_its,
            deletions::a_member_of_a_team_is_not_deleted,
            deletions::deleting_a_user_takes_all_that_is_theirs,
            deletions::a_stale_deletion_deletes_nothing,
            deletions::purging_takes_only_what_is_over,
            teams::a_foreign_record_reads_like_an_absent_one,
            teams::a_foreign_record_is_written_like_an_absent_one,
            teams::lists_hold_the_own_teams_records_only,
            teams::a_member_is_listed_as_their_account_is_now,
            teams::a_user_sees_their_own_teams_only,
            teams::all_teams_are_listed_whoever_is_in_them,
            teams::a_search_finds_beginnings_whatever_their_case,
            teams::a_search_stays_in_its_team,
            sessions::a_check_sees_every_change_at_once,
            sessions::a_check_tells_the_role_in_the_team_asked_for,
            sessions::a_refresh_token_is_found_while_current_and_once_after,
            sessions::a_users_sessions_are_theirs_only,
            sessions::a_touch_is_seen_and_is_no_version,
            sessions::an_update_never_moves_the_last_use_back,
            tokens::unused_tokens_are_listed_by_user_and_purpose,
            tokens::a_used_token_is_still_found,
            api_keys::a_touch_is_seen_and_is_no_version_of_the_key,
            api_keys::a_revoked_key_is_seen_revoked_at_once,
            audit::the_audit_is_written_with_its_change_or_not_at_all,
            audit::the_audit_is_read_newest_first_by_team_and_by_user,
            audit::the_audit_outlives_whom_it_tells_of,
            paging::every_list_has_its_order_and_ends,
            paging::a_page_starts_where_the_one_before_ended_whatever_came_between,
            paging::a_cursor_of_another_list_is_refused,
        }
    };
}

//! One deliberate defect each, and the cases that must notice it.

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident => [$($case:ident),+ $(,)?],)+) => {
        /// A defect of a store.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fault {
            /// No defect.
            None,
            $($(#[$doc])* $name,)+
        }

        impl Fault {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];

            /// The cases that must fail on a store with this defect; others may.
            pub(crate) const fn caught_by(self) -> &'static [&'static str] {
                match self {
                    Self::None => &[],
                    $(Self::$name => &[$(stringify!($case)),+],)+
                }
            }
        }
    };
}

faults! {
    // Writing.
    /// Says it wrote, and did not.
    LosesWrites => [
        users_read_back_as_written,
        teams_and_memberships_read_back_as_written,
        invitations_read_back_as_written,
        sessions_read_back_as_written,
        one_time_tokens_read_back_as_written,
        api_keys_read_back_as_written,
        signing_keys_read_back_as_written_in_order,
    ],
    /// The last write wins.
    IgnoresVersions => [
        a_stale_version_writes_nothing,
        a_stale_deletion_deletes_nothing,
        of_many_updates_of_one_version_one_wins,
        of_two_last_owners_one_stays,
        an_invitation_is_accepted_once,
        a_refresh_token_is_exchanged_once,
        a_one_time_token_is_used_once,
    ],
    /// Writes the parts of a change one after the other.
    SplitsChanges => [
        a_stale_version_writes_nothing,
        a_failing_part_undoes_all_others,
        the_audit_is_written_with_its_change_or_not_at_all,
    ],
    /// Writes without looking at guards.
    IgnoresGuards => [a_stale_guard_writes_nothing],
    /// Counts a guard as a write.
    GuardsAreWrites => [a_guard_that_holds_writes_nothing_of_its_own],
    /// Knows no commit again.
    ForgetsCommits => [a_retried_commit_is_one_write, many_retries_of_one_commit_are_one_write],
    /// Never says that it knew a commit.
    HidesReplays => [a_retried_commit_is_one_write, many_retries_of_one_commit_are_one_write],
    /// Takes a commit that failed for written.
    RemembersFailures => [a_retried_commit_is_one_write],
    /// Does not check what needs no store.
    AcceptsContradictions => [a_change_that_contradicts_itself_is_refused],
    /// Has no foreign keys.
    AcceptsOrphans => [what_refers_to_nothing_is_not_written],
    /// Has no unique indexes.
    AcceptsDuplicates => [
        an_identifier_is_given_once,
        an_address_belongs_to_one_user,
        a_user_is_in_a_team_once,
        a_fingerprint_is_given_once,
        a_key_identifier_is_given_once,
        of_many_registrations_of_an_address_one_wins,
    ],
    /// Takes every unique violation for a stale version.
    TakesDuplicatesForConflicts => [
        an_identifier_is_given_once,
        an_address_belongs_to_one_user,
        a_user_is_in_a_team_once,
        a_fingerprint_is_given_once,
        a_key_identifier_is_given_once,
    ],
    /// Tells that something exists already, but not what.
    NamesTheWrongDuplicate => [
        an_address_belongs_to_one_user,
        a_user_is_in_a_team_once,
        a_fingerprint_is_given_once,
        a_key_identifier_is_given_once,
    ],
    /// Never frees an address.
    KeepsAddresses => [an_address_is_free_again_after_it_was_left],
    /// Tells a conflict, but not the version found.
    HidesTheVersionFound => [a_stale_version_writes_nothing, a_stale_deletion_deletes_nothing],
    /// Calls a conflict with what is gone not found.
    CallsGoneNotFound => [
        a_record_that_is_gone_is_found_at_no_version,
        a_foreign_record_is_written_like_an_absent_one,
    ],
    /// Deletes nothing.
    IgnoresDeletions => [
        deleting_a_team_takes_all_that_is_its,
        deleting_a_user_takes_all_that_is_theirs,
        a_record_that_is_gone_is_found_at_no_version,
        an_address_is_free_again_after_it_was_left,
    ],
    /// Says that a member of a team was deleted.
    DeletesMembers => [a_member_of_a_team_is_not_deleted],
    /// Finds what to delete by its identifier alone.
    DeletesAcrossTeams => [a_foreign_record_is_written_like_an_absent_one],
    /// Writes no audit.
    DropsTheAudit => [
        the_audit_is_written_with_its_change_or_not_at_all,
        the_audit_is_read_newest_first_by_team_and_by_user,
        the_audit_outlives_whom_it_tells_of,
    ],
    /// Writes the audit before the change, whatever becomes of it.
    AuditsWhatFails => [the_audit_is_written_with_its_change_or_not_at_all],

    // Reading one record.
    /// Answers an error for what is absent.
    CallsAbsentNotFound => [what_is_absent_reads_as_none],
    /// Remembers accounts it read once.
    CachesUsers => [users_read_back_as_written],
    /// Has an index of addresses that knows no case.
    FoldsAddresses => [an_address_is_compared_byte_by_byte],
    /// Remembers API keys it read once.
    CachesApiKeys => [a_revoked_key_is_seen_revoked_at_once, deleting_a_team_takes_all_that_is_its],
    /// Remembers what it answered to a check.
    CachesChecks => [a_check_sees_every_change_at_once],
    /// Tells the role in the user's first team.
    TellsSomeRole => [a_check_tells_the_role_in_the_team_asked_for],
    /// Finds invitations and API keys by their identifier alone.
    FindsAcrossTeams => [a_foreign_record_reads_like_an_absent_one],
    /// Finds a session by every refresh token it ever had.
    FindsGrandparents => [a_refresh_token_is_found_while_current_and_once_after],
    /// Finds a session by its current refresh token only.
    ForgetsParents => [a_refresh_token_is_found_while_current_and_once_after],
    /// Finds unused tokens only.
    HidesUsedTokens => [a_used_token_is_still_found, one_time_tokens_read_back_as_written],
    /// Leaves destroyed keys out.
    HidesDestroyedKeys => [signing_keys_read_back_as_written_in_order],
    /// Gives signing keys in some order.
    ShufflesTheRing => [signing_keys_read_back_as_written_in_order],

    // Lists.
    /// Lists the newest last, or the oldest.
    ReversesPages => [
        every_list_has_its_order_and_ends,
        the_audit_is_read_newest_first_by_team_and_by_user,
        a_users_sessions_are_theirs_only,
    ],
    /// Ends every list after a page.
    ForgetsTheNextPage => [every_list_has_its_order_and_ends],
    /// Begins every page at the beginning.
    IgnoresCursors => [every_list_has_its_order_and_ends],
    /// Counts rows instead of remembering where a page ended.
    PagesByOffset => [a_page_starts_where_the_one_before_ended_whatever_came_between],
    /// Begins at the beginning when it can't read a cursor.
    TakesAnyCursor => [a_cursor_of_another_list_is_refused],
    /// Looks for teams where their members are.
    ListsTeamsOfMembers => [all_teams_are_listed_whoever_is_in_them],
    /// Lists the records of all teams.
    ListsAllTeams => [lists_hold_the_own_teams_records_only, a_search_stays_in_its_team],
    /// Lists members without what became of their accounts.
    ListsMembersAsTheyCame => [a_member_is_listed_as_their_account_is_now],
    /// Lists the teams and sessions of all users.
    ListsAllUsers => [a_user_sees_their_own_teams_only, a_users_sessions_are_theirs_only],
    /// Lists unused tokens whatever they are for.
    IgnoresPurposes => [unused_tokens_are_listed_by_user_and_purpose],
    /// Looks for the text anywhere.
    SearchesAnywhere => [a_search_finds_beginnings_whatever_their_case],
    /// Folds ASCII letters only.
    SearchesAscii => [a_search_finds_beginnings_whatever_their_case],
    /// Takes `%` and `_` in a search for patterns.
    SearchesPatterns => [a_search_finds_beginnings_whatever_their_case],
    /// Lists only what the audit says of teams and users that are still there.
    HidesTheAuditOfTheDeleted => [the_audit_outlives_whom_it_tells_of],

    // Touching and purging.
    /// Records no use.
    LosesTouches => [
        a_touch_is_seen_and_is_no_version,
        a_touch_is_seen_and_is_no_version_of_the_key,
        an_update_never_moves_the_last_use_back,
    ],
    /// Records a use by an update.
    TouchesAreVersions => [
        a_touch_is_seen_and_is_no_version,
        a_touch_is_seen_and_is_no_version_of_the_key,
    ],
    /// Writes a session over what touches recorded.
    MovesTheLastUseBack => [an_update_never_moves_the_last_use_back],
    /// Purges nothing.
    NeverPurges => [purging_takes_only_what_is_over],
    /// Purges what is not over.
    PurgesTooMuch => [purging_takes_only_what_is_over],

    // Worst.
    /// Blocks its thread for ever.
    Blocks => [users_read_back_as_written],
}

//! Broken stores are caught: each case of the billing contract has been seen failing.
//!
//! [`FAULTS`] says which cases catch which defect. A sound store behind the same wrapper passes them all, so
//! that what fails fails for the defect.

mod broken_billing;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use broken_billing::{Broken, Fault, Filter, Mangled, Part, Read};
use invoice_core::ports::{BillingPorts, Unique};
use invoice_core::testing::contract::Case;
use invoice_core::testing::contract::billing::CASES;

/// Long enough for any case; what hangs is given up on after it.
const LIMIT: Duration = Duration::from_secs(4);

async fn a_sound_store() -> BillingPorts {
    Broken::ports(Fault::Nothing)
}

invoice_core::billing_contract!(a_wrapper_without_a_fault, a_sound_store);

/// Each defect with the cases that catch it.
const FAULTS: &[(Fault, &[&str])] = &[
    // Commits.
    (
        Fault::Leaves(Part::AWrite),
        &["a_conflict_writes_nothing", "a_duplicate_writes_nothing", "a_guard_must_hold"],
    ),
    (Fault::Leaves(Part::TheTrail), &["a_conflict_writes_nothing", "a_duplicate_writes_nothing"]),
    (Fault::Leaves(Part::TheEvents), &["a_conflict_writes_nothing", "a_duplicate_writes_nothing"]),
    (Fault::Leaves(Part::TheKey), &["a_conflict_writes_nothing", "a_failed_request_leaves_its_key_free"]),
    (
        Fault::Leaves(Part::TheNumber),
        &[
            "a_conflict_writes_nothing",
            "a_duplicate_writes_nothing",
            "a_member_that_fails_does_not_fail_its_neighbours",
            "racing_batches_stay_gapless",
            "a_number_is_in_the_team_once",
            "a_document_of_an_absent_client_is_refused",
        ],
    ),
    (Fault::LosesTheLastWrite, &["all_writes_of_a_commit_land_together"]),
    (
        Fault::IgnoresStaleVersions,
        &[
            "a_conflict_writes_nothing",
            "a_stale_version_is_a_conflict",
            "of_many_updates_of_one_version_one_wins",
            "of_two_members_that_write_one_record_the_first_wins",
        ],
    ),
    (Fault::IgnoresAbsentRecords, &["a_record_that_is_gone_is_found_at_no_version"]),
    (Fault::IgnoresVersions, &["a_draft_is_issued_or_deleted_but_not_both", "a_stale_version_is_a_conflict"]),
    (Fault::IgnoresGuards, &["a_guard_must_hold"]),
    (Fault::InsertsReplace, &["an_identifier_is_given_once"]),
    (Fault::TrustsTheTeamOfRecords, &["a_record_of_another_team_than_its_change_is_refused"]),
    (Fault::RemembersFailures, &["a_commit_that_failed_may_succeed_later"]),
    (Fault::KeepsWhatIsDeleted, &["a_deleted_record_is_gone", "all_writes_of_a_commit_land_together"]),
    (Fault::MergesUpdates, &["an_update_replaces_the_whole_record"]),
    (Fault::TouchesWhatIsFrozen, &["a_chain_holds_while_its_documents_live_on"]),
    (
        Fault::Mangles(Mangled::FourByteCharacters),
        &["texts_of_any_script_survive", "the_longest_texts_survive"],
    ),
    (Fault::Mangles(Mangled::LongTexts), &["the_longest_texts_survive"]),
    (Fault::Mangles(Mangled::Spaces), &["texts_of_any_script_survive"]),
    (Fault::Mangles(Mangled::Decimals), &["amounts_at_the_bounds_survive"]),
    (Fault::Mangles(Mangled::Milliseconds), &["instants_and_dates_survive"]),
    (Fault::Mangles(Mangled::Keys), &["metadata_keys_are_plain_data"]),
    (
        Fault::Mangles(Mangled::Notes),
        &["every_kind_of_record_reads_back_as_written", "an_update_replaces_the_whole_record"],
    ),
    // Batches.
    (
        Fault::StopsAtTheFirstFailure,
        &["a_member_that_fails_does_not_fail_its_neighbours", "racing_batches_stay_gapless"],
    ),
    (Fault::FailsBatchesAsOne, &["a_member_that_fails_does_not_fail_its_neighbours"]),
    (
        Fault::ReversesBatches,
        &[
            "members_of_one_series_are_numbered_in_order",
            "of_two_members_that_write_one_record_the_first_wins",
        ],
    ),
    (Fault::AnswersEmptyBatches, &["an_empty_batch_is_answered_with_nothing"]),
    // Retries.
    (
        Fault::ForgetsCommits,
        &[
            "the_same_commit_again_is_one_write",
            "a_retry_is_recognised_before_its_versions_are_looked_at",
            "many_retries_of_one_commit_are_one_write",
            "a_member_named_twice_is_one_write",
        ],
    ),
    (Fault::SharesCommitIdentifiers, &["a_commit_identifier_belongs_to_its_team"]),
    (
        Fault::ForgetsKeys,
        &[
            "a_repeated_request_is_answered_and_not_done_again",
            "another_request_with_the_same_key_is_refused",
            "concurrent_identical_requests_have_one_effect",
            "an_idempotency_record_tells_what_was_answered",
        ],
    ),
    (Fault::AcceptsAnyBody, &["another_request_with_the_same_key_is_refused"]),
    (Fault::LooksForKeysTooEarly, &["concurrent_identical_requests_have_one_effect"]),
    (Fault::SharesKeys, &["idempotency_keys_belong_to_their_team"]),
    (Fault::KeepsNoAnswers, &["an_idempotency_record_tells_what_was_answered"]),
    // Numbers.
    (
        Fault::TellsPredictedNumbers,
        &["concurrent_issuers_get_exactly_one_to_n", "drafts_issued_at_once_get_exactly_one_to_n"],
    ),
    (Fault::LocksAsGiven, &["series_taken_in_opposite_order_do_not_deadlock"]),
    (Fault::SharesACounter, &["documents_of_several_counters_are_numbered_in_one_commit"]),
    (Fault::ReversesIssues, &["documents_of_one_counter_in_one_commit_are_consecutive"]),
    (
        Fault::LetsDatesGoBack,
        &["an_issue_date_does_not_go_back", "members_of_one_series_are_numbered_in_order"],
    ),
    (Fault::StartsAtOne, &["a_counter_starts_where_its_series_says", "periods_count_independently"]),
    (Fault::ForgetsPeriods, &["periods_count_independently"]),
    (
        Fault::NumbersImports,
        &["imported_documents_have_a_chain_of_their_own", "a_number_is_in_the_team_once"],
    ),
    (Fault::BindsStrayIssues, &["an_issue_of_nothing_is_refused"]),
    (Fault::FoldsLookups, &["a_document_is_found_by_its_number", "a_payment_is_found_by_its_reference"]),
    // What is unique, and what refers to what.
    (Fault::Swallows(Unique::Id), &["an_identifier_is_given_once"]),
    (
        Fault::Swallows(Unique::Number),
        &["a_number_is_in_the_team_once", "of_many_imports_of_one_number_one_wins"],
    ),
    (
        Fault::Swallows(Unique::ExternalReference),
        &["an_external_reference_is_in_the_team_once", "of_many_payments_with_one_reference_one_wins"],
    ),
    (Fault::Swallows(Unique::SeriesName), &["a_series_name_is_there_once_for_its_type"]),
    (Fault::Swallows(Unique::ItemCode), &["an_item_code_is_in_the_team_once"]),
    (Fault::Swallows(Unique::Supplier), &["a_team_has_one_profile"]),
    (Fault::KeepsNamesOfArchivedSeries, &["an_archived_series_gives_its_name_free"]),
    (Fault::UniqueInAllTeams, &["unique_values_do_not_cross_teams"]),
    (Fault::IdentifiersInAllTeams, &["the_same_identifiers_live_in_two_teams"]),
    (
        Fault::IgnoresMissingReferences,
        &["a_document_of_an_absent_client_is_refused", "what_is_of_an_absent_invoice_is_refused"],
    ),
    (Fault::IgnoresUse, &["a_client_in_use_is_not_deleted"]),
    (Fault::IgnoresForeignKeys, &["a_client_is_not_deleted_beneath_a_new_document"]),
    (Fault::ChecksReferencesTooEarly, &["a_reference_may_land_in_the_same_commit"]),
    // Teams.
    (Fault::Leaks(Read::Idempotency), &["idempotency_keys_belong_to_their_team"]),
    (Fault::Leaks(Read::Invoice), &["invoices_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::InvoiceByNumber), &["invoices_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::InvoiceWithContext), &["invoices_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::Invoices), &["invoices_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::CountInvoices), &["invoices_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::CreditNote), &["documents_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::CreditNoteByNumber), &["documents_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::CreditNotes), &["documents_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::Quote), &["documents_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::QuoteByNumber), &["documents_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::Quotes), &["documents_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::Client), &["the_catalog_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::Clients), &["the_catalog_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::Item), &["the_catalog_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::Items), &["the_catalog_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::Supplier), &["the_catalog_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::Series), &["the_catalog_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::AllSeries), &["the_catalog_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::TradingContext), &["a_trading_context_holds_nothing_foreign"]),
    (Fault::Leaks(Read::Payment), &["payments_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::PaymentByReference), &["payments_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::Payments), &["payments_of_another_team_are_not_seen"]),
    (Fault::Leaks(Read::Aging), &["reports_sum_nothing_foreign"]),
    (Fault::Leaks(Read::TaxSummary), &["reports_sum_nothing_foreign"]),
    (Fault::Leaks(Read::Revenue), &["reports_sum_nothing_foreign"]),
    (Fault::Leaks(Read::Statement), &["reports_sum_nothing_foreign"]),
    (Fault::Leaks(Read::Audit), &["the_trail_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::Counters), &["the_trail_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::Counter), &["the_trail_of_another_team_is_not_seen"]),
    (Fault::Leaks(Read::Chain), &["the_trail_of_another_team_is_not_seen"]),
    (Fault::UpdatesInAllTeams, &["a_foreign_record_is_not_updated"]),
    (Fault::DeletesInAllTeams, &["a_foreign_record_is_not_deleted"]),
    (Fault::GuardsInAllTeams, &["a_foreign_guard_does_not_hold"]),
    (Fault::ReferencesInAllTeams, &["references_do_not_cross_teams"]),
    // Reads and lists.
    (
        Fault::IgnoresTheChosenSeries,
        &["a_trading_context_holds_the_chosen_or_the_default_series", "an_invoice_comes_with_its_context"],
    ),
    (Fault::ReplacesAMissingSeries, &["a_trading_context_holds_the_chosen_or_the_default_series"]),
    (Fault::TakesArchivedSeries, &["an_archived_series_is_no_default"]),
    (Fault::TakesAnySeries, &["a_trading_context_may_lack_anything"]),
    (
        Fault::PagesByOffset,
        &[
            "pages_are_stable_while_invoices_come",
            "pages_are_stable_while_invoices_go",
            "other_lists_are_stable_while_rows_come_and_go",
            "pages_of_a_statement_are_stable",
        ],
    ),
    (Fault::OverfillsPages, &["pages_of_any_size_give_each_invoice_once_in_order"]),
    (
        Fault::SkipsARowBetweenPages,
        &[
            "pages_of_any_size_give_each_invoice_once_in_order",
            "other_lists_give_the_newest_first",
            "the_trail_is_read_newest_first",
        ],
    ),
    (Fault::ReversesLists, &["other_lists_give_the_newest_first"]),
    (
        Fault::IgnoresForeignCursors,
        &[
            "a_foreign_cursor_is_refused",
            "a_cursor_of_another_list_is_refused",
            "a_statement_refuses_a_foreign_cursor",
            "the_trail_refuses_a_foreign_cursor",
        ],
    ),
    (Fault::IgnoresSort, &["pages_of_any_size_give_each_invoice_once_in_order"]),
    (Fault::IgnoresDirection, &["pages_of_any_size_give_each_invoice_once_in_order"]),
    (Fault::AnswersAnyQuery, &["an_unanswerable_query_is_refused"]),
    (Fault::CountsWithoutSort, &["a_count_is_the_length_of_the_list"]),
    (Fault::ListsStaleRows, &["a_row_says_what_its_invoice_says"]),
    (Fault::SortsByWholeTexts, &["long_names_are_sorted_by_their_beginning"]),
    (Fault::JoinsCurrentNames, &["a_renamed_client_moves_no_issued_invoice"]),
    (
        Fault::ComparesCases,
        &[
            "invoices_are_filtered_by_the_beginning_of_their_customer",
            "clients_are_filtered_by_the_beginning_of_their_name",
            "items_are_filtered_by_the_beginning_of_their_name",
        ],
    ),
    (
        Fault::TakesPrefixesForPatterns,
        &[
            "invoices_are_filtered_by_the_beginning_of_their_number",
            "invoices_are_filtered_by_the_beginning_of_their_customer",
            "clients_are_filtered_by_the_beginning_of_their_name",
        ],
    ),
    (Fault::Ignores(Filter::Status), &["invoices_are_filtered_by_status", "equality_filters_combine"]),
    (Fault::Ignores(Filter::PaymentState), &["invoices_are_filtered_by_payment_state"]),
    (Fault::Ignores(Filter::Kind), &["invoices_are_filtered_by_kind", "equality_filters_combine"]),
    (Fault::Ignores(Filter::Client), &["invoices_are_filtered_by_client", "equality_filters_combine"]),
    (Fault::Ignores(Filter::Currency), &["invoices_are_filtered_by_currency"]),
    (
        Fault::Ignores(Filter::Metadata),
        &["invoices_are_filtered_by_metadata", "metadata_keys_are_plain_data", "equality_filters_combine"],
    ),
    (Fault::Ignores(Filter::Issued), &["invoices_are_filtered_by_issue_date"]),
    (Fault::Ignores(Filter::Due), &["invoices_are_filtered_by_due_date"]),
    (Fault::Ignores(Filter::OverdueAsOf), &["invoices_are_filtered_by_what_is_overdue"]),
    (Fault::Ignores(Filter::OverdueNotNoted), &["announced_overdue_invoices_are_left_out_when_asked"]),
    (Fault::Ignores(Filter::AmountFrom), &["invoices_are_filtered_by_amount"]),
    (Fault::Ignores(Filter::AmountTo), &["invoices_are_filtered_by_amount"]),
    (Fault::Ignores(Filter::NumberPrefix), &["invoices_are_filtered_by_the_beginning_of_their_number"]),
    (Fault::Ignores(Filter::CustomerPrefix), &["invoices_are_filtered_by_the_beginning_of_their_customer"]),
    (Fault::Ignores(Filter::ClientName), &["clients_are_filtered_by_the_beginning_of_their_name"]),
    (Fault::Ignores(Filter::ClientArchived), &["clients_are_filtered_by_being_archived"]),
    (
        Fault::Ignores(Filter::ClientMetadata),
        &["clients_are_filtered_by_metadata", "metadata_keys_are_plain_data"],
    ),
    (Fault::Ignores(Filter::ItemName), &["items_are_filtered_by_the_beginning_of_their_name"]),
    (Fault::Ignores(Filter::ItemArchived), &["items_are_filtered_by_being_archived"]),
    (Fault::Ignores(Filter::NoteInvoice), &["credit_notes_are_filtered_by_invoice"]),
    (Fault::Ignores(Filter::NoteClient), &["credit_notes_are_filtered_by_client"]),
    (Fault::Ignores(Filter::NoteIssued), &["credit_notes_are_filtered_by_being_issued"]),
    (Fault::Ignores(Filter::QuoteKind), &["quotes_are_filtered_by_kind"]),
    (Fault::Ignores(Filter::QuoteStatus), &["quotes_are_filtered_by_status"]),
    (Fault::Ignores(Filter::QuoteClient), &["quotes_are_filtered_by_client"]),
    (Fault::Ignores(Filter::QuoteExpired), &["quotes_are_filtered_by_what_has_expired"]),
    (Fault::Ignores(Filter::PaymentClient), &["payments_are_filtered_by_client"]),
    (Fault::Ignores(Filter::PaymentInvoice), &["payments_are_filtered_by_invoice"]),
    (Fault::Ignores(Filter::PaymentUnallocated), &["payments_are_filtered_by_what_is_left"]),
    (Fault::Ignores(Filter::AuditSubject), &["the_trail_is_read_newest_first"]),
    // Reports.
    (Fault::AgesADayEarly, &["aging_puts_each_age_into_its_bucket"]),
    (Fault::AgesADayLate, &["aging_puts_each_age_into_its_bucket"]),
    (Fault::AgesForAllClients, &["aging_is_by_currency_and_client"]),
    (Fault::AgesWhatIsPaid, &["aging_counts_what_is_still_due"]),
    (Fault::TaxesByIssueDate, &["taxes_are_summed_by_group_and_tax_point"]),
    (Fault::TaxesWhatIsVoid, &["void_invoices_are_in_no_tax_or_revenue"]),
    (Fault::TaxesAdvancesTwice, &["advances_are_counted_once"]),
    (
        Fault::ForgetsCreditNotes,
        &["credit_notes_lower_the_taxes", "revenue_is_by_month_of_issue_and_currency"],
    ),
    (Fault::CountsRevenueOfAll, &["revenue_is_by_month_of_issue_and_currency"]),
    (Fault::OpensStatementsAtZero, &["a_statement_of_some_days_opens_with_what_was_owed"]),
    (Fault::OpensPagesAtZero, &["pages_of_a_statement_carry_the_balance_on"]),
    (Fault::ForgetsRefunds, &["a_statement_runs_a_balance_over_all_that_happened"]),
    (Fault::StatesAllCurrencies, &["a_statement_runs_a_balance_over_all_that_happened"]),
    // Trail.
    (
        Fault::LosesTheTrail,
        &[
            "the_trail_is_read_newest_first",
            "the_trail_outlives_what_it_tells_of",
            "an_issue_tells_its_number_everywhere",
        ],
    ),
    (Fault::ReversesTheTrail, &["the_trail_is_read_newest_first"]),
    (Fault::ForgetsNumbersInTheTrail, &["an_issue_tells_its_number_everywhere"]),
    (Fault::ForgetsTheDead, &["the_trail_outlives_what_it_tells_of"]),
    (Fault::StartsChainsAtTheirBeginning, &["a_chain_is_read_in_order_from_any_place"]),
    (Fault::ReadsChainsToTheirEnd, &["a_chain_is_read_in_order_from_any_place"]),
    (Fault::ReadsChainsFromACopy, &["a_changed_past_is_found"]),
    // Outbox.
    (Fault::LosesEvents, &["events_land_with_their_commit", "an_issue_tells_its_number_everywhere"]),
    (
        Fault::SeparatesEvents,
        &["an_aggregates_events_come_one_by_one_in_order", "a_lease_keeps_an_event_until_it_ends"],
    ),
    (
        Fault::HandsOutLaterEventsFirst,
        &[
            "an_aggregates_events_come_one_by_one_in_order",
            "events_of_one_write_come_in_their_order",
            "several_workers_keep_each_aggregates_order",
        ],
    ),
    (Fault::HandsOutYoungestFirst, &["a_claim_takes_the_oldest_first"]),
    (Fault::HandsOutTwice, &["several_workers_keep_each_aggregates_order"]),
    (Fault::IgnoresLeases, &["a_lease_keeps_an_event_until_it_ends"]),
    (Fault::LeasesForEver, &["a_lease_keeps_an_event_until_it_ends"]),
    (Fault::LetsAnyoneAcknowledge, &["only_the_holder_has_a_say"]),
    (Fault::CountsAllAcknowledged, &["an_acknowledgement_counts_what_was_held", "only_the_holder_has_a_say"]),
    (Fault::RetriesAtOnce, &["an_event_given_back_waits_until_its_time"]),
    (Fault::BuriesInPlace, &["a_buried_event_lets_the_later_ones_through"]),
    (Fault::ForgetsReasons, &["a_buried_event_lets_the_later_ones_through"]),
    (Fault::RevivesNothing, &["a_revived_event_is_handed_out_again"]),
    (Fault::IgnoresLimits, &["a_claim_takes_the_oldest_first", "a_buried_event_lets_the_later_ones_through"]),
];

#[test]
fn broken_stores_are_caught() {
    let jobs: Vec<_> =
        FAULTS.iter().flat_map(|(fault, names)| names.iter().map(move |name| (*fault, *name))).collect();
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((fault, name)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fault = *fault;
                    let outcome =
                        case(name).outcome_within(LIMIT, move || async move { Broken::ports(fault) });
                    if outcome.is_ok() {
                        let mut missed = missed.lock().unwrap_or_else(PoisonError::into_inner);
                        missed.push(format!("{fault:?} passes {name}"));
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn every_case_catches_a_fault() {
    let named: BTreeSet<_> = FAULTS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let idle: Vec<_> = CASES.iter().map(Case::name).filter(|name| !named.contains(name)).collect();
    assert!(idle.is_empty(), "no fault is caught by {idle:#?}");
}

#[test]
fn every_fault_is_listed_once_with_a_case_that_catches_it() {
    for (place, (fault, names)) in FAULTS.iter().enumerate() {
        assert!(!names.is_empty(), "{fault:?} is caught by something");
        let again = FAULTS.iter().skip(place + 1).any(|(other, _)| other == fault);
        assert!(!again, "{fault:?} is listed twice");
    }
}

fn case(name: &str) -> &'static Case<BillingPorts> {
    CASES.iter().find(|case| case.name() == name).unwrap_or_else(|| panic!("there is no case {name}"))
}

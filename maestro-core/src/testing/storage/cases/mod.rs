//! The cases, by what they are about.

mod claims;
mod commits;
mod feeds;
mod guards;
mod hints;
mod leases;
mod lists;
mod pages;
mod permits;
mod records;
mod rules;
mod streams;
mod unique;

use futures::FutureExt as _;

use super::StorageCase;

/// Hands the names of all cases, by module, to another macro. They stand here once, for the table
/// and for the tests that are made of it.
#[doc(hidden)]
#[macro_export]
macro_rules! __storage_cases {
    ([$($then:tt)*] $($arguments:tt)*) => {
        $($then)* ! {
            $($arguments)*
            guards {
                guards_absent_on_a_record_is_already_exists
                guards_another_version_is_conflict
                guards_a_version_of_nothing_is_conflict
                guards_a_lease_of_nothing_is_lost
                guards_a_lease_never_taken_is_lost
                guards_a_lease_holds_for_its_node_and_token
                guards_an_older_token_is_lost
                guards_a_lapsed_lease_counts_until_it_is_taken
                guards_the_first_that_fails_decides
                guards_may_name_records_that_do_not_change
                guards_see_the_state_before_the_commit
                guards_that_contradict_each_other_never_hold
                guards_look_at_one_tenant
            }
            rules {
                rules_a_put_needs_a_guard
                rules_a_delete_needs_a_version_guard
                rules_a_record_is_changed_once
                rules_a_commit_that_breaks_them_does_nothing
            }
            commits {
                commits_an_empty_one_is_fine
                commits_give_back_what_was_put
                commits_grow_the_version_by_one
                commits_keep_the_lease_of_what_they_put
                commits_delete
                commits_give_the_first_receipt_again
                commits_that_failed_may_be_repeated
                commits_fail_whole_at_a_version_guard
                commits_fail_whole_at_an_absence_guard
                commits_fail_whole_at_a_lease_guard
                commits_fail_whole_at_a_unique_key
                commits_fail_whole_at_a_lease_to_acquire
                commits_fail_whole_at_a_lease_to_release
                commits_fail_whole_at_a_rule
                commits_are_whole_when_their_caller_goes_away
            }
            records {
                commits_race_and_one_wins
                commits_race_for_one_id_and_all_get_its_receipt
                commits_take_big_bodies
                commits_take_many_records
                records_of_unknown_kinds_are_kept
                records_are_read_in_the_order_asked_for
                records_are_read_as_of_one_moment
                records_survive_a_new_handle
            }
            unique {
                unique_keys_in_use_are_already_exists
                unique_keys_are_claimed_once_in_a_commit
                unique_keys_stay_with_their_record
                unique_keys_are_freed_by_a_change
                unique_keys_are_freed_by_a_delete
                unique_keys_can_be_exchanged
                unique_keys_are_of_one_tenant_and_kind
            }
            streams {
                streams_start_at_one_without_gaps
                streams_take_several_appends_of_one_commit
                streams_of_two_tenants_are_two
                streams_change_no_version
                streams_outlive_records
                streams_have_no_gaps_when_many_append
            }
            leases {
                leases_are_acquired_when_free
                leases_are_acquired_with_the_record
                leases_that_are_held_are_not_acquired
                leases_that_lapsed_are_acquired
                leases_of_nothing_are_not_acquired
                leases_are_given_back
                leases_that_are_not_held_are_not_given_back
                leases_that_lapsed_are_given_back
                leases_change_in_order
                leases_lapse_at_their_moment
                leases_end_with_the_record
                renewals_extend_leases
                renewals_extend_lapsed_leases_that_nobody_took
                renewals_tell_what_is_lost
            }
            claims {
                claims_take_what_is_free
                claims_find_it_held
                claims_find_it_missing
                claims_find_it_stale
                claims_take_what_lapsed
                claims_seize_from_the_dead
                claims_again_by_the_holder_give_a_new_token
                claims_give_ever_greater_tokens
                claims_change_neither_version_nor_events
                claims_decide_each_want_alone
                claims_see_the_wants_before
                claims_race_and_one_wins
            }
            permits {
                permits_are_limited
                permits_are_all_or_nothing
                permits_of_nothing_are_never_given
                permits_end_with_a_release
                permits_end_with_a_claim_by_another
                permits_end_with_a_claim_by_the_same
                permits_end_with_the_record
                permits_of_lapsed_leases_count
                permits_survive_puts_and_renewals
                permits_are_of_one_tenant
                permits_of_one_scope_are_asked_for_once
                permits_hold_under_a_race
            }
            lists {
                lists_of_nothing_are_empty
                lists_give_whole_records
                lists_keep_to_a_kind_and_tenant
                lists_filter_by_columns
                lists_filter_by_capability
                lists_filter_by_link
                lists_filter_by_due_time
                lists_filter_by_lease
                lists_take_the_first_of_each_group
            }
            pages {
                lists_are_ordered
                lists_page_in_every_order
                lists_of_all_tenants_page_too
                lists_know_their_last_page
                lists_page_while_records_change
                lists_have_limits
                lists_take_tokens_of_their_own_query_only
                lists_tell_where_to_watch_from
                lists_and_watching_miss_nothing
            }
            feeds {
                feeds_give_back_what_was_appended
                feeds_of_nothing_are_empty
                feeds_start_now
                feeds_page
                feeds_resume_after_every_event
                feeds_go_on_from_an_empty_page
                feeds_say_whether_there_is_more
                feeds_filter
                feeds_have_limits
                feeds_refuse_foreign_cursors
                feeds_go_on_through_another_handle
                feeds_show_every_event_once_while_many_write
            }
            hints {
                hints_come_after_a_commit
                hints_come_after_a_claim
                hints_are_bounded
                closing_ends_every_call
                tenants_are_apart
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __storage_tests {
    ($backend:ident => $bench:expr; $($module:ident { $($case:ident)* })*) => {
        mod $backend {
            #[allow(unused_imports, reason = "what the expression of the bench names")]
            use super::*;

            $($(
                #[test]
                fn $case() {
                    $crate::testing::storage::block_on_case(&$bench, stringify!($case));
                }
            )*)*
        }
    };
}

/// Makes a test of each case of the table, for a backend.
///
/// `storage_conformance! { name => bench }` makes a module `name` with one test per case; `bench`
/// is an expression that gives a [`Bench`](crate::testing::storage::Bench), evaluated in each.
/// A case that waits for hints does nothing on a bench that
/// [loses them](crate::testing::storage::Bench::losing_hints).
#[macro_export]
macro_rules! storage_conformance {
    ($backend:ident => $bench:expr) => {
        $crate::__storage_cases! { [$crate::__storage_tests] $backend => $bench; }
    };
}

macro_rules! table {
    ($($module:ident { $($case:ident)* })*) => {
        /// Every case.
        pub const CASES: &[StorageCase] = &[$($(
            StorageCase { name: stringify!($case), run: |cx| $module::$case(cx).boxed() },
        )*)*];
    };
}

__storage_cases! { [table] }

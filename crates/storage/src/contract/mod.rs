//! The contract suite: each function takes a fresh store, attacks one line of the contracts and panics if the
//! line does not hold.
//!
//! A store's own tests are one function that makes a fresh, empty store for [`sample::own_issuer`], and one
//! line:
//!
//! ```text
//! async fn fresh() -> (Arc<dyn Store>, impl Drop) { … }
//! quash_storage::contract_tests!(fresh);
//! ```
//!
//! What is returned beside the store is dropped after the test: a temporary directory, a server.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a contract that does not hold is a failed test"
)]

pub mod activity;
pub mod admin;
pub mod aliases;
pub mod audit;
pub mod bans;
pub mod claims;
pub mod concurrency;
pub mod cutoffs;
pub mod devices;
pub mod feed;
pub mod idempotency;
pub mod join;
pub mod limits;
pub mod listing;
pub mod log;
pub mod one_time;
pub mod purge;
pub mod registering;
pub mod renewal;
pub mod sample;
pub mod schedules;
pub mod search;
pub mod sessions;
pub mod sharing;
pub mod undo;
pub mod user_keys;
pub mod uses;

/// One test for each line of the contracts. `$fresh` is a function without arguments whose future is an
/// `Arc<dyn Store>` and something that is dropped when the test is over.
#[macro_export]
macro_rules! contract_tests {
    ($fresh:path) => {
        $crate::contract_tests!(@each $fresh,
            activity::a_report_moves_the_idle_limit_to_the_use_and_nothing_else,
            activity::a_last_use_never_goes_back_and_is_never_in_the_future,
            activity::a_report_of_many_is_noted_for_each_that_lives,
            activity::what_is_over_when_the_report_comes_stays_over,
            activity::reports_of_who_is_cut_off_or_banned_are_ignored,
            activity::a_report_and_a_logout_end_the_session_in_both_orders,
            activity::no_report_revives_a_session_after_an_acknowledged_logout,
            admin::a_key_ring_is_replaced_only_by_who_knows_its_version,
            admin::a_key_ring_keeps_every_field,
            admin::of_parallel_first_key_rings_one_is_stored,
            admin::credentials_are_stored_replaced_and_removed,
            admin::horizons_only_grow,
            admin::verifiers_are_recorded_replaced_and_forgotten,
            aliases::a_changed_id_ends_its_sessions_and_opens_none_again,
            aliases::an_id_is_left_once_and_never_taken_up_again,
            aliases::bans_follow_the_person,
            aliases::against_sign_ins_that_race_a_change_leaves_no_session_alive,
            audit::an_entry_of_the_log_is_noted_with_what_it_says,
            audit::an_entry_says_whom_it_hits,
            audit::changed_claims_are_noted_with_their_entry,
            audit::evidence_is_kept_with_the_entry,
            audit::every_change_of_a_session_is_noted_once,
            audit::replaced_sessions_are_noted_one_by_one,
            audit::every_change_by_an_administrator_is_noted_once,
            audit::tokens_that_are_used_up_are_noted,
            audit::what_changes_no_rights_is_not_noted,
            audit::the_chain_holds_under_64_writers,
            audit::what_is_old_is_forgotten_and_leaves_an_anchor,
            audit::an_audit_purge_is_bounded,
            audit::the_audit_log_is_paged_and_searched,
            bans::a_ban_everywhere_ends_every_session_by_one_entry_and_refuses_what_comes,
            bans::a_ban_at_one_client_reaches_the_sessions_with_a_grant_of_it_alone,
            bans::a_ban_is_over_at_its_very_end_and_forgotten_then,
            bans::a_warning_is_kept_and_refuses_nothing,
            bans::a_lifted_ban_revives_nothing,
            bans::a_ban_whose_entry_is_undone_stands,
            bans::a_later_ban_takes_the_place_of_an_earlier_one,
            bans::against_sign_ins_that_race_a_ban_leaves_no_session_alive,
            bans::against_renewals_that_race_nothing_rotates_after_a_ban,
            concurrency::a_head_shows_every_entry_up_to_it_under_64_writers,
            concurrency::sixty_four_uses_of_one_refresh_token_rotate_once,
            concurrency::no_renewal_rotates_after_an_acknowledged_logout,
            concurrency::expect_max_holds_against_sign_ins_that_race,
            concurrency::of_parallel_repeats_one_is_done,
            cutoffs::a_cutoff_ends_what_it_names_and_was_opened_before_it,
            cutoffs::a_cutoff_spares_what_it_does_not_name,
            cutoffs::a_sign_in_in_the_same_millisecond_after_a_cutoff_passes,
            cutoffs::a_sign_in_as_of_an_earlier_head_is_hit_by_what_came_between,
            cutoffs::a_refresh_entry_ends_no_session,
            cutoffs::an_exception_spares_one_session,
            cutoffs::a_window_names_sign_ins_with_both_ends_included,
            cutoffs::an_older_entry_holds_beside_a_newer_one_that_spares,
            cutoffs::a_client_cutoff_ends_the_grants_of_that_client_alone,
            cutoffs::an_entry_about_a_session_not_held_yet_ends_it_too,
            devices::a_device_is_listed_once_with_all_its_sessions,
            devices::a_device_tells_live_sessions_from_open_and_ended_ones,
            devices::a_device_that_shares_a_session_is_listed,
            feed::pages_of_the_feed_follow_one_another_to_the_head,
            feed::a_long_way_behind_the_pages_are_the_same,
            feed::a_page_of_the_feed_passes_over_what_is_over,
            feed::at_or_beyond_the_head_a_page_is_empty_and_says_where_the_head_is,
            feed::a_checksum_is_known_wherever_the_log_still_has_an_entry,
            idempotency::a_repeated_append_is_one_entry,
            idempotency::a_key_used_for_another_request_is_refused,
            idempotency::a_key_is_forgotten_after_a_day,
            idempotency::a_repeated_sign_in_is_one_session,
            idempotency::a_refused_call_uses_up_no_key,
            join::a_client_joins_a_live_session_at_the_head,
            join::a_join_is_refused_for_sessions_that_are_over,
            join::a_join_after_a_cutoff_asks_for_a_new_sign_in,
            listing::pages_are_newest_first_and_stable_while_sessions_are_opened,
            listing::filters_narrow_a_list,
            listing::a_list_tells_live_sessions_from_ended_ones,
            limits::an_opening_beyond_the_limit_ends_the_oldest_session_whole,
            limits::idle_first_ends_the_session_unused_for_longest,
            limits::types_of_device_have_limits_of_their_own,
            limits::what_is_over_or_cut_off_does_not_count,
            limits::sessions_at_other_clients_do_not_count,
            limits::a_device_that_signs_in_again_takes_its_own_place,
            limits::a_refused_opening_writes_nothing,
            limits::a_repeated_opening_ends_nothing_more,
            limits::a_sign_in_that_read_the_head_before_a_replacement_lives,
            limits::a_sign_in_that_is_cut_off_at_once_takes_no_place,
            limits::a_lowered_limit_is_reached_at_the_next_sign_in,
            limits::a_client_that_joins_makes_the_session_count,
            limits::sign_ins_that_race_leave_exactly_the_limit,
            limits::sign_ins_that_race_are_refused_beyond_the_limit,
            log::positions_follow_one_another_from_the_origin,
            log::an_entry_keeps_every_field,
            log::the_checksum_moves_with_each_entry_and_with_nothing_else,
            log::live_entries_come_in_order_up_to_the_limit,
            log::an_entry_is_live_until_its_retention_ends,
            log::entries_are_paged_newest_first,
            log::expect_max_refuses_what_matches_too_much,
            log::matching_sessions_are_counted_for_every_kind_of_target,
            one_time::of_sixty_four_parallel_uses_exactly_one_is_the_first,
            one_time::a_full_store_of_used_tokens_refuses_and_evicts_nothing,
            one_time::a_use_is_forgotten_by_a_purge_at_its_end_and_not_before,
            purge::an_entry_is_forgotten_when_both_its_times_are_over,
            purge::what_verifiers_forgot_is_set_aside_to_the_last_entry,
            purge::a_cutoff_is_enforced_long_after_verifiers_forgot_it,
            purge::a_session_is_forgotten_when_it_was_over_for_long_enough,
            purge::a_renewed_session_is_kept,
            purge::an_ended_session_goes_before_its_limits,
            purge::an_idempotency_key_is_purged_after_a_day,
            purge::the_ratchet_never_goes_back,
            purge::much_is_purged_in_several_calls,
            registering::an_opening_registers_its_session_and_ends_nothing,
            registering::a_session_that_nothing_since_names_stands_where_it_is_registered,
            registering::a_session_that_something_since_names_stands_where_its_caller_had_read,
            registering::of_open_sessions_only_those_that_live_are_registered,
            registering::a_session_that_another_sign_in_keeps_alive_is_registered,
            registering::that_the_list_is_whole_is_what_was_said_last,
            registering::what_is_not_opened_or_cut_off_at_once_is_not_registered,
            registering::a_session_that_takes_places_is_registered_behind_them,
            registering::a_registration_is_not_undone,
            registering::a_registration_is_forgotten_at_its_end_and_not_before,
            renewal::the_current_generation_is_rotated_and_the_rotation_is_kept,
            renewal::an_older_generation_within_the_grace_is_repeated_and_changes_nothing,
            renewal::an_older_generation_after_the_grace_is_reuse_and_changes_nothing,
            renewal::a_generation_ahead_of_the_row_is_adopted_with_an_alarm,
            renewal::an_unknown_grant_is_no_error,
            renewal::a_session_is_over_at_its_limits,
            renewal::a_clock_that_goes_back_shortens_no_session,
            search::every_search_finds_what_a_look_at_all_sessions_finds,
            search::who_is_there_all_the_time_is_on_exactly_one_page,
            search::a_search_by_last_use_starts_with_those_unused_for_longest,
            search::a_search_that_finds_little_is_cut_short_and_goes_on,
            search::a_cursor_from_elsewhere_shows_nobody_else,
            search::what_is_purged_is_found_by_nothing,
            sessions::a_session_keeps_every_field,
            sessions::a_session_opens_at_the_head_or_where_the_caller_had_read_it,
            sessions::a_head_that_was_never_reached_opens_nothing,
            sessions::an_entry_about_a_session_ends_its_row,
            sessions::the_first_ending_stands,
            sessions::only_an_end_of_the_own_issuer_ends_a_row,
            sessions::one_logout_leaves_the_other_sessions_of_the_user,
            sharing::a_sign_in_shares_the_session_that_lives,
            sharing::of_those_who_share_only_the_named_device_is_cut_off,
            sharing::of_those_who_share_only_the_named_sign_in_lies_in_a_window,
            sharing::a_session_that_is_cut_off_is_not_shared,
            sharing::a_session_that_gives_more_is_replaced_and_not_shared,
            sharing::a_device_that_shares_again_holds_one_grant,
            sharing::a_shared_session_holds_a_hundred_grants,
            sharing::a_repeated_sign_in_that_shares_is_one_grant,
            sharing::a_client_that_joins_shares_no_other_session,
            sharing::sign_ins_that_race_share_one_session,
            schedules::a_schedule_that_is_due_once_is_carried_out_once,
            schedules::a_recurring_schedule_moves_on_with_its_entry,
            schedules::of_parallel_firings_one_is_done,
            schedules::schedules_are_replaced_removed_and_bounded,
            undo::an_undo_takes_back_its_entry_and_no_other,
            undo::an_undo_is_an_entry_about_the_same_target_that_outlives_what_it_undoes,
            undo::the_session_that_an_entry_ended_is_active_again,
            undo::a_session_that_another_entry_ends_stays_over,
            undo::entries_of_one_millisecond_are_told_apart,
            undo::what_can_not_be_undone_is_refused_and_changes_nothing,
            undo::the_window_is_over_at_its_very_end,
            undo::a_clock_that_goes_back_opens_no_window_again,
            undo::a_repeated_undo_is_one_entry,
            undo::of_parallel_undos_one_is_done,
            undo::no_purge_that_races_an_undo_revives_or_loses_anything,
            user_keys::the_generation_is_the_latest_rotation,
            user_keys::a_rotation_ends_the_sessions_of_its_subject_or_none,
            user_keys::a_rotated_key_does_not_come_back,
            claims::changed_claims_are_written_with_their_entry,
            claims::a_change_of_claims_revives_nothing_and_ends_nothing,
            claims::a_change_of_claims_ends_by_its_row_what_was_cut_off,
            claims::a_client_that_was_cut_off_is_not_back_with_other_claims,
            claims::nobody_joins_by_a_change_of_claims_who_was_cut_off,
            claims::claims_change_whatever_the_clock_says,
            claims::claims_beyond_the_budget_are_refused_as_a_whole,
            uses::a_use_moves_the_idle_limit_and_nothing_else,
            uses::uses_within_a_second_are_one,
            uses::no_use_revives_a_session_after_an_acknowledged_logout,
            uses::what_is_over_can_not_be_used,
        );
    };
    (@each $fresh:path, $($module:ident :: $name:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (store, _kept) = $fresh().await;
                $crate::contract::$module::$name(store).await;
            }
        )*
    };
}

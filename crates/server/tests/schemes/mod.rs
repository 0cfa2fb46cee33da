//! The catalogue (`docs/schemes.md`), row by row, over the HTTP API of a real server process: one file each.

mod catalogue;
mod clock;
mod s01_short_access_long_refresh;
mod s02_refresh_rotation;
mod s03_parallel_refresh_is_no_theft;
mod s04_sliding_expiry;
mod s06_early_refresh;
mod s07_maximum_session_age;
mod s08_logout;
mod s09_reasons;
mod s10_denylist_by_jti;
mod s11_denylist_by_digest;
mod s13_token_version;
mod s14_cutoff_sparing_one;
mod s15_global_cutoff_and_windows;
mod s16_group_cutoffs;
mod s17_grouped_timestamps;
mod s18_revoke_before_table;
mod s19_code_per_login;
mod s21_rotating_keys;
mod s23_one_session_per_user;
mod s24_at_most_n_sessions;
mod s29_revoke_by_query_dry_run_undo;
mod s30_one_time_tokens;
mod s32_one_device;
mod snippets;

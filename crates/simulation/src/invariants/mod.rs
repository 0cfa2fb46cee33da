//! The rules that every run is held against, one file each, with the sentence that it comes from.

pub(crate) mod i10_clock_jumps_leave_cutoffs_alone;
pub(crate) mod i12_every_change_is_audited_once;
pub(crate) mod i1_revoked_is_refused_at_once;
pub(crate) mod i3_acknowledged_is_durable;
pub(crate) mod i4_one_live_successor;
pub(crate) mod i5_decision_is_the_or_of_all_entries;
pub(crate) mod i6_no_resurrection;
pub(crate) mod i7_no_false_revocation;
pub(crate) mod i8_memory_is_bounded;
pub(crate) mod i9_rotation_refuses_no_valid_token;

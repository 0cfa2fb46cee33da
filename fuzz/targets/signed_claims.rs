//! Drives [`quash_fuzz::signed_claims`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quash_fuzz::signed_claims::run(data));

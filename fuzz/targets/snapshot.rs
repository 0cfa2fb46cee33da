//! Drives [`quash_fuzz::snapshot`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quash_fuzz::snapshot::run(data));

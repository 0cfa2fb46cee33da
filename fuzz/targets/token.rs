//! Drives [`quash_fuzz::token`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quash_fuzz::token::run(data));

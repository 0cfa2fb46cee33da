//! Drives [`quash_fuzz::jwk`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quash_fuzz::jwk::run(data));

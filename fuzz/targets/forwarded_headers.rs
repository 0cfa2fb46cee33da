//! Drives [`quash_fuzz::forwarded_headers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quash_fuzz::forwarded_headers::run(data));

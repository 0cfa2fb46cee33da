//! Drives [`quash_fuzz::feed_frame`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quash_fuzz::feed_frame::run(data));

//! A file of Parquet: it is read to its end, or it is damaged.

#![no_main]

#[path = "counting.rs"]
mod counting;

use libfuzzer_sys::fuzz_target;

// A panic of the library below is damage, and caught; only one that comes through to here ends the fuzzing.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |bytes: &[u8]| counting::every_line_is_counted("fee_line.parquet", bytes));

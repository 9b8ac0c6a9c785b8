//! A file of CSV: every row is counted once, and nothing but another encoding ends the run.

#![no_main]

#[path = "counting.rs"]
mod counting;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| counting::every_line_is_counted("fee_line.csv", bytes));

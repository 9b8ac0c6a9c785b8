//! A file of Parquet: it is read to its end, or it is damaged.

#![no_main]

#[path = "counting.rs"]
mod counting;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| counting::every_line_is_counted("fee_line.parquet", bytes));

//! The contract's "Bad input is data" and "Values", one test per sentence.

#[path = "decode/lines.rs"]
mod lines;
#[path = "decode/lists.rs"]
mod lists;
#[path = "decode/support.rs"]
mod support;
#[path = "decode/tables.rs"]
mod tables;
#[path = "decode/values.rs"]
mod values;

//! The log of the live service: on stderr, as text or JSON, without a word out of a record.
//!
//! What the service says itself are constant sentences; numbers, names of its configuration and paths are their fields.
//! What could quote a record is a panic: its message is written only where it is a text of the program, or a complaint
//! of the standard library that has nothing but numbers in it.

use std::any::Any;
use std::panic::PanicHookInfo;

use ::serve::config::{Log, LogFormat, LogLevel};
use tracing::level_filters::LevelFilter;

use crate::terminal;

/// Logs from now on, and lets panics be logged.
pub fn begin(log: Log) {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(|| terminal::Log);
    // Who logs already goes on doing so.
    let _ = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
    };
    std::panic::set_hook(Box::new(panicked));
}

fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, ToString::to_string);
    let thread = std::thread::current().name().unwrap_or("?").to_owned();
    let what = message(panic.payload());
    tracing::error!(thread, place, what, "panicked");
}

/// What complaints of the standard library begin with that have only numbers in them.
const OF_NUMBERS: [&str; 6] = [
    "index out of bounds: ",
    "range start index ",
    "range end index ",
    "slice index starts at ",
    "attempt to ",
    "mid > len",
];

/// The message of a panic, if no record can stand in it.
fn message(payload: &dyn Any) -> &str {
    match (payload.downcast_ref::<&'static str>(), payload.downcast_ref::<String>()) {
        (Some(constant), _) => constant,
        (None, Some(made)) if OF_NUMBERS.iter().any(|begin| made.starts_with(begin)) => made,
        _ => "its message is left out, for it may quote a record",
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_panic_quotes_no_record() {
        let of = |work: fn()| {
            let payload = catch_unwind(work).expect_err("it panics");
            message(&*payload).to_owned()
        };
        assert_eq!(of(|| panic!("the ledger is torn")), "the ledger is torn");
        assert!(of(|| assert!([true; 3][black_box(7)])).contains("the index is 7"));
        let quotes: [fn(); 3] = [
            || panic!("no such person: {}", black_box("P-CANARY")),
            || assert!(black_box("P-CANARY 人")[..10].is_empty()),
            || assert!(black_box(Err::<bool, _>("P-CANARY")).expect("a flag")),
        ];
        for quote in quotes {
            assert!(!of(quote).contains("CANARY"));
        }
    }
}

//! Named points at which the program ends itself, as a crash would, where a test asks for it.
//!
//! `FUNDWATCH_FAIL_AT=NAME` names one; `FUNDWATCH_SEGMENT_BYTES=N` begins a new segment so early that a test sees one
//! begun. Only a program that was built for tests looks at them.

use rustix::process::{self, Signal};

/// Ends the program if this point was asked for.
#[inline]
pub fn point(name: &str) {
    if cfg!(debug_assertions) && std::env::var("FUNDWATCH_FAIL_AT").is_ok_and(|asked| asked == name) {
        // Not by an abort, for the program tells whoever waits for it why it gave up.
        let _ = process::kill_process(process::getpid(), Signal::KILL);
        std::process::abort();
    }
}

/// Bytes from which on a new segment is begun, if they were asked for.
pub(crate) fn segment_bytes() -> Option<u64> {
    if !cfg!(debug_assertions) {
        return None;
    }
    std::env::var("FUNDWATCH_SEGMENT_BYTES").ok()?.parse().ok()
}

//! Named points at which the program ends itself, as a crash would, where a test asks for it.
//!
//! `FUNDWATCH_FAIL_AT=NAME` names one; only a program that was built for tests looks at it.

/// Ends the program if this point was asked for.
#[inline]
pub(crate) fn point(name: &str) {
    if cfg!(debug_assertions) && std::env::var("FUNDWATCH_FAIL_AT").is_ok_and(|asked| asked == name) {
        std::process::abort();
    }
}

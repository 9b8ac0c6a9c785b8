//! `fundwatch rules`: check, test, list and show.

//! `fundwatch bench`: how fast, and where the time goes.

//! Shapes that several detectors have: what a candidate is, how candidates are made of rows, and how one is found again
//! by its key.
//!
//! A detector of such a shape states what its table or parameters mean, its conditions and its finding; the rest
//! stands here once.

pub mod coded_visit;
pub mod element;
pub mod group_cap;
pub mod item_cap;
pub mod listed_line;
pub mod one_record;
pub mod sequence;
pub mod sex;

//! Whom to inspect: the list of candidates, the draws beside it, who goes, and what the list leaves out.
//!
//! [`candidate`] ranks institutions, practitioners or persons by the money that a day of inspection can be expected to
//! bring: what alerts counted, times the chance that they are confirmed, by the days that [`effort`] says a visit takes.
//! [`draw`] chooses by lot whom to visit although nothing points there, and which inspectors go; anybody can repeat it
//! from a seed. [`estimate`] concludes from those visits how much the ranking misses.
//!
//! Everything is made of what one or several runs left ([`outcome`]). The crate reads no files; it is given lines and
//! texts, and returns data. How good a list was is judged elsewhere (`eval`).

pub mod candidate;
pub mod chance;
pub mod coverage;
pub mod decision;
pub mod draw;
pub mod effort;
pub mod estimate;
pub mod outcome;
pub mod period;
pub mod subject;
pub mod table;
pub mod value;

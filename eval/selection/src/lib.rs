//! Whom to inspect: the list of candidates, the draws beside it, who goes, and what the list leaves out.
//!
//! [`candidate`] ranks institutions, practitioners or persons by the money that a day of inspection can be expected to
//! bring: what alerts counted, times the chance that they are confirmed, by the days that a visit takes ([`effort`]).
//! [`draw`] chooses by lot whom to visit although nothing points there, and which inspectors go; anybody can repeat it
//! from a seed. [`estimate`] concludes from those visits how much the ranking misses.
//!
//! # Example
//! ```
//! use selection::candidate::RankingBuilder;
//! use selection::chance::Chances;
//! use selection::decision::Decisions;
//! use selection::effort::Effort;
//! use wire::Institution;
//! use selection::period::Period;
//! use selection::subject::SubjectKind;
//!
//! let mut builder =
//!     RankingBuilder::new(SubjectKind::Institutions, Period::ALWAYS, Chances::default(), Decisions::default());
//! builder.add_institution(&Institution { fixmedins_code: "H1".to_owned(), ..Institution::default() })?;
//! let ranking = builder.rank(&Effort::built_in());
//! assert_eq!(ranking.candidates[0].id, "H1");
//! assert_eq!(ranking.candidates[0].expected_per_day_fen(), 0);
//! # Ok::<(), selection::value::InvalidValue>(())
//! ```
//!
//! Everything is made of what one or several runs left ([`wire`]). The crate reads no files; it is given lines and
//! texts, and returns data. How good a list was is judged elsewhere (`eval`).

pub mod candidate;
pub mod chance;
pub mod coverage;
pub mod decision;
pub mod draw;
pub mod effort;
pub mod estimate;
pub mod period;
pub mod subject;
pub mod table;
pub mod value;

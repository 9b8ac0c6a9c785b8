//! How good is it: what is true of a run's alerts, and the measures that follow.
//!
//! [`truth`] is what is known of an alert: what the simulator planted, or decisions joined by record once they have
//! matured. [`judgement`] holds a run against it, with [`measure`]s that each have their interval, and always compares
//! the list of candidates with the plain order by money paid. `docs/evaluation.md` has each measure with its formula.
//!
//! # What it does not prove
//! A simulated region proves that the program does what the rules state. It does not prove that the rules state the
//! right thing: the one who plants a case and the one who looks for it read the same page. How many alerts hold up
//! before an inspector is known only from decisions (the record kind `label`), and from cases nobody here has invented.
//!
//! The simulator itself is the crate `synth`, the list the crate `selection`; files are read by `pipeline`.

pub mod judgement;
pub mod measure;
pub mod truth;

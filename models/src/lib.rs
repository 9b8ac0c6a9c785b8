//! What is unusual, learned.
//!
//! Rules say what is not allowed. Much of what is taken from a fund breaks no single rule: a hospital whose patients
//! all stay just as long as pays best, a pharmacy that sells one drug and little else, a doctor whose days have
//! thirty hours. Such a thing is seen only beside its peers, and seeing it is what this room is for.
//!
//! So far it holds one noun, [`Score`], the only form in which an opinion leaves it. What will stand around it, from
//! the facts to the score:
//!
//! * a *profile*: one subject's numbers over one period, with their units, counted exactly by the detectors and kept
//!   up to date like everything else they keep;
//! * *features*: the profile as named columns, each with the direction that is suspicious. Here floats begin; money
//!   and counts are exact until then;
//! * *peers*: how far a subject lies from institutions of its kind, level and region, by robust statistics. Nothing
//!   has to be trained for it, so it comes first, and every trained model is shown beside it;
//! * *trained models*, each one method with its parameters in a file and its *card*: on which data and period it was
//!   trained, by which seed, what it measured, and what it must not be used for;
//! * the [`Score`]: here floats end.
//!
//! # What the room promises
//! * **The same bits on every replay.** A score is a function of profile and parameters. Training has a seed that is
//!   written down; the program that judges never trains.
//! * **Whatever is not a number is no score.** A model that divides by zero has no opinion, and the subject is then
//!   *not judged*, which is not *normal*.
//! * **Never without the plain measure.** In labelled data of this kind, size alone ranks fraudulent providers nearly
//!   as well as most models. A model that does not beat the order by money paid is not worth its explanation.
//! * **A score is no verdict.** It reaches people as an indicator, with the columns that made it so, and counts no money.
//!
//! It knows records and nothing else: not the rules, not the dataflow, not the files its parameters come from.

pub mod score;

pub use score::Score;

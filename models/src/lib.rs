//! What is unusual, learned.
//!
//! Rules state what is not allowed. Much of what is taken from a fund breaks no single rule: a hospital whose patients
//! all stay just as long as pays best, a pharmacy that sells one drug and little else, a doctor whose days have
//! thirty hours. Such a thing is seen only beside its peers, and seeing it is what this room is for.
//!
//! The way from the facts to an opinion:
//!
//! * a [`Profile`]: one subject's sums over one month, counted exactly by the detectors and kept up to date like
//!   everything else they keep; what it paid beside its peers' [`prices`] is found when the month is judged;
//! * [`features`]: the profile as named columns, each with the direction that is suspicious. Here floats begin; money
//!   and counts are exact until then;
//! * [`peers`]: how far a subject lies from institutions of its kind, level and region, by robust statistics. Nothing
//!   has to be trained for it, so every other method is shown beside it;
//! * methods that make one number of a row of distances: the greatest of them, [`mahalanobis`], [`isolation`]. The two
//!   are fitted to the group that is judged, each time anew, so there is no model to go stale and none to be stored;
//!   both implement linfa's traits (`Fit`, `Predict`), to be tried and cross-validated beside others;
//! * [`judge()`]: the entry. Profiles of a peer group go in, an [`Opinion`] on each comes out, with its [`Score`] and
//!   the columns that made it so, in integers: here floats end;
//! * [`rise`]: the same for one subject's series of months, against its own past.
//!
//! Models that are trained once and kept will stand beside these, each with its parameters in a file and its *card*:
//! on which data and period it was trained, by which seed, what it measured, and what it must not be used for.
//!
//! # What the room promises
//! * **The same bits on every replay.** An opinion is a function of the group's profiles and the parameters, whatever
//!   the order of the rows. Where chance is needed it has a seed that is written down.
//! * **Whatever is not a number is no score.** A model that divides by zero has no opinion, and the subject is then
//!   *not judged*, which is not *normal*.
//! * **Never without the plain measure.** In labelled data of this kind, size alone ranks fraudulent providers nearly
//!   as well as most models. A model that does not beat the order by money paid is not worth its explanation.
//! * **A score is no verdict.** It reaches people as an indicator, with the columns that made it so, and counts no
//!   money.
//!
//! # What it costs
//! On one core, optimised, a group of 300 institutions (18 columns) takes 0.2 ms by `robust_z`, 0.5 ms by
//! `mahalanobis` and some 3 ms by `isolation` (100 trees of 256 rows); one of 60 takes less than 1 ms by each. All grow
//! with the number of rows and not with its square: 5,000 take some 10, 15 and 30 ms.
//! `cargo test -p models --test opinions -- --ignored --nocapture cost` measures.
//!
//! It knows nothing of the rules, the dataflow, or the files its parameters come from.

pub mod error;
pub mod features;
mod finite;
pub mod isolation;
pub mod judge;
pub mod mahalanobis;
pub mod opinion;
pub mod peers;
pub mod prices;
pub mod profile;
pub mod rise;
pub mod score;

pub use error::ModelError;
pub use features::{Direction, Feature, FeatureSet, Unit};
pub use judge::{Method, Parameters, judge};
pub use opinion::{Against, Driver, Opinion};
pub use prices::{ItemSum, PriceIndex};
pub use profile::{Profile, Sum};
pub use score::Score;

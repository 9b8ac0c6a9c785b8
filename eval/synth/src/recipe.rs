//! The input and output of the simulator: the recipe, its progress, the report on what was written, and its errors.
//!
//! A recipe is checked as a whole before anything is written; what passes the check can be simulated.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use records::Kind;

use crate::scheme::{SCHEMES, find, names};

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Chance: the same recipe gives the same bytes.
    pub seed: u64,
    /// Ordinary visits; about 8.3 fee lines and 14.5 records each.
    pub visits: u64,
    /// Months from 2025-01-01 on, at least 1.
    pub months: u32,
    /// What is planted.
    pub schemes: Schemes,
    /// Between 0 (nothing) and 1 (clearly over every limit).
    pub strength: f64,
}

/// Which schemes are planted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// None: ordinary life only.
    None,
    /// Every one that there is.
    All,
    /// These, by name (`two_stays_at_once`) or by the id of the rule that should see them (`A05`).
    Named(Vec<String>),
}

/// How far a simulation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Visits so far, the planted ones included.
    pub visits: u64,
    /// Ordinary visits asked for.
    pub visits_total: u64,
    /// Records so far, those under way included.
    pub records: u64,
    /// Fee lines so far, each counted once.
    pub fee_lines: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Visits, the planted ones included.
    pub visits: u64,
    /// Changes, that is lines of `changes.ndjson`.
    pub records: u64,
    /// Distinct fee lines.
    pub fee_lines: u64,
    /// Bytes of `changes.ndjson`.
    pub bytes: u64,
    /// Planted cases, of simple and of compound schemes.
    pub cases: u64,
    /// What they should be found by: lines of `truth.ndjson`, one of a simple case, several of a compound one.
    pub findings: u64,
    /// These by rule.
    pub findings_by_rule: BTreeMap<&'static str, u64>,
    /// Changes by kind, every kind once, in the order of [`Kind::ALL`].
    pub kinds: Vec<(Kind, u64)>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// A scheme that does not exist; with the names that do.
    #[error("unknown scheme \"{name}\"; there are {}", names().join(", "))]
    UnknownScheme {
        /// As given.
        name: String,
    },
    /// No month, or more than the calendar of the contract holds.
    #[error("months must be between 1 and {MONTHS_MAX}, not {months}")]
    Months {
        /// As given.
        months: u32,
    },
    /// More visits than ids can number.
    #[error("at most {VISITS_MAX} visits, not {visits}")]
    Visits {
        /// As given.
        visits: u64,
    },
    /// Not between 0 and 1.
    #[error("strength must be between 0 and 1, not {strength}")]
    Strength {
        /// As given.
        strength: f64,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
}

/// Ten years and more of life; moments stay within 32 bits.
const MONTHS_MAX: u32 = 240;
/// Ids have nine digits, and a few visits are planted besides.
const VISITS_MAX: u64 = 500_000_000;

/// The schemes of a recipe that can be simulated, as positions in the list of schemes.
pub(crate) fn checked(recipe: &Recipe) -> Result<Vec<usize>, SynthError> {
    if !(1..=MONTHS_MAX).contains(&recipe.months) {
        return Err(SynthError::Months { months: recipe.months });
    }
    if recipe.visits > VISITS_MAX {
        return Err(SynthError::Visits { visits: recipe.visits });
    }
    if !(0.0..=1.0).contains(&recipe.strength) {
        return Err(SynthError::Strength { strength: recipe.strength });
    }
    match &recipe.schemes {
        Schemes::None => Ok(Vec::new()),
        Schemes::All => Ok((0..SCHEMES.len()).collect()),
        Schemes::Named(names) => {
            let mut schemes = names
                .iter()
                .map(|name| find(name).ok_or_else(|| SynthError::UnknownScheme { name: name.clone() }))
                .collect::<Result<Vec<_>, _>>()?;
            schemes.sort_unstable();
            schemes.dedup();
            Ok(schemes)
        }
    }
}

/// The error of a file that could not be written.
pub(crate) fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> SynthError {
    let path = path.to_path_buf();
    move |source| SynthError::Io { path, source }
}

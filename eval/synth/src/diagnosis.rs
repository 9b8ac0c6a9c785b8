//! Diagnoses and operations: many that anybody can have, and a few that depend on sex or age or justify an item.
//!
//! The plain ones are random codes of national shape, no two of one category. The specific ones are those that the
//! knowledge tables name, so that a scheme can bill an item without its indication or a diagnosis that cannot be.

use records::splitmix::SplitMix64;

/// A diagnosis that one sex has, or one age, or for which an item is paid.
#[derive(Clone, Copy)]
pub(crate) struct SpecificDiagnosis {
    pub(crate) code: &'static str,
    /// As the table of impossible or indicated diagnoses names it.
    pub(crate) prefix: &'static str,
    /// Empty: of both.
    pub(crate) gend: &'static str,
    pub(crate) min_years: Option<i64>,
    pub(crate) max_years: Option<i64>,
}

const fn sexed(code: &'static str, prefix: &'static str, gend: &'static str) -> SpecificDiagnosis {
    SpecificDiagnosis { code, prefix, gend, min_years: None, max_years: None }
}

const fn aged(
    code: &'static str,
    prefix: &'static str,
    min_years: Option<i64>,
    max_years: Option<i64>,
) -> SpecificDiagnosis {
    SpecificDiagnosis { code, prefix, gend: "", min_years, max_years }
}

/// Diagnoses that depend on the patient or justify an item.
pub(crate) const SPECIFIC: [SpecificDiagnosis; 14] = [
    sexed("C61.x00", "C61", "1"),
    sexed("N40.x00", "N40", "1"),
    sexed("O80.900", "O", "2"),
    sexed("N80.100", "N80", "2"),
    aged("P59.900", "P", None, Some(1)),
    aged("J21.900", "J21", None, Some(6)),
    aged("F00.100", "F00", Some(40), None),
    aged("M80.000", "M80", Some(30), None),
    aged("E85.400", "E85", None, None),
    aged("G12.100", "G12", None, None),
    aged("C50.900", "C50", None, None),
    aged("M05.900", "M05", None, None),
    aged("D66.x00", "D66", None, None),
    aged("I48.000", "I48", None, None),
];

/// Operations that one sex can have: the first two digits and the sex.
pub(crate) const OPERATIONS: [(u64, &str); 6] =
    [(60, "1"), (62, "1"), (64, "1"), (65, "2"), (68, "2"), (74, "2")];

/// How many diagnoses anybody can have.
pub(crate) const PLAIN_DIAGNOSES: usize = 160;

/// All diagnoses: the plain ones, no two of which begin with the same three characters, then the specific ones.
pub(crate) fn diagnoses(rng: &mut SplitMix64) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    while codes.len() < PLAIN_DIAGNOSES {
        let letter = char::from(b"ABCDEFGHIJKLMNRSTZ"[rng.index(18)]);
        let category = format!("{letter}{:02}", rng.below(99));
        let tail = ["x00", "900", "001", "101"][rng.index(4)];
        let taken = codes.iter().any(|code| code.starts_with(&category));
        if !taken && !SPECIFIC.iter().any(|specific| category.starts_with(specific.prefix)) {
            codes.push(format!("{category}.{tail}"));
        }
    }
    codes.extend(SPECIFIC.iter().map(|specific| specific.code.to_owned()));
    codes
}

/// The position among all diagnoses of the specific one that begins with `prefix`.
pub(crate) fn specific_diagnosis(prefix: &str) -> usize {
    let position = SPECIFIC.iter().position(|specific| specific.code.starts_with(prefix));
    PLAIN_DIAGNOSES + position.expect("a prefix of a specific diagnosis")
}

impl SpecificDiagnosis {
    /// Whether a person of this sex and age can have it; what is not known excludes nothing.
    pub(crate) fn fits(&self, gend: &str, years: i64) -> bool {
        let sex = self.gend.is_empty() || self.gend == gend;
        sex && self.min_years.is_none_or(|min| years >= min) && self.max_years.is_none_or(|max| years <= max)
    }

    /// Whether it depends on the age.
    pub(crate) fn is_aged(&self) -> bool {
        self.min_years.is_some() || self.max_years.is_some()
    }
}

/// Whether a person of this sex can have an operation whose code begins with these two digits.
pub(crate) fn operable(chapter: u64, gend: &str) -> bool {
    OPERATIONS.iter().all(|&(other, of)| other != chapter || of == gend)
}

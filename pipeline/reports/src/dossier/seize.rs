//! Which papers to seize: a table by kind of evidence and family of rule (`seize.ndjson`, for those who know the
//! papers and not the program).
//!
//! A line stands for a finding if one of its kinds is among the finding's evidence and its family among the line's;
//! an empty list stands for all.

use std::collections::BTreeSet;

use rulebank::Lang;
use serde::Deserialize;

use crate::language::pick;

const TABLE: &str = include_str!("seize.ndjson");

/// A line of the table.
#[derive(Clone, Debug, Deserialize)]
pub struct Papers {
    /// Kinds of record; empty for all.
    kinds: Vec<String>,
    /// Families of rules; empty for all.
    families: Vec<String>,
    zh: String,
    en: String,
}

impl Papers {
    /// The lines of the table, in its order.
    pub fn all() -> Vec<Papers> {
        TABLE.lines().map(|line| serde_json::from_str(line).expect("a test reads the table")).collect()
    }

    /// Whether they belong to a finding of this family with evidence of these kinds.
    pub fn concern(&self, family: &str, kinds: &BTreeSet<&str>) -> bool {
        (self.families.is_empty() || self.families.iter().any(|own| own == family))
            && (self.kinds.is_empty() || self.kinds.iter().any(|own| kinds.contains(own.as_str())))
    }

    /// What they are.
    pub fn text(&self, lang: Lang) -> &str {
        pick(lang, &self.zh, &self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use records::Kind;
    use rulebank::Family;

    #[test]
    fn every_line_is_about_kinds_and_families_that_exist() {
        let kinds = Kind::ALL.map(Kind::name);
        let families: Vec<&str> = Family::ALL.iter().map(|family| family.code()).collect();
        for papers in Papers::all() {
            assert!(papers.kinds.iter().all(|kind| kinds.contains(&kind.as_str())), "{papers:?}");
            assert!(papers.families.iter().all(|family| families.contains(&family.as_str())), "{papers:?}");
            assert!(!papers.zh.is_empty() && !papers.en.is_empty());
        }
    }

    #[test]
    fn every_kind_of_evidence_has_papers_of_its_own() {
        let all = Papers::all();
        for kind in ["visit", "settlement", "fee_line", "prescription", "dispensing", "presence", "enrolment"]
        {
            let family = "fake_patient";
            let own =
                all.iter().filter(|p| !p.kinds.is_empty() && p.concern(family, &BTreeSet::from([kind])));
            assert!(own.count() > 0, "{kind}");
        }
    }
}

//! The baseline of the mutation test: how much the cases of each rule noticed when it was last accepted.
//!
//! A file of the bank, `mutation-baseline.toml`, written by `fundwatch rules mutate --accept` and read by the
//! next test, which may not notice less. A mutant that is no other rule (its mutation changes nothing that any facts
//! could show) stands there by hand under `[[equivalent]]` with the reason, and is left out of the count.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::de::DeTable;

use crate::error::{BankError, Mistake, Source};
use crate::section::{Section, as_written};

/// What was noticed when it was accepted, and what needs no notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// By rule.
    pub rules: BTreeMap<String, Score>,
    /// Mutants that are no other rule.
    pub equivalent: Vec<Equivalent>,
}

/// How many mutants of a rule its cases noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Noticed by at least one case.
    pub noticed: u64,
    /// All but the equivalent ones.
    pub all: u64,
}

/// A mutant that no case could notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equivalent {
    /// The rule.
    pub rule: String,
    /// What is mutated, as [`crate::Mutant::what`].
    pub what: String,
    /// Why nothing follows from it.
    pub why: String,
}

impl Score {
    /// Whether a smaller share is noticed than in `before`.
    pub fn is_below(self, before: Score) -> bool {
        u128::from(self.noticed) * u128::from(before.all) < u128::from(before.noticed) * u128::from(self.all)
    }

    /// Hundredths of the mutants that were noticed, rounded down; 100 if there are none.
    pub fn percent(self) -> u64 {
        (self.noticed * 100).checked_div(self.all).unwrap_or(100)
    }

    /// Both together.
    pub fn and(self, other: Score) -> Score {
        Score { noticed: self.noticed + other.noticed, all: self.all + other.all }
    }
}

/// The name of the file in a bank's folder.
pub const BASELINE_FILE: &str = "mutation-baseline.toml";

impl Baseline {
    /// That of the built-in bank.
    pub fn built_in() -> Result<Baseline, Vec<BankError>> {
        Baseline::read(BASELINE_FILE, include_str!("../mutation-baseline.toml"))
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(file: &str, text: &str) -> Result<Baseline, Vec<BankError>> {
        let source = Source { file, text };
        let (document, faults) = DeTable::parse_recoverable(text);
        let mut mistakes: Vec<Mistake> =
            faults.iter().map(|fault| Mistake::new(fault.span().unwrap_or(0..0), fault.message())).collect();
        let mut baseline = Baseline::default();
        if mistakes.is_empty() {
            baseline = read_document(document.get_ref(), &mut mistakes);
        }
        match mistakes.is_empty() {
            true => Ok(baseline),
            false => Err(mistakes.into_iter().map(|mistake| source.error(mistake)).collect()),
        }
    }

    /// Why a mutant is no other rule, if somebody recorded it.
    pub fn excuse(&self, rule: &str, what: &str) -> Option<&str> {
        let found = self.equivalent.iter().find(|mutant| mutant.rule == rule && mutant.what == what);
        found.map(|mutant| mutant.why.as_str())
    }

    /// The file's text.
    pub fn write(&self) -> String {
        let mut text = String::from(HEAD);
        for (rule, score) in &self.rules {
            let _ = writeln!(text, "{rule} = {{ noticed = {}, all = {} }}", score.noticed, score.all);
        }
        for Equivalent { rule, what, why } in &self.equivalent {
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            let _ = write!(
                text,
                "\n[[equivalent]]\nrule = {}\nwhat = {}\nwhy  = {}\n",
                quoted(rule),
                quoted(what),
                quoted(why)
            );
        }
        text
    }
}

const HEAD: &str = "\
# How many mutated forms of each rule its cases notice; `fundwatch rules mutate --rules DIR --accept` writes it.
# It may not fall. A mutation that changes nothing stands below, by hand: [[equivalent]] with rule, what and why.

[rules]
";

fn read_document<'d>(document: &'d DeTable<'d>, mistakes: &mut Vec<Mistake>) -> Baseline {
    let mut file = Section::new(document, 0..0, "the baseline");
    let mut baseline = Baseline::default();
    if let Some(mut rules) = file.section("rules", mistakes) {
        for (rule, _) in rules.entries() {
            let Some(mut of_rule) = rules.section(rule.value, mistakes) else { continue };
            let mut count = |key: &str| {
                let value = of_rule.need(key)?;
                let read = as_written(value.value).and_then(|text| text.parse().ok());
                if read.is_none() {
                    mistakes.push(Mistake::new(value.span, format!("`{key}` is no count")));
                }
                read
            };
            let counts = (count("noticed"), count("all"));
            of_rule.close(mistakes);
            if let (Some(noticed), Some(all)) = counts {
                baseline.rules.insert(rule.value.to_owned(), Score { noticed, all });
            }
        }
    }
    for mut section in file.sections("equivalent", mistakes) {
        let [rule, what, why] = ["rule", "what", "why"].map(|key| section.text(key, mistakes).value);
        section.close(mistakes);
        baseline.equivalent.push(Equivalent { rule, what, why });
    }
    file.close(mistakes);
    baseline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        let baseline = Baseline {
            rules: [("A01".to_owned(), Score { noticed: 3, all: 4 })].into(),
            equivalent: vec![Equivalent {
                rule: "A02".to_owned(),
                what: "grace_days 1 -> 2".to_owned(),
                why: "death only: \"custody\" has none".to_owned(),
            }],
        };
        assert_eq!(Baseline::read("x", &baseline.write()), Ok(baseline));
        assert!(Baseline::built_in().is_ok());
        let errors = Baseline::read("x", "[rules]\nA01 = { noticed = -1, al = 2 }\n").unwrap_err();
        let found: Vec<&str> = errors.iter().map(|error| error.what.as_str()).collect();
        assert_eq!(found, ["`noticed` is no count", "`A01` lacks `all`", "`A01` has no key `al`"]);
    }

    #[test]
    fn shares_are_compared_and_not_counts() {
        let score = |noticed, all| Score { noticed, all };
        assert!(!score(3, 4).is_below(score(6, 8)) && score(6, 8).is_below(score(7, 8)));
        assert!(!score(0, 0).is_below(score(7, 8)));
        assert_eq!((score(17, 18).percent(), score(0, 0).percent()), (94, 100));
    }
}

//! Why a subject raised an alert or did not: the conditions of its rule one by one, with their values.
//!
//! Each detector finds the subject with a key in a [`Scene`]: records that stand, found through a [`Lookup`] in plain
//! vectors or in the published arrangements of a running dataflow. A detector with a list of conditions
//! ([`crate::condition`]) has them noted as they are asked; one with a shape of its own goes through the contract's
//! sentence from left to right. Both end with the first condition that fails, or with what is missing: where an alert
//! stands all conditions hold, where none stands one does not.
//!
//! [`scene`] finds records, [`steps`] notes what was asked of them.

pub mod lookup;
pub mod published;
pub mod scene;
pub mod steps;

use records::arena::TextRef;
use rulebank::Rule;

use crate::compiled_bank::CompiledBank;
use crate::detector::spec;

pub use lookup::{Lookup, Standing};
pub use published::Published;
pub use scene::Scene;
pub use steps::{Outcome, Step, Why};

/// What became of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All conditions hold: an alert stands.
    Stands,
    /// A condition fails.
    Fails,
    /// Something is missing: not judged, for this reason of the coverage.
    NotJudged(&'static str),
}

/// What the parts of a subject's key are, by the names of fields; `day` is a civil day.
///
/// Where a rule has subjects of two shapes, both are given, the longer first.
pub fn key_shapes(detector: &str) -> &'static [&'static [&'static str]] {
    spec(detector).map_or(&[], |spec| spec.keys)
}

/// Whether the two parts of a detector's key are an unordered pair, written in the order of their bytes.
pub fn is_unordered(detector: &str) -> bool {
    spec(detector).is_some_and(|spec| spec.unordered)
}

/// Goes through the conditions of `rule`, which `compiled` has, for the subject with this key, its parts interned.
///
/// A key of another length than [`key_shapes`] says, or a part that is no day where one should be, fails at once.
pub fn why(scene: &Scene<'_>, compiled: &CompiledBank, rule: &Rule, key: &[TextRef]) -> (Vec<Step>, Verdict) {
    let Some(number) = compiled.number_of(rule) else { return (Vec::new(), Verdict::Fails) };
    let mut why = Why::new(scene, rule, number);
    let all = compiled.detectors.why(&mut why, key);
    let steps = why.finish();
    let missing = steps.iter().find_map(|step| match step.outcome {
        Outcome::Missing(reason) => Some(reason),
        _ => None,
    });
    let fails = steps.iter().any(|step| step.outcome == Outcome::Fails);
    let verdict = match missing {
        _ if fails => Verdict::Fails,
        Some(reason) => Verdict::NotJudged(reason),
        None if all.is_none() => Verdict::Fails,
        None => Verdict::Stands,
    };
    (steps, verdict)
}

#[cfg(test)]
mod tests {
    use records::arena::{ArenaWriter, Texts};
    use rulebank::load;

    use super::*;
    use crate::detector::SPECS;

    #[test]
    fn of_no_record_every_rule_says_what_is_not_there() {
        let bank = load(None, SPECS).expect("the bank that is built in");
        let (mut writer, mut texts) = (ArenaWriter::default(), Texts::default());
        let mut intern = |text: &str| texts.intern(&mut writer, text).expect("a few texts");
        let compiled = CompiledBank::compile(&bank, &mut intern);
        let name = |part: &&str| if *part == "day" { "2025-03-01" } else { "X1" };
        let asked: Vec<(&Rule, Vec<TextRef>)> = (bank.rules.iter())
            .flat_map(|rule| key_shapes(&rule.detector).iter().map(move |shape| (rule, shape)))
            .map(|(rule, shape)| (rule, shape.iter().map(|part| intern(name(part))).collect()))
            .collect();
        let arena = writer.arena();
        let nothing = Standing::new(arena, []);
        let scene = Scene::new(arena, &bank, (&compiled, compiled.classes()), None, &nothing);
        for (rule, key) in asked.iter().filter(|(rule, _)| compiled.number_of(rule).is_some()) {
            let (steps, verdict) = why(&scene, &compiled, rule, key);
            assert_eq!(verdict, Verdict::Fails, "{} {:?}", rule.id, steps);
            assert_eq!(steps.last().map(|step| step.outcome), Some(Outcome::Fails), "{}", rule.id);
        }
        let detectors: std::collections::BTreeSet<&str> =
            asked.iter().map(|(rule, _)| rule.detector.as_str()).collect();
        assert_eq!(detectors.len(), SPECS.len(), "each detector has a rule and a key");
    }
}

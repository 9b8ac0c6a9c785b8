//! Why a subject raised an alert or did not: the conditions of its rule one by one, with their values.
//!
//! For each detector there is a pure function over a [`Scene`]: records that stand, found through a
//! [`Lookup`] in plain vectors or in the published arrangements of a running dataflow. It goes through the contract's sentence of the rule from left to right and ends with the first
//! condition that fails, or with what is missing. It is written from that sentence and from what the rule file
//! says, not from the judges, so that the two can be held against each other: where an alert stands all
//! conditions hold, where none stands one does not.
//!
//! [`scene`] finds records, [`steps`] notes what was asked of them; then one file for each family of detectors.

pub mod lookup;
pub mod scene;
pub mod steps;

mod bills;
mod codes;
mod goods;
mod lines;
mod months;
mod people;
mod quantities;
mod scripts;
mod stays;
mod stock;

use records::arena::TextRef;
use rulebank::Rule;

use crate::detector::spec;

pub use lookup::{Lookup, Published, Standing};
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

/// Goes through the conditions of `rule` for the subject with this key, its parts interned.
///
/// A key of another length than [`key_shapes`] says, or a part that is no day where one should be, fails at once.
pub fn why(scene: &Scene<'_>, rule: &Rule, key: &[TextRef]) -> (Vec<Step>, Verdict) {
    let mut why = Why::new(scene, rule);
    let all = ask(&mut why, key);
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

fn ask(why: &mut Why<'_, '_>, key: &[TextRef]) -> Option<()> {
    match (why.rule.detector.as_str(), key) {
        ("person_fact", &[visit, fact]) => people::person_fact(why, visit, fact),
        ("visit_during_stay", &[stay, visit]) => stays::visit_during_stay(why, stay, visit),
        ("stay_overlap", &[a, b]) => stays::stay_overlap(why, a, b),
        ("travel", &[earlier, later]) => people::travel(why, earlier, later),
        ("absence", &[stay]) => stays::absence(why, stay),
        ("companions", &[person]) => people::companions(why, person),
        ("bed_only", &[stay]) => stays::bed_only(why, stay),
        ("bed_count", &[institution, day]) => stays::bed_count(why, institution, day),
        ("frequent_stays", &[stay]) => stays::frequent_stays(why, stay),
        ("readmission", &[earlier, later]) => stays::readmission(why, earlier, later),
        ("outside_stay", &[visit, sn]) => stays::outside_stay(why, visit, sn),
        ("visits_a_day", &[person, day]) => people::visits_a_day(why, person, day),
        ("age_limit", &[visit, sn]) => lines::age_limit(why, visit, sn),
        ("indication", &[visit, sn]) => lines::indication(why, visit, sn),
        ("level_limit", &[visit, sn]) => lines::level_limit(why, visit, sn),
        ("sex_limit", &[visit, sn]) => lines::sex_limit(why, visit, sn),
        ("price_cap", &[visit, sn]) => lines::price_cap(why, visit, sn),
        ("line_arithmetic", &[visit, sn]) => lines::line_arithmetic(why, visit, sn),
        ("late_upload", &[visit, sn]) => lines::late_upload(why, visit, sn),
        ("operation_sex", &[visit, code]) => codes::sex(why, visit, code, true),
        ("diagnosis_sex", &[visit, code]) => codes::sex(why, visit, code, false),
        ("diagnosis_age", &[visit, code]) => codes::age(why, visit, code),
        ("course_limit", &[visit, item]) => quantities::course_limit(why, visit, item),
        ("quantity_limit", &[visit, item]) => quantities::quantity_limit(why, visit, item, None),
        ("quantity_limit", &[visit, item, day]) => quantities::quantity_limit(why, visit, item, Some(day)),
        ("hour_item", &[visit, item, day]) => quantities::hour_item(why, visit, item, day),
        ("pair_conflict", &[visit, day, paid, denied]) => {
            quantities::pair_conflict(why, visit, day, [paid, denied])
        }
        ("cycle_gap", &[person, item, earlier, later]) => {
            quantities::cycle_gap(why, person, item, [earlier, later])
        }
        ("enrolment", &[settlement]) => bills::enrolment(why, settlement),
        ("agreement", &[settlement]) => bills::agreement(why, settlement),
        ("double_enrolment", &[a, b]) => bills::double_enrolment(why, a, b),
        ("invoice_twice", &[code, number]) => bills::invoice_twice(why, code, number),
        ("no_prescription", &[visit, sn]) => scripts::no_prescription(why, visit, sn),
        ("over_prescription", &[rx, item]) => scripts::over_prescription(why, rx, item),
        ("drug_kinds", &[rx]) => scripts::drug_kinds(why, rx),
        ("sale_without_prescription", &[sale]) => scripts::sale_without_prescription(why, sale),
        ("resale", &[person, item]) => goods::resale(why, person, item),
        ("trace_code_twice", &[code]) => goods::trace_code_twice(why, code),
        ("trace_code_missing", &[sale]) => goods::trace_code_missing(why, sale),
        ("trace_code_unbought", &[institution, code]) => goods::trace_code_unbought(why, institution, code),
        ("expired_sale", &[sale]) => goods::expired_sale(why, sale),
        ("stock_balance", &[institution, item]) => stock::stock_balance(why, institution, item),
        ("supply_gap", &[institution, item]) => stock::supply_gap(why, institution, item),
        ("outlier", &[code, month]) => months::outlier(why, code, month),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::SPECS;

    #[test]
    fn every_detector_has_a_key_and_an_answer() {
        for spec in SPECS {
            assert!(!key_shapes(spec.name).is_empty(), "{}", spec.name);
        }
    }
}

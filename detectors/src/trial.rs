//! Trying a rule's cases: the case alone in the world, its rule alone in the bank, the real engine.
//!
//! A draft or shadow rule is tried like an active one: that is what its cases are for.

use std::collections::BTreeMap;

use records::row::Moment;
use records::time::{parse_date, parse_time, start_of};
use rulebank::{Bank, Case, Rule, Status, Step, Tables, check_report};

use crate::run::{Answer, history_mutated};

/// Tries cases against a bank.
pub struct Trial<'b> {
    bank: &'b Bank,
    /// A bank that holds the one rule on trial, and the tables that its case sees.
    alone: Bank,
}

impl<'b> Trial<'b> {
    /// Cases without tables of their own see those of `bank`.
    pub fn new(bank: &'b Bank) -> Trial<'b> {
        let mut alone = bank.clone();
        alone.rules.clear();
        Trial { bank, alone }
    }

    /// What is otherwise than the case says, each as a sentence; nothing if the case holds.
    pub fn of(&mut self, rule: &Rule, case: &Case) -> Vec<String> {
        self.of_mutated(rule, case, None)
    }

    /// As [`Trial::of`], with one comparison of the rule's detector mutated, by its number.
    pub fn of_mutated(&mut self, rule: &Rule, case: &Case, mutated: Option<u8>) -> Vec<String> {
        self.alone.rules = vec![Rule { status: Status::Active, cases: Vec::new(), ..rule.clone() }];
        let brings_tables = match case.tables.as_ref().map(Tables::from_csv) {
            Some(Ok(tables)) => Some(std::mem::replace(&mut self.alone.tables, tables)).is_some(),
            Some(Err(mistakes)) => return vec![check_report(&mistakes)],
            None => false,
        };
        let steps: Vec<Vec<String>> = case.steps.iter().map(|step| step.changes.clone()).collect();
        let answers = history_mutated(&self.alone, mutated, case.as_of.as_deref().and_then(moment), &steps);
        if brings_tables {
            self.alone.tables.clone_from(&self.bank.tables);
        }
        let answers = match answers {
            Ok(answers) => answers,
            Err(full) => return vec![full.to_string()],
        };
        let several = case.steps.len() > 1;
        let mut wrong = Vec::new();
        for (number, (step, answer)) in (1..).zip(case.steps.iter().zip(&answers)) {
            let prefix = if several { format!("step {number}: ") } else { String::new() };
            wrong.extend(compare(rule, step, answer).into_iter().map(|what| format!("{prefix}{what}")));
        }
        wrong
    }
}

/// A time, or a date, which is its 00:00:00.
fn moment(text: &str) -> Option<Moment> {
    parse_time(text).or_else(|| parse_date(text).map(start_of))
}

/// What is otherwise than the step says.
fn compare(rule: &Rule, step: &Step, answer: &Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    for (position, why) in &answer.rejected {
        let line = step.changes.get(*position).map_or("", String::as_str);
        wrong.push(format!("a fact was rejected, {why}: {line}"));
    }
    let found: BTreeMap<&[String], String> =
        answer.alerts.iter().map(|alert| (alert.key.as_slice(), alert.amount.to_string())).collect();
    for (nth, key) in step.finds.iter().enumerate() {
        let wanted = step.amounts.as_ref().and_then(|amounts| amounts.get(nth));
        match (found.get(key.as_slice()), wanted) {
            (None, _) => wrong.push(format!("{key:?} should be found and is not")),
            (Some(amount), Some(wanted)) if amount != wanted => {
                wrong.push(format!("{key:?} should come to {wanted} yuan and comes to {amount}"));
            }
            (Some(_), _) => (),
        }
    }
    for (key, amount) in &found {
        if !step.finds.iter().any(|wanted| wanted == key) {
            wrong.push(format!("{key:?} is found ({amount} yuan) and should not be"));
        }
    }
    if let Some(wanted) = &step.not_judged {
        let counts = answer.coverage.get(&rule.id).map(|coverage| &coverage.not_judged);
        let judged_not: BTreeMap<String, u64> = counts
            .into_iter()
            .flatten()
            .filter(|(_, count)| **count != 0)
            .map(|(reason, count)| (reason.to_string(), count.unsigned_abs()))
            .collect();
        if judged_not != *wanted {
            wrong.push(format!("not judged should be {wanted:?} and is {judged_not:?}"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::SPECS;

    /// What a trial says about the first hit of the first rule after `change`.
    fn tried(change: impl FnOnce(&mut Rule, &mut Case)) -> Vec<String> {
        let bank = rulebank::load(None, SPECS).unwrap();
        let mut rule = bank.rules[0].clone();
        let mut case = rule.cases[0].clone();
        change(&mut rule, &mut case);
        Trial::new(&bank).of(&rule, &case)
    }

    #[test]
    fn a_case_that_holds_says_nothing_whatever_the_status_of_its_rule() {
        assert_eq!(tried(|_, _| ()), [""; 0]);
        assert_eq!(tried(|rule, _| rule.status = Status::Draft), [""; 0]);
    }

    #[test]
    fn a_case_that_does_not_hold_says_what_is_otherwise() {
        let key = r#"["V1", "F1"]"#;
        let differences = tried(|_, case| case.steps[0].finds.clear());
        assert_eq!(differences, [format!("{key} is found (45.00 yuan) and should not be")]);
        let differences = tried(|_, case| case.steps[0].finds.push(vec!["V2".to_owned()]));
        assert_eq!(differences, [r#"["V2"] should be found and is not"#]);
        let differences = tried(|_, case| case.steps[0].amounts = Some(vec!["45.01".to_owned()]));
        assert_eq!(differences, [format!("{key} should come to 45.01 yuan and comes to 45.00")]);
        let differences =
            tried(|_, case| case.steps[0].not_judged = Some([("missing:person".to_owned(), 1)].into()));
        assert_eq!(differences, [r#"not judged should be {"missing:person": 1} and is {}"#]);
        let differences = tried(|_, case| case.steps[0].changes.push(r#"{"kind":"visit"}"#.to_owned()));
        let wanted = r#"a fact was rejected, missing_field: visit.mdtrt_id is missing: {"kind":"visit"}"#;
        assert_eq!(differences, [wanted]);
    }

    #[test]
    fn each_later_step_is_named() {
        let differences =
            tried(|_, case| case.steps.push(Step { finds: Vec::new(), ..case.steps[0].clone() }));
        assert_eq!(differences, [r#"step 2: ["V1", "F1"] is found (45.00 yuan) and should not be"#]);
    }
}

//! `fundwatch rules mutate`: do the cases of a rule notice when the rule is mutated?
//!
//! Every mutant of [`rulebank::mutants`] runs through the real engine with the cases that see what is mutated, until
//! one of them states that something is otherwise. A mutant that no case notices is a threshold that nobody
//! guards: it is listed with its file. The share that is noticed may not fall below the bank's baseline.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use detectors::trial::Trial;
use rulebank::{BASELINE_FILE, Bank, Baseline, Mutant, Rule, Score, mutants};
use serde::Serialize;
use serde_json::json;
use wire::visible::visible_path;

use crate::args::MutateArgs;
use crate::error::Error;
use crate::progress::Progress;
use reports::CommandOutput;
use reports::outputs::{Maker, check_files, publish_files};
use runtime::engine::load_bank;

/// What the test of one rule came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The rule.
    pub rule: String,
    /// Its file.
    pub file: String,
    /// Mutants noticed and all, without the equivalent ones.
    pub score: Score,
    /// Mutants that no case noticed.
    pub unnoticed: Vec<Mutated>,
    /// Mutants of which the baseline states that they are no other rule, with its reason.
    pub equivalent: Vec<(Mutated, String)>,
    /// Mutants of which the baseline states so, and which a case noticed all the same.
    pub noticed_all_the_same: Vec<String>,
    /// Cases that do not hold for the rule as it is; with one of them nothing is tested.
    pub failing: Vec<String>,
}

/// What was mutated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mutated {
    /// `parameter`, `comparison` or `table`.
    pub part: &'static str,
    /// What was mutated and how.
    pub what: String,
    /// The file in which it stands.
    pub file: String,
}

/// Mutates rules as the command line asks.
///
/// # Errors
/// An invalid bank or baseline, a rule that does not exist, a file that cannot be read or written.
pub fn mutate(args: &MutateArgs) -> Result<CommandOutput, Error> {
    let folder = args.bank.rules.as_deref();
    let bank = load_bank(folder)?;
    let rules = chosen(&bank, &args.rule)?;
    let maker = Maker::new("rules mutate", args.force);
    let maker = folder
        .into_iter()
        .fold(maker, |maker, folder| maker.reading_bank(folder).reading([&folder.join(BASELINE_FILE)]));
    check_files(&args.json, &maker)?;
    let baseline = read_baseline(folder)?;
    let known = baseline.clone().unwrap_or_default();
    let tested = test(&bank, &rules, &known, args.quiet);
    if let Some(path) = &args.json {
        let failed = |source| Error::write(path, source);
        let text = serde_json::to_string_pretty(&report(&tested, &known)).map_err(|e| failed(e.into()))?;
        publish_files(vec![(path.clone(), (text + "\n").into_bytes())], &maker)?;
    }
    // What is accepted has nothing to fall below.
    let mut output = page(&tested, baseline.as_ref().filter(|_| !args.accept));
    if args.accept {
        let Some(folder) = folder else {
            let what = "--accept writes the baseline into the bank's folder: name it with --rules";
            return Err(Error::arguments(what));
        };
        accept(folder, &tested, known, &bank)?;
        let _ = writeln!(output.text, "accepted: {}", visible_path(&folder.join(BASELINE_FILE)));
    }
    Ok(output)
}

/// The rules asked for, or all of them.
fn chosen<'b>(bank: &'b Bank, ids: &[String]) -> Result<Vec<&'b Rule>, Error> {
    let by_id = |id: &String| {
        bank.rules
            .iter()
            .find(|rule| rule.id.eq_ignore_ascii_case(id))
            .ok_or_else(|| Error::arguments(format!("there is no rule {id}")))
    };
    if ids.is_empty() { Ok(bank.rules.iter().collect()) } else { ids.iter().map(by_id).collect() }
}

/// The baseline of a bank; none if its folder has none.
fn read_baseline(folder: Option<&Path>) -> Result<Option<Baseline>, Error> {
    let Some(folder) = folder else { return Baseline::built_in().map(Some).map_err(Error::bank) };
    let path = folder.join(BASELINE_FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|source| Error::read(&path, source))?;
    Baseline::read(&path.to_string_lossy(), &text).map(Some).map_err(Error::bank)
}

/// Tests rules, as many at a time as the machine has cores; the answers are in the order of `rules`.
pub fn test(bank: &Bank, rules: &[&Rule], baseline: &Baseline, quiet: bool) -> Vec<Tested> {
    let next = AtomicUsize::new(0);
    let total = u64::try_from(rules.len()).unwrap_or(u64::MAX);
    let shared = Mutex::new((Progress::count("rules", total, quiet), BTreeMap::new()));
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        let mut trial = Trial::new(bank);
        while let Some(rule) = rules.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tested = test_rule(&mut trial, rule, mutants(rule, bank), baseline);
            let mut shared = lock();
            shared.0.add(1);
            shared.1.insert(rule.id.clone(), tested);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from).min(rules.len());
    thread::scope(|scope| {
        for _ in 1..cores {
            scope.spawn(work);
        }
        work();
    });
    let (progress, mut tested) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    progress.finish();
    rules.iter().filter_map(|rule| tested.remove(&rule.id)).collect()
}

fn test_rule(trial: &mut Trial<'_>, rule: &Rule, mutants: Vec<Mutant>, baseline: &Baseline) -> Tested {
    let failing = rule.cases.iter().filter(|case| !trial.of(rule, case).is_empty());
    let mut tested = Tested {
        rule: rule.id.clone(),
        file: rule.source_file.clone(),
        score: Score::default(),
        unnoticed: Vec::new(),
        equivalent: Vec::new(),
        noticed_all_the_same: Vec::new(),
        failing: failing.map(|case| case.name.clone()).collect(),
    };
    if !tested.failing.is_empty() {
        return tested;
    }
    // The case that noticed the last mutant is the likeliest to notice the next one.
    let mut order: Vec<usize> = (0..rule.cases.len()).collect();
    for mutant in mutants {
        let noticing =
            order.iter().position(|case| mutant.cases.contains(case) && notices(trial, &mutant, *case));
        if let Some(position) = noticing {
            order[..=position].rotate_right(1);
        }
        let excuse = baseline.excuse(&rule.id, &mutant.what);
        let mutated = Mutated { part: mutant.part.as_str(), what: mutant.what, file: mutant.file };
        match (noticing, excuse) {
            (None, Some(why)) => {
                tested.equivalent.push((mutated, why.to_owned()));
                continue;
            }
            (None, None) => tested.unnoticed.push(mutated),
            (Some(_), Some(_)) => tested.noticed_all_the_same.push(mutated.what),
            (Some(_), None) => (),
        }
        tested.score.all += 1;
        tested.score.noticed += u64::from(noticing.is_some());
    }
    tested
}

fn notices(trial: &mut Trial<'_>, mutant: &Mutant, case: usize) -> bool {
    !trial.of_mutated(&mutant.rule, &mutant.rule.cases[case], mutant.comparison).is_empty()
}

fn total(tested: &[Tested]) -> Score {
    tested.iter().fold(Score::default(), |sum, tested| sum.and(tested.score))
}

/// What there is to state, and whether a person has to look: cases that fail, a share that fell.
fn page(tested: &[Tested], baseline: Option<&Baseline>) -> CommandOutput {
    let (mut text, mut complaints) = (String::new(), String::new());
    for of_rule in tested {
        let Tested { rule, score, .. } = of_rule;
        if !of_rule.failing.is_empty() {
            let cases = of_rule.failing.join("\", \"");
            let _ = writeln!(complaints, "{rule} is not tested: its own cases do not hold (\"{cases}\")");
            continue;
        }
        let aside = match of_rule.equivalent.len() {
            0 => String::new(),
            n => format!(", {n} equivalent"),
        };
        let Score { noticed, all } = *score;
        let _ = match all {
            0 => writeln!(text, "{rule}  nothing to bend{aside}"),
            _ => writeln!(text, "{rule}  {noticed} / {all} noticed ({} %){aside}", score.percent()),
        };
        for mutated in &of_rule.unnoticed {
            let _ = writeln!(text, "     unnoticed: {} ({})", mutated.what, mutated.file);
        }
        for what in &of_rule.noticed_all_the_same {
            let _ = writeln!(text, "     noticed, though the baseline calls it equivalent: {what}");
        }
        let Some(baseline) = baseline else { continue };
        match baseline.rules.get(rule) {
            Some(before) if score.is_below(*before) => {
                let Score { noticed: once, all: of } = *before;
                let _ = writeln!(
                    complaints,
                    "{rule} notices {noticed} of {all} mutants, the baseline has {once} of {of}: \
                     a case got weaker, or a new threshold has none",
                );
            }
            Some(_) => (),
            None => {
                let _ = writeln!(complaints, "{rule} has no line in the baseline: --accept writes it");
            }
        }
    }
    let all = total(tested);
    let _ = writeln!(text, "\n{} / {} noticed ({} %)", all.noticed, all.all, all.percent());
    let found = !complaints.is_empty();
    CommandOutput { text: text + &complaints, found }
}

/// The same for machines.
fn report(tested: &[Tested], baseline: &Baseline) -> serde_json::Value {
    let score = |score: Score| json!({ "noticed": score.noticed, "all": score.all });
    let equivalent = |(mutated, why): &(Mutated, String)| json!({ "part": mutated.part, "what": mutated.what, "file": mutated.file, "why": why });
    let of_rule = |tested: &Tested| {
        json!({
            "rule": tested.rule,
            "file": tested.file,
            "noticed": tested.score.noticed,
            "all": tested.score.all,
            "baseline": baseline.rules.get(&tested.rule).map(|before| score(*before)),
            "unnoticed": tested.unnoticed,
            "equivalent": tested.equivalent.iter().map(equivalent).collect::<Vec<_>>(),
            "failing_cases": tested.failing,
        })
    };
    json!({ "total": score(total(tested)), "rules": tested.iter().map(of_rule).collect::<Vec<_>>() })
}

/// Writes the baseline with what was tested now; rules that the bank does not have go.
fn accept(folder: &Path, tested: &[Tested], mut baseline: Baseline, bank: &Bank) -> Result<(), Error> {
    for of_rule in tested.iter().filter(|tested| tested.failing.is_empty()) {
        baseline.rules.insert(of_rule.rule.clone(), of_rule.score);
        // What a case notices is another rule, whatever was thought of it; what does not exist needs no excuse.
        let stands = |what: &str| of_rule.equivalent.iter().any(|(mutated, _)| mutated.what == what);
        baseline.equivalent.retain(|known| known.rule != of_rule.rule || stands(&known.what));
    }
    baseline.rules.retain(|rule, _| bank.rule(rule).is_some());
    baseline.equivalent.retain(|known| bank.rule(&known.rule).is_some());
    let path = folder.join(BASELINE_FILE);
    // That it goes was said.
    publish_files(vec![(path, baseline.write().into_bytes())], &Maker::new("rules mutate", true))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tested(noticed: u64, all: u64) -> Tested {
        let mutated = Mutated { part: "table", what: "a row".to_owned(), file: "x.toml".to_owned() };
        Tested {
            rule: "A01".to_owned(),
            file: "x.toml".to_owned(),
            score: Score { noticed, all },
            unnoticed: vec![mutated; usize::try_from(all - noticed).unwrap()],
            equivalent: Vec::new(),
            noticed_all_the_same: Vec::new(),
            failing: Vec::new(),
        }
    }

    #[test]
    fn a_share_that_fell_and_a_rule_without_a_line_are_reported() {
        let known = Baseline {
            rules: [("A01".to_owned(), Score { noticed: 3, all: 4 })].into(),
            equivalent: Vec::new(),
        };
        let output = page(&[tested(6, 8)], Some(&known));
        assert!(!output.found && output.text.ends_with("\n6 / 8 noticed (75 %)\n"), "{}", output.text);
        assert_eq!(output.text.matches("unnoticed: a row (x.toml)").count(), 2);
        let output = page(&[tested(5, 8)], Some(&known));
        assert!(output.found && output.text.contains("A01 notices 5 of 8 mutants, the baseline has 3 of 4"));
        let output = page(&[tested(8, 8)], Some(&Baseline::default()));
        assert!(output.found && output.text.contains("A01 has no line in the baseline"), "{}", output.text);
        assert!(!page(&[tested(0, 8)], None).found, "a bank without a baseline has nothing to fall below");
    }

    #[test]
    fn a_rule_whose_cases_fail_is_not_tested() {
        let failing = Tested { failing: vec!["a case".to_owned()], ..tested(0, 0) };
        let output = page(&[failing], None);
        assert!(output.found && output.text.contains("A01 is not tested"), "{}", output.text);
    }
}

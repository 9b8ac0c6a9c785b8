//! `fundwatch rules`: check, test, list and show; mutating rules ([`crate::mutate`]) and what another bank would do to
//! the alerts ([`diff`]) have their own files, and so has the bank of a running service ([`live`]).
//!
//! `check` is about how rules and tables are written, `test` of what the rules do: it runs the cases of their
//! files through the real engine. Both are made for the people who own the rules.

pub mod diff;
pub mod live;

use std::fmt::Write as _;
use std::path::Path;

use detectors::detector::SPECS;
use detectors::trial::Trial;
use reports::CommandOutput;
use rulebank::{Bank, Lang, check_report};

use crate::args::{RulesAction, RulesArgs};
use crate::error::Error;
use crate::mutate;
use runtime::bank_folder::no_bank;
use runtime::engine::load_bank;

/// Looks after a bank as the command line asks.
///
/// # Errors
/// A bank that cannot be tested or shown because it is invalid, a rule that does not exist.
pub fn rules(args: &RulesArgs) -> Result<CommandOutput, Error> {
    match &args.what {
        RulesAction::Check(bank) => check(bank.rules.as_deref()),
        RulesAction::Test(bank) => Ok(test(&load_bank(bank.rules.as_deref())?)),
        RulesAction::Mutate(args) => mutate::mutate(args),
        RulesAction::Diff(args) => Ok(CommandOutput { text: diff::diff(args)?, found: false }),
        RulesAction::Live(action) => Ok(CommandOutput { text: live::live(action)?, found: false }),
        RulesAction::List(bank) => {
            let bank = load_bank(bank.rules.as_deref())?;
            let exemptions = rulebank::exemptions(&bank);
            let between = if exemptions.is_empty() { "" } else { "\n" };
            Ok(CommandOutput { text: rulebank::list(&bank) + between + &exemptions, found: false })
        }
        RulesAction::Show { id, lang, bank } => {
            let bank = load_bank(bank.rules.as_deref())?;
            let lang = if lang == "zh" { Lang::Zh } else { Lang::En };
            Ok(CommandOutput { text: show(&bank, id, lang)?, found: false })
        }
    }
}

/// Every mistake of a bank; a folder that is not there is a wrong argument and no mistake.
fn check(folder: Option<&Path>) -> Result<CommandOutput, Error> {
    let loaded = match folder.and_then(no_bank) {
        Some(mistake) => Err(vec![mistake]),
        None => rulebank::load(folder, SPECS),
    };
    match loaded {
        Ok(bank) => {
            let cases: usize = bank.rules.iter().map(|rule| rule.cases.len()).sum();
            let mut text = rulebank::exemptions(&bank);
            if !text.is_empty() {
                text.push('\n');
            }
            let and = match bank.exemptions.len() {
                0 => String::new(),
                1 => ", 1 exemption".to_owned(),
                n => format!(", {n} exemptions"),
            };
            text.push_str(&rulebank::notes_report(&bank.notes));
            let rules = bank.rules.len();
            let _ = write!(text, "{rules} rules with {cases} cases{and}: {}", check_report(&[]));
            // A file that nobody reads is a mistake of whoever put it there; a bank in the shadow is not.
            Ok(CommandOutput { text, found: bank.notes.iter().any(|note| note.is_unread) })
        }
        Err(mistakes) if folder.is_some_and(|folder| !folder.is_dir()) => Err(Error::bank(mistakes)),
        Err(mistakes) => Ok(CommandOutput { text: check_report(&mistakes), found: true }),
    }
}

/// Runs every case of every rule, drafts included; states what does not hold.
fn test(bank: &Bank) -> CommandOutput {
    let mut trial = Trial::new(bank);
    let (mut text, mut cases, mut wrong) = (String::new(), 0, 0);
    for rule in &bank.rules {
        let tried: Vec<_> = rule.cases.iter().map(|case| (case, trial.of(rule, case))).collect();
        let failed = tried.iter().filter(|(_, faults)| !faults.is_empty()).count();
        let verdict = match (tried.len(), failed) {
            (0, _) => "has no cases".to_owned(),
            (all, 0) => format!("holds in {all} cases"),
            (all, failed) => format!("FAILS in {failed} of {all} cases"),
        };
        let _ = writeln!(text, "{}  {verdict}: {}", rule.id, rule.title.en);
        for (case, faults) in tried.iter().filter(|(_, faults)| !faults.is_empty()) {
            let _ = writeln!(text, "     {} \"{}\" in {}", case.kind.code(), case.name, rule.source_file);
            for line in faults.iter().flat_map(|what| what.lines()) {
                let _ = writeln!(text, "       {line}");
            }
        }
        cases += tried.len();
        wrong += failed;
    }
    let _ = match wrong {
        0 => writeln!(text, "\n{} rules, {cases} cases: all hold", bank.rules.len()),
        _ => writeln!(text, "\n{} rules, {cases} cases: {wrong} do not hold", bank.rules.len()),
    };
    CommandOutput { text, found: wrong > 0 }
}

fn show(bank: &Bank, id: &str, lang: Lang) -> Result<String, Error> {
    let rule = bank.rules.iter().find(|rule| rule.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
        let ids: Vec<&str> = bank.rules.iter().map(|rule| rule.id.as_str()).collect();
        Error::arguments(format!("there is no rule {id}; there are {}", ids.join(", ")))
    })?;
    Ok(rulebank::show(rule, bank, lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank() -> Bank {
        load_bank(None).unwrap()
    }

    #[test]
    fn a_rule_that_holds_and_one_that_does_not_are_distinguished() {
        let mut bank = bank();
        bank.rules.truncate(2);
        let cases = bank.rules.iter().map(|rule| rule.cases.len()).sum::<usize>();
        let output = test(&bank);
        assert!(!output.found, "{}", output.text);
        assert!(output.text.ends_with(&format!("\n2 rules, {cases} cases: all hold\n")), "{}", output.text);
        bank.rules[1].cases[0].steps[0].finds.clear();
        let output = test(&bank);
        assert!(output.found);
        assert!(output.text.contains("FAILS in 1 of "), "{}", output.text);
        assert!(output.text.contains("and should not be\n"), "{}", output.text);
        assert!(
            output.text.ends_with(&format!("\n2 rules, {cases} cases: 1 do not hold\n")),
            "{}",
            output.text
        );
    }

    #[test]
    fn a_rule_is_shown_by_its_id_in_either_case() {
        let bank = bank();
        let id = bank.rules[0].id.clone();
        assert_eq!(show(&bank, &id.to_lowercase(), Lang::En).unwrap(), show(&bank, &id, Lang::En).unwrap());
        let refused = show(&bank, "Z99", Lang::En).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(refused.to_string().contains(&id), "{refused}");
    }
}

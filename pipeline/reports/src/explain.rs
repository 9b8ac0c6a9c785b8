//! Why an alert stands, or why a subject raised none, for people and programs.
//!
//! [`gather`] reads from a run's folder what explains an alert; [`money`] follows its amount record by record; [`page`]
//! shows it to people, [`json`] to programs. [`why_not`] shows the answer for a subject without an alert, which
//! `pipeline` finds by reading the records again.

pub mod money;
pub mod page;
pub mod why_not;

use std::collections::BTreeSet;

use rulebank::{AmountKind, DetectorSpec, Rule};
use serde::Serialize;
use wire::explanation::{Explanation, RuleText};
use wire::{Bilingual, RecordName};

use crate::error::Error;
use crate::language::bilingual;
use crate::run_folder::RunFolder;

/// What a rule states of itself; how its amount comes about stands in the spec of its detector.
pub fn rule_text(rule: &Rule, specs: &[DetectorSpec]) -> RuleText {
    let amount = specs.iter().find(|spec| spec.name == rule.detector).and_then(|spec| spec.amount);
    RuleText {
        id: rule.id.clone(),
        version: rule.version.clone(),
        title: bilingual(&rule.title),
        why: bilingual(&rule.why),
        basis: rule.basis.clone(),
        amount: amount.map(AmountKind::sentence).map(|(zh, en)| Bilingual::new(zh, en)),
        excuses: rule.excuses.iter().map(bilingual).collect(),
        next_step: bilingual(&rule.next_step),
    }
}

/// A JSON document with a line end.
pub fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("texts and numbers are written to a string");
    text.push('\n');
    text
}

/// All that explains the alert whose id begins like this.
///
/// # Errors
/// An id that names no alert or several, files that cannot be read.
pub fn gather(folder: &RunFolder, id: &str) -> Result<(Explanation, Rule), Error> {
    let alert = folder.alert(id)?;
    let bank = folder.bank()?;
    let rule = bank.rule(&alert.rule).cloned().ok_or_else(|| {
        Error::Arguments(format!("the kept bank has no rule {}; somebody changed it", alert.rule))
    })?;
    let finding = folder.finding(&alert.alert_id)?;
    let mut names: BTreeSet<RecordName> = alert.evidence.iter().cloned().collect();
    let money = match &finding {
        Some(finding) => {
            names.extend(
                finding.laid.iter().map(|laid| RecordName { kind: laid.kind.clone(), key: laid.key.clone() }),
            );
            Some(money::money(folder, &alert, finding)?)
        }
        None => None,
    };
    let explanation = Explanation {
        rule: rule_text(&rule, folder.specs()),
        values: finding.map(|finding| finding.values).unwrap_or_default(),
        params: rule.params.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
        records: folder.records(&names)?,
        money,
        history: folder.history(&alert.alert_id)?,
        alert,
    };
    Ok((explanation, rule))
}

//! Why an alert stands, or why a subject raised none, for people and programs.
//!
//! [`gather`] reads from a run's folder what explains an alert, a running service has it at hand, and [`explanation`] is
//! made of either; [`money`] follows its amount record by record; [`page`] shows it to people, [`json`] to programs, and
//! [`masked`] hides persons from either. [`why_not`] shows the answer for a subject without an alert, which
//! `pipeline` finds by reading the records again.

pub mod masked;
pub mod money;
pub mod page;
pub mod why_not;

use std::collections::BTreeSet;

use rulebank::{AmountKind, DetectorSpec, Rule};
use serde::Serialize;
use wire::explanation::{Explanation, RuleText};
use wire::{Alert, AlertRank, Bilingual, HistoryEntry, KeptFinding, KeptRecord, LaidAmount, RecordName};

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

/// What an explanation is made of, whether it was read from the folder of a run or asked of a running service.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The alert.
    pub alert: Alert,
    /// The values of its message, and where its money lies; none of an alert that does not stand.
    pub finding: Option<KeptFinding>,
    /// Alerts that took money of the same visits, or of the same sales outside any visit, with their ranks.
    pub beside: Vec<(AlertRank, KeptFinding)>,
    /// Its evidence, and the records that its money lies on.
    pub records: Vec<KeptRecord>,
    /// What happened to it.
    pub history: Vec<HistoryEntry>,
}

/// An explained alert of this rule, whose detector has one of these specs.
pub fn explanation(parts: Parts, rule: &Rule, specs: &[DetectorSpec]) -> Explanation {
    let Parts { alert, finding, beside, mut records, history } = parts;
    KeptRecord::once(&mut records);
    Explanation {
        rule: rule_text(rule, specs),
        money: finding.as_ref().map(|finding| money::money(&alert, finding, &beside)),
        values: finding.map(|finding| finding.values).unwrap_or_default(),
        params: rule.params.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
        records,
        history,
        alert,
    }
}

/// All that explains the alert whose id begins like this.
///
/// # Errors
/// An id that names no alert or several, files that cannot be read.
pub fn gather(folder: &RunFolder, id: &str) -> Result<Explanation, Error> {
    let alert = folder.alert(id)?;
    let bank = folder.bank()?;
    let rule = bank.rule(&alert.rule).ok_or_else(|| {
        Error::Arguments(format!("the kept bank has no rule {}; somebody changed it", alert.rule))
    })?;
    let finding = folder.finding(&alert.alert_id)?;
    let mut names: BTreeSet<RecordName> = alert.evidence.iter().cloned().collect();
    let mut beside = Vec::new();
    if let Some(finding) = &finding {
        let name = |laid: &LaidAmount| RecordName { kind: laid.kind.clone(), key: laid.key.clone() };
        names.extend(finding.laid.iter().map(name));
        beside = money::beside(folder, &alert, finding)?;
    }
    let (records, history) = (folder.records(&names)?, folder.history(&alert.alert_id)?);
    Ok(explanation(Parts { alert, finding, beside, records, history }, rule, folder.specs()))
}

//! What the view knows of one alert that stands: all that explains it, but for its history.
//!
//! [`super::AlertView::found`] takes from the view what belongs together, in the time of a few look-ups; [`Found::told`]
//! makes texts of it, on whatever thread has time for them.

use std::sync::Arc;

use records::arena::{Arena, TextRef};
use records::time::parse_date;
use rulebank::Rule;
use wire::{Alert, AlertRank, KeptFinding, KeptRecord, alert_id};

use crate::alert::{key_texts, render};
use crate::compiled_bank::CompiledBank;
use crate::detector::spec;
use crate::finding::{KeyPart, ReconciledFinding};
use crate::kept;

/// An alert that stands, and those that took money of the same visits or sales, as they left the dataflow.
#[derive(Clone)]
pub struct Found {
    arena: Arc<Arena>,
    bank: Arc<CompiledBank>,
    alert: ReconciledFinding,
    beside: Vec<ReconciledFinding>,
}

/// All that explains an alert, but for its history.
#[derive(Clone, Debug)]
pub struct Told {
    /// The alert.
    pub alert: Alert,
    /// The rule that judged.
    pub rule: Arc<Rule>,
    /// The values of its message, and where its money lies.
    pub finding: KeptFinding,
    /// Its evidence and the records that its money lies on, as they counted; one may come twice.
    pub records: Vec<KeptRecord>,
    /// Alerts that took money of the same visits, or of the same sales outside any visit, with their ranks.
    pub beside: Vec<(AlertRank, KeptFinding)>,
}

/// The key of an alert of a rule, of whose parts it is said where their texts stand in the arena. A part that is a day
/// may stand nowhere there; none, if that is so of another one.
pub(super) fn key_of(rule: &Rule, key: &[(String, Option<TextRef>)]) -> Option<Vec<KeyPart>> {
    let shape = spec(&rule.detector)?.keys.iter().find(|shape| shape.len() == key.len())?;
    let part = |(name, (text, at)): (&&str, &(String, Option<TextRef>))| match *name {
        "day" => parse_date(text).map(KeyPart::Day),
        _ => at.map(KeyPart::Text),
    };
    shape.iter().zip(key).map(part).collect()
}

impl Found {
    pub(super) fn new(
        (arena, bank): (&Arc<Arena>, &Arc<CompiledBank>),
        alert: &ReconciledFinding,
        beside: Vec<ReconciledFinding>,
    ) -> Found {
        Found { arena: Arc::clone(arena), bank: Arc::clone(bank), alert: alert.clone(), beside }
    }

    /// All that explains it.
    pub fn told(&self) -> Told {
        let rows = kept::rows(&self.alert);
        Told {
            alert: render(&self.arena, &self.bank, &self.alert),
            rule: Arc::clone(&self.bank.rules[usize::from(self.alert.priced.finding.rule)]),
            finding: self.kept(&self.alert),
            records: rows.map(|row| kept::record(&self.arena, row)).collect(),
            beside: self.beside.iter().map(|other| (self.rank(other), self.kept(other))).collect(),
        }
    }

    fn kept(&self, alert: &ReconciledFinding) -> KeptFinding {
        let finding = &alert.priced.finding;
        let rule = &self.bank.rules[usize::from(finding.rule)];
        let alert_id = alert_id(&rule.id, &key_texts(&self.arena, &finding.key));
        kept::finding(&self.arena, rule, alert_id, alert)
    }

    fn rank(&self, alert: &ReconciledFinding) -> AlertRank {
        AlertRank::from(&render(&self.arena, &self.bank, alert))
    }
}

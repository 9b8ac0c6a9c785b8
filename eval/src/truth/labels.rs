//! Decisions joined to alerts, by record.
//!
//! A label is about an alert if its subject is
//! * the alert itself;
//! * a settlement or visit that is the alert's subject or among its evidence, a fee line being of its visit;
//! * an institution, practitioner or person that owns a part of the alert's money, and the alert occurred within the
//!   label's period. A period without an end ends on the day of the decision. A label of this sort with neither a
//!   period nor a rule is too vague to be about anything.
//!
//! A label whose `scheme` is a rule's id, or a scheme of the simulator that one rule should see, is about that rule's
//! alerts only. Where several are about one alert, the narrowest decides (the first in the list above), of these the
//! latest, of these the one with the greater `case_id`.

use std::collections::BTreeMap;

use records::joined_key::split;
use records::time::{DAY_SECONDS, day_of};

use super::finding::{AlertTruth, TrueFinding, UnknownReason};
use selection::decision::is_rule_id;
use selection::value::{InvalidValue, day_of_moment, moment, optional_day};
use wire::{Alert, Fen, Label, Owners, Share};

/// The rule that should see a scheme of this name; none if there is no such scheme, or several rules should.
pub type RuleOfScheme = fn(&str) -> Option<&'static str>;

/// How narrowly a label is about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// Of what somebody owns in a period.
    Owner,
    /// Of a settlement or a visit.
    Record,
    /// Of the alert.
    Alert,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Confirmed,
    Partly,
    Denied,
    Undecided,
}

/// A label, read.
#[derive(Clone, Debug)]
struct ParsedLabel {
    case_id: String,
    breadth: Breadth,
    decision: Decision,
    /// What was recovered, fen.
    amount: Option<i64>,
    at: i64,
    /// Decided long enough ago.
    ripe: bool,
    /// The only rule it is about.
    rule: Option<String>,
    /// First and last day.
    period: (i32, i32),
    /// Of its thing, if it confirms one.
    finding: Option<usize>,
}

/// All labels, by what they are about, and what the alerts of each came to.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    labels: Vec<ParsedLabel>,
    findings: Vec<TrueFinding>,
    /// By subject type, then id.
    subjects: BTreeMap<String, BTreeMap<String, Vec<usize>>>,
    /// By label: amounts of the alerts that it decides, fen.
    joined: BTreeMap<usize, i64>,
    /// By how narrowly: alerts that are decided.
    pub by_breadth: BTreeMap<Breadth, usize>,
    /// Counts for the report.
    pub counts: Counts,
}

/// What sorts of labels there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that stand.
    pub labels: usize,
    /// Younger than the delay.
    pub young: usize,
    /// Left open.
    pub undecided: usize,
    /// On somebody, with neither a period nor a rule.
    pub vague: usize,
}

impl Labels {
    /// Sorts labels. Those decided after `ripe_until` (seconds) are too young; none: all of them count.
    ///
    /// `rule_of_scheme` gives the rule that should see a scheme by its name, where exactly one should.
    ///
    /// # Errors
    /// A time, day or amount that cannot be read, with the label's `case_id`.
    pub fn from_labels(
        labels: impl IntoIterator<Item = Label>,
        ripe_until: Option<i64>,
        rule_of_scheme: RuleOfScheme,
    ) -> Result<Labels, InvalidValue> {
        let labels: BTreeMap<String, Label> =
            labels.into_iter().map(|label| (label.case_id.clone(), label)).collect();
        let mut sorted = Labels::default();
        for label in labels.into_values() {
            let case_id = label.case_id.clone();
            let added = sorted.add(label, ripe_until, rule_of_scheme);
            added.map_err(|wrong| InvalidValue(format!("label {case_id}: {wrong}")))?;
        }
        Ok(sorted)
    }

    fn add(
        &mut self,
        label: Label,
        ripe_until: Option<i64>,
        rule_of_scheme: RuleOfScheme,
    ) -> Result<(), InvalidValue> {
        let decision = match label.decision.as_str() {
            "confirmed" => Decision::Confirmed,
            "partly" => Decision::Partly,
            "denied" => Decision::Denied,
            _ => Decision::Undecided,
        };
        let at = moment(&label.decided_at)?;
        let breadth = match label.subject_type.as_str() {
            "alert" => Breadth::Alert,
            "settlement" | "visit" => Breadth::Record,
            _ => Breadth::Owner,
        };
        let begin = optional_day(label.period_begin.as_deref())?;
        let end = optional_day(label.period_end.as_deref())?;
        // Counts for the report, also of labels that decide nothing.
        let rule = label.scheme.as_deref().and_then(|scheme| rule_of(scheme, rule_of_scheme));
        let ripe = ripe_until.is_none_or(|until| at <= until);
        self.counts.labels += 1;
        self.counts.young += usize::from(!ripe);
        self.counts.undecided += usize::from(decision == Decision::Undecided);
        if breadth == Breadth::Owner && begin.is_none() && end.is_none() && rule.is_none() {
            self.counts.vague += 1;
            return Ok(());
        }
        // A label that confirms is a finding that alerts can be held against.
        let amount = label.amount.map(Fen::fen);
        let confirms = matches!(decision, Decision::Confirmed | Decision::Partly) && ripe;
        let finding = confirms.then_some(self.findings.len());
        if confirms {
            let place = (label.subject_type == "institution").then(|| label.subject_id.clone());
            self.findings.push(TrueFinding {
                case_id: label.case_id.clone(),
                scheme: label.scheme,
                rule: rule.clone(),
                institutions: place.into_iter().collect(),
                amount: amount.unwrap_or(0),
            });
        }
        // Found by its subject when alerts are judged.
        let of_type = self.subjects.entry(label.subject_type).or_default();
        of_type.entry(label.subject_id).or_default().push(self.labels.len());
        let period = (begin.unwrap_or(i32::MIN), end.unwrap_or_else(|| day_of(at)));
        self.labels.push(ParsedLabel {
            case_id: label.case_id,
            breadth,
            decision,
            amount,
            at,
            ripe,
            rule,
            period,
            finding,
        });
        Ok(())
    }

    /// The labels that confirm something.
    pub(super) fn findings(&self) -> &[TrueFinding] {
        &self.findings
    }

    /// What is decided of an alert.
    pub(super) fn judge(&mut self, alert: &Alert, owners: &Owners) -> Result<AlertTruth, InvalidValue> {
        let day = day_of_moment(&alert.occurred)?;
        let Some(label) = self.narrowest(alert, owners, day) else {
            return Ok(AlertTruth::Unknown(UnknownReason::Unlabelled));
        };
        let read = &self.labels[label];
        if read.decision == Decision::Undecided {
            return Ok(AlertTruth::Unknown(UnknownReason::Undecided));
        }
        if !read.ripe {
            return Ok(AlertTruth::Unknown(UnknownReason::Young));
        }
        *self.by_breadth.entry(read.breadth).or_default() += 1;
        *self.joined.entry(label).or_default() += alert.amount.fen();
        Ok(match read.decision {
            Decision::Denied => AlertTruth::Wrong(Some(label)),
            _ => AlertTruth::Right(label),
        })
    }

    fn narrowest(&self, alert: &Alert, owners: &Owners, day: i32) -> Option<usize> {
        let mut best: Option<usize> = None;
        let mut offer = |kind: &str, id: &str| {
            let of_type = self.subjects.get(kind).and_then(|of_type| of_type.get(id));
            for &label in of_type.into_iter().flatten() {
                let read = &self.labels[label];
                let about = read.rule.as_deref().is_none_or(|rule| rule == alert.rule);
                let within = read.breadth != Breadth::Owner || (read.period.0..=read.period.1).contains(&day);
                let rank = |label: usize| {
                    let read = &self.labels[label];
                    (read.breadth, read.at, &read.case_id)
                };
                if about && within && best.is_none_or(|best| rank(label) > rank(best)) {
                    best = Some(label);
                }
            }
        };
        // From the narrowest subject to the broadest; the rank decides, not the order.
        offer("alert", &alert.alert_id);
        let evidence = alert.evidence.iter().map(|record| (record.kind.as_ref(), record.key.as_str()));
        for (kind, key) in evidence.chain([(alert.subject.r#type.as_ref(), alert.subject.id.as_str())]) {
            match kind {
                "settlement" | "visit" => offer(kind, key),
                "fee_line" => {
                    if let Some(visit) = split(key, 2).first() {
                        offer("visit", visit);
                    }
                }
                _ => {}
            }
        }
        let sorts: [(&str, &[Share]); 3] = [
            ("institution", &owners.institutions),
            ("practitioner", &owners.practitioners),
            ("person", &owners.persons),
        ];
        for (kind, shares) in sorts {
            for share in shares {
                offer(kind, &share.id);
            }
        }
        best
    }

    /// The part of an alert's money that a label lets stand, once all alerts are judged.
    ///
    /// A confirmed alert stands whole. Of what is confirmed in part, or confirmed of more than an alert, the amount
    /// recovered is spread over all alerts of the label in proportion; where none is stated, a part is half.
    pub fn part(&self, label: usize) -> f64 {
        let read = &self.labels[label];
        let spread = || {
            let joined = self.joined.get(&label).copied().filter(|joined| *joined > 0)?;
            Some((crate::measure::float(read.amount?) / crate::measure::float(joined)).clamp(0.0, 1.0))
        };
        match (read.decision, read.breadth) {
            (Decision::Confirmed, Breadth::Alert) => 1.0,
            (Decision::Confirmed, _) => spread().unwrap_or(1.0),
            (Decision::Partly, _) => spread().unwrap_or(0.5),
            _ => 0.0,
        }
    }

    /// The thing that a label confirms.
    pub fn finding(&self, label: usize) -> Option<usize> {
        self.labels[label].finding
    }

    /// Whether the label decided an alert, by thing.
    pub fn found(&self) -> Vec<bool> {
        let mut found = vec![false; self.findings.len()];
        for label in self.joined.keys() {
            if let Some(finding) = self.labels[*label].finding {
                found[finding] = true;
            }
        }
        found
    }

    /// Institutions that a ripe decision is about as such.
    pub fn inspected(&self) -> impl Iterator<Item = &str> {
        let of_type = self.subjects.get("institution").into_iter().flatten();
        of_type
            .filter(|(_, labels)| {
                labels.iter().any(|&label| {
                    let read = &self.labels[label];
                    read.ripe && read.decision != Decision::Undecided
                })
            })
            .map(|(id, _)| id.as_str())
    }
}

/// The last second at which a label is old enough, `delay` days before `now`.
pub fn ripe_until(now: Option<i64>, delay: u32) -> Option<i64> {
    now.map(|now| now - i64::from(delay) * DAY_SECONDS)
}

/// The rule that a scheme names: its own id, or a scheme of the simulator that one rule should see.
fn rule_of(scheme: &str, rule_of_scheme: RuleOfScheme) -> Option<String> {
    if is_rule_id(scheme) { Some(scheme.to_owned()) } else { rule_of_scheme(scheme).map(str::to_owned) }
}

#[cfg(test)]
mod tests;

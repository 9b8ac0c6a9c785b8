//! Decisions that came back, applied to alerts: what was confirmed, and what was inspected already.
//!
//! A label applies to an alert *directly* if its subject is the alert, or a settlement or visit that is the alert's
//! subject or evidence. Such a label counts for how often the rule is right, and the whole alert is inspected. A label
//! on an institution, practitioner or person applies to the alerts that it owns and that occurred in the label's
//! period: its share of them is inspected, for an inspector has been there. It counts for a rule only if its `scheme`
//! is the rule's id, and then it applies to that rule alone. A period without an end ends on the day of the decision; a
//! label of this sort with no period at all is not used, unless a rule is named. `undecided` is not used.
//!
//! Where several labels apply to an alert, one counts for the rule: that on the alert before that on a record before
//! one on an owner, the latest decision first, of equal ones that with the greater `case_id`.

use std::collections::BTreeMap;

use records::time::day_of;

use crate::chance::WHOLE;
use crate::period::Period;
use crate::subject::SubjectKind;
use crate::value::{InvalidValue, moment, optional_day};
use wire::{Alert, Fen, Label, Owners, Share};

/// Labels, sorted by what they apply to.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    alerts: BTreeMap<String, Decision>,
    /// By kind (`settlement`, `visit`), then key.
    records: BTreeMap<String, BTreeMap<String, Decision>>,
    /// By sort of owner, then id.
    owners: BTreeMap<SubjectKind, BTreeMap<String, Vec<OwnerDecision>>>,
    /// How many labels there are, and how many of them are not used.
    pub count: LabelCount,
}

/// Labels, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelCount {
    /// All of them.
    pub labels: u64,
    /// Nothing is decided yet.
    pub undecided: u64,
    /// On an institution, practitioner or person, with neither a period nor a rule.
    pub vague: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Decision {
    at: i64,
    case_id: String,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Confirmed,
    /// With the amount recovered, fen, where it is stated.
    Partly(Option<i64>),
    Denied,
}

#[derive(Clone, Debug)]
struct OwnerDecision {
    period: Period,
    /// The rule it applies to; none: of all.
    rule: Option<String>,
    /// No scheme: the institution as such was inspected.
    whole: bool,
    decision: Decision,
}

/// What labels decide about one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertDecisions {
    /// The confirmed part of the finding in millionths, if a label counts for the rule.
    pub confirmed_part: Option<i64>,
    /// The alert as a whole was looked at.
    all: bool,
    /// Owners whose shares were looked at, by sort.
    inspected: BTreeMap<SubjectKind, Vec<String>>,
}

impl Decisions {
    /// Sorts labels; of two with one `case_id` the later stands.
    ///
    /// # Errors
    /// A time, day or amount that cannot be read.
    pub fn from_labels(labels: impl IntoIterator<Item = Label>) -> Result<Decisions, InvalidValue> {
        let labels: BTreeMap<String, Label> =
            labels.into_iter().map(|label| (label.case_id.clone(), label)).collect();
        let mut sorted = Decisions::default();
        for label in labels.into_values() {
            let case_id = label.case_id.clone();
            sorted.add(label).map_err(|wrong| InvalidValue(format!("label {case_id}: {wrong}")))?;
        }
        Ok(sorted)
    }

    fn add(&mut self, label: Label) -> Result<(), InvalidValue> {
        self.count.labels += 1;
        let outcome = match label.decision.as_str() {
            "confirmed" => Outcome::Confirmed,
            "partly" => Outcome::Partly(label.amount.map(Fen::fen)),
            "denied" => Outcome::Denied,
            _ => {
                self.count.undecided += 1;
                return Ok(());
            }
        };
        let at = moment(&label.decided_at)?;
        let decision = Decision { at, case_id: label.case_id, outcome };
        let kind = match label.subject_type.as_str() {
            "alert" => {
                keep_latest(&mut self.alerts, label.subject_id, decision);
                return Ok(());
            }
            "settlement" | "visit" => {
                let of_kind = self.records.entry(label.subject_type).or_default();
                keep_latest(of_kind, label.subject_id, decision);
                return Ok(());
            }
            "institution" => SubjectKind::Institutions,
            "practitioner" => SubjectKind::Practitioners,
            _ => SubjectKind::Persons,
        };
        let rule = label.scheme.clone().filter(|scheme| is_rule_id(scheme));
        if label.period_begin.is_none() && label.period_end.is_none() && rule.is_none() {
            self.count.vague += 1;
            return Ok(());
        }
        let last = optional_day(label.period_end.as_deref())?.unwrap_or(day_of(at));
        let period = Period { first: optional_day(label.period_begin.as_deref())?, last: Some(last) };
        let broad = OwnerDecision { period, rule, whole: label.scheme.is_none(), decision };
        self.owners.entry(kind).or_default().entry(label.subject_id).or_default().push(broad);
        Ok(())
    }

    /// What is decided about an alert that occurred on this day.
    ///
    /// # Errors
    /// Its amount cannot be read.
    pub fn of_alert(&self, alert: &Alert, owners: &Owners, day: i32) -> Result<AlertDecisions, InvalidValue> {
        let direct = self.alerts.get(&alert.alert_id).or_else(|| self.of_records(alert));
        let mut deciding = direct;
        let mut inspected = BTreeMap::new();
        for (kind, by_id) in &self.owners {
            let mut ids = Vec::new();
            for share in kind.shares(owners) {
                let broad = by_id.get(&share.id).into_iter().flatten();
                let about = broad.filter(|broad| broad.period.holds(day) && broad.is_about(&alert.rule));
                for broad in about {
                    if ids.last() != Some(&share.id) {
                        ids.push(share.id.clone());
                    }
                    if direct.is_none() && broad.rule.is_some() {
                        deciding = later(deciding, Some(&broad.decision));
                    }
                }
            }
            if !ids.is_empty() {
                inspected.insert(*kind, ids);
            }
        }
        let confirmed_part = match deciding.map(|decision| decision.outcome) {
            None => None,
            Some(Outcome::Confirmed) => Some(WHOLE),
            Some(Outcome::Denied) => Some(0),
            Some(Outcome::Partly(recovered)) => Some(part(recovered, alert.amount.fen())),
        };
        Ok(AlertDecisions { confirmed_part, all: direct.is_some(), inspected })
    }

    /// The latest decision on a settlement or visit that the alert names.
    fn of_records(&self, alert: &Alert) -> Option<&Decision> {
        if self.records.is_empty() {
            return None;
        }
        let of = |kind: &str, key: &str| self.records.get(kind)?.get(key);
        let evidence = alert.evidence.iter().map(|record| of(&record.kind, &record.key));
        evidence.fold(of(&alert.subject.r#type, &alert.subject.id), later)
    }

    /// Whether somebody looked at all of an institution on every day of the period: labels without a scheme that
    /// cover it between them.
    pub fn closed(&self, fixmedins_code: &str, period: &Period) -> bool {
        let (Some(first), Some(last)) = (period.first, period.last) else { return false };
        let of_place =
            self.owners.get(&SubjectKind::Institutions).and_then(|by_id| by_id.get(fixmedins_code));
        let whole = of_place.into_iter().flatten().filter(|broad| broad.whole);
        let mut spans: Vec<(i32, i32)> = whole
            .map(|broad| (broad.period.first.unwrap_or(i32::MIN), broad.period.last.unwrap_or(i32::MAX)))
            .collect();
        spans.sort_unstable();
        let mut next = first;
        for (begin, end) in spans {
            if begin <= next && end >= next {
                next = end.saturating_add(1);
            }
        }
        next > last
    }
}

impl AlertDecisions {
    /// What of an owner's share was looked at already, fen.
    ///
    /// All of it, if the alert or the owner was; else the part of the alert's money that belongs to other sorts of
    /// owners who were, as persons' shares are of an institution's: the greatest of these parts, rounded down.
    pub fn inspected(&self, kind: SubjectKind, share: &Share, owners: &Owners) -> i64 {
        let own = share.counted_amount.fen();
        if self.all || self.inspected.get(&kind).is_some_and(|ids| ids.contains(&share.id)) {
            return own;
        }
        let mut greatest = 0;
        for (other, ids) in self.inspected.iter().filter(|(other, _)| **other != kind) {
            let (mut covered, mut all) = (0i128, 0i128);
            for share in other.shares(owners) {
                let counted = i128::from(share.counted_amount.fen());
                all += counted;
                covered += if ids.contains(&share.id) { counted } else { 0 };
            }
            if all > 0 {
                let part = i128::from(own) * covered / all;
                greatest = greatest.max(i64::try_from(part).unwrap_or(own));
            }
        }
        greatest.min(own)
    }
}

impl OwnerDecision {
    fn is_about(&self, rule: &str) -> bool {
        self.rule.as_deref().is_none_or(|about| about == rule)
    }
}

fn keep_latest(decisions: &mut BTreeMap<String, Decision>, id: String, decision: Decision) {
    let kept = decisions.entry(id).or_insert_with(|| decision.clone());
    if (decision.at, &decision.case_id) > (kept.at, &kept.case_id) {
        *kept = decision;
    }
}

fn later<'d>(a: Option<&'d Decision>, b: Option<&'d Decision>) -> Option<&'d Decision> {
    [a, b].into_iter().flatten().max_by_key(|decision| (decision.at, &decision.case_id))
}

/// The recovered part of an amount in millionths; half where either is not stated.
fn part(recovered: Option<i64>, amount: i64) -> i64 {
    match recovered {
        Some(recovered) if amount > 0 => {
            let part = i128::from(recovered) * i128::from(WHOLE) / i128::from(amount);
            i64::try_from(part.clamp(0, i128::from(WHOLE))).unwrap_or(WHOLE)
        }
        _ => WHOLE / 2,
    }
}

/// A capital letter and two digits, as every rule is called.
pub fn is_rule_id(text: &str) -> bool {
    matches!(text.as_bytes(), [b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'])
}

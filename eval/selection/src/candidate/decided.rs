//! What decisions that came back say of alerts: what was confirmed, and what was inspected already.
//!
//! A label speaks of an alert *directly* if its subject is the alert, or a settlement or visit that is the alert's
//! subject or evidence. Such a label teaches how often the rule is right, and the whole alert is settled. A label on
//! an institution, practitioner or person speaks of the alerts that it owns and that occurred in the label's period:
//! its share of them is settled, for somebody has been there. It teaches only if its `scheme` is a rule's id, and
//! then it speaks of that rule alone. A period without an end ends on the day of the decision; a label of this sort
//! with no period at all says nothing here, unless a rule is named. `undecided` says nothing.
//!
//! Where several labels speak of an alert, one teaches: that on the alert before that on a record before a broad
//! one, the latest decision first, of equal ones that with the greater `case_id`.

use std::collections::BTreeMap;

use records::time::{day_of, parse_date, parse_time};

use super::chance::WHOLE;
use super::period::Period;
use super::{Of, Wrong};
use crate::outcome::{Alert, Fen, Label, Owners, Share};

/// Labels, sorted by what they speak of.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    alerts: BTreeMap<String, Decision>,
    /// By kind (`settlement`, `visit`), then key.
    records: BTreeMap<String, BTreeMap<String, Decision>>,
    /// By sort of owner, then id.
    owners: BTreeMap<Of, BTreeMap<String, Vec<Broad>>>,
    /// How many labels there are, and how many of them can say nothing here.
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
struct Broad {
    period: Period,
    /// The rule it speaks of; none: of all.
    rule: Option<String>,
    /// No scheme: the place as such was inspected.
    whole: bool,
    decision: Decision,
}

/// What labels say of one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The confirmed part of the finding in millionths, if a label teaches.
    pub taught: Option<i64>,
    /// The alert as a whole was looked at.
    all: bool,
    /// Owners whose shares were looked at, by sort.
    settled: BTreeMap<Of, Vec<String>>,
}

impl Decisions {
    /// Sorts labels; of two with one `case_id` the later stands.
    ///
    /// # Errors
    /// A time, day or amount that cannot be read.
    pub fn sort(labels: impl IntoIterator<Item = Label>) -> Result<Decisions, Wrong> {
        let labels: BTreeMap<String, Label> =
            labels.into_iter().map(|label| (label.case_id.clone(), label)).collect();
        let mut sorted = Decisions::default();
        for label in labels.into_values() {
            let case_id = label.case_id.clone();
            sorted.add(label).map_err(|wrong| Wrong(format!("label {case_id}: {wrong}")))?;
        }
        Ok(sorted)
    }

    fn add(&mut self, label: Label) -> Result<(), Wrong> {
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
        let at = parse_time(&label.decided_at)
            .ok_or_else(|| Wrong(format!("`{}` is no time", label.decided_at)))?;
        let decision = Decision { at, case_id: label.case_id, outcome };
        let of = match label.subject_type.as_str() {
            "alert" => {
                keep_latest(&mut self.alerts, label.subject_id, decision);
                return Ok(());
            }
            "settlement" | "visit" => {
                let of_kind = self.records.entry(label.subject_type).or_default();
                keep_latest(of_kind, label.subject_id, decision);
                return Ok(());
            }
            "institution" => Of::Institutions,
            "practitioner" => Of::Practitioners,
            _ => Of::Persons,
        };
        let rule = label.scheme.clone().filter(|scheme| is_rule_id(scheme));
        if label.period_begin.is_none() && label.period_end.is_none() && rule.is_none() {
            self.count.vague += 1;
            return Ok(());
        }
        let day = |text: Option<String>| match text {
            None => Ok(None),
            Some(text) => parse_date(&text).map(Some).ok_or_else(|| Wrong(format!("`{text}` is no day"))),
        };
        let last = day(label.period_end)?.unwrap_or(day_of(at));
        let period = Period { first: day(label.period_begin)?, last: Some(last) };
        let broad = Broad { period, rule, whole: label.scheme.is_none(), decision };
        self.owners.entry(of).or_default().entry(label.subject_id).or_default().push(broad);
        Ok(())
    }

    /// What is said of an alert that occurred on this day.
    ///
    /// # Errors
    /// Its amount cannot be read.
    pub fn of(&self, alert: &Alert, owners: &Owners, day: i32) -> Result<Said, Wrong> {
        let direct = self.alerts.get(&alert.alert_id).or_else(|| self.of_records(alert));
        let mut teacher = direct;
        let mut settled = BTreeMap::new();
        for (of, by_id) in &self.owners {
            let mut ids = Vec::new();
            for share in of.shares(owners) {
                let broad = by_id.get(&share.id).into_iter().flatten();
                let about = broad.filter(|broad| broad.period.holds(day) && broad.is_about(&alert.rule));
                for broad in about {
                    if ids.last() != Some(&share.id) {
                        ids.push(share.id.clone());
                    }
                    if direct.is_none() && broad.rule.is_some() {
                        teacher = later(teacher, Some(&broad.decision));
                    }
                }
            }
            if !ids.is_empty() {
                settled.insert(*of, ids);
            }
        }
        let taught = match teacher.map(|decision| decision.outcome) {
            None => None,
            Some(Outcome::Confirmed) => Some(WHOLE),
            Some(Outcome::Denied) => Some(0),
            Some(Outcome::Partly(recovered)) => Some(part(recovered, alert.amount.fen())),
        };
        Ok(Said { taught, all: direct.is_some(), settled })
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
        let of_place = self.owners.get(&Of::Institutions).and_then(|by_id| by_id.get(fixmedins_code));
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

impl Said {
    /// What of an owner's share was looked at already, fen.
    ///
    /// All of it, if the alert or the owner was; else the part of the alert's money that belongs to other sorts of
    /// owners who were, as persons' shares are of an institution's: the greatest of these parts, rounded down.
    pub fn settled(&self, of: Of, share: &Share, owners: &Owners) -> i64 {
        let own = share.counted_amount.fen();
        if self.all || self.settled.get(&of).is_some_and(|ids| ids.contains(&share.id)) {
            return own;
        }
        let mut greatest = 0;
        for (other, ids) in self.settled.iter().filter(|(other, _)| **other != of) {
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

impl Broad {
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
fn is_rule_id(text: &str) -> bool {
    matches!(text.as_bytes(), [b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'])
}

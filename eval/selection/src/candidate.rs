//! Candidates for inspection: whom to visit, ranked by the money that a day of inspection can be expected to bring.
//!
//! *Expected amount* is the counted money of a place's alerts, each share times the chance that a finding of its rule
//! is confirmed ([`crate::chance`]), without what was inspected already according to labels ([`crate::decision`]).
//! *Expected per day* is that by the days that a visit takes ([`crate::effort`]). Every figure of a candidate adds up
//! from cells of rule, verdict and month, each rounded to the fen once, so that a row's parts sum to its total.
//!
//! A [`RankingBuilder`] is given what one or several runs left, line by line, and keeps sums; nothing here knows files.
//! Of two runs that have one alert, institution or month, the one given first counts: give the latest run first.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rulebank::Verdict;

use crate::chance::{self, Chances};
use crate::decision::Decisions;
use crate::effort::{Effort, InspectorDays};
use crate::period::{Month, Period};
use crate::subject::SubjectKind;
use crate::value::{InvalidValue, day_of_moment};
use wire::list::RuleChance;
use wire::{Alert, Institution, Owners};

/// Somebody to inspect, with all that a row of the list shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The code.
    pub id: String,
    /// What is known of an institution; nothing of others, and nothing where its record does not stand.
    pub institution: Option<InstitutionInfo>,
    /// Days that inspecting it takes.
    pub effort: InspectorDays,
    /// What was found.
    pub totals: FindingTotals,
    /// The same by rule.
    pub by_rule: BTreeMap<String, RuleTotals>,
    /// Expected amount by month, fen: every month that the runs know within the period.
    pub by_month: BTreeMap<Month, i64>,
    /// The median of the expected amount of its peers (same type and level, itself among them), fen.
    pub peers_median_fen: i64,
    /// How many peers there are, itself among them.
    pub peers: usize,
}

/// Money in fen, and the alerts it is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindingTotals {
    /// Alerts; those let off by an exemption are none.
    pub alerts: u64,
    /// Its shares of their counted money.
    pub counted_fen: i64,
    /// Of that, what was looked at already.
    pub inspected_fen: i64,
    /// Of what was counted, that of definite findings.
    pub definite_fen: i64,
    /// What can be expected of the rest.
    pub expected_fen: i64,
}

/// What one rule found at a candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTotals {
    /// The family of its findings.
    pub family: String,
    /// What it found.
    pub totals: FindingTotals,
}

/// What the runs know of an institution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct InstitutionInfo {
    pub fixmedins_name: Option<String>,
    pub fixmedins_type: Option<String>,
    pub hosp_lv: Option<String>,
    pub admdvs: Option<String>,
}

/// Everybody, the first in rank first.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// By expected amount per day, then by code.
    pub candidates: Vec<Candidate>,
    /// Institutions that labels close to inspection: somebody looked at all of them on all days of the period.
    pub closed: Vec<String>,
    /// The chance of every rule that found something, by rule.
    pub chances: Vec<RuleChance>,
    /// The days that the list is about: those asked for within those of the runs.
    pub period: Period,
}

/// What is added up while runs are read.
#[derive(Debug)]
pub struct RankingBuilder {
    kind: SubjectKind,
    asked: Period,
    decisions: Decisions,
    chances: Chances,
    seen: BTreeSet<String>,
    rules: BTreeMap<String, u16>,
    families: BTreeMap<u16, String>,
    totals_of: BTreeMap<String, BTreeMap<(u16, Verdict, Month), FindingTotals>>,
    institutions: BTreeMap<String, InstitutionInfo>,
    months: BTreeSet<Month>,
}

impl RankingBuilder {
    /// Begins with what is known of rules and decisions.
    pub fn new(kind: SubjectKind, period: Period, chances: Chances, decisions: Decisions) -> RankingBuilder {
        RankingBuilder {
            kind,
            asked: period,
            decisions,
            chances,
            seen: BTreeSet::new(),
            rules: BTreeMap::new(),
            families: BTreeMap::new(),
            totals_of: BTreeMap::new(),
            institutions: BTreeMap::new(),
            months: BTreeSet::new(),
        }
    }

    /// An institution of a run.
    ///
    /// # Errors
    /// A month that is none.
    pub fn add_institution(&mut self, institution: &Institution) -> Result<(), InvalidValue> {
        for month in institution.months.keys() {
            self.add_month(month)?;
        }
        if !self.institutions.contains_key(&institution.fixmedins_code) {
            let Institution { fixmedins_name, fixmedins_type, hosp_lv, admdvs, .. } = institution.clone();
            let place = InstitutionInfo { fixmedins_name, fixmedins_type, hosp_lv, admdvs };
            self.institutions.insert(institution.fixmedins_code.clone(), place);
        }
        Ok(())
    }

    /// A month that a run knows.
    ///
    /// # Errors
    /// It is none.
    pub fn add_month(&mut self, month: &str) -> Result<(), InvalidValue> {
        let read = Month::parse(month).ok_or_else(|| InvalidValue(format!("`{month}` is no month")))?;
        self.months.insert(read);
        Ok(())
    }

    /// An alert of a run with its owners; `false` if a later run had it already.
    ///
    /// # Errors
    /// The two are not about one alert, or a value of theirs cannot be read.
    pub fn add_alert(&mut self, alert: &Alert, owners: &Owners) -> Result<bool, InvalidValue> {
        if alert.alert_id != owners.alert_id {
            return Err(InvalidValue(format!(
                "alert {} has the owners of {}",
                alert.alert_id, owners.alert_id
            )));
        }
        // Of several runs the latest is given first; an exempted alert counts nothing.
        if !self.seen.insert(alert.alert_id.clone()) {
            return Ok(false);
        }
        if alert.exempted_by.is_some() {
            return Ok(true);
        }
        let day = day_of_moment(&alert.occurred)?;
        // A decision about the alert changes the chance of its rule, also outside of the period.
        let verdict = chance::verdict(&alert.verdict);
        let decided = self.decisions.of_alert(alert, owners, day)?;
        if let Some(part) = decided.confirmed_part {
            self.chances.add_decision(&alert.rule, verdict, part);
        }
        if !self.asked.holds(day) {
            return Ok(true);
        }
        // Its money, by rule, verdict and month, at each that has a share of it.
        let next = u16::try_from(self.rules.len())
            .map_err(|_| InvalidValue("there are too many rules".to_owned()))?;
        let rule = *self.rules.entry(alert.rule.clone()).or_insert(next);
        self.families.entry(rule).or_insert_with(|| alert.family.to_string());
        let month = Month::of(day);
        self.months.insert(month);
        for share in self.kind.shares(owners) {
            let counted = share.counted_amount.fen();
            let inspected = decided.inspected(self.kind, share, owners);
            let totals = self.totals_of.entry(share.id.clone()).or_default();
            totals.entry((rule, verdict, month)).or_default().add(FindingTotals {
                alerts: 1,
                counted_fen: counted,
                inspected_fen: inspected,
                definite_fen: if verdict == Verdict::Definite { counted } else { 0 },
                expected_fen: 0,
            });
        }
        Ok(true)
    }

    /// Ranks everybody.
    pub fn rank(mut self, effort: &Effort) -> Ranking {
        let months: Vec<Month> =
            self.months.iter().copied().filter(|month| self.asked.touches(*month)).collect();
        // The days asked for within those that the runs know.
        let span = Period { first: months.first().map(|m| m.first()), last: months.last().map(|m| m.last()) };
        let period = self.asked.within(&span);
        if self.kind == SubjectKind::Institutions {
            for code in self.institutions.keys() {
                self.totals_of.entry(code.clone()).or_default();
            }
        }
        let names: BTreeMap<u16, &String> = self.rules.iter().map(|(name, rule)| (*rule, name)).collect();
        // Every candidate adds up from its cells of rule, verdict and month.
        let (mut candidates, mut closed) = (Vec::new(), Vec::new());
        for (id, totals) in &self.totals_of {
            if self.kind == SubjectKind::Institutions && self.decisions.closed(id, &period) {
                closed.push(id.clone());
                continue;
            }
            let info = self.institutions.get(id).filter(|_| self.kind == SubjectKind::Institutions);
            let mut candidate = Candidate {
                id: id.clone(),
                institution: info.cloned(),
                effort: self.effort(effort, info),
                totals: FindingTotals::default(),
                by_rule: BTreeMap::new(),
                by_month: months.iter().map(|month| (*month, 0)).collect(),
                peers_median_fen: 0,
                peers: 0,
            };
            for ((rule, verdict, month), sum) in totals {
                let mut sum = *sum;
                let name = names[rule];
                sum.expected_fen =
                    expected(sum.counted_fen - sum.inspected_fen, self.chances.probability(name, *verdict));
                candidate.totals.add(sum);
                let fresh =
                    || RuleTotals { family: self.families[rule].clone(), totals: FindingTotals::default() };
                candidate.by_rule.entry(name.clone()).or_insert_with(fresh).totals.add(sum);
                *candidate.by_month.entry(*month).or_default() += sum.expected_fen;
            }
            candidates.push(candidate);
        }
        // Peers are known when all candidates are.
        set_peers(&mut candidates);
        candidates.sort_by(|a, b| b.per_day(a).then_with(|| a.id.cmp(&b.id)));
        Ranking { candidates, closed, chances: self.chances(), period }
    }

    fn effort(&self, effort: &Effort, place: Option<&InstitutionInfo>) -> InspectorDays {
        let text =
            |field: fn(&InstitutionInfo) -> &Option<String>| place.and_then(|place| field(place).as_deref());
        match self.kind {
            SubjectKind::Institutions => {
                effort.institution(text(|p| &p.fixmedins_type), text(|p| &p.hosp_lv))
            }
            SubjectKind::Practitioners => effort.practitioner(),
            SubjectKind::Persons => effort.person(),
        }
    }

    fn chances(&self) -> Vec<RuleChance> {
        let mut met: BTreeSet<(&String, Verdict)> = BTreeSet::new();
        let names: BTreeMap<u16, &String> = self.rules.iter().map(|(name, rule)| (*rule, name)).collect();
        for totals in self.totals_of.values() {
            met.extend(totals.keys().map(|(rule, verdict, _)| (names[rule], *verdict)));
        }
        let mut chances: Vec<RuleChance> =
            met.into_iter().map(|(rule, verdict)| self.chances.published(rule, verdict)).collect();
        // A definite finding and one that own readings weaken are of one chance where a rule states it.
        chances.dedup();
        chances
    }
}

impl FindingTotals {
    fn add(&mut self, other: FindingTotals) {
        self.alerts += other.alerts;
        self.counted_fen = self.counted_fen.saturating_add(other.counted_fen);
        self.inspected_fen = self.inspected_fen.saturating_add(other.inspected_fen);
        self.definite_fen = self.definite_fen.saturating_add(other.definite_fen);
        self.expected_fen = self.expected_fen.saturating_add(other.expected_fen);
    }
}

impl Candidate {
    /// Compares what a day of inspecting each brings; exact.
    fn per_day(&self, other: &Candidate) -> Ordering {
        let cross = |a: &Candidate, b: &Candidate| {
            i128::from(a.totals.expected_fen) * i128::from(b.effort.thousandths())
        };
        cross(self, other).cmp(&cross(other, self))
    }

    /// Expected amount per inspector day, fen, half up.
    pub fn expected_per_day_fen(&self) -> i64 {
        let days = i128::from(self.effort.thousandths());
        let fen = (i128::from(self.totals.expected_fen) * 2000 + days).div_euclid(days * 2);
        i64::try_from(fen).unwrap_or(i64::MAX)
    }
}

/// Money times chance, half up.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "amounts are far below 2^53 fen; what is not saturates"
)]
fn expected(open_fen: i64, chance: f64) -> i64 {
    (open_fen as f64 * chance + 0.5).floor() as i64
}

/// Sets every candidate's median of those of its type and level.
fn set_peers(candidates: &mut [Candidate]) {
    let kind = |candidate: &Candidate| {
        candidate.institution.as_ref().map(|place| (place.fixmedins_type.clone(), place.hosp_lv.clone()))
    };
    let mut groups: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for candidate in &*candidates {
        groups.entry(kind(candidate)).or_default().push(candidate.totals.expected_fen);
    }
    groups.values_mut().for_each(|amounts| amounts.sort_unstable());
    for candidate in candidates {
        let amounts = &groups[&kind(candidate)];
        let (low, high) = (amounts[(amounts.len() - 1) / 2], amounts[amounts.len() / 2]);
        candidate.peers = amounts.len();
        candidate.peers_median_fen = (low + high + 1).div_euclid(2);
    }
}

#[cfg(test)]
mod tests;

//! Totals of alerts by rule, family and scheme, and the measures that follow from them.
//!
//! Alerts and findings are counted in every group they belong to; money is kept by institution, because the intervals
//! of weighted measures are drawn by institution. A false alarm belongs to no scheme.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::{JudgedAlert, Judgement, NOWHERE};
use super::report::{ChanceFit, Measure, UnknownCount, Yuan};
use crate::measure::bootstrap::{Ratio, ratios};
use crate::measure::interval::{garwood, wilson};
use crate::measure::{Estimate, float, number, rounded};
use crate::truth::{AlertTruth, UnknownReason};

/// What is measured together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    All,
    WithoutModels,
    Family(String),
    Rule(String),
    Scheme(String),
}

/// Fen of a group at one institution.
#[derive(Clone, Copy, Debug, Default)]
struct GroupMoney {
    right: i64,
    wrong: i64,
    missed: i64,
}

/// What a group's alerts came to.
#[derive(Clone, Debug, Default)]
struct GroupTotals {
    alerts: usize,
    right: usize,
    wrong: usize,
    unknown: UnknownCount,
    found: usize,
    missed: usize,
    cases: BTreeSet<usize>,
    cases_found: BTreeSet<usize>,
    money: BTreeMap<usize, GroupMoney>,
}

/// All groups.
pub(super) struct Totals(BTreeMap<Group, GroupTotals>);

/// All measures.
pub(super) struct Measures {
    pub(super) all: Measure,
    pub(super) without_models: Measure,
    pub(super) families: Vec<Measure>,
    pub(super) rules: Vec<Measure>,
    pub(super) schemes: Vec<Measure>,
}

impl Totals {
    /// Adds up what was judged, and what was missed.
    pub(super) fn of(judgement: &Judgement) -> Totals {
        let mut totals = Totals(BTreeMap::new());
        totals.0.insert(Group::All, GroupTotals::default());
        totals.0.insert(Group::WithoutModels, GroupTotals::default());
        let cases = cases(judgement);
        for judged in &judgement.judged {
            let (rule, facts) = &judgement.rules[judged.rule];
            let finding = judgement.finding(judged);
            let scheme = finding.and_then(|finding| judgement.truth.findings()[finding].scheme.as_ref());
            let money = judgement.money(judged);
            let mut groups = groups(Some(rule), Some(&facts.family), scheme);
            if !facts.model {
                groups.push(Group::WithoutModels);
            }
            for group in groups {
                totals.0.entry(group).or_default().add_alert(
                    judged,
                    money,
                    finding.map(|finding| cases[finding]),
                );
            }
        }
        totals.add_findings(judgement, &cases);
        totals
    }

    /// Adds what is true: found or missed.
    fn add_findings(&mut self, judgement: &Judgement, cases: &[usize]) {
        let found = judgement.found();
        for (n, finding) in judgement.truth.findings().iter().enumerate() {
            if judgement.exempted_findings.contains(&n) {
                continue;
            }
            let rule = finding.rule.as_ref();
            let number = rule.and_then(|rule| judgement.numbers.get(rule));
            let facts = number.map(|&number| &judgement.rules[number].1);
            let mut groups = groups(rule, facts.map(|facts| &facts.family), finding.scheme.as_ref());
            if facts.is_none_or(|facts| !facts.model) {
                groups.push(Group::WithoutModels);
            }
            let place = finding.institutions.first().and_then(|code| judgement.places.get(code)).copied();
            for group in groups {
                let sum = self.0.entry(group).or_default();
                sum.cases.insert(cases[n]);
                if found[n] {
                    sum.found += 1;
                } else {
                    sum.missed += 1;
                    sum.money.entry(place.unwrap_or(NOWHERE)).or_default().missed += finding.amount;
                }
            }
        }
    }

    /// The measures of all groups, with intervals from one set of resamples.
    pub(super) fn measures(self, judgement: &Judgement) -> Measures {
        let ratio = |sum: &GroupTotals, lower: fn(&GroupMoney) -> i64| Ratio {
            parts: (sum.money.iter())
                .map(|(&place, money)| (place, money.right, money.right + lower(money)))
                .collect(),
        };
        let pairs = self.0.values().flat_map(|sum| [ratio(sum, |m| m.wrong), ratio(sum, |m| m.missed)]);
        let pairs: Vec<Ratio> = pairs.collect();
        let estimates = ratios(&pairs, judgement.settings.seed, judgement.codes.len());
        let mut made = Measures {
            all: Measure::default(),
            without_models: Measure::default(),
            families: Vec::new(),
            rules: Vec::new(),
            schemes: Vec::new(),
        };
        for ((group, sum), pair) in self.0.iter().zip(estimates.chunks_exact(2)) {
            let measure = sum.measure(group, pair[0], pair[1], judgement.settlements);
            match group {
                Group::All => made.all = measure,
                Group::WithoutModels => made.without_models = measure,
                Group::Family(_) => made.families.push(measure),
                Group::Rule(_) => made.rules.push(measure),
                Group::Scheme(_) => made.schemes.push(measure),
            }
        }
        made
    }
}

impl GroupTotals {
    fn add_alert(&mut self, judged: &JudgedAlert, money: GroupMoney, case: Option<usize>) {
        self.alerts += 1;
        match judged.standing {
            AlertTruth::Right(_) => self.right += 1,
            AlertTruth::Wrong(_) => self.wrong += 1,
            AlertTruth::Unknown(UnknownReason::Unlabelled) => self.unknown.unlabelled += 1,
            AlertTruth::Unknown(UnknownReason::Young) => self.unknown.young += 1,
            AlertTruth::Unknown(UnknownReason::Undecided) => self.unknown.undecided += 1,
        }
        self.cases_found.extend(case);
        if matches!(judged.standing, AlertTruth::Unknown(_)) {
            return;
        }
        let at = self.money.entry(judged.place).or_default();
        at.right += money.right;
        at.wrong += money.wrong;
        at.missed += money.missed;
    }

    fn measure(&self, group: &Group, by_wrong: Estimate, by_missed: Estimate, settlements: i64) -> Measure {
        let share = |hits: usize, all: usize| match wilson(hits, all) {
            Some(interval) => Estimate::new(number(hits) / number(all), interval),
            None => Estimate::default(),
        };
        // A scheme has findings and no alerts of its own, so nothing is said of its precision.
        let of_scheme = matches!(group, Group::Scheme(_));
        let decided = self.right + self.wrong;
        let precision = if of_scheme { Estimate::default() } else { share(self.right, decided) };
        let recall = share(self.found, self.found + self.missed);
        let f1 = precision.value.zip(recall.value).map(|(p, r)| 2.0 * p * r / (p + r));
        // False alarms by settlement, where anything was decided and there is anything to divide by.
        let rate = |count: f64| 10_000.0 * count / float(settlements);
        let (low, high) = garwood(self.wrong);
        let false_alarms = if of_scheme || settlements <= 0 || self.alerts > 0 && decided == 0 {
            Estimate::default()
        } else {
            Estimate::new(rate(number(self.wrong)), (rate(low), rate(high)))
        };
        let total = |part: fn(&GroupMoney) -> i64| Yuan(self.money.values().map(part).sum());
        Measure {
            name: match group {
                Group::All => "all".to_owned(),
                Group::WithoutModels => "without_models".to_owned(),
                Group::Family(name) | Group::Rule(name) | Group::Scheme(name) => name.clone(),
            },
            alerts: self.alerts,
            decided,
            right: self.right,
            wrong: self.wrong,
            unknown: self.unknown,
            missed: self.missed,
            cases: self.cases.len(),
            cases_found: self.cases_found.len(),
            precision,
            recall,
            f1: f1.and_then(rounded),
            amount_right: total(|money| money.right),
            amount_wrong: total(|money| money.wrong),
            amount_missed: total(|money| money.missed),
            precision_money: if of_scheme { Estimate::default() } else { by_wrong },
            recall_money: by_missed,
            false_alarms_per_10000: false_alarms,
        }
    }
}

impl Judgement {
    fn money(&self, judged: &JudgedAlert) -> GroupMoney {
        let (right, missed) = self.right(judged);
        GroupMoney { right, wrong: judged.amount - right, missed }
    }
}

fn groups(rule: Option<&String>, family: Option<&String>, scheme: Option<&String>) -> Vec<Group> {
    let named = [
        rule.cloned().map(Group::Rule),
        family.cloned().map(Group::Family),
        scheme.cloned().map(Group::Scheme),
    ];
    [Group::All].into_iter().chain(named.into_iter().flatten()).collect()
}

/// The case of each thing, numbered.
fn cases(judgement: &Judgement) -> Vec<usize> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let findings = judgement.truth.findings().iter();
    findings
        .map(|finding| {
            let next = numbers.len();
            *numbers.entry(&finding.case_id).or_insert(next)
        })
        .collect()
}

/// How well each rule's chance fits what was decided.
pub(super) fn chances(judgement: &Judgement) -> Vec<ChanceFit> {
    let mut by_rule: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for judged in &judgement.judged {
        if !matches!(judged.standing, AlertTruth::Unknown(_)) {
            let seen = by_rule.entry(&judgement.rules[judged.rule].0).or_default();
            seen.push((judged.chance, judgement.part(judged)));
        }
    }
    let fit = |(rule, seen): (&str, Vec<(f64, f64)>)| {
        let n = number(seen.len());
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| seen.iter().map(of).sum::<f64>() / n;
        let rate = mean(&|(_, outcome)| *outcome);
        let right = seen.iter().filter(|(_, outcome)| *outcome > 0.0).count();
        ChanceFit {
            name: rule.to_owned(),
            decided: seen.len(),
            chance: rounded(mean(&|(chance, _)| *chance)),
            confirmed: wilson(right, seen.len()).map_or_else(Estimate::default, |at| Estimate::new(rate, at)),
            brier: rounded(mean(&|(chance, outcome)| (chance - outcome).powi(2))),
            brier_of_rate: rounded(mean(&|(_, outcome)| (rate - outcome).powi(2))),
        }
    };
    by_rule.into_iter().map(fit).collect()
}

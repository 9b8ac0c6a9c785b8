//! The candidate list against the truth: what is to be found where it sends people first.
//!
//! What is to be found at an institution is what right alerts *count* there, each yuan once, and what was missed
//! there: a missed finding's amount, in equal parts at its institutions. With decisions instead of a complete truth
//! only institutions that a decision is about are measured; of the others nothing is known.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::{Judgement, NOWHERE, Ranked, portion};
use super::report::{
    Calibration, CalibrationBin, Curve, ListWorth, ModelEffect, ModelWorth, OrderYield, OrdersAtK, Yuan,
};
use crate::measure::bootstrap::{Ratio, ratios};
use crate::measure::rank::{self, MoneyByInstitution, usual_ks};
use crate::measure::{Estimate, float, number, rounded};
use crate::truth::{AlertTruth, Truth};

/// Points of the curve beyond the first hundred.
const POINTS: usize = 100;
/// Groups of the calibration.
const BINS: usize = 10;

/// The institutions that are looked at, what is to be found there, and the orders they come in.
pub(super) struct InstitutionOrders {
    stakes: MoneyByInstitution,
    /// What the list expects of each.
    expected: Vec<i64>,
    list: Vec<usize>,
    without_models: Option<Vec<usize>>,
    turnover: Vec<usize>,
    /// The judgement's number of each.
    numbers: Vec<usize>,
    seed: u64,
}

impl InstitutionOrders {
    pub(super) fn of(
        judgement: &Judgement,
        list: &[Ranked],
        without_models: Option<&[Ranked]>,
    ) -> InstitutionOrders {
        let money = to_find(judgement);
        let mut numbers: Vec<usize> = match &judgement.truth {
            Truth::Planted(_) => (NOWHERE + 1..judgement.codes.len()).collect(),
            Truth::Labels(_) => looked_at(judgement).into_iter().collect(),
        };
        numbers.sort_by(|&a, &b| judgement.codes[a].cmp(&judgement.codes[b]));
        let by_number: BTreeMap<usize, usize> =
            numbers.iter().enumerate().map(|(position, &number)| (number, position)).collect();
        let find = |code: &str| judgement.places.get(code).and_then(|number| by_number.get(number)).copied();
        // What the list expects of each.
        let mut expected = vec![0; numbers.len()];
        for ranked in list {
            if let Some(position) = find(&ranked.code) {
                expected[position] = ranked.expected;
            }
        }
        // Whom the list does not name come last, by code.
        let order = |ranked: &[Ranked]| {
            let mut seen = BTreeSet::new();
            let named = ranked.iter().filter_map(|ranked| find(&ranked.code));
            let mut order: Vec<usize> = named.filter(|&position| seen.insert(position)).collect();
            order.extend((0..numbers.len()).filter(|position| !seen.contains(position)));
            order
        };
        // The order that needs no monitor: most paid first.
        let mut turnover: Vec<usize> = (0..numbers.len()).collect();
        turnover
            .sort_by_key(|&position| (std::cmp::Reverse(judgement.turnover[numbers[position]]), position));
        InstitutionOrders {
            stakes: MoneyByInstitution(numbers.iter().map(|&number| money[number]).collect()),
            expected,
            list: order(list),
            without_models: without_models.map(order),
            turnover,
            numbers,
            seed: judgement.settings.seed,
        }
    }

    /// What the first k of each order hold.
    pub(super) fn list(&self) -> ListWorth {
        let ks = usual_ks(self.numbers.len());
        let held = |order: &[usize]| self.stakes.of_order(order, &ks, self.seed);
        let (list, turnover, best) = (held(&self.list), held(&self.turnover), held(&self.stakes.best()));
        let without_models = self.without_models.as_deref().map(held);
        let random = self.stakes.of_chance(&ks, self.seed);
        // Each order beside chance, for each k.
        let at = (0..ks.len()).map(|n| {
            let expected = number(ks[n]) / number(self.numbers.len());
            let times = |share: Option<f64>| share.and_then(|share| rounded(share / expected));
            let share = list[n].share;
            OrdersAtK {
                k: ks[n],
                list: list[n].into(),
                list_without_models: without_models.as_ref().map(|held| held[n].into()),
                turnover: turnover[n].into(),
                random: random[n].into(),
                best: best[n].into(),
                times_random: Estimate {
                    value: times(share.value),
                    low: times(share.low),
                    high: times(share.high),
                },
            }
        });
        ListWorth {
            institutions: self.numbers.len(),
            with_money: self.stakes.0.iter().filter(|&&fen| fen > 0).count(),
            money: Yuan(self.stakes.total()),
            at: at.collect(),
            curve: self.curve(),
        }
    }

    fn curve(&self) -> Curve {
        let places = self.numbers.len();
        let step = (places / POINTS).max(1);
        let ks: Vec<usize> =
            (0..=places).filter(|&k| k <= POINTS || k.is_multiple_of(step) || k == places).collect();
        let total = float(self.stakes.total());
        let shares = |order: &[usize]| {
            let (mut taken, mut money) = (0, 0);
            let share = |&k: &usize| {
                money += order[taken..k].iter().map(|&position| self.stakes.0[position]).sum::<i64>();
                taken = k;
                rounded(float(money) / total)
            };
            ks.iter().map(share).collect::<Vec<_>>()
        };
        let random = |&k: &usize| rounded(number(k) / number(places)).filter(|_| total > 0.0);
        Curve {
            list: shares(&self.list),
            list_without_models: self.without_models.as_deref().map(shares).unwrap_or_default(),
            turnover: shares(&self.turnover),
            best: shares(&self.stakes.best()),
            random: ks.iter().map(random).collect(),
            k: ks,
        }
    }

    /// What was expected against what was there.
    pub(super) fn calibration(&self) -> Calibration {
        let mut order: Vec<usize> =
            (0..self.numbers.len()).filter(|&position| self.expected[position] > 0).collect();
        order.sort_by_key(|&position| (self.expected[position], position));
        let bins = order.len().min(BINS);
        let edge = |bin: usize| bin * order.len() / bins.max(1);
        let mut groups = vec![(0..self.numbers.len()).collect::<Vec<usize>>()];
        groups.extend((0..bins).map(|bin| order[edge(bin)..edge(bin + 1)].to_vec()));
        let ratio = |group: &Vec<usize>| Ratio {
            parts: group
                .iter()
                .map(|&position| (position, self.stakes.0[position], self.expected[position]))
                .collect(),
        };
        let estimates = ratios(&groups.iter().map(ratio).collect::<Vec<_>>(), self.seed, self.numbers.len());
        let bin = |(group, ratio): (&Vec<usize>, Estimate)| CalibrationBin {
            institutions: group.len(),
            expected_amount: Yuan(group.iter().map(|&position| self.expected[position]).sum()),
            true_amount: Yuan(group.iter().map(|&position| self.stakes.0[position]).sum()),
            ratio,
        };
        let mut made = groups.iter().zip(estimates).map(bin);
        Calibration { all: made.next().unwrap_or_default(), bins: made.collect() }
    }

    /// What models add.
    pub(super) fn models(&self, judgement: &Judgement) -> ModelWorth {
        let rules = judgement.rules.iter().filter(|(_, facts)| facts.model);
        let of_models = |judged: &&super::alerts::JudgedAlert| judgement.rules[judged.rule].1.model;
        let alerts: Vec<_> = judgement.judged.iter().filter(of_models).collect();
        let named: BTreeSet<usize> = alerts
            .iter()
            .flat_map(|judged| judged.counted.iter().map(|(place, _)| *place).chain([judged.place]))
            .collect();
        let named: Vec<usize> =
            (0..self.numbers.len()).filter(|&n| named.contains(&self.numbers[n])).collect();
        let money: i64 = named.iter().map(|&place| self.stakes.0[place]).sum();
        let share = float(money) / float(self.stakes.total());
        let mut rules: Vec<String> = rules.map(|(rule, _)| rule.clone()).collect();
        rules.sort();
        ModelWorth {
            rules,
            alerts: alerts.len(),
            institutions: named.len(),
            share_of_money: rounded(share),
            lift: rounded(share * number(self.numbers.len()) / number(named.len())),
            added: usual_ks(self.numbers.len()).into_iter().map(|k| self.added(k)).collect(),
        }
    }

    fn added(&self, k: usize) -> ModelEffect {
        let without = self.without_models.as_deref().unwrap_or(&self.list);
        let first = |order: &[usize]| order.iter().take(k).copied().collect::<BTreeSet<usize>>();
        let (with, without) = (first(&self.list), first(without));
        let money = |places: Vec<&usize>| Yuan(places.iter().map(|&&place| self.stakes.0[place]).sum());
        ModelEffect {
            k,
            institutions: with.difference(&without).count(),
            money: money(with.difference(&without).collect()),
            money_pushed_out: money(without.difference(&with).collect()),
        }
    }
}

impl From<rank::YieldAtK> for OrderYield {
    fn from(at: rank::YieldAtK) -> OrderYield {
        OrderYield { precision: at.precision, money: Yuan(at.money), share: at.share }
    }
}

/// Fen to be found, by the judgement's number of the institution.
pub(super) fn to_find(judgement: &Judgement) -> Vec<i64> {
    let mut money = vec![0i64; judgement.codes.len()];
    for judged in &judgement.judged {
        for &(place, counted) in &judged.counted {
            money[place] += portion(counted, judgement.part(judged));
        }
    }
    let found = judgement.found();
    for (n, finding) in judgement.truth.findings().iter().enumerate() {
        if found[n] || judgement.exempted_findings.contains(&n) {
            continue;
        }
        let (parts, mut left) =
            (i64::try_from(finding.institutions.len()).unwrap_or(1).max(1), finding.amount);
        for (nth, code) in (0..).zip(&finding.institutions) {
            // The fen that do not divide go to the first.
            let part = finding.amount / parts + i64::from(nth < finding.amount % parts);
            left -= part;
            money[judgement.places.get(code).copied().unwrap_or(NOWHERE)] += part;
        }
        money[NOWHERE] += left;
    }
    money
}

/// Institutions that a decision is about: as such, or by an alert of theirs.
fn looked_at(judgement: &Judgement) -> BTreeSet<usize> {
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for judged in &judgement.judged {
        if !matches!(judged.standing, AlertTruth::Unknown(_)) {
            seen.extend(judged.counted.iter().map(|(place, _)| *place).chain([judged.place]));
        }
    }
    if let Truth::Labels(labels) = &judgement.truth {
        seen.extend(labels.inspected().filter_map(|code| judgement.places.get(code)));
    }
    seen.remove(&NOWHERE);
    seen
}

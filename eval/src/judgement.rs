//! The judgement on a run: how many of its alerts are right, what was missed, what the candidate list is worth.
//!
//! A [`Judgement`] is told the institutions, then each alert with its owners and the chance that the list gave it,
//! and ends as a [`Report`]: data with stable names, for machines and for the page. It keeps a few words of each
//! alert and never a person. `docs/evaluation.md` has each measure with its formula.

pub mod control;
mod places;
pub mod report;
mod sums;

use std::collections::{BTreeMap, BTreeSet};

use records::time::{day_of, parse_date};

use crate::truth::{Standing, Truth, Unknown};
use control::Draw;
use report::{Basis, Intervals, Report, RunFacts, Yuan};
use selection::outcome::{Alert, Institution, Owners};
use selection::value::InvalidValue;

/// What a judgement is made with.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// *Now* of the run, seconds.
    pub now: Option<i64>,
    /// Days after which a decision counts.
    pub delay: u32,
    /// Whether an alert that nobody decided counts as wrong.
    pub negative: bool,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

/// What the bank says of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFacts {
    /// Its family.
    pub family: String,
    /// Whether a learned model speaks through it, as an indicator.
    pub model: bool,
}

/// A place in the order of a candidate list, the first in rank first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// fixmedins_code.
    pub code: String,
    /// What the list expects there, fen.
    pub expected: i64,
}

/// What is kept of an alert.
struct Judged {
    rule: usize,
    /// The place it is counted with.
    place: usize,
    amount: i64,
    standing: Standing,
    /// So late that nobody can have decided yet.
    fresh: bool,
    chance: f64,
    /// Counted fen by institution.
    counted: Vec<(usize, i64)>,
}

/// Alerts against the truth.
pub struct Judgement {
    truth: Truth,
    settings: Settings,
    rules: Vec<(String, RuleFacts)>,
    numbers: BTreeMap<String, usize>,
    /// Institutions by number; what no institution has is at the last.
    codes: Vec<String>,
    places: BTreeMap<String, usize>,
    turnover: Vec<i64>,
    settlements: i64,
    months: BTreeSet<String>,
    judged: Vec<Judged>,
    /// Planted things whose alerts were let off: neither found nor missed.
    let_off: BTreeSet<usize>,
    exempted: usize,
}

/// Where what no institution has is counted.
const NOWHERE: usize = 0;

impl Judgement {
    /// Begins with the truth, what the bank says of rules, and the institutions of the run.
    ///
    /// # Errors
    /// An amount of an institution cannot be read.
    pub fn new(
        truth: Truth,
        rules: BTreeMap<String, RuleFacts>,
        institutions: impl IntoIterator<Item = Institution>,
        settings: Settings,
    ) -> Result<Judgement, InvalidValue> {
        let mut judgement = Judgement {
            truth,
            settings,
            numbers: rules.keys().enumerate().map(|(n, id)| (id.clone(), n)).collect(),
            rules: rules.into_iter().collect(),
            codes: vec![String::new()],
            places: BTreeMap::new(),
            turnover: vec![0],
            settlements: 0,
            months: BTreeSet::new(),
            judged: Vec::new(),
            let_off: BTreeSet::new(),
            exempted: 0,
        };
        for institution in institutions {
            let place = judgement.place(&institution.fixmedins_code);
            for (month, turnover) in institution.months {
                judgement.settlements += turnover.settlements;
                let fund = turnover.fund_pay_sumamt;
                judgement.turnover[place] += i64::try_from(fund.0)
                    .map_err(|_| InvalidValue(format!("a turnover of {fund} yuan is beyond 64-bit fen")))?;
                judgement.months.insert(month);
            }
        }
        Ok(judgement)
    }

    /// The number of an institution.
    fn place(&mut self, code: &str) -> usize {
        if let Some(&place) = self.places.get(code) {
            return place;
        }
        self.codes.push(code.to_owned());
        self.turnover.push(0);
        self.places.insert(code.to_owned(), self.codes.len() - 1);
        self.codes.len() - 1
    }

    fn rule(&mut self, alert: &Alert) -> usize {
        if let Some(&rule) = self.numbers.get(&alert.rule) {
            return rule;
        }
        self.rules.push((alert.rule.clone(), RuleFacts { family: alert.family.to_string(), model: false }));
        self.numbers.insert(alert.rule.clone(), self.rules.len() - 1);
        self.rules.len() - 1
    }

    /// Judges an alert; `chance` is the one that the list gave it of being confirmed.
    ///
    /// # Errors
    /// The owners are those of another alert, or a value cannot be read.
    pub fn take(&mut self, alert: &Alert, owners: &Owners, chance: f64) -> Result<(), InvalidValue> {
        if alert.alert_id != owners.alert_id {
            return Err(InvalidValue(format!(
                "alert {} has the owners of {}",
                alert.alert_id, owners.alert_id
            )));
        }
        if alert.exempted_by.is_some() {
            self.exempted += 1;
            self.let_off.extend(self.truth.names(alert));
            return Ok(());
        }
        let standing = self.truth.judge(alert, owners)?;
        let mut counted = Vec::with_capacity(owners.institutions.len());
        let mut most: Option<(i64, usize)> = None;
        for share in &owners.institutions {
            let place = self.place(&share.id);
            counted.push((place, share.counted_amount.fen()));
            let amount = share.amount.fen();
            if most.is_none_or(|(other, _)| amount > other) {
                most = Some((amount, place));
            }
        }
        let place = match (most, &alert.institution) {
            (Some((_, place)), _) => place,
            (None, Some(code)) => self.place(code),
            (None, None) => NOWHERE,
        };
        let day = alert.occurred.get(..10).and_then(parse_date);
        let day = day.ok_or_else(|| InvalidValue(format!("`{}` is no time", alert.occurred)))?;
        let fresh = self
            .settings
            .now
            .is_some_and(|now| i64::from(day) + i64::from(self.settings.delay) > i64::from(day_of(now)));
        let rule = self.rule(alert);
        let amount = alert.amount.fen();
        self.judged.push(Judged { rule, place, amount, standing, fresh, chance, counted });
        Ok(())
    }

    /// The report. `list` is the order of the candidate list, `without_models` the one it would have without what
    /// models say, `draw` a list that was published with its control group.
    pub fn report(mut self, list: &[Ranked], without_models: &[Ranked], draw: Option<&Draw>) -> Report {
        self.settle();
        let sums = sums::Sums::of(&self);
        let models = self.rules.iter().any(|(_, facts)| facts.model);
        let measures = sums.measures(&self);
        let places = places::Places::of(&self, list, models.then_some(without_models));
        Report {
            now: self.settings.now.map(records::time::format_time),
            truth: self.basis(),
            intervals: Intervals {
                level: crate::measure::LEVEL,
                seed: self.settings.seed,
                resamples: crate::measure::bootstrap::RESAMPLES,
            },
            run: RunFacts {
                alerts: self.judged.len(),
                exempted: self.exempted,
                institutions: self.codes.len() - 1,
                months: self.months.iter().cloned().collect(),
                settlements: self.settlements,
                fund_pay_sumamt: Yuan(self.turnover.iter().sum()),
            },
            all: measures.all,
            without_models: models.then_some(measures.without_models),
            families: measures.families,
            rules: measures.rules,
            schemes: measures.schemes,
            chances: sums::chances(&self),
            list: places.list(),
            calibration: places.calibration(),
            models: models.then(|| places.models(&self)),
            control: draw.and_then(|draw| self.control(draw)),
        }
    }

    /// Once all alerts are told: what nobody decided counts as wrong, if that was asked for.
    fn settle(&mut self) {
        for judged in self.judged.iter_mut().filter(|judged| self.settings.negative && !judged.fresh) {
            if judged.standing == Standing::Unknown(Unknown::Unlabelled) {
                judged.standing = Standing::Wrong(None);
            }
        }
    }

    /// Fen of an alert that are right, and those of its thing that it does not reach.
    fn right(&self, judged: &Judged) -> (i64, i64) {
        match (judged.standing, &self.truth) {
            (Standing::Right(line), Truth::Planted(plantings)) => {
                let amount = plantings.things[line].amount;
                let right = amount.min(judged.amount);
                (right, amount - right)
            }
            (Standing::Right(label), Truth::Labels(labels)) => {
                (portion(judged.amount, labels.part(label)), 0)
            }
            _ => (0, 0),
        }
    }

    /// The part of the alert that is right, of a whole.
    fn part(&self, judged: &Judged) -> f64 {
        match (judged.standing, &self.truth) {
            (Standing::Right(label), Truth::Labels(labels)) => labels.part(label),
            (Standing::Right(_), _) => 1.0,
            _ => 0.0,
        }
    }

    /// The number of the thing of a right alert.
    fn thing(&self, judged: &Judged) -> Option<usize> {
        match (judged.standing, &self.truth) {
            (Standing::Right(line), Truth::Planted(_)) => Some(line),
            (Standing::Right(label), Truth::Labels(labels)) => labels.thing(label),
            _ => None,
        }
    }

    /// By thing, whether an alert found it.
    fn found(&self) -> Vec<bool> {
        match &self.truth {
            Truth::Labels(labels) => labels.found(),
            Truth::Planted(plantings) => {
                let mut found = vec![false; plantings.things.len()];
                for judged in &self.judged {
                    if let Standing::Right(line) = judged.standing {
                        found[line] = true;
                    }
                }
                found
            }
        }
    }

    fn basis(&self) -> Basis {
        let things = self.truth.things();
        let cases: BTreeSet<&str> = things.iter().map(|thing| thing.case_id.as_str()).collect();
        let (findings, cases) = (things.len(), cases.len());
        match &self.truth {
            Truth::Planted(_) => Basis { kind: "planted", findings, cases, labels: None },
            Truth::Labels(labels) => Basis {
                kind: "labels",
                findings,
                cases,
                labels: Some(report::LabelBasis::of(labels, self.settings)),
            },
        }
    }
}

/// A part of an amount, to the fen.
#[expect(clippy::cast_possible_truncation, reason = "a part of a whole amount is not greater than it")]
fn portion(amount: i64, part: f64) -> i64 {
    (crate::measure::float(amount) * part).round() as i64
}

#[cfg(test)]
mod tests;

//! The alerts of a run, each with what is true of it.
//!
//! A [`Judgement`] is given the institutions, then each alert with its owners and the chance that the list gave it. It
//! keeps a few words of each alert and never a person. Institutions and rules are numbers here; what belongs to no
//! institution is counted under the number 0.

use std::collections::{BTreeMap, BTreeSet};

use records::time::day_of;
use selection::value::{InvalidValue, day_of_moment};
use wire::{Alert, Institution, Owners};

use crate::truth::{AlertTruth, Truth, UnknownReason};

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

/// What the bank states of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFacts {
    /// Its family.
    pub family: String,
    /// Whether it reports what a learned model finds, as an indicator.
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
pub(super) struct JudgedAlert {
    pub(super) rule: usize,
    /// The place it is counted with.
    pub(super) place: usize,
    pub(super) amount: i64,
    pub(super) standing: AlertTruth,
    /// So late that nobody can have decided yet.
    pub(super) fresh: bool,
    pub(super) chance: f64,
    /// Counted fen by institution.
    pub(super) counted: Vec<(usize, i64)>,
}

/// Alerts against the truth.
///
/// # Example
/// ```
/// use std::collections::BTreeMap;
///
/// use eval::judgement::{Judgement, Settings};
/// use eval::truth::{PlantedTruth, Truth, TruthLine};
///
/// let mut planted = PlantedTruth::default();
/// planted.add(TruthLine {
///     case_id: "case-000001".to_owned(),
///     scheme: "two_stays_at_once".to_owned(),
///     rule: "A05".to_owned(),
///     key: vec!["M1".to_owned(), "M2".to_owned()],
///     institutions: vec!["H1".to_owned()],
///     amount: wire::Fen(120_000),
/// })?;
/// let settings = Settings { now: None, delay: 30, negative: false, seed: 1 };
/// let judgement = Judgement::new(Truth::Planted(planted), BTreeMap::new(), [], settings)?;
/// // No alert was raised, so the finding was missed.
/// let report = judgement.report(&[], &[], None);
/// assert_eq!((report.all.missed, report.all.recall.value), (1, Some(0.0)));
/// # Ok::<(), selection::value::InvalidValue>(())
/// ```
pub struct Judgement {
    pub(super) truth: Truth,
    pub(super) settings: Settings,
    pub(super) rules: Vec<(String, RuleFacts)>,
    pub(super) numbers: BTreeMap<String, usize>,
    /// Institutions by number; what no institution has is at the last.
    pub(super) codes: Vec<String>,
    pub(super) places: BTreeMap<String, usize>,
    pub(super) turnover: Vec<i64>,
    pub(super) settlements: i64,
    pub(super) months: BTreeSet<String>,
    pub(super) judged: Vec<JudgedAlert>,
    /// True findings whose alerts an exemption lets off: neither found nor missed.
    pub(super) exempted_findings: BTreeSet<usize>,
    pub(super) exempted: usize,
}

/// Where what no institution has is counted.
pub(super) const NOWHERE: usize = 0;

impl Judgement {
    /// Begins with the truth, what the bank states of rules, and the institutions of the run.
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
            exempted_findings: BTreeSet::new(),
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
    pub(super) fn place(&mut self, code: &str) -> usize {
        if let Some(&place) = self.places.get(code) {
            return place;
        }
        self.codes.push(code.to_owned());
        self.turnover.push(0);
        self.places.insert(code.to_owned(), self.codes.len() - 1);
        self.codes.len() - 1
    }

    pub(super) fn rule(&mut self, alert: &Alert) -> usize {
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
    pub fn add_alert(&mut self, alert: &Alert, owners: &Owners, chance: f64) -> Result<(), InvalidValue> {
        if alert.alert_id != owners.alert_id {
            return Err(InvalidValue(format!(
                "alert {} has the owners of {}",
                alert.alert_id, owners.alert_id
            )));
        }
        if alert.exempted_by.is_some() {
            self.exempted += 1;
            self.exempted_findings.extend(self.truth.names(alert));
            return Ok(());
        }
        // Its money by institution, and the institution that owns most of it.
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
        // So late that no decision can have come back.
        let day = day_of_moment(&alert.occurred)?;
        let fresh = self
            .settings
            .now
            .is_some_and(|now| i64::from(day) + i64::from(self.settings.delay) > i64::from(day_of(now)));
        let rule = self.rule(alert);
        let amount = alert.amount.fen();
        self.judged.push(JudgedAlert { rule, place, amount, standing, fresh, chance, counted });
        Ok(())
    }

    /// Once all alerts are added: what nobody decided counts as wrong, if that was asked for.
    pub(super) fn close_undecided(&mut self) {
        for judged in self.judged.iter_mut().filter(|judged| self.settings.negative && !judged.fresh) {
            if judged.standing == AlertTruth::Unknown(UnknownReason::Unlabelled) {
                judged.standing = AlertTruth::Wrong(None);
            }
        }
    }

    /// Fen of an alert that are right, and those of its thing that it does not reach.
    pub(super) fn right(&self, judged: &JudgedAlert) -> (i64, i64) {
        match (judged.standing, &self.truth) {
            (AlertTruth::Right(line), Truth::Planted(planted)) => {
                let amount = planted.findings[line].amount;
                let right = amount.min(judged.amount);
                (right, amount - right)
            }
            (AlertTruth::Right(label), Truth::Labels(labels)) => {
                (portion(judged.amount, labels.part(label)), 0)
            }
            _ => (0, 0),
        }
    }

    /// The part of the alert that is right, of a whole.
    pub(super) fn part(&self, judged: &JudgedAlert) -> f64 {
        match (judged.standing, &self.truth) {
            (AlertTruth::Right(label), Truth::Labels(labels)) => labels.part(label),
            (AlertTruth::Right(_), _) => 1.0,
            _ => 0.0,
        }
    }

    /// The number of the thing of a right alert.
    pub(super) fn finding(&self, judged: &JudgedAlert) -> Option<usize> {
        match (judged.standing, &self.truth) {
            (AlertTruth::Right(line), Truth::Planted(_)) => Some(line),
            (AlertTruth::Right(label), Truth::Labels(labels)) => labels.finding(label),
            _ => None,
        }
    }

    /// By thing, whether an alert found it.
    pub(super) fn found(&self) -> Vec<bool> {
        match &self.truth {
            Truth::Labels(labels) => labels.found(),
            Truth::Planted(planted) => {
                let mut found = vec![false; planted.findings.len()];
                for judged in &self.judged {
                    if let AlertTruth::Right(line) = judged.standing {
                        found[line] = true;
                    }
                }
                found
            }
        }
    }
}

/// A part of an amount, to the fen.
#[expect(clippy::cast_possible_truncation, reason = "a part of a whole amount is not greater than it")]
pub(super) fn portion(amount: i64, part: f64) -> i64 {
    (crate::measure::float(amount) * part).round() as i64
}

//! The report as data: what `report.json` holds, field by field.
//!
//! Money is text in yuan, as in every file of a run; shares, rates and chances are numbers with at most six decimals.
//! Lists are sorted: measures by name, places by rank, so that equal runs give equal bytes. Nobody is named.

use std::collections::BTreeMap;

use records::decimal::format_fen;
use serde::{Serialize, Serializer};

use crate::measure::Estimate;

/// Fen that are written in yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Yuan(pub i64);

impl Serialize for Yuan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_fen(self.0))
    }
}

/// How good a run is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// *Now* of the run.
    pub now: Option<String>,
    /// What alerts were held against.
    pub truth: TruthBasis,
    /// How intervals were made.
    pub intervals: Intervals,
    /// The run.
    pub run: RunFacts,
    /// All alerts.
    pub all: Measure,
    /// All but those of models; only where rules of models are in the bank.
    pub without_models: Option<Measure>,
    /// By family.
    pub families: Vec<Measure>,
    /// By rule.
    pub rules: Vec<Measure>,
    /// By scheme: what was planted or decided under this name. A false alarm belongs to no scheme.
    pub schemes: Vec<Measure>,
    /// How well the chance that the list gives a rule's findings fits what was decided.
    pub chances: Vec<ChanceFit>,
    /// The candidate list against other orders.
    pub list: ListWorth,
    /// What the list expected against what was there.
    pub calibration: Calibration,
    /// What models add; only where rules of models are in the bank.
    pub models: Option<ModelWorth>,
    /// What a control draw estimates for places that the list left out; only where one was decided.
    pub control: Option<Control>,
}

/// What alerts were held against.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TruthBasis {
    /// `planted` (complete) or `labels` (what is not decided is unknown).
    pub kind: &'static str,
    /// True findings: lines of the truth, or decisions that confirm.
    pub findings: usize,
    /// The cases that they belong to.
    pub cases: usize,
    /// What decisions there are.
    pub labels: Option<LabelBasis>,
}

/// What decisions there are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelBasis {
    /// That stand.
    pub labels: usize,
    /// Younger than the delay: they count as unknown.
    pub young: usize,
    /// Left open.
    pub undecided: usize,
    /// On somebody, with neither a period nor a rule: they decide nothing about an alert.
    pub vague: usize,
    /// Days after which a decision counts.
    pub delay_days: u32,
    /// `unknown`, or `negative` where what nobody decided was asked to count as wrong.
    pub unlabelled: &'static str,
    /// Alerts decided, by the breadth of their label: `alert`, `record`, `owner`.
    pub alerts_by: BTreeMap<&'static str, usize>,
}

/// How intervals were made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Intervals {
    /// Their nominal level.
    pub level: f64,
    /// The seed of all that was drawn.
    pub seed: u64,
    /// Resamples of institutions.
    pub resamples: usize,
}

/// The run that was judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunFacts {
    /// Alerts that stand, without those let off.
    pub alerts: usize,
    /// Alerts let off by an exemption: neither right nor wrong.
    pub exempted: usize,
    /// Institutions.
    pub institutions: usize,
    /// Months with settlements.
    pub months: Vec<String>,
    /// Live settlements.
    pub settlements: i64,
    /// What the fund paid for them.
    pub fund_pay_sumamt: Yuan,
}

/// How good a part of the alerts is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measure {
    /// The rule, family or scheme; `all` and `without_models` for those.
    pub name: String,
    /// Alerts.
    pub alerts: usize,
    /// Those that are right or wrong: what the shares stand on.
    pub decided: usize,
    /// Right.
    pub right: usize,
    /// Wrong: false alarms.
    pub wrong: usize,
    /// Unknown: no label, a label too young, a label that leaves it open.
    pub unknown: UnknownCount,
    /// True findings that no alert names.
    pub missed: usize,
    /// Cases, and those of which at least one finding was raised.
    pub cases: usize,
    /// Cases of which at least one finding was raised.
    pub cases_found: usize,
    /// right ÷ (right + wrong).
    pub precision: Estimate,
    /// found ÷ (found + missed).
    pub recall: Estimate,
    /// Harmonic mean of the two.
    pub f1: Option<f64>,
    /// Fen of the alerts that are right.
    pub amount_right: Yuan,
    /// Fen of the alerts that are not.
    pub amount_wrong: Yuan,
    /// Fen of true findings that no alert reaches.
    pub amount_missed: Yuan,
    /// amount_right ÷ (amount_right + amount_wrong).
    pub precision_money: Estimate,
    /// amount_right ÷ (amount_right + amount_missed).
    pub recall_money: Estimate,
    /// 10,000 × wrong ÷ settlements.
    pub false_alarms_per_10000: Estimate,
}

/// Alerts of which nobody knows, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnknownCount {
    /// No label is about them.
    pub unlabelled: usize,
    /// Their label is younger than the delay.
    pub young: usize,
    /// Their label leaves it open.
    pub undecided: usize,
}

/// How well the chance of a rule fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChanceFit {
    /// The rule.
    pub name: String,
    /// Decided alerts.
    pub decided: usize,
    /// The chance that the list gave them, their mean.
    pub chance: Option<f64>,
    /// The share of them that is right.
    pub confirmed: Estimate,
    /// Mean of (chance − outcome)²: 0 is best.
    pub brier: Option<f64>,
    /// The same if the chance had been the share confirmed.
    pub brier_of_rate: Option<f64>,
}

/// The candidate list against other orders of the institutions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListWorth {
    /// Institutions that were ordered: all of them, with labels those that a decision is about.
    pub institutions: usize,
    /// Those with something to find.
    pub with_money: usize,
    /// What is to be found at all of them, each yuan once.
    pub money: Yuan,
    /// What the first k hold.
    pub at: Vec<OrdersAtK>,
    /// The same for every k, as shares of the money.
    pub curve: Curve,
}

/// What the first k of each order hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OrdersAtK {
    /// How many.
    pub k: usize,
    /// The candidate list.
    pub list: OrderYield,
    /// The list as it would be without models; only where rules of models are in the bank.
    pub list_without_models: Option<OrderYield>,
    /// By what the fund paid them.
    pub turnover: OrderYield,
    /// Any order: its expected value, exactly, and where nine orders in ten lie.
    pub random: OrderYield,
    /// The best order there is.
    pub best: OrderYield,
    /// Money of the list ÷ expected money of a random order.
    pub times_random: Estimate,
}

/// What the first k of an order hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct OrderYield {
    /// Share of them at which there is something to find.
    pub precision: Estimate,
    /// What is to be found at them.
    pub money: Yuan,
    /// Its share of all there is.
    pub share: Estimate,
}

/// Shares of the money by how many places were visited, for drawing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// Places visited.
    pub k: Vec<usize>,
    /// The candidate list.
    pub list: Vec<Option<f64>>,
    /// Without models; empty without models.
    pub list_without_models: Vec<Option<f64>>,
    /// By turnover.
    pub turnover: Vec<Option<f64>>,
    /// Any order, expected.
    pub random: Vec<Option<f64>>,
    /// The best order.
    pub best: Vec<Option<f64>>,
}

/// What the list expected against what was there.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Calibration {
    /// All institutions together.
    pub all: CalibrationBin,
    /// Institutions of which something was expected, in tenths by how much, the least first.
    pub bins: Vec<CalibrationBin>,
}

/// Some institutions together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// How many.
    pub institutions: usize,
    /// What the list expected.
    pub expected_amount: Yuan,
    /// What was there.
    pub true_amount: Yuan,
    /// True ÷ expected: 1 is right, above 1 more was there.
    pub ratio: Estimate,
}

/// What models add to rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelWorth {
    /// Rules of models.
    pub rules: Vec<String>,
    /// Their alerts.
    pub alerts: usize,
    /// Institutions that they name.
    pub institutions: usize,
    /// The money to be found there, as a share of all.
    pub share_of_money: Option<f64>,
    /// That share ÷ the share of institutions: above 1 they point where money is.
    pub lift: Option<f64>,
    /// What changes among the first k.
    pub added: Vec<ModelEffect>,
}

/// What models change among the first k of the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelEffect {
    /// How many.
    pub k: usize,
    /// Institutions among the first k only with models.
    pub institutions: usize,
    /// What is to be found there.
    pub money: Yuan,
    /// What is to be found at those that they pushed out.
    pub money_pushed_out: Yuan,
}

/// What a control draw estimates for what the list leaves out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Control {
    /// Institutions that the list did not rank.
    pub unranked: usize,
    /// Those of them that were drawn.
    pub drawn: usize,
    /// Drawn ones of which it is known what was found.
    pub decided: usize,
    /// Found there.
    pub found: Yuan,
    /// Money at all that were not ranked, estimated.
    pub money: Yuan,
    /// Lower end of its interval.
    pub money_low: Yuan,
    /// Upper end; none where nothing was found, which is no information about amounts.
    pub money_high: Option<Yuan>,
    /// Too few were visited for the interval to be relied upon.
    pub few: bool,
    /// What there is, against planted truth.
    pub truth: Option<Yuan>,
    /// Whether the interval holds it.
    pub covered: Option<bool>,
}

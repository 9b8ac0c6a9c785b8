//! Whom to inspect: the rows of a list, and the facts published beside them (`NAME.draw.json`).
//!
//! Amounts are yuan, shares and chances numbers between 0 and 1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::Fen;

/// A line of a list: one to inspect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListRow {
    /// Its place in the ranking of everybody, from 1.
    pub rank: u64,
    /// The institution; one of the three codes is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixmedins_code: Option<String>,
    /// The practitioner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prac_psn_code: Option<String>,
    /// The person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psn_no: Option<String>,
    /// Name of the institution.
    pub fixmedins_name: Option<String>,
    /// `1` medical, `2` pharmacy, `3` care agency.
    pub fixmedins_type: Option<String>,
    /// Level, `01` highest.
    pub hosp_lv: Option<String>,
    /// Region.
    pub admdvs: Option<String>,
    /// Why it is on the list.
    pub drawn: DrawReason,
    /// The chance of being on it: 1 where the ranking states so, else that of the draw.
    pub inclusion_probability: f64,
    /// Whether the days of the plan reach to it; none without `--days`.
    pub planned: Option<bool>,
    /// The inspectors drawn for it; none without `--inspectors`, or where nobody is to go.
    pub team: Option<Vec<String>>,
    /// What can be expected to be recovered.
    pub expected_amount: Fen,
    /// The same per inspector day.
    pub expected_per_day: Fen,
    /// Inspector days that a visit takes.
    pub effort_days: f64,
    /// Counted money of its alerts in the period.
    pub counted_amount: Fen,
    /// Of that, what was inspected or recovered already; nothing of it is expected.
    pub settled_amount: Fen,
    /// The part of the counted money that is of definite findings, 0 to 1.
    pub definite_share: f64,
    /// Alerts; exempted ones are none.
    pub alerts: u64,
    /// How many are of its type and level, itself among them.
    pub peers: u64,
    /// The median of what is expected of them.
    pub peers_median: Fen,
    /// What is expected, by month `YYYY-MM` in which it occurred.
    pub trend: BTreeMap<String, Fen>,
    /// The same sums by family of rule.
    pub by_family: BTreeMap<String, FamilySum>,
    /// The rules of which most is expected, at most ten.
    pub top_rules: Vec<RuleSum>,
    /// What could not be judged there; none for practitioners and persons.
    pub coverage: Option<PeriodCoverage>,
}

impl ListRow {
    /// The code that identifies it: of the institution, the practitioner or the person.
    pub fn id(&self) -> &str {
        let ids = [&self.fixmedins_code, &self.prac_psn_code, &self.psn_no];
        ids.into_iter().flatten().next().map_or("", String::as_str)
    }
}

/// Why a row is on the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawReason {
    /// The ranking states so.
    #[default]
    Ranked,
    /// The lot fell on it.
    Control,
}

/// What the rules of one family found there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilySum {
    /// Alerts.
    pub alerts: u64,
    /// Their counted money.
    pub counted_amount: Fen,
    /// What can be expected.
    pub expected_amount: Fen,
}

/// What one rule found there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSum {
    /// Its id.
    pub rule: String,
    /// Alerts.
    pub alerts: u64,
    /// Their counted money.
    pub counted_amount: Fen,
    /// What can be expected.
    pub expected_amount: Fen,
}

/// What arrived from an institution in a period, and what could not be judged there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodCoverage {
    /// Months of the period that the runs know.
    pub months: u64,
    /// Records that arrived.
    pub records: i64,
    /// Kinds it is expected to send and never sent.
    pub never: Vec<String>,
    /// Months in which a kind that it sends otherwise did not arrive, by kind.
    pub silent: BTreeMap<String, u64>,
    /// Subjects not judged, by rule and reason.
    pub not_judged: BTreeMap<String, BTreeMap<String, i64>>,
}

impl PeriodCoverage {
    /// Adds one month of the period.
    pub fn add(&mut self, month: &crate::InstitutionCoverage) {
        self.months += 1;
        self.records += month.records.values().sum::<i64>();
        for kind in &month.never {
            if let Err(position) = self.never.binary_search(kind) {
                self.never.insert(position, kind.clone());
            }
        }
        for kind in &month.silent {
            *self.silent.entry(kind.clone()).or_default() += 1;
        }
        for (rule, reasons) in &month.not_judged {
            let sums = self.not_judged.entry(rule.clone()).or_default();
            for (reason, count) in reasons {
                *sums.entry(reason.clone()).or_default() += count;
            }
        }
    }

    /// Subjects not judged, over all rules.
    pub fn not_judged_sum(&self) -> i64 {
        self.not_judged.values().flat_map(BTreeMap::values).sum()
    }
}

/// The facts of a list, published so that anybody can prove its draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListFacts {
    /// `institutions`, `practitioners` or `persons`.
    pub of: String,
    /// The days that it is about, `A..B`.
    pub period: String,
    /// The runs it was made of, in the order of the arguments.
    pub runs: Vec<RunFacts>,
    /// Labels that the runs have.
    pub labels: LabelCounts,
    /// How likely a finding of each rule is confirmed.
    pub chances: Vec<RuleChance>,
    /// SHA-256 of the table of effort.
    pub effort_sha256: String,
    /// Inspector days of the plan, if one was asked for.
    pub plan: Option<Plan>,
    /// How many the ranking takes at most.
    pub top: u64,
    /// Their codes, in the order of their ranks; persons are not named here.
    pub ranked: Vec<String>,
    /// The draw; none for practitioners and persons.
    pub draw: Option<Draw>,
    /// Who goes, if inspectors were given.
    pub teams: Option<Teams>,
    /// What the ranking misses, once decisions about the control group have come back.
    pub estimate: Option<MissedEstimate>,
}

/// What is published of a run, so that a list can be held against it wherever its folder lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Its *now*; none if it kept none.
    pub now: Option<String>,
    /// Lines of its `alerts.ndjson`.
    pub alerts: u64,
    /// SHA-256 of its `alerts.ndjson`.
    pub alerts_sha256: String,
    /// SHA-256 of the listing that `sha256sum` makes of its `explain/bank`; none if it kept none.
    pub bank_sha256: Option<String>,
}

/// Labels, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelCounts {
    /// All of them.
    pub labels: u64,
    /// Nothing is decided yet.
    pub undecided: u64,
    /// They name neither an alert, a record, a period nor a rule, and so state nothing here.
    pub vague: u64,
}

/// The chance that a finding of a rule is confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleChance {
    /// The rule.
    pub rule: String,
    /// Whether this is about its indicators.
    pub indicator: bool,
    /// What its owner states.
    pub prior: f64,
    /// How many decisions that is worth.
    pub weight: u32,
    /// Decisions.
    pub decided: u64,
    /// How many of them were confirmed, parts counted as parts.
    pub confirmed: f64,
    /// The chance, to six places.
    pub chance: f64,
}

/// A plan of inspector days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Days there are.
    pub days: f64,
    /// Days that the planned visits take.
    pub days_planned: f64,
    /// Planned visits.
    pub planned: u64,
}

/// The control draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// The seed; none where none was given, and then nobody was drawn.
    pub seed: Option<String>,
    /// How many were to be drawn.
    pub control: u64,
    /// Institutions of the frame.
    pub frame_size: u64,
    /// SHA-256 of the frame: its codes sorted by bytes, each ended by a line feed.
    pub frame_hash: String,
    /// Institutions of the frame that are not ranked.
    pub open: u64,
    /// The chance of each of those to be drawn.
    pub inclusion_probability: f64,
    /// Who was drawn, the smallest lot first.
    pub drawn: Vec<Lot>,
    /// Institutions that stand in the runs and not in the frame, and why.
    pub left_out: BTreeMap<String, String>,
}

/// Somebody on whom the lot fell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The institution.
    pub fixmedins_code: String,
    /// SHA-256 of the seed, a line feed and the code.
    pub lot: String,
}

/// Who goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Teams {
    /// SHA-256 of the inspectors' file.
    pub inspectors_sha256: String,
    /// Inspectors in it.
    pub inspectors: u64,
    /// How many go together.
    pub size: u64,
    /// The teams, in the order in which institutions were taken.
    pub teams: Vec<Team>,
    /// Days of each inspector.
    pub workload: BTreeMap<String, f64>,
}

/// The team of an institution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Team {
    /// The institution.
    pub fixmedins_code: String,
    /// Its region.
    pub admdvs: Option<String>,
    /// Days of the visit.
    pub effort_days: f64,
    /// Who goes, in the order of the draw; fewer than `size` where no more may go.
    pub team: Vec<String>,
    /// Who must not go there.
    pub recused: Vec<String>,
}

/// What the ranking misses, estimated from the control group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MissedEstimate {
    /// Institutions that were not ranked.
    pub population: u64,
    /// Those of them that were drawn.
    pub drawn: u64,
    /// Those of these of which the finding is known.
    pub answered: u64,
    /// Drawn ones of which something was confirmed and no amount is stated.
    pub without_amount: Vec<String>,
    /// Drawn ones that nobody has decided about.
    pub open: Vec<String>,
    /// Found at the answered ones.
    pub found: Fen,
    /// The Horvitz-Thompson total of all that were not ranked; none as long as nobody has answered.
    pub total: Option<Fen>,
    /// The interval's lower end.
    pub low: Option<Fen>,
    /// Its upper end; none where nothing was found or one institution alone answered.
    pub high: Option<Fen>,
    /// At most this share of the institutions has anything, one-sided by the same level.
    pub share_high: Option<f64>,
    /// What the interval shall hold in so many of a hundred draws.
    pub level: f64,
    /// Resamples of each sort.
    pub resamples: u64,
    /// Fewer answers than the interval needs.
    pub few: bool,
}

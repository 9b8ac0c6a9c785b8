//! The rows of a list, as its NDJSON has them: every figure that the other forms show is one of these.

use std::collections::BTreeMap;

use records::decimal::format_fen;
use selection::candidate::Candidate;
use selection::coverage::Coverage;
use selection::subject::SubjectKind;
use serde::{Deserialize, Serialize};

/// One to inspect. Amounts are yuan, as text with two places.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
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
    pub drawn: Drawn,
    /// The chance of being on it: 1 where the ranking says so, else that of the draw.
    pub inclusion_probability: f64,
    /// Whether the days of the plan reach to it; none without `--days`.
    pub planned: Option<bool>,
    /// The inspectors drawn for it; none without `--inspectors`, or where nobody is to go.
    pub team: Option<Vec<String>>,
    /// What can be expected to be recovered.
    pub expected_amount: String,
    /// The same per inspector day.
    pub expected_per_day: String,
    /// Inspector days that a visit takes.
    pub effort_days: f64,
    /// Counted money of its alerts in the period.
    pub counted_amount: String,
    /// Of that, what was inspected or recovered already; nothing of it is expected.
    pub settled_amount: String,
    /// The part of the counted money that is of definite findings, 0 to 1.
    pub definite_share: f64,
    /// Alerts; exempted ones are none.
    pub alerts: u64,
    /// How many are of its type and level, itself among them.
    pub peers: u64,
    /// The median of what is expected of them.
    pub peers_median: String,
    /// What is expected, by month `YYYY-MM` in which it occurred.
    pub trend: BTreeMap<String, String>,
    /// The same sums by family of rule.
    pub by_family: BTreeMap<String, Part>,
    /// The rules of which most is expected, at most ten.
    pub top_rules: Vec<TopRule>,
    /// What could not be judged there; none for practitioners and persons.
    pub coverage: Option<Coverage>,
}

/// Why a row is on the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// The ranking says so.
    #[default]
    Ranked,
    /// The lot fell on it.
    Control,
}

/// A part of a row's money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Alerts.
    pub alerts: u64,
    /// Their counted money.
    pub counted_amount: String,
    /// What can be expected.
    pub expected_amount: String,
}

/// What one rule found there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TopRule {
    /// Its id.
    pub rule: String,
    /// Alerts.
    pub alerts: u64,
    /// Their counted money.
    pub counted_amount: String,
    /// What can be expected.
    pub expected_amount: String,
}

/// How many rules a row names.
const TOP_RULES: usize = 10;

impl Row {
    /// The row of a candidate at this rank.
    pub fn of(of: SubjectKind, rank: usize, candidate: &Candidate, coverage: Option<Coverage>) -> Row {
        let sum = &candidate.totals;
        let place = candidate.institution.clone().unwrap_or_default();
        let id = |sort: SubjectKind| (of == sort).then(|| candidate.id.clone());
        Row {
            rank: rank as u64,
            fixmedins_code: id(SubjectKind::Institutions),
            prac_psn_code: id(SubjectKind::Practitioners),
            psn_no: id(SubjectKind::Persons),
            fixmedins_name: place.fixmedins_name,
            fixmedins_type: place.fixmedins_type,
            hosp_lv: place.hosp_lv,
            admdvs: place.admdvs,
            drawn: Drawn::Ranked,
            inclusion_probability: 1.0,
            planned: None,
            team: None,
            expected_amount: format_fen(sum.expected_fen),
            expected_per_day: format_fen(candidate.expected_per_day_fen()),
            effort_days: candidate.effort.number(),
            counted_amount: format_fen(sum.counted_fen),
            settled_amount: format_fen(sum.inspected_fen),
            definite_share: share(sum.definite_fen, sum.counted_fen),
            alerts: sum.alerts,
            peers: candidate.peers as u64,
            peers_median: format_fen(candidate.peers_median_fen),
            trend: candidate
                .by_month
                .iter()
                .map(|(month, fen)| (month.to_string(), format_fen(*fen)))
                .collect(),
            by_family: families(candidate),
            top_rules: top_rules(candidate),
            coverage,
        }
    }

    /// The code that says which.
    pub fn id(&self) -> &str {
        let ids = [&self.fixmedins_code, &self.prac_psn_code, &self.psn_no];
        ids.into_iter().flatten().next().map_or("", String::as_str)
    }
}

/// A part of a whole to four places; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
pub fn share(part: i64, whole: i64) -> f64 {
    if whole <= 0 {
        return 0.0;
    }
    (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0
}

fn families(candidate: &Candidate) -> BTreeMap<String, Part> {
    let mut sums: BTreeMap<String, (u64, i64, i64)> = BTreeMap::new();
    for of_rule in candidate.by_rule.values() {
        let sum = sums.entry(of_rule.family.clone()).or_default();
        sum.0 += of_rule.totals.alerts;
        sum.1 = sum.1.saturating_add(of_rule.totals.counted_fen);
        sum.2 = sum.2.saturating_add(of_rule.totals.expected_fen);
    }
    let part = |(alerts, counted, expected)| Part {
        alerts,
        counted_amount: format_fen(counted),
        expected_amount: format_fen(expected),
    };
    sums.into_iter().map(|(family, sum)| (family, part(sum))).collect()
}

fn top_rules(candidate: &Candidate) -> Vec<TopRule> {
    let mut rules: Vec<_> = candidate.by_rule.iter().collect();
    // The order of ids stays where two are equal.
    rules.sort_by_key(|(_, of_rule)| {
        let sum = of_rule.totals;
        std::cmp::Reverse((sum.expected_fen, sum.counted_fen, sum.alerts))
    });
    let top = rules.into_iter().take(TOP_RULES).map(|(rule, of_rule)| TopRule {
        rule: rule.clone(),
        alerts: of_rule.totals.alerts,
        counted_amount: format_fen(of_rule.totals.counted_fen),
        expected_amount: format_fen(of_rule.totals.expected_fen),
    });
    top.collect()
}

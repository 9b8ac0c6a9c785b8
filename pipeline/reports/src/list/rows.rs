//! The rows of a list, as its NDJSON has them: every figure that the other forms show is one of these.

use std::collections::BTreeMap;

use selection::candidate::Candidate;
use selection::subject::SubjectKind;
use wire::Fen;
use wire::list::{DrawReason, FamilySum, ListRow, PeriodCoverage, RuleSum};

/// How many rules a row names.
const TOP_RULES: usize = 10;

/// The row of a candidate at this rank.
pub fn row(of: SubjectKind, rank: usize, candidate: &Candidate, coverage: Option<PeriodCoverage>) -> ListRow {
    let sum = &candidate.totals;
    let institution = candidate.institution.clone().unwrap_or_default();
    let id = |sort: SubjectKind| (of == sort).then(|| candidate.id.clone());
    ListRow {
        rank: rank as u64,
        fixmedins_code: id(SubjectKind::Institutions),
        prac_psn_code: id(SubjectKind::Practitioners),
        psn_no: id(SubjectKind::Persons),
        fixmedins_name: institution.fixmedins_name,
        fixmedins_type: institution.fixmedins_type,
        hosp_lv: institution.hosp_lv,
        admdvs: institution.admdvs,
        drawn: DrawReason::Ranked,
        inclusion_probability: 1.0,
        planned: None,
        team: None,
        expected_amount: Fen(sum.expected_fen),
        expected_per_day: Fen(candidate.expected_per_day_fen()),
        effort_days: candidate.effort.number(),
        counted_amount: Fen(sum.counted_fen),
        settled_amount: Fen(sum.inspected_fen),
        definite_share: share(sum.definite_fen, sum.counted_fen),
        alerts: sum.alerts,
        peers: candidate.peers as u64,
        peers_median: Fen(candidate.peers_median_fen),
        trend: candidate.by_month.iter().map(|(month, fen)| (month.to_string(), Fen(*fen))).collect(),
        by_family: families(candidate),
        top_rules: top_rules(candidate),
        coverage,
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

fn families(candidate: &Candidate) -> BTreeMap<String, FamilySum> {
    let mut sums: BTreeMap<String, (u64, i64, i64)> = BTreeMap::new();
    for of_rule in candidate.by_rule.values() {
        let sum = sums.entry(of_rule.family.clone()).or_default();
        sum.0 += of_rule.totals.alerts;
        sum.1 = sum.1.saturating_add(of_rule.totals.counted_fen);
        sum.2 = sum.2.saturating_add(of_rule.totals.expected_fen);
    }
    let part = |(alerts, counted, expected)| FamilySum {
        alerts,
        counted_amount: Fen(counted),
        expected_amount: Fen(expected),
    };
    sums.into_iter().map(|(family, sum)| (family, part(sum))).collect()
}

fn top_rules(candidate: &Candidate) -> Vec<RuleSum> {
    let mut rules: Vec<_> = candidate.by_rule.iter().collect();
    // The order of ids stays where two are equal.
    rules.sort_by_key(|(_, of_rule)| {
        let sum = of_rule.totals;
        std::cmp::Reverse((sum.expected_fen, sum.counted_fen, sum.alerts))
    });
    let top = rules.into_iter().take(TOP_RULES).map(|(rule, of_rule)| RuleSum {
        rule: rule.clone(),
        alerts: of_rule.totals.alerts,
        counted_amount: Fen(of_rule.totals.counted_fen),
        expected_amount: Fen(of_rule.totals.expected_fen),
    });
    top.collect()
}

//! An independent answer to a small world: everything recomputed from its lines by plain loops.
//!
//! This is the contract written down a second time, by nobody who looked at the program. It keeps no state,
//! takes no short cut and does not mind being quadratic; each part can be held beside the sentence it comes
//! from. The program is right when it maintains, line by line, what this finds when it looks at the end.
//!
//! Covered are all core rules, [`rules::ALL`], with their defaults, and all of the input: kinds, revisions,
//! rejects, counts.
//! Where the contract leaves something open, the function that decides says what it takes it to mean.

#[path = "oracle/decode.rs"]
mod decode;
#[path = "oracle/facts.rs"]
mod facts;
#[path = "oracle/finding.rs"]
mod finding;
#[path = "oracle/json.rs"]
mod json;
#[path = "oracle/money.rs"]
mod money;
#[path = "oracle/rules.rs"]
mod rules;
#[cfg(test)]
#[path = "oracle/sentences.rs"]
mod sentences;
#[path = "oracle/standing.rs"]
mod standing;
#[path = "oracle/tables.rs"]
mod tables;
#[path = "oracle/values.rs"]
mod values;
#[cfg(test)]
#[path = "oracle/worked.rs"]
mod worked;

use std::collections::BTreeMap;

use facts::Facts;
use finding::{Finding, Judgement};
pub(crate) use values::trimmed;

/// What goes in.
pub(crate) struct World<'a> {
    /// The NDJSON lines in order of arrival, without their ends.
    pub(crate) lines: &'a [Vec<u8>],
    /// Table name to CSV text; a missing table has no rows, a missing `med_type` is the mapping of section 2.
    pub(crate) tables: &'a BTreeMap<String, String>,
    /// What `--as-of` says.
    pub(crate) as_of: Option<&'a str>,
}

/// What must come out.
pub(crate) struct Expected {
    /// Every alert field but alert_id, rule_version, message and basis; sorted by (rule, key).
    pub(crate) alerts: Vec<serde_json::Value>,
    /// Per rule, also where nothing was found.
    pub(crate) coverage: BTreeMap<String, Coverage>,
    /// `summary.json`'s `in` and `total`.
    pub(crate) counts: serde_json::Value,
    /// Line number from 1, and code.
    pub(crate) rejected: Vec<(usize, String)>,
    /// The sums of amount and counted_amount.
    pub(crate) money: (String, String),
    /// Subjects just beside the line, by rule; each rule's function says what it counts.
    pub(crate) near: BTreeMap<String, u64>,
}

/// One rule's line of `coverage.json`.
pub(crate) struct Coverage {
    pub(crate) found: u64,
    pub(crate) not_judged: BTreeMap<String, u64>,
    /// Only for rules whose key is a single record.
    pub(crate) judged: Option<u64>,
    /// As `judged`.
    pub(crate) clean: Option<u64>,
}

/// Reads the whole world at once and judges it once.
pub(crate) fn recompute(world: &World<'_>) -> Expected {
    let standing = standing::stand(world.lines);
    let facts = Facts::new(world, &standing);
    let mut findings: Vec<Finding> = Vec::new();
    let mut coverage = BTreeMap::new();
    let mut near = BTreeMap::new();
    for (rule, judge) in rules::ALL {
        let judgement = judge(&facts);
        near.insert(rule.to_owned(), judgement.near);
        coverage.insert(rule.to_owned(), cover(&judgement));
        findings.extend(judgement.findings);
    }
    findings.sort_by(|one, other| (one.rule, &one.key).cmp(&(other.rule, &other.key)));
    let counted = money::count(&facts, &findings);
    let amount = findings.iter().map(|finding| finding.amount).sum();
    Expected {
        alerts: findings.iter().zip(&counted).map(|(finding, taken)| finding.write(&facts, *taken)).collect(),
        coverage,
        money: (values::write_fen(amount), values::write_fen(counted.iter().sum())),
        near,
        counts: standing.counts,
        rejected: standing.rejected,
    }
}

fn cover(judgement: &Judgement) -> Coverage {
    let length = |length: usize| u64::try_from(length).expect("a small world");
    let found = length(judgement.findings.len());
    let mut not_judged = BTreeMap::new();
    for reason in judgement.not_judged.values() {
        *not_judged.entry(reason.clone()).or_insert(0) += 1;
    }
    let judged = judgement.subjects.map(|subjects| subjects - length(judgement.not_judged.len()));
    Coverage { found, not_judged, judged, clean: judged.map(|judged| judged - found) }
}

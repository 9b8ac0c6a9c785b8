//! What a rule says of one subject, and how section 3 writes it down as an alert.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Answer, json};

use super::decode::Key;
use super::facts::{Facts, NetLine, NetSale, Rec, Settlement, event_time, text};
use super::values::{fen, write_fen, write_time};

/// Severity and verdict, both from the gravest to the lightest.
const SEVERITIES: [&str; 3] = ["high", "medium", "low"];
const VERDICTS: [&str; 3] = ["definite", "suspect", "indicator"];

/// Rule, family, phase, verdict, severity and the type of the subject.
pub(crate) const RULES: [(&str, &str, &str, &str, &str, &str); 16] = [
    ("A01", "fake_patient", "pre", "definite", "high", "visit"),
    ("A05", "fake_patient", "pre", "definite", "high", "visit"),
    ("A06", "fake_patient", "pre", "suspect", "high", "presence"),
    ("A08", "fake_patient", "pre", "definite", "medium", "visit"),
    ("A11", "group", "post", "suspect", "high", "group"),
    ("D06", "payment_policy", "pre", "definite", "medium", "fee_line"),
    ("E01", "eligibility", "pre", "definite", "high", "settlement"),
    ("F01", "fake_receipt", "pre", "definite", "high", "invoice"),
    ("F06", "fake_receipt", "mid", "suspect", "medium", "fee_line"),
    ("F07", "fake_receipt", "mid", "suspect", "medium", "prescription"),
    ("G02", "inventory", "mid", "suspect", "medium", "institution"),
    ("P08", "group", "mid", "suspect", "high", "person"),
    ("S12", "pricing", "pre", "definite", "medium", "visit"),
    ("S14", "pricing", "pre", "definite", "medium", "visit"),
    ("S18", "clinical", "pre", "definite", "medium", "person"),
    ("T01", "inventory", "pre", "definite", "high", "trace_code"),
];

/// One alert before its money is reconciled with the others'.
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) key: Key,
    /// How many parts of the key name the first record or thing of it.
    pub(crate) subject_parts: usize,
    pub(crate) verdict: &'static str,
    pub(crate) evidence: BTreeSet<Rec>,
    /// The suspected amount in fen, already rounded.
    pub(crate) amount: i128,
    /// The records the amount is laid on, with the own money of each in fen.
    pub(crate) laid: BTreeMap<Rec, i128>,
    /// Where the contract names a time of its own.
    pub(crate) occurred: Option<i64>,
}

/// What a rule makes of a whole world.
#[derive(Default)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    /// The reason by subject key.
    pub(crate) not_judged: BTreeMap<Key, String>,
    /// For rules whose first column names single records: how many of these there are.
    pub(crate) subjects: Option<u64>,
    /// Subjects just beside the line, see each rule.
    pub(crate) near: u64,
}

impl Finding {
    pub(crate) fn new(rule: &'static str, key: Key) -> Finding {
        let (.., verdict, _, _) = rule_line(rule);
        Finding {
            rule,
            key,
            subject_parts: 1,
            verdict,
            evidence: BTreeSet::new(),
            amount: 0,
            laid: BTreeMap::new(),
            occurred: None,
        }
    }

    /// A finding whose firing rows are all somebody's own reading is at most `suspect`.
    pub(crate) fn read_by(mut self, all_own: bool) -> Finding {
        if all_own && self.verdict == "definite" {
            self.verdict = "suspect";
        }
        self
    }

    pub(crate) fn show(&mut self, kind: &'static str, key: &Key) {
        self.evidence.insert((kind, key.clone()));
    }

    /// Evidence of a kind whose key has one part.
    pub(crate) fn show_one(&mut self, kind: &'static str, id: &str) {
        self.show(kind, &vec![id.to_owned()]);
    }

    pub(crate) fn lay_on_settlement(&mut self, settlement: &Settlement) {
        self.laid.insert(("settlement", vec![settlement.id.clone()]), fen(settlement.fund, 6));
    }

    /// The amount is fund(v).
    pub(crate) fn claim_fund(&mut self, facts: &Facts<'_>, visit: &str) {
        self.amount += fen(facts.fund(visit), 6);
        for settlement in facts.live_of(visit) {
            self.lay_on_settlement(settlement);
        }
    }

    /// For an amount that speaks of fund_amt.
    pub(crate) fn lay_on_fund_of(&mut self, line: &NetLine) {
        self.laid.insert(("fee_line", line.key.clone()), fen(line.fund, 6));
    }

    /// For an amount that speaks of det_item_fee_sumamt, or of a price × a quantity of lines.
    pub(crate) fn lay_on_sum_of(&mut self, line: &NetLine) {
        self.laid.insert(("fee_line", line.key.clone()), fen(line.sum, 6));
    }

    /// For an amount that speaks of price × cnt of sales.
    pub(crate) fn lay_on_sale(&mut self, sale: &NetSale) {
        self.laid.insert(("dispensing", vec![sale.id.clone()]), sale.worth_fen());
    }

    /// The place in the order in which alerts take their money.
    pub(crate) fn turn(&self) -> (usize, usize, &'static str, &Key) {
        let (.., severity, _) = rule_line(self.rule);
        let place = |list: &[&str], name: &str| list.iter().position(|one| *one == name).expect("listed");
        (place(&SEVERITIES, severity), place(&VERDICTS, self.verdict), self.rule, &self.key)
    }

    /// The alert as section 3 writes it, without what is free.
    pub(crate) fn write(&self, facts: &Facts<'_>, counted: i128) -> Answer {
        let (_, family, phase, _, severity, subject) = rule_line(self.rule);
        let mut evidence: Vec<(&str, String)> =
            self.evidence.iter().map(|(kind, key)| (*kind, key.join("/"))).collect();
        evidence.sort();
        let evidence: Vec<Answer> =
            evidence.iter().map(|(kind, key)| json!({ "kind": kind, "key": key })).collect();
        json!({
            "rule": self.rule,
            "key": self.key,
            "family": family,
            "phase": phase,
            "verdict": self.verdict,
            "severity": severity,
            "subject": { "type": subject, "id": self.key[..self.subject_parts].join("/") },
            "institution": self.institution(facts, subject),
            "occurred": write_time(self.occurred(facts)),
            "amount": write_fen(self.amount),
            "counted_amount": write_fen(counted),
            "evidence": evidence,
            "exempted_by": null,
        })
    }

    /// That of the subject's record; else that of the evidence, if all of it has the same.
    fn institution(&self, facts: &Facts<'_>, subject: &str) -> Option<String> {
        let of = |kind: &str, key: &Key| {
            facts.record(kind, key).and_then(|fields| text(fields, "fixmedins_code")).map(str::to_owned)
        };
        if let Some(institution) = of(subject, &self.key[..self.subject_parts].to_vec()) {
            return Some(institution);
        }
        let all: BTreeSet<Option<String>> = self.evidence.iter().map(|(kind, key)| of(kind, key)).collect();
        if all.len() == 1 { all.into_iter().next().flatten() } else { None }
    }

    /// The greatest event time of the evidence and of the records whose money is in the amount.
    fn occurred(&self, facts: &Facts<'_>) -> i64 {
        let times = self
            .evidence
            .iter()
            .chain(self.laid.keys())
            .filter_map(|(kind, key)| event_time(kind, facts.record(kind, key)?));
        self.occurred.or_else(|| times.max()).expect("every rule has evidence with a time")
    }
}

fn rule_line(
    rule: &str,
) -> (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str) {
    *RULES.iter().find(|line| line.0 == rule).expect("one of the sixteen")
}

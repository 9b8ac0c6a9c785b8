//! What a rule says of one subject, and how section 3 writes it down as an alert.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Answer, json};

use super::decode::Key;
use super::facts::{Facts, NetLine, NetSale, Rec, Settlement, event_time, text};
use super::tables::{Row, all_own};
use super::values::{fen, write_fen, write_time};

/// Severity and verdict, both from the gravest to the lightest.
const SEVERITIES: [&str; 3] = ["high", "medium", "low"];
const VERDICTS: [&str; 3] = ["definite", "suspect", "indicator"];

/// Rules, family, phase, verdict and severity: the rows of the table at the end of section 5.
const GRADES: [(&str, &str, &str, &str, &str); 30] = [
    ("A01 A05", "fake_patient", "pre", "definite", "high"),
    ("A02 A03", "fake_patient", "mid", "suspect", "high"),
    ("A04", "fake_patient", "pre", "suspect", "medium"),
    ("A06", "fake_patient", "pre", "suspect", "high"),
    ("A08", "fake_patient", "pre", "definite", "medium"),
    ("A14", "fake_patient", "mid", "suspect", "high"),
    ("A15", "fake_patient", "mid", "suspect", "medium"),
    ("A11", "group", "post", "suspect", "high"),
    ("M16 M18", "group", "mid", "suspect", "medium"),
    ("P08", "group", "mid", "suspect", "high"),
    ("D06 D07 S05 S06 C01 C02 D10 S10 D12 S11", "payment_policy", "pre", "definite", "medium"),
    ("D08 S07 H25", "payment_policy", "pre", "suspect", "medium"),
    ("H02 H17 H04 H18 H24 S18", "clinical", "pre", "definite", "medium"),
    ("M12", "clinical", "pre", "suspect", "low"),
    ("E01 E11", "eligibility", "pre", "definite", "high"),
    ("E03", "eligibility", "post", "definite", "low"),
    ("F01 P06", "fake_receipt", "pre", "definite", "high"),
    ("F06 F07", "fake_receipt", "mid", "suspect", "medium"),
    ("F08 M08", "fake_receipt", "pre", "definite", "medium"),
    ("P04", "fake_receipt", "pre", "suspect", "medium"),
    ("M05", "fake_condition", "mid", "definite", "medium"),
    ("M15", "fake_condition", "mid", "suspect", "medium"),
    ("M20", "fake_condition", "pre", "definite", "low"),
    ("M21", "fake_condition", "pre", "suspect", "low"),
    ("S01 S12 S14", "pricing", "pre", "definite", "medium"),
    ("T01", "inventory", "pre", "definite", "high"),
    ("T06", "inventory", "pre", "definite", "medium"),
    ("T04", "inventory", "pre", "definite", "low"),
    ("T05 G02 G03", "inventory", "mid", "suspect", "medium"),
    ("M02 M07", "data_quality", "mid", "definite", "low"),
];

/// The type of the first record or thing of the key, how many parts of the key name it, and the rules.
const SUBJECTS: [(&str, usize, &str); 12] = [
    ("visit", 1, "A01 A02 A03 A04 A05 A08 A14 D10 S10 F08 M05 M15 M18 M20 M21 S12 S14"),
    ("presence", 1, "A06"),
    ("group", 1, "A11"),
    ("institution", 1, "A15 T05 G02 G03"),
    ("fee_line", 2, "D06 S05 C01 D07 S06 C02 H02 H17 D08 S07 H25 D12 S11 F06 H04 H18 H24 M02 M07 M08 S01"),
    ("settlement", 1, "E01 E11"),
    ("enrolment", 1, "E03"),
    ("invoice", 2, "F01"),
    ("prescription", 1, "F07 M12 P06"),
    ("person", 1, "M16 P08 S18"),
    ("dispensing", 1, "P04 T04 T06"),
    ("trace_code", 1, "T01"),
];

/// The parts of a key as one text: `~` inside a part is `~0`, `/` is `~1`; a key of one part is written as it is.
fn joined(key: &Key) -> String {
    match key.as_slice() {
        [only] => only.clone(),
        parts => {
            parts.iter().map(|part| part.replace('~', "~0").replace('/', "~1")).collect::<Vec<_>>().join("/")
        }
    }
}

/// What section 5 says of all alerts of a rule.
struct RuleLine {
    family: &'static str,
    phase: &'static str,
    verdict: &'static str,
    severity: &'static str,
    subject: &'static str,
    /// How many parts of the key name the subject.
    subject_parts: usize,
}

fn rule_line(rule: &str) -> RuleLine {
    let names = |rules: &str| rules.split(' ').any(|one| one == rule);
    let (_, family, phase, verdict, severity) =
        *GRADES.iter().find(|row| names(row.0)).expect("every core rule has a grade");
    let (subject, subject_parts, _) =
        *SUBJECTS.iter().find(|row| names(row.2)).expect("every core rule has a subject");
    RuleLine { family, phase, verdict, severity, subject, subject_parts }
}

/// Whether a rule speaks of money that the fund paid: those of family `payment_policy`.
pub(crate) fn speaks_of_payment(rule: &str) -> bool {
    rule_line(rule).family == "payment_policy"
}

/// One alert before its money is reconciled with the others'.
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) key: Key,
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
    /// For rules whose key is a single record: how many of these there are.
    pub(crate) subjects: Option<u64>,
    /// Subjects just beside the line, see each rule.
    pub(crate) near: u64,
}

impl Judgement {
    /// For a rule whose key is a single record, of which there are so many.
    pub(crate) fn of(subjects: usize) -> Judgement {
        Judgement { subjects: u64::try_from(subjects).ok(), ..Judgement::default() }
    }

    /// A finding by the rows that fire; where none does, the subject was near.
    pub(crate) fn fires(&mut self, firing: &[&Row], finding: impl FnOnce() -> Finding) {
        if firing.is_empty() {
            self.near += 1;
        } else {
            self.findings.push(finding().read_by(all_own(firing)));
        }
    }

    /// The subject is not judged for want of `missing`, a kind or a field.
    pub(crate) fn lacks(&mut self, key: &Key, missing: &str) {
        self.not_judged.insert(key.clone(), format!("missing:{missing}"));
    }
}

impl Finding {
    pub(crate) fn new(rule: &'static str, key: Key) -> Finding {
        Finding {
            rule,
            key,
            verdict: rule_line(rule).verdict,
            evidence: BTreeSet::new(),
            amount: 0,
            laid: BTreeMap::new(),
            occurred: None,
        }
    }

    /// About a net line, which is its evidence; the amount is the fund_amt of it.
    pub(crate) fn of_line(rule: &'static str, line: &NetLine) -> Finding {
        let mut finding = Finding::new(rule, line.key.clone());
        finding.show("fee_line", &line.key);
        finding.claim_fund_of(line);
        finding
    }

    /// With evidence of a kind whose key has one part.
    pub(crate) fn with(mut self, kind: &'static str, id: &str) -> Finding {
        self.show_one(kind, id);
        self
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

    /// The amount is the fund_amt of one line.
    pub(crate) fn claim_fund_of(&mut self, line: &NetLine) {
        self.amount = fen(line.fund, 6);
        self.lay_on_fund_of(line);
    }

    /// For an amount that speaks of fund_amt.
    pub(crate) fn lay_on_fund_of(&mut self, line: &NetLine) {
        self.laid.insert(("fee_line", line.key.clone()), fen(line.fund, 6));
    }

    /// For an amount that speaks of det_item_fee_sumamt, or of a price × a quantity of lines.
    pub(crate) fn lay_on_sum_of(&mut self, line: &NetLine) {
        self.laid.insert(("fee_line", line.key.clone()), fen(line.sum, 6));
    }

    /// Evidence those lines, amount excess (in millionths) × highest pric of them.
    pub(crate) fn charge_excess(&mut self, lines: &[&NetLine], excess: i128) {
        let highest = lines.iter().map(|line| line.price).max().unwrap_or(0);
        self.amount = fen(excess * highest, 12);
        for line in lines {
            self.show("fee_line", &line.key);
            self.lay_on_sum_of(line);
        }
    }

    /// For an amount that speaks of price × cnt of sales.
    pub(crate) fn lay_on_sale(&mut self, sale: &NetSale) {
        self.laid.insert(("dispensing", vec![sale.id.clone()]), sale.worth_fen());
    }

    /// The place in the order in which alerts take their money.
    pub(crate) fn turn(&self) -> (usize, usize, &'static str, &Key) {
        let place = |list: &[&str], name: &str| list.iter().position(|one| *one == name).expect("listed");
        (
            place(&SEVERITIES, rule_line(self.rule).severity),
            place(&VERDICTS, self.verdict),
            self.rule,
            &self.key,
        )
    }

    /// The alert as section 3 writes it, without what is free.
    pub(crate) fn write(&self, facts: &Facts<'_>, counted: i128) -> Answer {
        let RuleLine { family, phase, severity, subject, subject_parts, .. } = rule_line(self.rule);
        let subject_key: Key = self.key[..subject_parts].to_vec();
        let mut evidence: Vec<(&str, String)> =
            self.evidence.iter().map(|(kind, key)| (*kind, joined(key))).collect();
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
            "subject": { "type": subject, "id": joined(&subject_key) },
            "institution": self.institution(facts, subject, &subject_key),
            "occurred": write_time(self.occurred(facts)),
            "amount": write_fen(self.amount),
            "counted_amount": write_fen(counted),
            "evidence": evidence,
            "exempted_by": null,
        })
    }

    /// That of the subject's record; else that of the evidence, if all of it has the same.
    fn institution(&self, facts: &Facts<'_>, subject: &str, subject_key: &Key) -> Option<String> {
        let of = |kind: &str, key: &Key| {
            facts.record(kind, key).and_then(|fields| text(fields, "fixmedins_code")).map(str::to_owned)
        };
        if let Some(institution) = of(subject, subject_key) {
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

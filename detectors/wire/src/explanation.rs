//! Why an alert stands, or why a subject raised none: the documents of `fundwatch explain --json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::alert::Alert;
use crate::event::HistoryEntry;
use crate::kept::KeptRecord;
use crate::money::Fen;
use crate::rejected::Origin;
use crate::text::{Bilingual, Keyword};

/// An alert with all that explains it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The alert as it stands in `alerts.ndjson`.
    pub alert: Alert,
    /// What the rule that judged states.
    pub rule: RuleText,
    /// The values of the message.
    pub values: BTreeMap<String, Bilingual>,
    /// What the rule's detector was set to.
    pub params: BTreeMap<String, String>,
    /// Evidence, and records that the money lies on, as they counted.
    pub records: Vec<KeptRecord>,
    /// The amount, record by record.
    pub money: Option<AmountTrail>,
    /// What happened to the alert.
    pub history: Vec<HistoryEntry>,
}

/// What a rule states of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleText {
    /// Its id.
    pub id: String,
    /// The version that judged.
    pub version: String,
    /// Its name.
    pub title: Bilingual,
    /// Why the thing is not allowed.
    pub why: Bilingual,
    /// Laws and policies.
    pub basis: Vec<String>,
    /// How the amount comes about; none if the rule carries no money.
    pub amount: Option<Bilingual>,
    /// What may lawfully explain a finding.
    pub excuses: Vec<Bilingual>,
    /// What to do first.
    pub next_step: Bilingual,
}

/// Where the amount of an alert lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountTrail {
    /// The suspected amount, yuan.
    pub amount: Fen,
    /// What counts here, yuan.
    pub counted_amount: Fen,
    /// Each record that it is laid on, by (kind, key).
    pub laid: Vec<RecordAmount>,
    /// The part of the amount that no record of its own has the money for, yuan.
    pub not_laid: Fen,
    /// Those who took of the same visits before, in the order in which they took.
    pub before: Vec<EarlierAlert>,
}

/// What is laid on one record, in yuan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordAmount {
    /// Kind of the record.
    pub kind: Keyword,
    /// Its key.
    pub key: String,
    /// The visit within whose payments it counts.
    pub visit: Option<String>,
    /// Money of the record.
    pub own: Fen,
    /// Laid on it by this alert.
    pub laid: Fen,
    /// Taken of it by others before.
    pub taken_before: Fen,
    /// Taken of it by this alert.
    pub taken: Fen,
    /// What cut it: nothing, the record's own money, or what the visit was paid.
    pub cut_by: CutBy,
    /// If the visit cut it: all that fund and account paid for the visit.
    pub visit_bound: Option<Fen>,
}

/// What kept an alert from taking all that it laid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutBy {
    /// Nothing did.
    Nothing,
    /// Others took of the same record before.
    Record,
    /// Others took of the same visit before, or its bill is smaller than what is laid on it.
    Visit,
    /// An exemption: the alert takes nothing.
    Exemption,
}

/// An alert that took of the same visit before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierAlert {
    /// The alert.
    pub alert_id: String,
    /// Its rule.
    pub rule: String,
    /// The visit, if the record has one.
    pub visit: Option<String>,
    /// Taken of that visit, yuan.
    pub taken: Fen,
    /// Of that, taken of records that this alert is laid on too.
    pub of_same_records: Fen,
}

/// Why a subject raised no alert, or that it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhyNot {
    /// The rule.
    pub rule: String,
    /// Its version.
    pub rule_version: String,
    /// Its name.
    pub title: Bilingual,
    /// The subject's key, an unordered pair in order.
    pub key: Vec<String>,
    /// The id that an alert of this subject has.
    pub alert_id: String,
    /// `stands`, `fails` or `not_judged`.
    pub verdict: Keyword,
    /// What is missing, in the words of the coverage.
    pub reason: Option<Keyword>,
    /// Whether the run has this alert.
    pub in_run: bool,
    /// Whether the rule is in force; others reach no alerts.
    pub active: bool,
    /// The conditions asked.
    pub conditions: Vec<ConditionResult>,
    /// Records of the subject that were withdrawn.
    pub withdrawn: Vec<WithdrawnRecord>,
    /// Rejected lines that name the subject.
    pub rejected: Vec<RejectedLine>,
    /// Lines read.
    pub lines: u64,
}

/// One condition, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionResult {
    /// The condition as a statement.
    pub condition: Bilingual,
    /// `holds`, `fails` or `missing`.
    pub outcome: Keyword,
    /// What is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Keyword>,
    /// What it was asked of.
    pub values: Vec<NamedValue>,
    /// The record that does not stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<AbsentRecord>,
}

/// A value by the name of a field, parameter or message value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedValue {
    /// The name.
    pub name: Keyword,
    /// What it is.
    pub value: String,
}

/// A record that does not stand, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentRecord {
    /// Kind.
    pub kind: Keyword,
    /// Key, its parts joined by `/`.
    pub key: String,
    /// `withdrawn`, `rejected` or `never_sent`.
    pub because: Keyword,
}

/// A withdrawn record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WithdrawnRecord {
    /// Kind.
    pub kind: Keyword,
    /// Key, its parts joined by `/`.
    pub key: String,
    /// Revision of the change that withdrew it.
    pub rev: Option<u64>,
}

/// A rejected line, as an answer quotes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectedLine {
    /// Where it stands.
    pub origin: Origin,
    /// The contract's code.
    pub code: Keyword,
    /// What is wrong with it.
    pub text: String,
    /// The line.
    pub raw: Value,
}

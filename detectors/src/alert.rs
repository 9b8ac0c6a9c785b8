//! An alert as people and programs read it (contract section 3).

use models::{Against, Driver};
use records::Kind;
use records::arena::{Arena, Ref};
use records::decimal::{format_fen, format_scaled};
use records::row;
use records::time::{format_date, format_month, format_time};
use rulebank::Rule;
use serde::Serialize;

use crate::compiled_bank::CompiledBank;
use crate::detector::{SPECS, about, outlier, subject_type};
use crate::finding::{KeyPart, ReconciledFinding, Value, WORDS};

/// One line of `alerts.ndjson`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct AlertLine {
    pub alert_id: String,
    pub rule: String,
    pub rule_version: String,
    pub key: Vec<String>,
    pub family: &'static str,
    pub phase: &'static str,
    pub verdict: &'static str,
    pub severity: &'static str,
    pub subject: Subject,
    pub institution: Option<String>,
    pub occurred: String,
    pub amount: String,
    pub counted_amount: String,
    pub evidence: Vec<RecordName>,
    pub message: Message,
    pub basis: Vec<String>,
    pub exempted_by: Option<String>,
}

/// The first record or thing of the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct Subject {
    pub r#type: &'static str,
    pub id: String,
}

/// A record by kind and key; parts of a key joined by `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct RecordName {
    pub kind: &'static str,
    pub key: String,
}

/// One sentence in two languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The name of a record behind a row.
pub fn record_name(arena: &Arena, address: Ref) -> RecordName {
    let (first, second) = row::key(arena, address);
    let mut key = arena.text(first);
    if second != 0 {
        key.push('/');
        key.push_str(&arena.text(second));
    }
    RecordName { kind: row::kind(arena, address).name(), key }
}

fn part(arena: &Arena, part: KeyPart) -> String {
    match part {
        KeyPart::Text(text) => arena.text(text),
        KeyPart::Day(day) => format_date(day),
    }
}

/// The parts of a key as texts.
pub fn key_texts(arena: &Arena, key: &[KeyPart]) -> Vec<String> {
    key.iter().map(|p| part(arena, *p)).collect()
}

/// The stable id of an alert: its rule and a hash of rule and key parts with their lengths.
pub fn alert_id(rule: &str, key: &[String]) -> String {
    let mut bytes = Vec::new();
    for text in std::iter::once(rule).chain(key.iter().map(String::as_str)) {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    format!("{rule}-{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
}

/// The id of the first record or thing of a key, its parts joined by `/`.
pub fn subject_id(rule: &Rule, key: &[String]) -> String {
    key[..about(&rule.detector).parts.min(key.len())].join("/")
}

/// Writes an alert out.
pub fn render(arena: &Arena, bank: &CompiledBank, alert: &ReconciledFinding) -> AlertLine {
    let finding = &alert.priced.finding;
    let rule = &bank.rules[usize::from(finding.rule)];
    let key = key_texts(arena, &finding.key);
    let mut evidence: Vec<RecordName> = finding.evidence.iter().map(|row| record_name(arena, *row)).collect();
    evidence.sort();
    evidence.dedup();
    let amount = format_fen(alert.priced.amount);
    let exempted_by = alert.priced.exempted_by;
    AlertLine {
        alert_id: alert_id(&rule.id, &key),
        rule: rule.id.clone(),
        rule_version: rule.version.clone(),
        family: rule.family.as_str(),
        phase: rule.phases.first().map_or("", |phase| phase.as_str()),
        verdict: ["definite", "suspect", "indicator"][usize::from(finding.verdict.min(2))],
        severity: rule.severity.as_str(),
        subject: Subject { r#type: subject_type(rule), id: subject_id(rule, &key) },
        institution: (finding.institution != 0).then(|| arena.text(finding.institution)),
        occurred: format_time(finding.occurred),
        message: Message {
            zh: sentence(arena, rule, &rule.message.zh, finding.values.as_slice(), &amount, false),
            en: sentence(arena, rule, &rule.message.en, finding.values.as_slice(), &amount, true),
        },
        amount,
        counted_amount: format_fen(alert.counted),
        evidence,
        basis: rule.basis.clone(),
        exempted_by: (exempted_by != 0).then(|| arena.text(exempted_by)),
        key,
    }
}

/// The values of a finding by the names its rule's messages use, in both languages.
pub fn value_texts(arena: &Arena, rule: &Rule, values: &[Value]) -> Vec<(&'static str, Message)> {
    let zh = named(arena, rule, values, false);
    let both = |((name, zh), (_, en))| (name, Message { zh, en });
    zh.into_iter().zip(named(arena, rule, values, true)).map(both).collect()
}

/// Values by name in one language; where there are more values than names, the last name has all that are left.
fn named(arena: &Arena, rule: &Rule, values: &[Value], en: bool) -> Vec<(&'static str, String)> {
    let names = SPECS.iter().find(|spec| spec.name == rule.detector).map_or(&[][..], |spec| spec.values);
    let mut texts: Vec<String> = values.iter().map(|v| value(arena, *v, en)).collect();
    if texts.len() > names.len() && !names.is_empty() {
        let rest = texts.split_off(names.len() - 1);
        texts.push(rest.join(if en { "; " } else { "；" }));
    }
    names.iter().copied().zip(texts).collect()
}

fn sentence(arena: &Arena, rule: &Rule, template: &str, values: &[Value], amount: &str, en: bool) -> String {
    let texts = named(arena, rule, values, en);
    let mut pairs: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    pairs.push(("amount", amount));
    rulebank::fill(template, &pairs)
}

fn value(arena: &Arena, value: Value, en: bool) -> String {
    match value {
        Value::Text(text) => arena.text(text),
        Value::Day(day) => format_date(day),
        Value::Moment(moment) => format_time(moment),
        Value::Int(number) => number.to_string(),
        Value::MoreThan(number) => format!(">{number}"),
        Value::Quantity(quantity) => format_scaled(quantity, 4),
        Value::Price(price) => format_scaled(price, 6),
        Value::Level(level) => format!("{level:02}"),
        Value::Month(month) => format_month(month),
        Value::Thousandths(number) => format_scaled(number, 3),
        Value::Driver { owner, column, history, value, usual } => {
            let Some(feature) = outlier::features(owner).features().get(usize::from(column)) else {
                return String::new();
            };
            let against = if history { Against::History } else { Against::Peers };
            let driver = Driver { feature, value, usual, against, distance: 0 };
            if en { driver.en() } else { driver.zh() }
        }
        Value::Word(word) => {
            let (zh, english) = WORDS.get(usize::from(word)).copied().unwrap_or(("", ""));
            if en { english.to_owned() } else { zh.to_owned() }
        }
    }
}

/// The name of a change: kind, key, rev.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Cause {
    /// Kind of record, or `now`, `rule`, `table`.
    pub kind: &'static str,
    /// Key, its parts joined by `/`.
    pub key: String,
    /// Revision at the source.
    pub rev: Option<u64>,
}

/// The cause that a change, as its row as sent, is.
pub fn cause(arena: &Arena, change: Ref) -> Cause {
    let RecordName { kind, key } = record_name(arena, change);
    Cause { kind, key, rev: row::head(arena, change).rev }
}

/// Kinds whose records have a money that alerts count.
pub fn has_money(kind: Kind) -> bool {
    matches!(kind, Kind::Settlement | Kind::FeeLine | Kind::Dispensing)
}

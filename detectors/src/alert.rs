//! An alert as people and programs read it (contract section 3).

use models::{Against, Driver};
use records::Kind;
use records::arena::{Arena, RowRef};
use records::codes::HospitalLevel;
use records::decimal::{format_fen, format_scaled};
use records::joined_key::join;
use records::row;
use records::time::{format_date, format_month, format_time};
use rulebank::Rule;
use wire::{Alert, Bilingual, Cause, Fen, Keyword, RecordName, Subject, alert_id};

use crate::detector::spec_of;
use crate::finding::{KeyPart, ReconciledFinding, Value};
use crate::policy::Policy;

/// The name of a record behind a row.
pub fn record_name(arena: &Arena, row: RowRef) -> RecordName {
    let (first, second) = row::key(arena, row);
    let key = match second.is_some() {
        true => join(&[arena.text(first), arena.text(second)]),
        false => arena.text(first),
    };
    RecordName { kind: Keyword::Borrowed(row::kind(arena, row).name()), key }
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

/// The id of the first record or thing of a key, its parts joined ([`records::joined_key`]).
pub fn subject_id(rule: &Rule, key: &[String]) -> String {
    join(&key[..spec_of(rule).subject_parts.min(key.len())])
}

/// Writes an alert out.
pub fn render(arena: &Arena, bank: &Policy, alert: &ReconciledFinding) -> Alert {
    let finding = &alert.priced.finding;
    let rule = &bank.rules[usize::from(finding.rule)];
    let key = key_texts(arena, &finding.key);
    let mut evidence: Vec<RecordName> = finding.evidence.iter().map(|row| record_name(arena, *row)).collect();
    evidence.sort();
    evidence.dedup();
    let amount = format_fen(alert.priced.amount);
    let exempted_by = alert.priced.exempted_by;
    Alert {
        alert_id: alert_id(&rule.id, &key),
        rule: rule.id.clone(),
        rule_version: rule.version.clone(),
        family: Keyword::Borrowed(rule.family.code()),
        phase: Keyword::Borrowed(rule.phases.first().map_or("", |phase| phase.code())),
        verdict: Keyword::Borrowed(finding.verdict.code()),
        severity: Keyword::Borrowed(rule.severity.code()),
        subject: Subject {
            r#type: Keyword::Borrowed(spec_of(rule).subject_type(rule)),
            id: subject_id(rule, &key),
        },
        institution: finding.institution.is_some().then(|| arena.text(finding.institution)),
        occurred: format_time(finding.occurred),
        message: Bilingual {
            zh: sentence(arena, rule, &rule.message.zh, finding.values.as_slice(), &amount, false),
            en: sentence(arena, rule, &rule.message.en, finding.values.as_slice(), &amount, true),
        },
        amount: Fen(alert.priced.amount),
        counted_amount: Fen(alert.counted),
        evidence,
        basis: rule.basis.clone(),
        exempted_by: exempted_by.is_some().then(|| arena.text(exempted_by)),
        key,
    }
}

/// The values of a finding by the names its rule's messages use, in both languages.
pub fn value_texts(arena: &Arena, rule: &Rule, values: &[Value]) -> Vec<(&'static str, Bilingual)> {
    let zh = named(arena, rule, values, false);
    let both = |((name, zh), (_, en))| (name, Bilingual { zh, en });
    zh.into_iter().zip(named(arena, rule, values, true)).map(both).collect()
}

/// Values by name in one language; where there are more values than names, the last name has all that are left.
fn named(arena: &Arena, rule: &Rule, values: &[Value], en: bool) -> Vec<(&'static str, String)> {
    let names = spec_of(rule).values;
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
        Value::Text(text) if text.is_none() => if en { "not stated" } else { "未填" }.to_owned(),
        Value::Text(text) => arena.text(text),
        Value::Day(day) => format_date(day),
        Value::Moment(moment) => format_time(moment),
        Value::Int(number) => number.to_string(),
        Value::MoreThan(number) => format!(">{number}"),
        Value::Quantity(quantity) => format_scaled(quantity, 4),
        Value::Price(price) => format_scaled(price, 6),
        Value::Level(level) => level.map_or("00", HospitalLevel::code).to_owned(),
        Value::Month(month) => format_month(month),
        Value::Thousandths(number) => format_scaled(number, 3),
        Value::Driver { column, history, value, usual } => {
            let against = if history { Against::History } else { Against::Peers };
            let driver = Driver { feature: column.feature(), value, usual, against, distance: 0 };
            if en { driver.en() } else { driver.zh() }
        }
        Value::Word(word) => if en { word.en() } else { word.zh() }.to_owned(),
    }
}

/// The cause that a change, as its row as sent, is.
pub fn cause(arena: &Arena, change: RowRef) -> Cause {
    let RecordName { kind, key } = record_name(arena, change);
    Cause { kind, key, rev: row::head(arena, change).rev }
}

/// Kinds whose records have a money that alerts count.
pub fn has_money(kind: Kind) -> bool {
    matches!(kind, Kind::Settlement | Kind::FeeLine | Kind::Dispensing)
}

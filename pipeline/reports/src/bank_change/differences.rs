//! What is different between two banks, stated so that the owner of a rule recognises the change.
//!
//! Only what can touch an alert is named: rules that are active in one of the banks, the table rows of such rules,
//! classes of visits, exemptions. Where a row stands in its file, and which source it names, is no difference.

use std::collections::{BTreeMap, BTreeSet};

use records::time::format_date;
use rulebank::{Bank, DetectorSpec, Exemption, Lang, Row, Rule, Status};
use serde::Serialize;

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// `rule`, `table` or `exemption`.
    pub kind: &'static str,
    /// Id of the rule, name of the table, id of the exemption.
    pub key: String,
    /// What is different, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Difference {
    fn new(kind: &'static str, key: &str, zh: impl Into<String>, en: impl Into<String>) -> Difference {
        Difference { kind, key: key.to_owned(), zh: zh.into(), en: en.into() }
    }

    /// In one of the languages, with its key in front.
    pub fn line(&self, lang: Lang) -> String {
        let what = match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        };
        format!("{}  {what}", self.key)
    }
}

/// Everything that is different, rules first, then tables, then exemptions.
pub fn differences(before: &Bank, after: &Bank, specs: &[DetectorSpec]) -> Vec<Difference> {
    let mut all = Vec::new();
    let ids = |bank: &Bank| -> BTreeSet<String> { bank.rules.iter().map(|rule| rule.id.clone()).collect() };
    for id in ids(before).union(&ids(after)) {
        of_rule(id, before.rule(id), after.rule(id), &mut all);
    }
    let also = specs.iter().flat_map(|spec| spec.also).copied();
    let tables: BTreeSet<&'static str> =
        specs.iter().filter_map(|spec| spec.table).chain(also).chain(["med_type", "filler"]).collect();
    for table in tables {
        of_table(table, before, after, &mut all);
    }
    of_exemptions(&before.exemptions, &after.exemptions, &mut all);
    all
}

fn judges(rule: Option<&Rule>) -> bool {
    rule.is_some_and(|rule| matches!(rule.status, Status::Active | Status::Shadow))
}

fn of_rule(id: &str, before: Option<&Rule>, after: Option<&Rule>, all: &mut Vec<Difference>) {
    let mut choose = |zh: String, en: String| all.push(Difference::new("rule", id, zh, en));
    let title = |rule: Option<&Rule>, zh: bool| {
        rule.map_or(String::new(), |rule| if zh { rule.title.zh.clone() } else { rule.title.en.clone() })
    };
    let was = |rule: Option<&Rule>| rule.map_or("-", |rule| rule.status.code());
    match (judges(before), judges(after)) {
        (false, false) => return,
        (false, true) if before.is_none() => {
            let status = if was(after) == "shadow" { " (shadow)" } else { "" };
            choose(
                format!("新增规则{status}：{}", title(after, true)),
                format!("rule added{status}: {}", title(after, false)),
            );
            return;
        }
        (true, false) if after.is_none() => {
            choose(
                format!("规则取消：{}", title(before, true)),
                format!("rule taken away: {}", title(before, false)),
            );
            return;
        }
        (judged, _) if was(before) != was(after) => {
            let (from, to) = (was(before), was(after));
            let title = |zh| title(if judged { before } else { after }, zh);
            choose(
                format!("状态 {from} -> {to}：{}", title(true)),
                format!("status {from} -> {to}: {}", title(false)),
            );
            return;
        }
        _ => {}
    }
    let (Some(a), Some(b)) = (before, after) else { return };
    let words = [
        ("检测器", "detector", a.detector.clone(), b.detector.clone()),
        ("定性", "verdict", a.verdict.code().to_owned(), b.verdict.code().to_owned()),
        ("严重程度", "severity", a.severity.code().to_owned(), b.severity.code().to_owned()),
        ("类别", "family", a.family.code().to_owned(), b.family.code().to_owned()),
        ("版本", "version", a.version.clone(), b.version.clone()),
    ];
    for (zh, en, from, to) in words.into_iter().filter(|(_, _, from, to)| from != to) {
        choose(format!("{zh} {from} -> {to}"), format!("{en} {from} -> {to}"));
    }
    let names: BTreeSet<&String> = a.params.keys().chain(b.params.keys()).collect();
    for name in names.into_iter().filter(|name| a.params.get(*name) != b.params.get(*name)) {
        let value = |rule: &Rule| rule.params.get(name).map_or("-".to_owned(), ToString::to_string);
        let change = format!("{} -> {}", value(a), value(b));
        choose(format!("参数 {name} {change}"), format!("parameter {name} {change}"));
    }
    let texts = [
        ("告警语句不同", "another message", a.message != b.message),
        ("依据不同", "another basis", a.basis != b.basis),
        ("阶段不同", "other phases", a.phases != b.phases),
        ("可适用的豁免不同", "other exemptions may let it off", a.exemptions != b.exemptions),
    ];
    for (zh, en, _) in texts.into_iter().filter(|(.., differ)| *differ) {
        choose(zh.to_owned(), en.to_owned());
    }
}

/// Columns that state what a row is about; the others state what holds of it.
const NAMING: [&str; 7] = ["item", "item_paid", "item_denied", "prefix", "unit", "hosp_lv", "code"];

/// A row without its place and source: rule, cells, days, reading.
type Cells = (String, Vec<(&'static str, String)>, String);

fn cells(row: &Row) -> Cells {
    let day = |day: Option<i32>| day.map(format_date).unwrap_or_default();
    let days = match (row.valid_from, row.valid_to) {
        (None, None) => String::new(),
        (from, to) => format!("{}..{}", day(from), day(to)),
    };
    let own = if row.reading_own { " own" } else { "" };
    let cells = row.columns().map(|(name, text)| (name, text.to_owned())).collect();
    (row.rule.clone(), cells, format!("{days}{own}").trim().to_owned())
}

fn of_table(table: &'static str, before: &Bank, after: &Bank, all: &mut Vec<Difference>) {
    let mut counts: BTreeMap<Cells, i64> = BTreeMap::new();
    for (bank, sign) in [(before, -1), (after, 1)] {
        for row in bank.tables.rows(table) {
            let rule = &row.rule;
            if rule.is_empty() || judges(before.rule(rule)) || judges(after.rule(rule)) {
                *counts.entry(cells(row)).or_default() += sign;
            }
        }
    }
    // Rows about the same thing, gone and come: of one and one the change can be named.
    let mut about: BTreeMap<(String, String), (Vec<Cells>, Vec<Cells>)> = BTreeMap::new();
    for (row, count) in counts.into_iter().filter(|(_, count)| *count != 0) {
        let naming = row.1.iter().filter(|(name, _)| NAMING.contains(name)).map(|(_, text)| text.as_str());
        let naming: Vec<&str> = naming.filter(|text| !text.is_empty()).collect();
        let both = about.entry((row.0.clone(), naming.join(" "))).or_default();
        let side = if count < 0 { &mut both.0 } else { &mut both.1 };
        side.extend(std::iter::repeat_n(row, usize::try_from(count.unsigned_abs()).unwrap_or(1)));
    }
    for ((rule, thing), (gone, come)) in about {
        let name = [rule.as_str(), thing.as_str()].join(" ").trim().to_owned();
        if let ([old], [new]) = (gone.as_slice(), come.as_slice()) {
            let mut what: Vec<String> = (old.1.iter().zip(&new.1))
                .filter(|(old, new)| old != new)
                .map(|((name, old), (_, new))| format!("{name} {old} -> {new}"))
                .collect();
            if old.2 != new.2 {
                what.push(format!("[{}] -> [{}]", old.2, new.2));
            }
            let what = what.join(", ");
            all.push(Difference::new("table", table, format!("{name}：{what}"), format!("{name}: {what}")));
            continue;
        }
        for (rows, zh, en) in [(&gone, "删除行", "row taken away"), (&come, "新增行", "row added")] {
            for row in rows {
                let values = row.1.iter().filter(|(name, text)| !NAMING.contains(name) && !text.is_empty());
                let mut what: Vec<String> = values.map(|(name, text)| format!("{name} {text}")).collect();
                if !row.2.is_empty() {
                    what.push(format!("[{}]", row.2));
                }
                let what = [name.clone(), what.join(", ")].join(" ");
                let (zh, en) = (format!("{zh}：{}", what.trim()), format!("{en}: {}", what.trim()));
                all.push(Difference::new("table", table, zh, en));
            }
        }
    }
}

fn of_exemptions(before: &[Exemption], after: &[Exemption], all: &mut Vec<Difference>) {
    let by_id = |exemptions: &[Exemption]| -> BTreeMap<String, Exemption> {
        exemptions.iter().map(|one| (one.id.clone(), one.clone())).collect()
    };
    let holds = |one: &Exemption| {
        let at = if one.institutions.is_empty() { String::new() } else { one.institutions.join(" ") };
        let of = if one.subjects.is_empty() { String::new() } else { one.subjects.join(" ") };
        [one.rules.join(" "), at, of, one.days()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (a, b) = (by_id(before), by_id(after));
    for id in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
        let (zh, en) = match (a.get(id), b.get(id)) {
            (None, Some(new)) => {
                (format!("新增豁免：{}", holds(new)), format!("exemption added: {}", holds(new)))
            }
            (Some(old), None) => {
                (format!("豁免取消：{}", holds(old)), format!("exemption taken away: {}", holds(old)))
            }
            (Some(old), Some(new)) if holds(old) != holds(new) => {
                let change = format!("{} -> {}", holds(old), holds(new));
                (format!("豁免变更：{change}"), format!("exemption changed: {change}"))
            }
            _ => continue,
        };
        all.push(Difference::new("exemption", id, zh, en));
    }
}

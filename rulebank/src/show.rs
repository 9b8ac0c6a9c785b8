//! Texts about rules for people: the list of a bank, and everything about one rule.
//!
//! Nothing is decided here: a page shows what a checked bank holds, in one language, and reads no clock.

use std::fmt::Write as _;

use crate::error::columns;
use crate::looks_back::{self, Reach};
use crate::row::Row;
use crate::rule::{Rule, Text2};
use crate::word::Verdict;
use crate::{Bank, Exemption, schema};
use records::time;

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The text in this language.
    pub fn of(self, text: &Text2) -> &str {
        match self {
            Lang::Zh => &text.zh,
            Lang::En => &text.en,
        }
    }

    fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

/// The rules of a bank, one line each.
pub fn list(bank: &Bank) -> String {
    let heading = ["id", "version", "status", "verdict", "severity", "family", "phases", "title"];
    let mut lines = vec![heading.map(str::to_owned)];
    for rule in &bank.rules {
        lines.push([
            rule.id.clone(),
            rule.version.clone(),
            rule.status.code().to_owned(),
            rule.verdict.code().to_owned(),
            rule.severity.code().to_owned(),
            rule.family.code().to_owned(),
            phases(rule),
            format!("{} · {}", rule.title.zh, rule.title.en),
        ]);
    }
    aligned(&lines)
}

/// The exemptions of a bank, one line each, with a heading; empty if there are none.
///
/// No clock is read: whether one has expired is seen from its days, and is reported at the end of a run.
pub fn exemptions(bank: &Bank) -> String {
    if bank.exemptions.is_empty() {
        return String::new();
    }
    let heading = ["exemption", "rules", "institutions", "subjects and items", "days", "approved", "why"];
    let mut lines = vec![heading.map(str::to_owned)];
    for exemption in &bank.exemptions {
        lines.push([
            exemption.id.clone(),
            exemption.rules.join(" "),
            places(&where_it_holds(exemption), Lang::En),
            places(&what_it_is_of(exemption), Lang::En),
            exemption.days(),
            format!("{} by {}", time::format_date(exemption.approved_on), exemption.approved_by),
            format!("{} · {}", exemption.why.zh, exemption.why.en),
        ]);
    }
    aligned(&lines)
}

/// Institutions, and divisions as the beginning of what they stand for.
fn where_it_holds(exemption: &Exemption) -> Vec<String> {
    let divisions = exemption.divisions.iter().map(|division| format!("admdvs {division}*"));
    exemption.institutions.iter().cloned().chain(divisions).collect()
}

/// Subjects, and items.
fn what_it_is_of(exemption: &Exemption) -> Vec<String> {
    exemption.subjects.iter().chain(&exemption.items).cloned().collect()
}

fn places(codes: &[String], lang: Lang) -> String {
    match codes.is_empty() {
        true => lang.pick("全部", "all").to_owned(),
        false => codes.join(" "),
    }
}

fn exemption_line(exemption: &Exemption, lang: Lang) -> String {
    format!(
        "{} ({}; {} {}; {} {}): {} ({}, {})",
        exemption.id,
        exemption.days(),
        lang.pick("机构", "institutions"),
        places(&where_it_holds(exemption), lang),
        lang.pick("主体与项目", "subjects and items"),
        places(&what_it_is_of(exemption), lang),
        lang.of(&exemption.why),
        exemption.approved_by,
        time::format_date(exemption.approved_on),
    )
}

/// Everything that the owner of a rule wants to read.
pub fn show(rule: &Rule, bank: &Bank, lang: Lang) -> String {
    let mut text = String::new();
    write_rule(&mut text, rule, bank, lang).expect("writing to a string cannot fail");
    text
}

fn write_rule(out: &mut String, rule: &Rule, bank: &Bank, lang: Lang) -> std::fmt::Result {
    writeln!(out, "{}  {}", rule.id, lang.of(&rule.title))?;
    writeln!(
        out,
        "{} {} · {} · {} · {} · {} · {}",
        lang.pick("版本", "version"),
        rule.version,
        rule.status.code(),
        rule.family.code(),
        phases(rule),
        rule.verdict.code(),
        rule.severity.code()
    )?;
    writeln!(out, "{}", rule.source_file)?;
    section(out, lang.pick("为什么", "Why"), lang.of(&rule.why))?;
    section(out, lang.pick("提示语", "What an inspector reads"), lang.of(&rule.message))?;
    items(out, lang.pick("依据", "Basis"), rule.basis.iter().cloned())?;
    write_params(out, rule, bank, lang)?;
    section(out, lang.pick("回溯", "How far back it looks"), &looks_back(rule, bank, lang))?;
    if let Some(budget) = rule.alert_budget {
        let title = lang.pick("每日告警上限", "Alerts a day at the most");
        section(out, title, &budget.to_string())?;
    }
    section(out, lang.pick("查实概率", "How often a finding is confirmed"), &confirmed(rule, lang))?;
    write_rows(out, rule, bank, lang)?;
    items(out, lang.pick("看不到的", "What it misses"), texts(&rule.misses, lang))?;
    items(out, lang.pick("可能的合理解释", "What may excuse a finding"), texts(&rule.excuses, lang))?;
    if !rule.exemptions.is_empty() {
        let named = bank.exemptions.iter().filter(|exemption| exemption.rules.contains(&rule.id));
        items(out, lang.pick("豁免", "Exemptions"), named.map(|exemption| exemption_line(exemption, lang)))?;
    }
    section(out, lang.pick("下一步", "Next step"), lang.of(&rule.next_step))?;
    let cases = rule.cases.iter().map(|case| format!("[{}] {}", case.kind.code(), case.name));
    items(out, lang.pick("用例", "Cases"), cases)?;
    let changes = rule.changes.iter().rev().map(|c| format!("{} ({}): {}", c.version, c.on, c.why));
    items(out, lang.pick("版本记录", "Changes"), changes)
}

/// How far back a rule looks, by kind of record.
fn looks_back(rule: &Rule, bank: &Bank, lang: Lang) -> String {
    let reaches = looks_back::of_rule(rule, bank);
    let far = reaches.iter().filter(|(_, reach)| **reach > Reach::Days(0)).map(|(kind, reach)| match reach {
        Reach::Days(days) => format!("{} {days}{}", kind.name(), lang.pick("天", " days")),
        Reach::Ever => format!("{} {}", kind.name(), lang.pick("不限", "without end")),
    });
    let far: Vec<String> = far.collect();
    match far.is_empty() {
        true => lang.pick("不超出所判断的就诊", "not beyond the visit that is judged").to_owned(),
        false => far.join(lang.pick("，", ", ")),
    }
}

/// What the rule's owner states, in a sentence.
fn confirmed(rule: &Rule, lang: Lang) -> String {
    let (finding, indicator) = (rule.confirmed.prior(rule.verdict), rule.confirmed.prior(Verdict::Indicator));
    let weight = rule.confirmed.weight();
    let weaker = finding != indicator;
    match lang {
        Lang::Zh => {
            let weaker = if weaker { format!("，仅为提示指标时{indicator}") } else { String::new() };
            format!("先验{finding}{weaker}；相当于{weight}个已有结论的疑点，结论增多后以结论为准")
        }
        Lang::En => {
            let weaker =
                if weaker { format!(", {indicator} where it is an indicator only") } else { String::new() };
            format!("{finding} assumed{weaker}; worth {weight} decisions, which outweigh it as they come")
        }
    }
}

fn write_params(out: &mut String, rule: &Rule, bank: &Bank, lang: Lang) -> std::fmt::Result {
    let spec = bank.detector(&rule.detector);
    let about = |name: &str| spec?.params.iter().find(|param| param.name == name);
    let line = |(name, value): (&String, _)| match about(name) {
        Some(param) => format!("{name} = {value}: {} ({})", param.doc, param.kind.range()),
        None => format!("{name} = {value}"),
    };
    let heading = format!("{} ({})", lang.pick("参数", "Parameters"), rule.detector);
    if rule.params.is_empty() {
        return section(out, &heading, lang.pick("无", "none"));
    }
    items(out, &heading, rule.params.iter().map(line))
}

/// The rows of the rule's table that name it.
fn write_rows(out: &mut String, rule: &Rule, bank: &Bank, lang: Lang) -> std::fmt::Result {
    let table = bank.detector(&rule.detector).and_then(|spec| spec.table);
    let Some(schema) = table.and_then(schema::table) else { return Ok(()) };
    let own = || schema.columns.iter().map(|column| column.name);
    let mut lines: Vec<Vec<String>> =
        vec![own().chain(["valid_from", "valid_to", "reading", "source"]).map(str::to_owned).collect()];
    for row in bank.tables.rows(schema.name).iter().filter(|row| row.rule == rule.id) {
        lines.push(row_line(row));
    }
    let table = match lines.len() {
        1 => format!("{}\n", lang.pick("没有行", "no rows")),
        _ => aligned(&lines),
    };
    section(out, &format!("{} {}", lang.pick("知识表", "Table"), schema.name), &table)
}

fn row_line(row: &Row) -> Vec<String> {
    let date = |day: Option<i32>| day.map(time::format_date).unwrap_or_default();
    let mut line: Vec<String> = row.columns().map(|(_, text)| text.to_owned()).collect();
    line.push(date(row.valid_from));
    line.push(date(row.valid_to));
    line.push(if row.reading_own { "own" } else { "text" }.to_owned());
    line.push(row.source.clone());
    line
}

fn phases(rule: &Rule) -> String {
    rule.phases.iter().map(|phase| phase.code()).collect::<Vec<_>>().join(" ")
}

fn section(out: &mut String, heading: &str, text: &str) -> std::fmt::Result {
    writeln!(out, "\n{heading}")?;
    text.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

fn texts(list: &[Text2], lang: Lang) -> impl Iterator<Item = String> {
    list.iter().map(move |text| lang.of(text).to_owned())
}

fn items(out: &mut String, heading: &str, lines: impl Iterator<Item = String>) -> std::fmt::Result {
    writeln!(out, "\n{heading}")?;
    for line in lines {
        writeln!(out, "  - {line}")?;
    }
    Ok(())
}

/// Lines of cells in columns of equal width, the last one as long as it likes.
fn aligned(lines: &[impl AsRef<[String]>]) -> String {
    let width = |text: &str| text.chars().map(columns).sum::<usize>();
    let mut widths: Vec<usize> = Vec::new();
    for line in lines {
        for (index, cell) in line.as_ref().iter().enumerate() {
            widths.resize(widths.len().max(index + 1), 0);
            widths[index] = widths[index].max(width(cell));
        }
    }
    let mut text = String::new();
    for line in lines {
        let mut padded = String::new();
        for (cell, wanted) in line.as_ref().iter().zip(&widths) {
            padded.push_str(cell);
            padded.push_str(&" ".repeat(wanted - width(cell) + 2));
        }
        text.push_str(padded.trim_end());
        text.push('\n');
    }
    text
}

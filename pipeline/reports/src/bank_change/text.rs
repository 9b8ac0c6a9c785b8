//! The difference between two banks as a page of text.

use records::time::format_time;
use rulebank::Lang;
use wire::{Cause, Fen};

use super::BankDiff;
use super::changes::{ChangeSums, Sample};
use crate::language::pick;
use crate::layout::{Align, Page};
use crate::number::{grouped, yuan};

/// Differences of the banks that are listed; of a new price list there are thousands.
const LISTED: usize = 40;
/// Institutions that are listed, those with the most money first.
const INSTITUTIONS: usize = 20;
/// Of those of the most money, how many are shown.
const GREATEST: usize = 5;
/// Sorts of changes of which one is shown.
const SORTS: usize = 20;

/// The page.
pub fn page(diff: &BankDiff, lang: Lang) -> String {
    let choose = |zh: &'static str, en: &'static str| pick(lang, zh, en);
    let mut page = Page::default();
    page.plain(&format!("{} -> {}", diff.names[0], diff.names[1]));
    page.plain(&read(diff, lang));
    page.heading(choose("两套规则的不同", "What differs between the banks"));
    if diff.banks.is_empty() {
        page.paragraph(choose("没有。", "Nothing."));
    }
    let listed: Vec<String> = diff.banks.iter().take(LISTED).map(|one| one.line(lang)).collect();
    page.points(listed.iter().map(String::as_str));
    if diff.banks.len() > LISTED {
        let more = diff.banks.len() - LISTED;
        page.paragraph(&format!("{} {more}", choose("其余项数：", "and more:")));
    }
    page.heading(choose("告警的不同", "What differs between the alerts"));
    page.paragraph(&sentence(&diff.changes.all, lang));
    let shadow = shadow(diff, lang);
    if !shadow.is_empty() {
        page.heading(choose(
            "影子规则所见的不同（不计入告警）",
            "What shadow rules find otherwise, beside the alerts",
        ));
        page.points(shadow.iter().map(String::as_str));
    }
    if diff.changes.by_rule.is_empty() {
        return page.finish();
    }
    by_rule(diff, lang, &mut page);
    by_institution(diff, lang, &mut page);
    if !diff.changes.greatest.is_empty() {
        page.heading(choose("金额变化最大的", "Those of the most money"));
        diff.changes.greatest.iter().take(GREATEST).for_each(|one| sample(one, lang, &mut page));
    }
    page.heading(choose("每一类举一例", "One of each sort"));
    diff.changes.sorts().iter().take(SORTS).for_each(|one| sample(one, lang, &mut page));
    page.finish()
}

/// What was read, and what *now* was.
pub(super) fn read(diff: &BankDiff, lang: Lang) -> String {
    let [lines, rejected] = diff.lines.map(grouped);
    let now = diff.now.map_or_else(|| "-".to_owned(), format_time);
    match lang {
        Lang::Zh => format!("读入 {lines} 行，其中 {rejected} 行不合规；当前时点 {now}"),
        Lang::En => format!("{lines} lines, {rejected} of them rejected; now is {now}"),
    }
}

/// All changes in a sentence.
pub(super) fn sentence(all: &ChangeSums, lang: Lang) -> String {
    if *all == ChangeSums::default() {
        return pick(lang, "没有一条告警不同。", "No alert differs.").to_owned();
    }
    let [added, withdrawn, changed, reworded] =
        [all.added, all.withdrawn, all.changed, all.reworded].map(grouped);
    let (before, after, grown) = (fen(all.counted_before), fen(all.counted_after), signed(all.grown()));
    match lang {
        Lang::Zh => format!(
            "新增 {added} 条，撤回 {withdrawn} 条，变更 {changed} 条（其中仅表述不同 {reworded} 条）。\n这些告警计入的金额由 {before} 元变为 {after} 元（{grown}）。"
        ),
        Lang::En => format!(
            "{added} added, {withdrawn} withdrawn, {changed} changed ({reworded} of them only in wording).\nWhat they count goes from {before} to {after} yuan ({grown})."
        ),
    }
}

/// What shadow rules find otherwise, a sentence a rule.
pub(super) fn shadow(diff: &BankDiff, lang: Lang) -> Vec<String> {
    let line = |(rule, sum): (&String, &ChangeSums)| {
        let [added, withdrawn, changed] = [sum.added, sum.withdrawn, sum.changed].map(grouped);
        match lang {
            Lang::Zh => format!("{rule}：新增 {added} 条，撤回 {withdrawn} 条，变更 {changed} 条"),
            Lang::En => format!("{rule}: {added} added, {withdrawn} withdrawn, {changed} changed"),
        }
    };
    diff.shadow.by_rule.iter().map(line).collect()
}

/// Yuan of fen.
pub(super) fn fen(sum: i128) -> String {
    yuan(i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX }))
}

/// Yuan with its sign.
pub(super) fn signed(sum: i128) -> String {
    if sum > 0 { format!("+{}", fen(sum)) } else { fen(sum) }
}

/// Alerts of a rule and what they count: under the old bank, and under the new one.
pub(super) fn totals(diff: &BankDiff, rule: &str) -> [(u64, i128); 2] {
    let sum = diff.changes.by_rule.get(rule).copied().unwrap_or_default();
    let after = diff.standing.get(rule).copied().unwrap_or_default();
    [(after.0 + sum.withdrawn - sum.added, after.1 - sum.grown()), after]
}

fn by_rule(diff: &BankDiff, lang: Lang, page: &mut Page) {
    page.heading(pick(lang, "按规则", "By rule"));
    let head = match lang {
        Lang::Zh => ["规则", "新增", "撤回", "变更", "告警数", "", "计入金额（元）", "", "增减", ""],
        Lang::En => {
            ["rule", "added", "withdrawn", "changed", "alerts", "", "counted, yuan", "", "more or less", ""]
        }
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (rule, sum) in &diff.changes.by_rule {
        let [before, after] = totals(diff, rule);
        rows.push(vec![
            rule.clone(),
            grouped(sum.added),
            grouped(sum.withdrawn),
            grouped(sum.changed),
            grouped(before.0),
            format!("-> {}", grouped(after.0)),
            fen(before.1),
            format!("-> {}", fen(after.1)),
            signed(after.1 - before.1),
            diff.titles.get(rule).map_or("", |title| lang.of(title)).to_owned(),
        ]);
    }
    let right = [Align::Right; 8];
    page.rows(&rows, &[&[Align::Left][..], &right[..]].concat());
}

/// Institutions, those with the most money that came or went first.
pub(super) fn institutions(diff: &BankDiff) -> Vec<(&String, &ChangeSums)> {
    let mut all: Vec<(&String, &ChangeSums)> = diff.changes.by_institution.iter().collect();
    all.sort_by(|(code_a, a), (code_b, b)| {
        b.grown().abs().cmp(&a.grown().abs()).then_with(|| code_a.cmp(code_b))
    });
    all
}

fn by_institution(diff: &BankDiff, lang: Lang, page: &mut Page) {
    page.heading(pick(
        lang,
        "按机构（金额按其所在记录归属，元）",
        "By institution (money where the records are)",
    ));
    let head = match lang {
        Lang::Zh => ["机构", "新增", "撤回", "变更", "计入金额增减"],
        Lang::En => ["institution", "added", "withdrawn", "changed", "counted, yuan"],
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let all = institutions(diff);
    for (code, sum) in all.iter().take(INSTITUTIONS) {
        let counts = [sum.added, sum.withdrawn, sum.changed].map(grouped);
        rows.push([&[(*code).clone()][..], &counts[..], &[signed(sum.grown())][..]].concat());
    }
    let right = [Align::Right; 4];
    page.rows(&rows, &[&[Align::Left][..], &right[..]].concat());
    if all.len() > INSTITUTIONS {
        let more = all.len() - INSTITUTIONS;
        page.paragraph(&format!("{} {more}", pick(lang, "其余机构数：", "and more:")));
    }
}

/// What happened, as a word.
pub(super) fn word(change: &str, lang: Lang) -> &'static str {
    match change {
        "added" => pick(lang, "新增", "added"),
        "withdrawn" => pick(lang, "撤回", "withdrawn"),
        _ => pick(lang, "变更", "changed"),
    }
}

/// Causes in a line.
pub(super) fn causes(causes: &[Cause], lang: Lang) -> String {
    let named = causes.iter().map(|cause| {
        let kind = match cause.kind.as_ref() {
            "rule" => pick(lang, "规则", "rule"),
            "table" => pick(lang, "知识表", "table"),
            "exemption" => pick(lang, "豁免", "exemption"),
            other => other,
        };
        format!("{kind} {}", cause.key)
    });
    named.collect::<Vec<_>>().join(", ")
}

/// Counted money on both sides.
pub(super) fn counted(sample: &Sample) -> String {
    let side = |side: &Option<Fen>| side.map_or_else(|| "-".to_owned(), |fen| fen.to_string());
    format!("{} -> {}", side(&sample.counted[0]), side(&sample.counted[1]))
}

fn sample(sample: &Sample, lang: Lang, page: &mut Page) {
    let how_many = match sample.of_its_sort {
        0 => String::new(),
        n => format!("{} x ", grouped(n)),
    };
    let fields =
        if sample.differs.is_empty() { String::new() } else { format!(" ({})", sample.differs.join(", ")) };
    let word = word(&sample.change, lang);
    page.plain(&format!("  {how_many}{word}{fields}  {}", sample.alert_id));
    let institution = sample.institution.as_deref().unwrap_or("-");
    let counted = counted(sample);
    let (here, cause) = (pick(lang, "计入", "counted"), pick(lang, "原因", "cause"));
    page.plain(&format!("    {institution}  {here} {counted}  {cause}: {}", causes(&sample.cause, lang)));
    page.plain(&format!("    {}", sample.message[usize::from(lang == Lang::En)]));
}

//! What arrived and what did not, what could not be judged for it, and what was decided before.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use wire::Lateness;

use super::super::words;
use super::context::RenderContext;
use crate::html::notice;
use crate::html::table::{Table, cell};
use crate::labels;
use crate::mask::Mask;
use crate::number::{grouped, yuan};

/// Decisions that are shown.
const DECISIONS: usize = 200;

/// What arrived, month by month, and what could not be judged.
pub(super) fn arrived(context: &RenderContext<'_>) -> Markup {
    let reach = &context.dossier.reach;
    if reach.is_empty() {
        return html! { p { (context.pick("没有到达情况的记录。", "Nothing is known of what arrived.")) } };
    }
    let never: BTreeSet<&str> = reach.iter().flat_map(|r| &r.never).map(String::as_str).collect();
    let called = |kind: &&str| labels::kind(kind, context.lang).to_owned();
    let never: Vec<String> = never.iter().map(called).collect();
    html! {
        p { (context.pick(
            "没能判断不等于没有问题。一类记录不到，依赖它的规则就不作判断。",
            "Not judged is not clean: where a kind of record does not arrive, the rules that need it are silent.",
        )) }
        @if never.is_empty() {
            p { (context.pick("应有的各类记录都到过。", "Every kind of record that is expected arrived in some month.")) }
        } @else {
            (notice(format!(
                "{}{}",
                context.pick("整个期间从未收到：", "Never arrived in the whole period: "),
                never.join(context.pick("、", ", "))
            )))
        }
        (records(context))
        (late(context))
        (not_judged(context))
    }
}

fn count(number: i64) -> String {
    grouped(u64::try_from(number).unwrap_or(0))
}

/// Records by month and kind; a kind that came in other months only is marked where it is missing.
fn records(context: &RenderContext<'_>) -> Markup {
    let reach = &context.dossier.reach;
    let kinds: BTreeSet<&String> = reach.iter().flat_map(|r| r.records.keys()).collect();
    let sent: Vec<&String> = kinds
        .into_iter()
        .filter(|kind| reach.iter().any(|r| r.records.get(*kind).is_some_and(|n| *n > 0)))
        .collect();
    let mut table = Table::new(context.pick("收到的记录，按月", "Records that arrived, by month"))
        .text(context.pick("月份", "month"));
    for kind in &sent {
        table = table.number(labels::kind(kind, context.lang));
    }
    for of_month in reach {
        let mut row = vec![cell(&of_month.month)];
        for kind in &sent {
            let number = of_month.records.get(*kind).copied().unwrap_or(0);
            let silent = of_month.silent.contains(kind);
            row.push(
                html! { @if silent { span.off { (context.pick("缺", "none")) } } @else { (count(number)) } },
            );
        }
        table.row(row);
    }
    html! { @if !sent.is_empty() { (table) } }
}

/// How late they came, by kind, all months together.
fn late(context: &RenderContext<'_>) -> Markup {
    let mut kinds: BTreeMap<&String, Lateness> = BTreeMap::new();
    for (kind, late) in context.dossier.reach.iter().flat_map(|reach| &reach.late) {
        let sum = kinds.entry(kind).or_default();
        sum.within_1d += late.within_1d;
        sum.within_3d += late.within_3d;
        sum.within_7d += late.within_7d;
        sum.over_7d += late.over_7d;
        sum.unknown += late.unknown;
    }
    let mut table = Table::new(
        context.pick("到达的早晚（接收时间减发生时间）", "How late they came (received less occurred)"),
    )
    .text(context.pick("记录", "record"))
    .number(context.pick("一天内", "within a day"))
    .number(context.pick("三天内", "within 3 days"))
    .number(context.pick("七天内", "within 7 days"))
    .number(context.pick("更晚", "later"))
    .number(context.pick("接收时间不明", "not told"));
    for (kind, late) in &kinds {
        let figures = [late.within_1d, late.within_3d, late.within_7d, late.over_7d, late.unknown];
        let name = cell(labels::kind(kind, context.lang));
        table.row([name].into_iter().chain(figures.map(|figure| cell(&count(figure)))));
    }
    html! { @if !table.is_empty() { (table) } }
}

/// Subjects that rules could not judge, by rule and reason.
fn not_judged(context: &RenderContext<'_>) -> Markup {
    let mut sums: BTreeMap<(&str, &str), (i64, &str, &str)> = BTreeMap::new();
    for reach in &context.dossier.reach {
        for (rule, reasons) in &reach.not_judged {
            for (reason, number) in reasons {
                let sum = sums.entry((rule, reason)).or_insert((0, &reach.month, &reach.month));
                *sum = (sum.0.saturating_add(*number), sum.1, &reach.month);
            }
        }
    }
    if sums.is_empty() {
        return html! {
            p { (context.pick("没有因缺少资料而未能判断的对象。", "No subject went unjudged for want of something.")) }
        };
    }
    let mut table = Table::new(context.pick("未能判断的对象", "Subjects that could not be judged"))
        .text(context.pick("规则", "rule"))
        .text(context.pick("名称", "name"))
        .text(context.pick("原因", "why"))
        .text(context.pick("月份", "months"))
        .number(context.pick("对象数", "subjects"));
    for ((rule, reason), (number, first, last)) in sums {
        let months = if first == last { first.to_owned() } else { format!("{first} – {last}") };
        table.row([
            cell(rule),
            cell(&context.title(rule)),
            cell(&words::reason(reason, context.lang)),
            cell(&months),
            cell(&count(number)),
        ]);
    }
    html! { (table) }
}

/// Decisions that came back.
pub(super) fn decided(context: &RenderContext<'_>, mask: &mut Mask) -> Markup {
    let decisions = &context.dossier.labels;
    if decisions.is_empty() {
        return html! { p { (context.pick("没有已作出的认定。", "Nothing was decided before.")) } };
    }
    let mut table = Table::new(context.pick("认定", "Decisions, the newest first"))
        .text(context.pick("时间", "decided"))
        .text(context.pick("对象", "about"))
        .text(context.pick("结论", "decision"))
        .text(context.pick("行为", "scheme"))
        .text(context.pick("来源", "source"))
        .number(context.pick("金额（元）", "yuan"));
    for label in decisions.iter().take(DECISIONS) {
        let about = mask.id(&label.subject_type, &label.subject_id).into_owned();
        let about = format!("{} {about}", labels::kind(&label.subject_type, context.lang));
        let amount = label.amount.map(|amount| yuan(amount.fen()));
        table.row([
            cell(&label.decided_at),
            html! { (about) " " span.soft.small { (mask.id("label", &label.case_id)) } },
            cell(words::decision(&label.decision, context.lang)),
            cell(&mask.sentence(label.scheme.as_deref().unwrap_or_default(), [])),
            cell(label.source.as_deref().map_or("", |source| words::source(source, context.lang))),
            cell(&amount.unwrap_or_default()),
        ]);
    }
    if decisions.len() > DECISIONS {
        let more = decisions.len() - DECISIONS;
        table.rest(&match context.lang {
            rulebank::Lang::Zh => format!("另有{more}条更早的认定。"),
            rulebank::Lang::En => format!("and {more} earlier ones."),
        });
    }
    html! { (table) }
}

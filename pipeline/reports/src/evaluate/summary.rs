//! The summary of a judgement, as a person reads it at the end of the command.

use std::fmt::Write as _;
use std::path::Path;

use eval::judgement::report::{Measure, OrdersAtK, Report};
use rulebank::Lang;
use wire::visible::visible_path;

use super::words::{amount, around, basis, count, share, unknown};
use crate::language::pick;
use crate::layout::{Align, Page};

/// Rules that the summary names at the most, those with the most mistakes first.
const RULES: usize = 12;

/// The summary.
pub(super) fn summary(report: &Report, out: &Path, lang: Lang) -> String {
    let mut text = String::new();
    for sentence in basis(report, lang) {
        let _ = writeln!(text, "{sentence}");
    }
    let mut page = Page::default();
    page.heading(pick(lang, "预警质量", "the alerts"));
    page.rows(&alerts(report, lang), &[[Align::Left; 1].as_slice(), &[Align::Right; 8]].concat());
    page.heading(pick(
        lang,
        "候选名单：前 k 家机构查实金额",
        "the candidate list: money at its first k institutions",
    ));
    page.rows(&list(report, lang), &[Align::Right; 6]);
    text.push_str(&page.finish());
    let [html, json] = super::request::report_files(out);
    let _ = writeln!(text, "\n{}\n{}", visible_path(&html), visible_path(&json));
    text
}

fn alerts(report: &Report, lang: Lang) -> Vec<Vec<String>> {
    let heads = [
        ("", ""),
        ("预警", "alerts"),
        ("已判定", "decided"),
        ("误报", "false"),
        ("漏报", "missed"),
        ("准确率", "precision"),
        ("查全率", "recall"),
        ("金额查全率", "money recall"),
        ("每万次结算误报", "false/10,000"),
    ];
    let mut rows = vec![heads.map(|(zh, en)| pick(lang, zh, en).to_owned()).to_vec()];
    rows.push(row(pick(lang, "全部", "all"), &report.all));
    if let Some(measure) = &report.without_models {
        rows.push(row(pick(lang, "不含模型", "without models"), measure));
    }
    let mistakes = |measure: &Measure| measure.wrong + measure.missed;
    let mut worst: Vec<&Measure> = report.rules.iter().filter(|measure| mistakes(measure) > 0).collect();
    worst.sort_by(|a, b| mistakes(b).cmp(&mistakes(a)).then_with(|| a.name.cmp(&b.name)));
    rows.extend(worst.into_iter().take(RULES).map(|measure| row(&measure.name, measure)));
    rows
}

fn row(name: &str, measure: &Measure) -> Vec<String> {
    vec![
        name.to_owned(),
        count(measure.alerts),
        count(measure.decided),
        count(measure.wrong),
        count(measure.missed),
        around(measure.precision, share),
        around(measure.recall, share),
        around(measure.recall_money, share),
        measure.false_alarms_per_10000.value.map_or_else(unknown, |rate| format!("{rate:.2}")),
    ]
}

fn list(report: &Report, lang: Lang) -> Vec<Vec<String>> {
    let heads = [
        ("k", "k"),
        ("名单", "list"),
        ("按基金支付", "by turnover"),
        ("随机", "random"),
        ("最优", "best"),
        ("名单/随机", "list/random"),
    ];
    let mut rows = vec![heads.map(|(zh, en)| pick(lang, zh, en).to_owned()).to_vec()];
    let of = |at: &OrdersAtK| {
        vec![
            at.k.to_string(),
            amount(at.list.money),
            amount(at.turnover.money),
            amount(at.random.money),
            amount(at.best.money),
            at.times_random.value.map_or_else(unknown, |times| format!("{times:.2}")),
        ]
    };
    rows.extend(report.list.at.iter().map(of));
    rows
}

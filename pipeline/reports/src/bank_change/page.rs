//! The difference between two banks as an HTML page.

use maud::{Markup, html};
use rulebank::Lang;

use super::BankDiff;
use super::changes::{ChangeSums, Sample};
use super::text::{causes, counted, fen, institutions, read, sentence, shadow, signed, totals, word};
use crate::html::table::{Table, cell};
use crate::html::{Document, Figure, figures, notice, section};
use crate::language::pick;
use crate::number::grouped;

/// Rows of a table at the most; what is beyond stands in the NDJSON.
const ROWS: usize = 200;

/// The whole file.
pub fn page(diff: &BankDiff, lang: Lang) -> String {
    let choose = |zh: &'static str, en: &'static str| pick(lang, zh, en);
    let title = choose("规则变更的影响", "What a change of rules does");
    let note = choose(
        "本页不含人员编号。全部差异逐条见 --out FILE.ndjson。",
        "No person is named on this page. Every difference stands in --out FILE.ndjson, one a line.",
    );
    let body = html! {
        (big(&diff.changes.all, lang))
        (section("banks", choose("两套规则的不同", "What differs between the banks"), banks(diff, lang)))
        (section("alerts", choose("告警的不同", "What differs between the alerts"), html! {
            @for line in sentence(&diff.changes.all, lang).lines() { p { (line) } }
        }))
        @if !diff.shadow.by_rule.is_empty() {
            (section("shadow", choose("影子规则所见的不同（不计入告警）", "What shadow rules find otherwise, beside the alerts"), html! {
                @for line in shadow(diff, lang) { p { (line) } }
            }))
        }
        @if !diff.changes.by_rule.is_empty() {
            (section("rules", choose("按规则", "By rule"), by_rule(diff, lang)))
            (section("institutions", choose("按机构", "By institution"), by_institution(diff, lang)))
            @if !diff.changes.greatest.is_empty() {
                (section("greatest", choose("金额变化最大的", "Those of the most money"),
                    samples(&diff.changes.greatest, choose("按计入金额的变化", "By the counted money that came or went"), lang)))
            }
            (section("sorts", choose("每一类举一例", "One of each sort"),
                samples(&diff.changes.sorts(), choose("最常见的在前", "The most frequent first"), lang)))
        }
    };
    let between = format!("{} → {} · {}", diff.names[0], diff.names[1], read(diff, lang));
    Document::new(title, lang).subtitle(&between).note(note).page(&body)
}

fn big(all: &ChangeSums, lang: Lang) -> Markup {
    let figure =
        |zh, en, value: String, hint: String| Figure { name: pick(lang, zh, en).to_owned(), value, hint };
    let only = match all.reworded {
        0 => String::new(),
        n => format!("{}{}", pick(lang, "其中仅表述不同 ", "only in wording: "), grouped(n)),
    };
    let money = format!("{} → {}", fen(all.counted_before), fen(all.counted_after));
    figures(&[
        figure("新增", "added", grouped(all.added), String::new()),
        figure("撤回", "withdrawn", grouped(all.withdrawn), String::new()),
        figure("变更", "changed", grouped(all.changed), only),
        figure("计入金额增减（元）", "counted, yuan", signed(all.grown()), money),
    ])
}

fn banks(diff: &BankDiff, lang: Lang) -> Markup {
    if diff.banks.is_empty() {
        return notice(pick(lang, "没有能影响告警的不同。", "Nothing that can touch an alert."));
    }
    let caption = pick(lang, "规则、知识表的行、豁免", "Rules, rows of knowledge tables, exemptions");
    let mut table = Table::new(caption).text(pick(lang, "对象", "of")).text(pick(lang, "不同", "difference"));
    for one in diff.banks.iter().take(ROWS) {
        let what = if lang == Lang::Zh { &one.zh } else { &one.en };
        table.row([cell(&one.key), cell(what)]);
    }
    rest(&mut table, diff.banks.len(), lang);
    html! { (table) }
}

fn rest(table: &mut Table, all: usize, lang: Lang) {
    if all > ROWS {
        table.rest(&format!("{} {}", pick(lang, "其余项数：", "and more:"), all - ROWS));
    }
}

fn by_rule(diff: &BankDiff, lang: Lang) -> Markup {
    let choose = |zh: &'static str, en: &'static str| pick(lang, zh, en);
    let caption = choose(
        "告警数与计入金额（元）为该规则的全部告警",
        "Alerts and counted yuan are those of the whole rule",
    );
    let mut table = Table::new(caption).text(choose("规则", "rule"));
    for (zh, en) in [("新增", "added"), ("撤回", "withdrawn"), ("变更", "changed")] {
        table = table.number(choose(zh, en));
    }
    for (zh, en) in [
        ("告警数：前", "alerts before"),
        ("后", "after"),
        ("计入：前", "counted before"),
        ("后", "after"),
        ("增减", "more or less"),
    ] {
        table = table.number(choose(zh, en));
    }
    for (rule, sum) in &diff.changes.by_rule {
        let [before, after] = totals(diff, rule);
        let title = diff.titles.get(rule).map_or("", |title| lang.of(title));
        let texts = [
            grouped(sum.added),
            grouped(sum.withdrawn),
            grouped(sum.changed),
            grouped(before.0),
            grouped(after.0),
            fen(before.1),
            fen(after.1),
            signed(after.1 - before.1),
        ];
        let name = html! { strong { (rule) } " " (title) };
        table.row(std::iter::once(name).chain(texts.iter().map(|text| cell(text))));
    }
    html! { (table) }
}

fn by_institution(diff: &BankDiff, lang: Lang) -> Markup {
    let choose = |zh: &'static str, en: &'static str| pick(lang, zh, en);
    let caption = choose(
        "金额按其所在记录归属；涉及几家机构的告警在每家各计一次",
        "Money is counted where its records are; an alert of several institutions counts at each",
    );
    let mut table = Table::new(caption).text(choose("机构", "institution"));
    for (zh, en) in [
        ("新增", "added"),
        ("撤回", "withdrawn"),
        ("变更", "changed"),
        ("计入金额增减（元）", "counted, yuan"),
    ] {
        table = table.number(choose(zh, en));
    }
    let all = institutions(diff);
    for (code, sum) in all.iter().take(ROWS) {
        let texts = [grouped(sum.added), grouped(sum.withdrawn), grouped(sum.changed), signed(sum.grown())];
        table.row(std::iter::once(cell(code)).chain(texts.iter().map(|text| cell(text))));
    }
    rest(&mut table, all.len(), lang);
    html! { (table) }
}

fn samples(samples: &[Sample], caption: &str, lang: Lang) -> Markup {
    let choose = |zh: &'static str, en: &'static str| pick(lang, zh, en);
    let counts = samples.iter().any(|sample| sample.of_its_sort > 0);
    let mut table = Table::new(caption);
    if counts {
        table = table.number(choose("条数", "how many"));
    }
    table = table.text(choose("变化", "change")).text(choose("告警", "alert"));
    table = table.number(choose("计入金额（元）", "counted, yuan")).text(choose("原因", "cause"));
    for sample in samples.iter().take(ROWS) {
        let mut below = vec![sample.alert_id.clone()];
        below.extend(sample.institution.clone());
        below.extend(sample.differs.iter().map(|field| field.to_string()));
        let alert = html! {
            (sample.message[usize::from(lang == Lang::En)])
            br; small { (below.join(" · ")) }
        };
        let count = counts.then(|| cell(&grouped(sample.of_its_sort)));
        let cells = [
            cell(word(&sample.change, lang)),
            alert,
            cell(&counted(sample)),
            cell(&causes(&sample.cause, lang)),
        ];
        table.row(count.into_iter().chain(cells));
    }
    rest(&mut table, samples.len(), lang);
    html! { (table) }
}

//! The judgement as a page: what the alerts are worth, rule by rule, and what the list is worth.

mod plots;

use eval::judgement::report::{Control, Measure, OrdersAtK, Report};
use maud::{Markup, html};
use rulebank::{Bank, Lang};

use super::words::{amount, around, basis, between, count, plain, share, unknown};
use crate::html::table::{Table, cell};
use crate::html::{Document, Figure, figures, notice, section};
use crate::labels::word;
use crate::language::pick;

/// The page.
pub(super) fn page(report: &Report, bank: &Bank, lang: Lang) -> String {
    let body = html! {
        (figures(&numbers(report, lang)))
        @for sentence in basis(report, lang) { (notice(sentence)) }
        (section("families", pick(lang, "按类别", "By family"), families(report, lang)))
        (section("rules", pick(lang, "按规则", "By rule"), rules(report, bank, lang)))
        @if !report.schemes.is_empty() {
            (section("schemes", pick(lang, "按手法", "By scheme"), schemes(report, lang)))
        }
        (section("list", pick(lang, "候选名单", "The candidate list"), list(report, lang)))
        (section("calibration", pick(lang, "预期金额是否可信", "Expected against found"), calibration(report, lang)))
        @if !report.chances.is_empty() {
            (section("chances", pick(lang, "认定概率", "The chance of a rule"), chances(report, lang)))
        }
        @if report.models.is_some() {
            (section("models", pick(lang, "模型的贡献", "What models add"), models(report, lang)))
        }
        @if let Some(control) = &report.control {
            (section("control", pick(lang, "名单之外", "What the list leaves out"), left_out(control, lang)))
        }
        (section("reading", pick(lang, "如何阅读", "How to read it"), reading(lang)))
    };
    let now = report.now.as_deref().unwrap_or("–");
    let subtitle = match lang {
        Lang::Zh => format!(
            "{now} · {} 家机构 · {} 次结算 · 基金支付 {} 元",
            count(report.run.institutions),
            crate::number::grouped(report.run.settlements.unsigned_abs()),
            amount(report.run.fund_pay_sumamt)
        ),
        Lang::En => format!(
            "{now} · {} institutions · {} settlements · {} yuan paid by the fund",
            count(report.run.institutions),
            crate::number::grouped(report.run.settlements.unsigned_abs()),
            amount(report.run.fund_pay_sumamt)
        ),
    };
    let intervals = report.intervals;
    let note = match lang {
        Lang::Zh => format!(
            "括号内为 {:.0}% 区间；按机构重抽样 {} 次，种子 {}。本页不含任何人员。",
            intervals.level * 100.0,
            count(intervals.resamples),
            intervals.seed
        ),
        Lang::En => format!(
            "Intervals in brackets are at {:.0} %; institutions were drawn again {} times, seed {}. No person is named here.",
            intervals.level * 100.0,
            count(intervals.resamples),
            intervals.seed
        ),
    };
    Document::new(pick(lang, "预警评估", "What the alerts are worth"), lang)
        .subtitle(&subtitle)
        .note(&note)
        .page(&body)
}

fn numbers(report: &Report, lang: Lang) -> Vec<Figure> {
    let figure = |(zh, en): (&str, &str), value: String, hint: String| Figure {
        name: pick(lang, zh, en).to_owned(),
        value,
        hint,
    };
    let all = &report.all;
    let of = |hits: usize, of: usize| match lang {
        Lang::Zh => format!("{} / {}", count(hits), count(of)),
        Lang::En => format!("{} of {}", count(hits), count(of)),
    };
    let mut numbers = vec![
        figure(("准确率", "Precision"), around(all.precision, share), of(all.right, all.decided)),
        figure(
            ("查全率", "Recall"),
            around(all.recall, share),
            match lang {
                Lang::Zh => format!("漏报 {}", count(all.missed)),
                Lang::En => format!("{} missed", count(all.missed)),
            },
        ),
        figure(
            ("金额查全率", "Money recall"),
            around(all.recall_money, share),
            format!("{} {}", amount(all.amount_right), pick(lang, "元", "yuan")),
        ),
        figure(
            ("每万次结算误报", "False alarms per 10,000"),
            around(all.false_alarms_per_10000, plain),
            match lang {
                Lang::Zh => {
                    format!("共 {} 条 · {}", count(all.wrong), between(all.false_alarms_per_10000, plain))
                }
                Lang::En => format!("{} · {}", count(all.wrong), between(all.false_alarms_per_10000, plain)),
            },
        ),
    ];
    if let Some(at) = report.list.at.iter().rfind(|at| at.k <= 20) {
        numbers.push(figure(
            ("名单相对随机", "The list against chance"),
            at.times_random.value.map_or_else(unknown, |times| format!("{times:.1} ×")),
            match lang {
                Lang::Zh => format!("前 {} 家机构的查实金额", at.k),
                Lang::En => format!("money at its first {}", at.k),
            },
        ));
    }
    numbers
}

/// Columns of measures, after the name.
fn measured(caption: &str, name: &str, lang: Lang) -> Table {
    let mut table = Table::new(caption).text(name);
    for (zh, en) in [
        ("预警", "alerts"),
        ("误报", "false"),
        ("未知", "unknown"),
        ("漏报", "missed"),
        ("准确率", "precision"),
        ("查全率", "recall"),
        ("F1", "F1"),
        ("金额准确率", "money precision"),
        ("金额查全率", "money recall"),
        ("每万次结算误报", "false per 10,000"),
    ] {
        table = table.number(pick(lang, zh, en));
    }
    table
}

fn measures(measure: &Measure) -> Vec<Markup> {
    let unknown_count = measure.unknown.unlabelled + measure.unknown.young + measure.unknown.undecided;
    [
        count(measure.alerts),
        count(measure.wrong),
        count(unknown_count),
        count(measure.missed),
        around(measure.precision, share),
        around(measure.recall, share),
        measure.f1.map_or_else(unknown, plain),
        around(measure.precision_money, share),
        between(measure.recall_money, share),
        between(measure.false_alarms_per_10000, plain),
    ]
    .iter()
    .map(|text| cell(text))
    .collect()
}

fn families(report: &Report, lang: Lang) -> Markup {
    let mut table =
        measured(pick(lang, "各类别的指标", "Measures by family"), pick(lang, "类别", "family"), lang);
    for measure in &report.families {
        table.row([vec![cell(word(&measure.name, lang))], measures(measure)].concat());
    }
    table.total([vec![cell(pick(lang, "全部", "all"))], measures(&report.all)].concat());
    html! { (plots::heat(report, lang)) (table) }
}

fn rules(report: &Report, bank: &Bank, lang: Lang) -> Markup {
    let mut table =
        measured(pick(lang, "各规则的指标", "Measures by rule"), pick(lang, "规则", "rule"), lang);
    for measure in &report.rules {
        let title = bank.rule(&measure.name).map_or("", |rule| pick(lang, &rule.title.zh, &rule.title.en));
        let name = html! { (measure.name) " " span.small { (title) } };
        table.row([vec![name], measures(measure)].concat());
    }
    html! {
        (plots::shares(report, lang, plots::MeasureKind::Precision))
        (plots::shares(report, lang, plots::MeasureKind::Recall))
        (table)
    }
}

fn schemes(report: &Report, lang: Lang) -> Markup {
    let mut table =
        Table::new(pick(lang, "各手法的查全", "Recall by scheme")).text(pick(lang, "手法", "scheme"));
    for (zh, en) in [
        ("案件", "cases"),
        ("发现", "found"),
        ("漏报条数", "findings missed"),
        ("查全率", "recall"),
        ("查实金额（元）", "found, yuan"),
        ("漏报金额（元）", "missed, yuan"),
        ("金额查全率", "money recall"),
    ] {
        table = table.number(pick(lang, zh, en));
    }
    for measure in &report.schemes {
        let cells = [
            measure.name.replace('_', " "),
            count(measure.cases),
            count(measure.cases_found),
            count(measure.missed),
            between(measure.recall, share),
            amount(measure.amount_right),
            amount(measure.amount_missed),
            between(measure.recall_money, share),
        ];
        table.row(cells.iter().map(|text| cell(text)));
    }
    html! { (table) }
}

fn list(report: &Report, lang: Lang) -> Markup {
    let worth = &report.list;
    let models = report.models.is_some();
    let caption = pick(lang, "前 k 家机构查实金额的占比", "Share of the money at the first k institutions");
    let mut table = Table::new(caption).number("k").number(pick(lang, "名单", "list"));
    if models {
        table = table.number(pick(lang, "不含模型", "without models"));
    }
    for (zh, en) in [
        ("按基金支付", "by turnover"),
        ("随机（十有九次）", "random (nine in ten)"),
        ("最优", "best"),
        ("名单/随机", "list ÷ random"),
        ("名单命中", "list: with findings"),
        ("随机命中", "random: with findings"),
    ] {
        table = table.number(pick(lang, zh, en));
    }
    let row = |at: &OrdersAtK| {
        let mut cells = vec![at.k.to_string(), between(at.list.share, share)];
        if models {
            let without = at.list_without_models.map(|held| around(held.share, share));
            cells.push(without.unwrap_or_else(unknown));
        }
        cells.extend([
            around(at.turnover.share, share),
            between(at.random.share, share),
            around(at.best.share, share),
            between(at.times_random, plain),
            around(at.list.precision, share),
            around(at.random.precision, share),
        ]);
        cells.iter().map(|text| cell(text)).collect::<Vec<_>>()
    };
    for at in &worth.at {
        table.row(row(at));
    }
    let sentence = match lang {
        Lang::Zh => format!(
            "{} 家机构中 {} 家有可查实金额，合计 {} 元（每一元只计一次）。",
            count(worth.institutions),
            count(worth.with_money),
            amount(worth.money)
        ),
        Lang::En => format!(
            "{} of {} institutions have something to find, {} yuan together, each yuan once.",
            count(worth.with_money),
            count(worth.institutions),
            amount(worth.money)
        ),
    };
    html! { p { (sentence) } (plots::curve(report, lang)) (table) }
}

fn calibration(report: &Report, lang: Lang) -> Markup {
    let caption =
        pick(lang, "预期与查实，按预期从低到高十等分", "Expected and found, in tenths by what was expected");
    let mut table = Table::new(caption).number(pick(lang, "组", "tenth"));
    for (zh, en) in [
        ("机构", "institutions"),
        ("预期（元）", "expected, yuan"),
        ("查实（元）", "found, yuan"),
        ("查实/预期", "found ÷ expected"),
    ] {
        table = table.number(pick(lang, zh, en));
    }
    for (n, bin) in (1..).zip(&report.calibration.bins) {
        let cells = [
            format!("{n}"),
            count(bin.institutions),
            amount(bin.expected_amount),
            amount(bin.true_amount),
            between(bin.ratio, plain),
        ];
        table.row(cells.iter().map(|text| cell(text)));
    }
    let all = &report.calibration.all;
    let total = [
        pick(lang, "全部", "all").to_owned(),
        count(all.institutions),
        amount(all.expected_amount),
        amount(all.true_amount),
        between(all.ratio, plain),
    ];
    table.total(total.iter().map(|text| cell(text)));
    html! { (plots::bins(report, lang)) (table) }
}

fn chances(report: &Report, lang: Lang) -> Markup {
    let caption =
        pick(lang, "名单采用的概率与实际认定", "The chance that the list uses, and what was confirmed");
    let mut table = Table::new(caption).text(pick(lang, "规则", "rule"));
    for (zh, en) in [
        ("已判定", "decided"),
        ("概率", "chance"),
        ("认定", "confirmed"),
        ("Brier", "Brier"),
        ("以实际比例为概率", "Brier of the rate"),
    ] {
        table = table.number(pick(lang, zh, en));
    }
    let three = |value: Option<f64>| value.map_or_else(unknown, |value| format!("{value:.3}"));
    for fit in &report.chances {
        let cells = [
            fit.name.clone(),
            count(fit.decided),
            three(fit.chance),
            between(fit.confirmed, share),
            three(fit.brier),
            three(fit.brier_of_rate),
        ];
        table.row(cells.iter().map(|text| cell(text)));
    }
    html! { (table) }
}

fn models(report: &Report, lang: Lang) -> Markup {
    let Some(worth) = &report.models else { return html! {} };
    let sentence = match lang {
        Lang::Zh => format!(
            "{}：{} 条指标预警，涉及 {} 家机构；这些机构占可查实金额的 {}，是其机构占比的 {} 倍。",
            worth.rules.join("、"),
            count(worth.alerts),
            count(worth.institutions),
            worth.share_of_money.map_or_else(unknown, share),
            worth.lift.map_or_else(unknown, plain)
        ),
        Lang::En => format!(
            "{}: {} indicators at {} institutions. {} of the money is there, {} times their share of institutions.",
            worth.rules.join(", "),
            count(worth.alerts),
            count(worth.institutions),
            worth.share_of_money.map_or_else(unknown, share),
            worth.lift.map_or_else(unknown, plain)
        ),
    };
    let caption = pick(lang, "加入模型后名单前 k 家的变化", "What changes among the first k with models");
    let mut table = Table::new(caption).number("k");
    for (zh, en) in [
        ("新进机构", "institutions added"),
        ("新进查实（元）", "money there, yuan"),
        ("被挤出查实（元）", "money pushed out, yuan"),
    ] {
        table = table.number(pick(lang, zh, en));
    }
    for added in &worth.added {
        let cells = [
            added.k.to_string(),
            count(added.institutions),
            amount(added.money),
            amount(added.money_pushed_out),
        ];
        table.row(cells.iter().map(|text| cell(text)));
    }
    html! { p { (sentence) } (table) }
}

fn left_out(control: &Control, lang: Lang) -> Markup {
    let high = control.money_high.map_or_else(|| pick(lang, "无上限", "no upper end").to_owned(), amount);
    let (found, money, low) = (amount(control.found), amount(control.money), amount(control.money_low));
    let (drawn, decided, unranked) = (count(control.drawn), count(control.decided), count(control.unranked));
    let sentence = match lang {
        Lang::Zh => format!(
            "未入名单的 {unranked} 家机构中抽取 {drawn} 家，已知结果 {decided} 家，查实 {found} 元；据此估计未入名单机构共 {money} 元（{low}–{high}）。"
        ),
        Lang::En => format!(
            "Of {unranked} institutions that were not ranked {drawn} were drawn and {decided} are known: {found} yuan found there, an estimate of {money} yuan ({low}–{high}) at all of them."
        ),
    };
    let truth = control.truth.zip(control.covered).map(|(truth, covered)| match (lang, covered) {
        (Lang::Zh, true) => format!("真值为 {} 元，在区间内。", amount(truth)),
        (Lang::Zh, false) => format!("真值为 {} 元，不在区间内。", amount(truth)),
        (Lang::En, true) => format!("There are {} yuan, which the interval holds.", amount(truth)),
        (Lang::En, false) => format!("There are {} yuan, which the interval does not hold.", amount(truth)),
    });
    let few =
        pick(lang, "已知结果太少，区间不可靠。", "Too few are known for the interval to be relied upon.");
    html! {
        p { (sentence) }
        @if let Some(truth) = truth { p { (truth) } }
        @if control.few { (notice(few)) }
    }
}

fn reading(lang: Lang) -> Markup {
    let points: &[&str] = match lang {
        Lang::Zh => &[
            "准确率＝正确预警÷已判定预警；查全率＝已发现÷（已发现＋漏报）。区间：比例用 Wilson，误报率用 Garwood，金额与排名按机构重抽样。",
            "金额准确率、金额查全率按元计：预警金额中属实的部分，以及应查实金额中被预警覆盖的部分。",
            "名单按每个检查日的预期可追回金额排序，排序时视同尚无任何认定返回，否则就是用答案检验自己。",
            "可查实金额取正确预警的计入金额（每一元只计一次），漏报部分按机构均分。",
            "Brier＝（概率－结果）²的均值，0 最好；若远高于“以实际比例为概率”，说明规则文件里的先验需要调整。",
        ],
        Lang::En => &[
            "Precision is right alerts ÷ decided alerts; recall is found ÷ (found + missed). Intervals: Wilson for shares, Garwood for the rate of false alarms, institutions drawn again for money and ranks.",
            "Money precision and money recall count yuan: the part of what alerts come to that is right, and the part of what was to be found that alerts reach.",
            "The list is ordered by what a day of inspection can be expected to bring, as if no decision had come back; else it would be tested on its own answers.",
            "What is to be found at an institution is the counted money of right alerts, each yuan once, and its equal part of what was missed.",
            "Brier is the mean of (chance − outcome)², 0 is best; where it is far above that of the rate, the prior in the rule file is due for a change.",
        ],
    };
    html! { ul { @for point in points { li { (point) } } } }
}

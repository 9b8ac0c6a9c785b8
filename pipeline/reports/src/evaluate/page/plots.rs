//! The drawings of the page.

use eval::judgement::report::{Measure, Report};
use eval::measure::Estimate;
use maud::{Markup, html};
use rulebank::Lang;

use super::super::words::{amount, around, between, share};
use crate::html::plot::{Bar, Dot, Line, Shape, Words, bars, dots, series};
use crate::labels::word;
use crate::language::pick;

/// Which share of a rule is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MeasureKind {
    Precision,
    Recall,
}

/// Precision or recall of every rule that has one, with its interval.
pub(super) fn shares(report: &Report, lang: Lang, of: MeasureKind) -> Markup {
    let (title, description) = match of {
        MeasureKind::Precision => (
            pick(lang, "各规则的准确率", "Precision by rule"),
            pick(
                lang,
                "正确预警在已判定预警中的占比，横线为区间",
                "right alerts among decided ones, lines are intervals",
            ),
        ),
        MeasureKind::Recall => (
            pick(lang, "各规则的查全率", "Recall by rule"),
            pick(
                lang,
                "已发现在应发现中的占比，横线为区间",
                "found among true findings, lines are intervals",
            ),
        ),
    };
    let of_measure = |measure: &Measure| match of {
        MeasureKind::Precision => measure.precision,
        MeasureKind::Recall => measure.recall,
    };
    let dot = |measure: &Measure| {
        let estimate = of_measure(measure);
        let value = estimate.value?;
        Some(Dot {
            label: measure.name.clone(),
            value,
            low: estimate.low.unwrap_or(value),
            high: estimate.high.unwrap_or(value),
            text: between(estimate, share),
        })
    };
    let rows: Vec<Dot> = report.rules.iter().filter_map(dot).collect();
    let all = match of {
        MeasureKind::Precision => report.all.precision.value,
        MeasureKind::Recall => report.all.recall.value,
    };
    dots(Words { title, description }, &rows, all)
}

/// Money by how many institutions are visited.
pub(super) fn curve(report: &Report, lang: Lang) -> Markup {
    let curve = &report.list.curve;
    // The axis is even: the last point, which may lie off the step, is left out.
    let step = match curve.k.as_slice() {
        [.., before, last] if curve.k.len() > 2 => {
            before.abs_diff(curve.k[curve.k.len() - 3]).max(1).min(*last)
        }
        _ => 1,
    };
    let drawn: Vec<usize> = (0..curve.k.len()).filter(|&n| curve.k[n].is_multiple_of(step)).collect();
    let line = |name: &str, values: &[Option<f64>]| Line {
        name: name.to_owned(),
        values: drawn.iter().map(|&n| values[n].map(|share| share * 100.0)).collect(),
    };
    let mut lines = vec![
        line(pick(lang, "名单", "list"), &curve.list),
        line(pick(lang, "按基金支付", "by turnover"), &curve.turnover),
        line(pick(lang, "随机", "random"), &curve.random),
        line(pick(lang, "最优", "best"), &curve.best),
    ];
    if !curve.list_without_models.is_empty() {
        lines.insert(
            1,
            line(pick(lang, "名单（不含模型）", "list without models"), &curve.list_without_models),
        );
    }
    let labels: Vec<String> = drawn.iter().map(|&n| curve.k[n].to_string()).collect();
    let words = Words {
        title: pick(
            lang,
            "查到多少金额，取决于先去哪里",
            "How much is found depends on where one goes first",
        ),
        description: pick(
            lang,
            "横轴为检查的机构数，纵轴为其可查实金额占全部的百分比",
            "institutions visited along, per cent of all money to be found up",
        ),
    };
    series(words, "%", &labels, &lines, Shape::Straight)
}

/// Expected and found money of each tenth.
pub(super) fn bins(report: &Report, lang: Lang) -> Markup {
    let row = |(n, bin): (usize, &eval::judgement::report::CalibrationBin)| Bar {
        label: match lang {
            Lang::Zh => format!("第 {n} 组"),
            Lang::En => format!("tenth {n}"),
        },
        value: eval::measure::float(bin.expected_amount.0) / 100.0,
        second: Some(eval::measure::float(bin.true_amount.0) / 100.0),
        text: format!("{} / {}", amount(bin.expected_amount), amount(bin.true_amount)),
    };
    let rows: Vec<Bar> = (1..).zip(&report.calibration.bins).map(row).collect();
    let words = Words {
        title: pick(lang, "预期与查实", "Expected and found"),
        description: pick(
            lang,
            "每组机构的预期金额与查实金额",
            "expected and true money of each tenth of the institutions",
        ),
    };
    bars(words, [pick(lang, "预期", "expected"), pick(lang, "查实", "found")], &rows)
}

const LABEL: usize = 150;
const CELL: usize = 156;
const ROW: usize = 30;

/// A strip for each family: the darker, the better.
pub(super) fn heat(report: &Report, lang: Lang) -> Markup {
    let columns = [
        pick(lang, "准确率", "precision"),
        pick(lang, "查全率", "recall"),
        pick(lang, "金额准确率", "money precision"),
        pick(lang, "金额查全率", "money recall"),
    ];
    let values = |measure: &Measure| -> [Estimate; 4] {
        [measure.precision, measure.recall, measure.precision_money, measure.recall_money]
    };
    let title = pick(lang, "各类别一览", "Families at a glance");
    let height = ROW * (report.families.len() + 1);
    html! {
        figure {
            figcaption { (title) }
            div.plot tabindex="0" role="region" aria-label=(title) {
                svg viewBox={ "0 0 800 " (height) } role="img" {
                    title { (title) }
                    desc { (pick(lang, "颜色越深越好，空格表示没有可算的", "the darker the better; an empty cell has nothing to stand on")) }
                    @for (column, name) in columns.iter().enumerate() {
                        text.axis x=(LABEL + CELL * column + CELL / 2) y="18" text-anchor="middle" { (name) }
                    }
                    @for (row, measure) in report.families.iter().enumerate() {
                        @let top = ROW * (row + 1);
                        text x=(LABEL - 10) y=(top + 19) text-anchor="end" { (word(&measure.name, lang)) }
                        @for (column, estimate) in values(measure).into_iter().enumerate() {
                            @let depth = estimate.value.unwrap_or(0.0);
                            @let left = LABEL + CELL * column;
                            rect x=(left + 1) y=(top + 1) width=(CELL - 2) height=(ROW - 2) rx="2" class="f0"
                                fill-opacity=(format!("{:.2}", 0.04 + 0.76 * depth)) {}
                            text x=(left + CELL / 2) y=(top + 19) text-anchor="middle"
                                style=[(depth > 0.5).then_some("fill:#fff")] { (around(estimate, share)) }
                        }
                    }
                }
            }
        }
    }
}

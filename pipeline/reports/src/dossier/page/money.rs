//! How much: the large numbers, the money by family and by rule, in bars and as a table.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::context::{RenderContext, anchor};
use crate::html::plot::{Bar, Part, Words, bars, share};
use crate::html::table::{Table, cell};
use crate::html::{self, Figure};
use crate::labels;
use crate::number::{grouped, yuan};

/// Rules that have a bar.
const BARS: usize = 14;

/// Fen as a length of a drawing.
#[expect(clippy::cast_precision_loss, reason = "lengths are drawn to a hundredth of a pixel")]
pub(super) fn length(fen: i64) -> f64 {
    fen as f64
}

/// A share of a whole in per cent with two decimals, rounded half up; a dash where there is no whole.
pub(super) fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".to_owned();
    }
    let hundredths = (i128::from(part) * 20_000 + i128::from(whole)).div_euclid(i128::from(whole) * 2);
    format!("{}.{:02} %", hundredths / 100, (hundredths % 100).abs())
}

/// What the fund paid the institution in all months, in fen, and for how many settlements.
fn turnover(context: &RenderContext<'_>) -> (i64, i64) {
    let months = context.dossier.institution.months.values();
    months.fold((0i64, 0i64), |(fen, settlements), month| {
        let paid = i64::try_from(month.fund_pay_sumamt.0).unwrap_or(i64::MAX);
        (fen.saturating_add(paid), settlements.saturating_add(month.settlements))
    })
}

/// The large numbers of the head.
pub(super) fn figures(context: &RenderContext<'_>) -> Markup {
    let rules = &context.dossier.rules;
    let sum = |of: fn(&super::super::read::RuleFindings) -> i64| {
        rules.iter().map(of).fold(0i64, i64::saturating_add)
    };
    let (counted, amount, definite) = (sum(|of| of.counted), sum(|of| of.amount), sum(|of| of.definite));
    let found: usize = rules.iter().map(|of| of.found).sum();
    let exempted: usize = rules.iter().map(|of| of.exempted).sum();
    let (paid, settlements) = turnover(context);
    let settlements = u64::try_from(settlements).unwrap_or(0);
    let of_rules = match context.lang {
        rulebank::Lang::Zh => format!("涉及{}条规则", rules.len()),
        rulebank::Lang::En => format!("of {} rules", rules.len()),
    };
    let of_rules = match (exempted, context.lang) {
        (0, _) => of_rules,
        (_, rulebank::Lang::Zh) => format!("{of_rules}，其中豁免{exempted}条"),
        (_, rulebank::Lang::En) => format!("{of_rules}, {exempted} of them exempted"),
    };
    html::figures(&[
        Figure {
            name: context.pick("计入金额（元）", "counted, yuan").to_owned(),
            value: yuan(counted),
            hint: context
                .pick("每一元只计一次，本机构份额", "each yuan once, this institution's share")
                .to_owned(),
        },
        Figure {
            name: context.pick("其中事实确定", "of it definite").to_owned(),
            value: percent(definite, counted),
            hint: format!("{} {}", yuan(definite), context.pick("元", "yuan")),
        },
        Figure {
            name: context.pick("发现（条）", "findings").to_owned(),
            value: grouped(found as u64),
            hint: of_rules,
        },
        Figure {
            name: context.pick("期间基金支付（元）", "paid by the fund, yuan").to_owned(),
            value: yuan(paid),
            hint: match context.lang {
                rulebank::Lang::Zh => {
                    format!("{}笔结算，计入占{}", grouped(settlements), percent(counted, paid))
                }
                rulebank::Lang::En => {
                    format!("{} settlements; counted is {}", grouped(settlements), percent(counted, paid))
                }
            },
        },
        Figure {
            name: context.pick("涉及金额（元）", "suspected, yuan").to_owned(),
            value: yuan(amount),
            hint: context.pick("各条相加，未去重叠", "added up, overlaps not taken out").to_owned(),
        },
    ])
}

/// The money by family and by rule.
pub(super) fn money(context: &RenderContext<'_>) -> Markup {
    let rules = &context.dossier.rules;
    if rules.is_empty() {
        return html! {
            p { (context.pick(
                "本次运行在该机构没有发现。没有发现不等于没有问题：请先看第五部分，哪些数据没有到、哪些规则没能判断。",
                "This run found nothing here. That is not the same as clean: see part 5 for what did not arrive and what could not be judged.",
            )) }
        };
    }
    let counted: i64 = rules.iter().map(|of| of.counted).fold(0, i64::saturating_add);
    html! {
        @if counted > 0 { (families(context)) }
        @if rules.iter().any(|of| of.amount > 0) { (by_rule(context)) }
        (table(context, counted))
    }
}

fn families(context: &RenderContext<'_>) -> Markup {
    let mut families: BTreeMap<&str, i64> = BTreeMap::new();
    for of in &context.dossier.rules {
        let sum = families.entry(&of.family).or_default();
        *sum = sum.saturating_add(of.counted);
    }
    let mut families: Vec<(&str, i64)> = families.into_iter().filter(|(_, fen)| *fen > 0).collect();
    families.sort_by_key(|(family, fen)| (std::cmp::Reverse(*fen), *family));
    let parts: Vec<Part> = families
        .iter()
        .map(|(family, fen)| Part {
            label: labels::word(family, context.lang).to_owned(),
            value: length(*fen),
            text: yuan(*fen),
        })
        .collect();
    let words = Words {
        title: context.pick("计入金额，按类别（元）", "Counted money by family, yuan"),
        description: context.pick(
            "一条分段的横条，各段长度为各类别的计入金额，数字见图例。",
            "One bar in parts, each as long as its family's counted money; the figures stand in the key.",
        ),
    };
    share(words, &parts)
}

fn by_rule(context: &RenderContext<'_>) -> Markup {
    let with_money = context.dossier.rules.iter().filter(|of| of.amount > 0).take(BARS);
    let rows: Vec<Bar> = with_money
        .map(|of| Bar {
            label: format!("{} {}", of.id, context.title(&of.id)),
            value: length(of.counted),
            second: Some(length(of.amount)),
            text: format!("{} / {}", yuan(of.counted), yuan(of.amount)),
        })
        .collect();
    let words = Words {
        title: context.pick("计入与涉及金额，按规则（元）", "Counted and suspected money by rule, yuan"),
        description: context.pick(
            "每条规则一行：深色为计入金额，浅色为涉及金额；数字见下表。",
            "A row for each rule: dark is what counts, pale what is suspected; the table below has the figures.",
        ),
    };
    bars(words, [context.pick("计入", "counted"), context.pick("涉及", "suspected")], &rows)
}

fn table(context: &RenderContext<'_>, counted: i64) -> Markup {
    let mut table = Table::new(context.pick("发现与金额，按规则", "Findings and money by rule"))
        .text(context.pick("规则", "rule"))
        .text(context.pick("名称", "name"))
        .text(context.pick("性质", "weight"))
        .number(context.pick("发现", "findings"))
        .number(context.pick("涉及（元）", "suspected, yuan"))
        .number(context.pick("计入（元）", "counted, yuan"))
        .number(context.pick("占比", "share"));
    let mut sums = (0usize, 0i64);
    for of in &context.dossier.rules {
        sums = (sums.0 + of.found, sums.1.saturating_add(of.amount));
        let verdict = context.rule(&of.id).map_or("", |rule| labels::word(rule.verdict.code(), context.lang));
        table.row([
            html! { a href={ "#" (anchor(&of.id)) } { (of.id) } },
            cell(&context.title(&of.id)),
            cell(verdict),
            cell(&grouped(of.found as u64)),
            cell(&yuan(of.amount)),
            cell(&yuan(of.counted)),
            cell(&percent(of.counted, counted)),
        ]);
    }
    table.total([
        cell(context.pick("合计", "together")),
        cell(""),
        cell(""),
        cell(&grouped(sums.0 as u64)),
        cell(&yuan(sums.1)),
        cell(&yuan(counted)),
        cell(""),
    ]);
    html! { (table) }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn shares_are_rounded_half_up() {
        assert_eq!(percent(1, 3), "33.33 %");
        assert_eq!(percent(2, 3), "66.67 %");
        assert_eq!(percent(1, 20_000), "0.01 %");
        assert_eq!(percent(5, 5), "100.00 %");
        assert_eq!(percent(1, 0), "–");
        assert_eq!(percent(i64::MAX, i64::MAX), "100.00 %");
    }
}

//! What the summary and the page share: sentences in both languages, and how figures are written.

use eval::judgement::report::{Report, Yuan};
use eval::measure::Estimate;
use rulebank::Lang;

use crate::number::{grouped, yuan};

/// What stands where nothing is known.
pub(super) fn unknown() -> String {
    "–".to_owned()
}

/// A share as a percentage.
pub(super) fn share(value: f64) -> String {
    format!("{:.1}%", value * 100.0)
}

/// A plain number.
pub(super) fn plain(value: f64) -> String {
    format!("{value:.2}")
}

/// The value of an estimate.
pub(super) fn around(estimate: Estimate, write: impl Fn(f64) -> String) -> String {
    estimate.value.map_or_else(unknown, write)
}

/// An estimate with its interval.
pub(super) fn between(estimate: Estimate, write: impl Fn(f64) -> String) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) if low < high => {
            format!("{} ({}–{})", write(value), write(low), write(high))
        }
        (Some(value), ..) => write(value),
        _ => unknown(),
    }
}

/// A count with its thousands apart.
pub(super) fn count(count: usize) -> String {
    grouped(count as u64)
}

/// Money with its thousands apart.
pub(super) fn amount(money: Yuan) -> String {
    yuan(money.0)
}

/// What the figures stand on, in sentences.
pub(super) fn basis(report: &Report, lang: Lang) -> Vec<String> {
    let truth = &report.truth;
    let all = &report.all;
    let Some(labels) = &truth.labels else {
        return vec![match lang {
            Lang::Zh => format!(
                "对照模拟真值：{} 起案件、{} 条应有预警。真值是完整的，其外的预警一律算误报。",
                count(truth.cases),
                count(truth.findings)
            ),
            Lang::En => format!(
                "Held against planted truth: {} cases, {} findings. It is complete, so every other alert is a false alarm.",
                count(truth.cases),
                count(truth.findings)
            ),
        }];
    };
    let (decided, alerts, delay) = (count(all.decided), count(all.alerts), labels.delay_days);
    let (young, undecided, vague) = (count(labels.young), count(labels.undecided), count(labels.vague));
    let mut sentences = vec![match lang {
        Lang::Zh => format!(
            "对照 {} 条认定：{} 条不足 {delay} 天、{undecided} 条未决，按未知处理；{vague} 条既无期间又无规则，无法对应到预警。",
            count(labels.labels),
            young
        ),
        Lang::En => format!(
            "Held against {} decisions: {young} younger than {delay} days and {undecided} left open count as unknown; {vague} on somebody with neither a period nor a rule speak of no alert.",
            count(labels.labels)
        ),
    }];
    let negative = labels.unlabelled == "negative";
    sentences.push(match (lang, negative) {
        (Lang::Zh, false) => {
            format!("各项指标只建立在 {alerts} 条预警中已判定的 {decided} 条之上；未认定的不算误报。")
        }
        (Lang::En, false) => format!(
            "The measures stand on {decided} of {alerts} alerts that are decided; what nobody decided is not counted as wrong."
        ),
        (Lang::Zh, true) => {
            format!("按要求将 {delay} 天以前发生而无人认定的预警算作误报（{alerts} 条中 {decided} 条视为已判定）：这是假设，不是事实。")
        }
        (Lang::En, true) => format!(
            "As asked for, alerts that occurred more than {delay} days ago and that nobody decided count as wrong ({decided} of {alerts} count as decided): this is assumed, not known."
        ),
    });
    sentences
}

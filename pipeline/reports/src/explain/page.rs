//! An explained alert as a page for an inspector or a hospital's insurance office.
//!
//! `records` and `amount` are its two long parts.

mod amount;
mod records;
mod rows;

use rulebank::Lang;

use crate::labels;
use crate::language::pick;
use crate::layout::Page;
use crate::number::amount as grouped;
use wire::explanation::Explanation;
use wire::{Bilingual, HistoryEntry};

/// Events of an alert that are shown.
const EVENTS: usize = 12;

fn of(text: &Bilingual, lang: Lang) -> &str {
    pick(lang, &text.zh, &text.en)
}

/// The page of an alert; its state is named where alerts have other states than to stand.
pub fn page(explanation: &Explanation, state: Option<&str>, lang: Lang) -> String {
    let mut page = Page::default();
    head(&mut page, explanation, state, lang);
    claim(&mut page, explanation, lang);
    values(&mut page, explanation, lang);
    records::records(&mut page, explanation, lang);
    amount::amount(&mut page, explanation, lang);
    law(&mut page, explanation, lang);
    history(&mut page, &explanation.history, lang);
    page.finish()
}

fn head(page: &mut Page, explanation: &Explanation, state: Option<&str>, lang: Lang) {
    let alert = &explanation.alert;
    page.plain(&format!("{}  {}", alert.rule, of(&explanation.rule.title, lang)));
    let subject = format!("{} {}", labels::kind(&alert.subject.r#type, lang), alert.subject.id);
    let several = pick(lang, "涉及多家或不明", "several, or not known");
    let weight = [&alert.verdict, &alert.severity, &alert.family].map(|word| labels::word(word, lang));
    let exempted = alert.exempted_by.as_deref().unwrap_or_default();
    let key = alert.key.join("  ");
    let amount = grouped(alert.amount);
    let counted = grouped(alert.counted_amount);
    let weight = weight.join(" · ");
    let mut pairs = vec![
        (pick(lang, "告警编号", "alert"), alert.alert_id.as_str()),
        (pick(lang, "对象", "about"), &subject),
        (pick(lang, "主键", "key"), &key),
        (pick(lang, "机构", "institution"), alert.institution.as_deref().unwrap_or(several)),
        (pick(lang, "发生时间", "occurred"), &alert.occurred),
        (pick(lang, "性质", "weight"), &weight),
        (pick(lang, "规则版本", "rule version"), &alert.rule_version),
        (pick(lang, "涉及金额（元）", "amount, yuan"), &amount),
        (pick(lang, "计入金额（元）", "counted here, yuan"), &counted),
    ];
    if let Some(state) = state {
        pairs.insert(1, (pick(lang, "状态", "state"), labels::word(state, lang)));
    }
    if !exempted.is_empty() {
        pairs.push((pick(lang, "豁免依据", "exempted by"), exempted));
    }
    page.pairs(&pairs);
}

fn claim(page: &mut Page, explanation: &Explanation, lang: Lang) {
    let message = &explanation.alert.message;
    page.heading(pick(lang, "发现了什么", "What was found"));
    page.paragraph(of(message, lang));
    page.heading(pick(lang, "为什么不允许", "Why it is not allowed"));
    page.paragraph(of(&explanation.rule.why, lang));
}

fn values(page: &mut Page, explanation: &Explanation, lang: Lang) {
    let values: Vec<(&str, &str)> =
        explanation.values.iter().map(|(name, text)| (labels::field(name, lang), of(text, lang))).collect();
    if !values.is_empty() {
        page.heading(pick(lang, "数值", "The values"));
        page.pairs(&values);
    }
    if !explanation.params.is_empty() {
        let params: Vec<(&str, &str)> = explanation
            .params
            .iter()
            .map(|(name, value)| (labels::field(name, lang), value.as_str()))
            .collect();
        page.heading(pick(lang, "规则参数", "What the rule is set to"));
        page.pairs(&params);
    }
}

fn law(page: &mut Page, explanation: &Explanation, lang: Lang) {
    let rule = &explanation.rule;
    page.heading(pick(lang, "依据条款", "The clause"));
    page.points(explanation.alert.basis.iter().map(String::as_str));
    if !rule.excuses.is_empty() {
        page.heading(pick(lang, "可能的合理解释", "What may lawfully explain it"));
        page.points(rule.excuses.iter().map(|text| of(text, lang)));
    }
    page.heading(pick(lang, "下一步", "The next step"));
    page.paragraph(of(&rule.next_step, lang));
}

fn history(page: &mut Page, events: &[HistoryEntry], lang: Lang) {
    if events.is_empty() {
        return;
    }
    page.heading(pick(lang, "经过", "How it came"));
    let first = events.len().saturating_sub(EVENTS);
    let rows: Vec<Vec<String>> = events[first..]
        .iter()
        .map(|event| {
            let mut causes: Vec<String> = event
                .cause
                .iter()
                .take(3)
                .map(|cause| format!("{} {}", labels::kind(&cause.kind, lang), cause.key))
                .collect();
            if event.cause.len() > 3 {
                causes.push("…".to_owned());
            }
            vec![
                format!("{} {}", pick(lang, "批次", "tick"), event.tick),
                labels::word(&event.event, lang).to_owned(),
                format!("{} {}", pick(lang, "起因：", "by"), causes.join(", ")),
            ]
        })
        .collect();
    page.rows(&rows, &[]);
}

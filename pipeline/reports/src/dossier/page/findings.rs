//! Every finding, rule by rule: what the rule states once, then what was found, where, and on what records.

use maud::{Markup, html};

use super::super::read::{Found, RuleFindings};
use super::super::words;
use super::context::{RenderContext, anchor};
use super::evidence;
use crate::html::{Tone, badge};
use crate::labels;
use crate::mask::Mask;
use crate::number::{grouped, yuan};

/// All findings.
pub(super) fn findings(context: &RenderContext<'_>, mask: &mut Mask) -> Markup {
    let explained = context.pick(
        "金额为本机构的份额。记录按其计入时的内容列出：本机构的机构编码、一条发现中唯一的人员和与该规则无关的字段不再逐行重复，fundwatch explain 列出全部。",
        "Amounts are this institution's share. Records stand as they counted; this institution's code, a finding's only person, and fields that do not matter to the rule are left out; fundwatch explain tells them all.",
    );
    html! {
        @if context.dossier.rules.is_empty() {
            p { (context.pick("没有发现。", "Nothing was found.")) }
        } @else {
            p.soft { (explained) }
        }
        @for of in &context.dossier.rules { (rule(context, of, mask)) }
    }
}

fn rule(context: &RenderContext<'_>, of: &RuleFindings, mask: &mut Mask) -> Markup {
    let rule = context.rule(&of.id);
    let sums = match context.lang {
        rulebank::Lang::Zh => {
            format!("{}条，计入{}元，涉及{}元", grouped(of.found as u64), yuan(of.counted), yuan(of.amount))
        }
        rulebank::Lang::En => format!(
            "{} findings, {} yuan counted of {} suspected",
            grouped(of.found as u64),
            yuan(of.counted),
            yuan(of.amount)
        ),
    };
    html! {
        h3 id=(anchor(&of.id)) { (of.id) " " (context.title(&of.id)) }
        p {
            @if let Some(rule) = rule {
                (badge(labels::word(rule.verdict.code(), context.lang), tone(rule.verdict.code()))) " "
                (badge(labels::word(rule.severity.code(), context.lang), Tone::Quiet)) " "
            }
            (badge(labels::word(&of.family, context.lang), Tone::Quiet)) " " (sums)
        }
        @if let Some(rule) = rule {
            div.aside {
                p { (context.lang.of(&rule.why)) }
                h4 { (context.pick("依据条款", "The clause")) }
                ul { @for clause in &rule.basis { li { (clause) } } }
                h4 { (context.pick("要问什么、下一步", "What to ask, and the next step")) }
                p { (context.lang.of(&rule.next_step)) }
                @if !rule.excuses.is_empty() {
                    h4 { (context.pick("可能的合理解释", "What may lawfully explain it")) }
                    ul { @for excuse in &rule.excuses { li { (context.lang.of(excuse)) } } }
                }
                @if !rule.params.is_empty() {
                    h4 { (context.pick("规则参数", "What the rule is set to")) }
                    p {
                        @for (nth, (name, value)) in rule.params.iter().enumerate() {
                            @if nth > 0 { " · " }
                            (labels::field(name, context.lang)) " " (value)
                        }
                    }
                }
            }
        }
        @for (index, found) in of.shown.iter().enumerate() { (finding(context, found, index + 1, mask)) }
        @if of.found > of.shown.len() { p.rest { (rest(context, of)) } }
    }
}

/// What is stated of findings that are not shown.
fn rest(context: &RenderContext<'_>, of: &RuleFindings) -> String {
    let more = grouped((of.found - of.shown.len()) as u64);
    match context.lang {
        rulebank::Lang::Zh => format!("另有{more}条计入金额较小的发现未列出（--findings 可调）。"),
        rulebank::Lang::En => format!("and {more} more with less counted money (--findings tells more)."),
    }
}

fn tone(verdict: &str) -> Tone {
    match verdict {
        "definite" => Tone::Strong,
        "suspect" => Tone::Warn,
        _ => Tone::Quiet,
    }
}

fn finding(context: &RenderContext<'_>, found: &Found, number: usize, mask: &mut Mask) -> Markup {
    let alert = &found.alert;
    let usual = context.rule(&alert.rule).is_some_and(|rule| rule.verdict.code() == alert.verdict);
    let person = evidence::only_person(context, found);
    let short: String = alert.alert_id.chars().take(12).collect();
    html! {
        // What fits well on a sheet is not cut in two.
        article class=(if evidence::many(found) { "finding" } else { "finding short" }) {
            div.head {
                span {
                    b { (number) } " · " (context.key(found, mask).join(" · ")) " · " (alert.occurred)
                    @if let Some(person) = person { " · " (mask.person(person)) }
                    " " code.soft { (short) }
                    @if !usual { " " (badge(labels::word(&alert.verdict, context.lang), tone(&alert.verdict))) }
                    @if let Some(exempted) = &alert.exempted_by {
                        " " (badge(&format!("{} {exempted}", context.pick("豁免", "exempted")), Tone::Quiet))
                    }
                    @for label in decided(context, found) {
                        " " (badge(
                            &format!("{} {}", words::decision(&label.decision, context.lang), day(&label.decided_at)),
                            Tone::Warn,
                        ))
                    }
                }
                span.sum {
                    (context.pick("计入", "counted")) " " b { (yuan(found.counted)) }
                    @if found.amount != found.counted {
                        " " span.soft { (context.pick("涉及", "of")) " " (yuan(found.amount)) }
                    }
                }
            }
            p.what { (mask.sentence(context.pick(&alert.message.zh, &alert.message.en), found.values())) }
            @if !found.others.is_empty() {
                p.small.soft { (context.pick("同时涉及：", "also concerned: ")) (found.others.join("  ")) }
            }
            (evidence::evidence(context, found, person, mask))
        }
    }
}

/// The day of a time.
fn day(time: &str) -> String {
    time.chars().take(10).collect()
}

/// Decisions about this very finding, or about the visit or settlement that it is about.
fn decided<'d>(context: &RenderContext<'d>, found: &Found) -> impl Iterator<Item = &'d wire::Label> {
    let alert = &found.alert;
    let subject = (alert.subject.r#type.to_string(), alert.subject.id.clone());
    let id = alert.alert_id.clone();
    context.dossier.labels.iter().filter(move |label| match label.subject_type.as_str() {
        "alert" => label.subject_id == id,
        "visit" | "settlement" => (&label.subject_type, &label.subject_id) == (&subject.0, &subject.1),
        _ => false,
    })
}

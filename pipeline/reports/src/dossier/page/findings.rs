//! Every finding, rule by rule: what the rule says once, then what was found, where, and on what records.

use maud::{Markup, html};

use super::super::read::{Found, OfRule};
use super::super::words;
use super::{Told, anchor, evidence};
use crate::html::{Tone, badge};
use crate::labels;
use crate::mask::Mask;
use crate::number::{grouped, yuan};

/// All findings.
pub(super) fn findings(told: &Told<'_>, mask: &mut Mask) -> Markup {
    let explained = told.say(
        "金额为本机构的份额。记录按其计入时的内容列出：本机构的机构编码、一条发现中唯一的人员和与该规则无关的字段不再逐行重复，fundwatch explain 列出全部。",
        "Amounts are this institution's share. Records stand as they counted; this institution's code, a finding's only person, and fields that do not matter to the rule are left out; fundwatch explain tells them all.",
    );
    html! {
        @if told.dossier.rules.is_empty() {
            p { (told.say("没有发现。", "Nothing was found.")) }
        } @else {
            p.soft { (explained) }
        }
        @for of in &told.dossier.rules { (rule(told, of, mask)) }
    }
}

fn rule(told: &Told<'_>, of: &OfRule, mask: &mut Mask) -> Markup {
    let rule = told.rule(&of.id);
    let sums = match told.lang {
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
        h3 id=(anchor(&of.id)) { (of.id) " " (told.title(&of.id)) }
        p {
            @if let Some(rule) = rule {
                (badge(labels::word(rule.verdict.as_str(), told.lang), tone(rule.verdict.as_str()))) " "
                (badge(labels::word(rule.severity.as_str(), told.lang), Tone::Quiet)) " "
            }
            (badge(labels::word(&of.family, told.lang), Tone::Quiet)) " " (sums)
        }
        @if let Some(rule) = rule {
            div.aside {
                p { (told.lang.of(&rule.why)) }
                h4 { (told.say("依据条款", "The clause")) }
                ul { @for clause in &rule.basis { li { (clause) } } }
                h4 { (told.say("要问什么、下一步", "What to ask, and the next step")) }
                p { (told.lang.of(&rule.next_step)) }
                @if !rule.excuses.is_empty() {
                    h4 { (told.say("可能的合理解释", "What may lawfully explain it")) }
                    ul { @for excuse in &rule.excuses { li { (told.lang.of(excuse)) } } }
                }
                @if !rule.params.is_empty() {
                    h4 { (told.say("规则参数", "What the rule is set to")) }
                    p {
                        @for (place, (name, value)) in rule.params.iter().enumerate() {
                            @if place > 0 { " · " }
                            (labels::field(name, told.lang)) " " (value)
                        }
                    }
                }
            }
        }
        @for (index, found) in of.shown.iter().enumerate() { (finding(told, found, index + 1, mask)) }
        @if of.found > of.shown.len() { p.rest { (rest(told, of)) } }
    }
}

/// What is said of findings that are not told.
fn rest(told: &Told<'_>, of: &OfRule) -> String {
    let more = grouped((of.found - of.shown.len()) as u64);
    match told.lang {
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

fn finding(told: &Told<'_>, found: &Found, number: usize, mask: &mut Mask) -> Markup {
    let alert = &found.alert;
    let usual = told.rule(&alert.rule).is_some_and(|rule| rule.verdict.as_str() == alert.verdict);
    let person = evidence::only_person(told, found);
    let short: String = alert.alert_id.chars().take(12).collect();
    html! {
        // What fits well on a sheet is not cut in two.
        article class=(if evidence::many(found) { "finding" } else { "finding short" }) {
            div.head {
                span {
                    b { (number) } " · " (mask.text(&alert.key.join(" · "))) " · " (alert.occurred)
                    @if let Some(person) = person { " · " (mask.person(person)) }
                    " " code.soft { (mask.text(&short)) }
                    @if !usual { " " (badge(labels::word(&alert.verdict, told.lang), tone(&alert.verdict))) }
                    @if let Some(exempted) = &alert.exempted_by {
                        " " (badge(&format!("{} {exempted}", told.say("豁免", "exempted")), Tone::Quiet))
                    }
                    @for label in decided(told, found) {
                        " " (badge(
                            &format!("{} {}", words::decision(&label.decision, told.lang), day(&label.decided_at)),
                            Tone::Warn,
                        ))
                    }
                }
                span.sum {
                    (told.say("计入", "counted")) " " b { (yuan(found.counted)) }
                    @if found.amount != found.counted {
                        " " span.soft { (told.say("涉及", "of")) " " (yuan(found.amount)) }
                    }
                }
            }
            p.what { (mask.text(told.say(&alert.message.zh, &alert.message.en))) }
            @if !found.others.is_empty() {
                p.small.soft { (told.say("同时涉及：", "also concerned: ")) (found.others.join("  ")) }
            }
            (evidence::evidence(told, found, person, mask))
        }
    }
}

/// The day of a time.
fn day(time: &str) -> String {
    time.chars().take(10).collect()
}

/// Decisions about this very finding, or about the visit or settlement that it speaks of.
fn decided<'d>(told: &Told<'d>, found: &Found) -> impl Iterator<Item = &'d wire::Label> {
    let alert = &found.alert;
    let subject = (alert.subject.r#type.to_string(), alert.subject.id.clone());
    let id = alert.alert_id.clone();
    told.dossier.labels.iter().filter(move |label| match label.subject_type.as_str() {
        "alert" => label.subject_id == id,
        "visit" | "settlement" => (&label.subject_type, &label.subject_id) == (&subject.0, &subject.1),
        _ => false,
    })
}

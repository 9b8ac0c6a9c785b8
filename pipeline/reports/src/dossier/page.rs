//! The page of an institution, part by part.
//!
//! `money` shows how much and by what rules, `times` when, `findings` what in particular, `arrived` what
//! could not be judged and what was decided before.

mod arrived;
mod context;
mod evidence;
mod findings;
mod lanes;
mod money;
mod stock;
mod times;

use std::collections::BTreeSet;

use maud::{Markup, html};
use rulebank::Lang;

use super::read::{Dossier, Found};
use super::seize::Papers;
use super::words;
use crate::html::{Document, facts, notice, section};
use crate::mask::Mask;
use context::RenderContext;

/// The whole file.
pub fn page(dossier: &Dossier, mut mask: Mask, lang: Lang) -> String {
    let context = RenderContext { dossier, lang };
    mask.know_all(dossier.persons.iter().map(String::as_str));
    let institution = &dossier.institution;
    let name = institution.fixmedins_name.as_deref().unwrap_or(&institution.fixmedins_code);
    let title = format!("{}{name}", context.pick("检查档案：", "Dossier: "));
    let lead = context.pick(
        "告警是线索，不是结论：“确定”指事实，不指故意，由人作出决定。",
        "An alert is a lead: “definite” speaks of a fact, never of intent, and people decide.",
    );
    let body = html! {
        (head(&context))
        @if mask.is_off() { (notice(mask.note())) }
        (contents(&context))
        @for (part, (id, zh, en)) in PARTS.into_iter().enumerate() {
            (section(id, context.pick(zh, en), html! {
                @match part {
                    0 => (money::money(&context)),
                    1 => (times::times(&context, &mut mask)),
                    2 => (findings::findings(&context, &mut mask)),
                    3 => (seize(&context)),
                    4 => (arrived::arrived(&context)),
                    _ => (arrived::decided(&context, &mut mask)),
                }
            }))
        }
    };
    let kind = words::institution_type(institution.fixmedins_type.as_deref(), lang);
    Document::new(&title, lang)
        .subtitle(&format!("{} · {kind}", institution.fixmedins_code))
        .note(lead)
        .note(mask.note())
        .note(&format!(
            "{}{}",
            context.pick("查看任一告警的全过程：", "How an alert came, step by step: "),
            if mask.is_off() {
                "fundwatch explain ALERT_ID --from DIR"
            } else {
                "fundwatch explain ALERT_ID --from DIR --masked"
            }
        ))
        .page(&body)
}

/// Who it is, and what was looked at.
fn head(context: &RenderContext<'_>) -> Markup {
    let institution = &context.dossier.institution;
    let none = context.pick("未登记", "not in the register");
    let or_none = |text: Option<String>| text.unwrap_or_else(|| none.to_owned());
    let months: BTreeSet<&String> =
        institution.months.keys().chain(context.dossier.reach.iter().map(|reach| &reach.month)).collect();
    let period = match (months.first(), months.last()) {
        (Some(first), Some(last)) => format!("{first} – {last}"),
        _ => context.pick("无记录", "no records").to_owned(),
    };
    let run = &context.dossier.run;
    let now = match &run.now {
        Some(now) if run.as_of => format!("{now}{}", context.pick("（指定）", " (as told)")),
        Some(now) => now.clone(),
        None => context.pick("无", "none").to_owned(),
    };
    html! {
        (facts(&[
            (context.pick("机构编码", "code"), institution.fixmedins_code.clone()),
            (context.pick("类型", "type"), words::institution_type(institution.fixmedins_type.as_deref(), context.lang)),
            (context.pick("等级", "level"), words::level(institution.hosp_lv.as_deref(), context.lang)),
            (context.pick("行政区划", "division"), or_none(institution.admdvs.clone())),
            (context.pick("编制床位", "beds"), or_none(institution.beds.map(|beds| beds.to_string()))),
            (context.pick("数据期间", "period"), period),
            (context.pick("数据截至", "the records reach to"), now),
            (context.pick("所用规则", "rules that judged"), context.dossier.bank.rules.len().to_string()),
        ]))
        (money::figures(context))
    }
}

/// The parts of the page: anchor and heading.
const PARTS: [(&str, &str, &str); 6] = [
    ("money", "一、金额", "1  The money"),
    ("times", "二、时间", "2  Over time"),
    ("findings", "三、逐条发现", "3  The findings"),
    ("seize", "四、应调取、封存的资料", "4  Records to seize"),
    ("arrived", "五、未能判断的部分", "5  What could not be judged"),
    ("decided", "六、已有认定", "6  What was decided before"),
];

/// Where what stands.
fn contents(context: &RenderContext<'_>) -> Markup {
    html! {
        nav.contents aria-label=(context.pick("目录", "contents")) {
            ul { @for (id, zh, en) in PARTS { li { a href={ "#" (id) } { (context.pick(zh, en)) } } } }
        }
    }
}

/// Kinds of records behind a finding.
fn kinds(found: &Found) -> BTreeSet<&str> {
    let evidence = found.alert.evidence.iter().map(|name| name.kind.as_ref());
    evidence.chain(found.laid().map(|laid| laid.kind.as_ref())).collect()
}

/// Papers to seize, each with the rules whose findings ask for them.
fn seize(context: &RenderContext<'_>) -> Markup {
    let mut asked: Vec<(Papers, BTreeSet<&str>)> = Vec::new();
    for papers in Papers::all() {
        let mut rules = BTreeSet::new();
        for of in &context.dossier.rules {
            if of.shown.iter().any(|found| papers.concern(&of.family, &kinds(found))) {
                rules.insert(of.id.as_str());
            }
        }
        if !rules.is_empty() {
            asked.push((papers, rules));
        }
    }
    html! {
        @if asked.is_empty() {
            p { (context.pick("没有发现，无需调取。", "Nothing was found; nothing is asked for.")) }
        }
        ul.check {
            @for (papers, rules) in &asked {
                li {
                    span {
                        (papers.text(context.lang))
                        @if rules.len() < context.dossier.rules.len() {
                            " " span.soft.small { (rules.iter().copied().collect::<Vec<_>>().join(" ")) }
                        }
                    }
                }
            }
        }
    }
}

//! The cells of a list's page that hold more than a figure.

use maud::{Markup, html};
use rulebank::Lang;
use wire::list::{DrawReason, ListRow};

use super::words::{self, number};
use crate::html::{Tone, badge};
use crate::language::pick;
use crate::mask::Mask;
use crate::number::{grouped, yuan};

/// How many rules a row names.
const RULES: usize = 4;

/// Who it is: name, code, type and level, region, team, and how it was drawn.
pub fn who(row: &ListRow, mask: &mut Mask, lang: Lang) -> Markup {
    let id = words::id(row, mask);
    let about = [words::kind(row, lang), row.admdvs.clone().unwrap_or_default()];
    let about: Vec<String> = about.into_iter().filter(|text| !text.is_empty()).collect();
    html! {
        @if let Some(name) = &row.fixmedins_name { (name) br; }
        span.soft.nowrap { (id) }
        @if !about.is_empty() { br; span.soft { (about.join(" · ")) } }
        @if let Some(team) = &row.team { br; span.soft { (pick(lang, "检查组 ", "team ")) (team.join(", ")) } }
        @if row.drawn == DrawReason::Control || row.planned == Some(true) {
            br;
            @if row.drawn == DrawReason::Control { (badge(words::drawn(row.drawn, lang), Tone::Warn)) " " }
            @if row.planned == Some(true) { (badge(pick(lang, "已排入", "planned"), Tone::Quiet)) }
        }
    }
}

/// Counted money, what was inspected of it, and of how many alerts it is.
pub fn counted(row: &ListRow, _: &mut Mask, lang: Lang) -> Markup {
    html! {
        (yuan(row.counted_amount.fen()))
        @if row.settled_amount.fen() > 0 {
            br; span.soft { (pick(lang, "已查处 ", "inspected ")) (yuan(row.settled_amount.fen())) }
        }
        br; span.soft { (grouped(row.alerts)) (pick(lang, "条", " alerts")) }
    }
}

/// The rules of which most is expected.
pub fn rules(row: &ListRow, _: &mut Mask, _: Lang) -> Markup {
    html! {
        @for top in row.top_rules.iter().take(RULES) {
            span.nowrap { (top.rule) " " span.soft { (yuan(top.expected_amount.fen())) } } br;
        }
        @if row.top_rules.len() > RULES { span.soft { "…" } }
    }
}

/// Expected money by month, as small bars.
pub fn spark(row: &ListRow, _: &mut Mask, lang: Lang) -> Markup {
    let amounts: Vec<f64> = row.trend.values().map(|amount| number(amount.fen())).collect();
    let greatest = amounts.iter().copied().fold(0.0, f64::max);
    let step = 7.0_f64.min(84.0 / f64::from(u32::try_from(amounts.len().max(1)).unwrap_or(u32::MAX)));
    let months = row.trend.iter().map(|(month, amount)| format!("{month} {}", yuan(amount.fen())));
    let text = months.collect::<Vec<_>>().join(pick(lang, "；", "; "));
    html! {
        svg viewBox="0 0 84 24" width="84" height="24" role="img" {
            title { (text) }
            line.base x1="0" x2="84" y1="23.5" y2="23.5" {}
            @for (index, amount) in (0u32..).zip(&amounts) {
                @let height = if greatest > 0.0 { amount / greatest * 22.0 } else { 0.0 };
                rect.f0 x=(format!("{:.2}", f64::from(index) * step)) y=(format!("{:.2}", 23.0 - height))
                    width=(format!("{:.2}", step * 0.8)) height=(format!("{height:.2}")) {}
            }
        }
    }
}

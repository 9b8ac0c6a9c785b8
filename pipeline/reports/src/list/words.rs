//! What the parts of a list are called; its columns stand in `columns`.

use rulebank::Lang;
use wire::list::{DrawReason, ListRow};

use crate::dossier::words::{institution_type, level};
use crate::labels;
use crate::language::pick;
use crate::mask::Mask;

/// Type and level of a place in a few words; empty for others.
pub fn kind(row: &ListRow, lang: Lang) -> String {
    match (&row.fixmedins_type, &row.hosp_lv) {
        (None, None) => String::new(),
        (kind, None) => institution_type(kind.as_deref(), lang),
        (kind, code) if kind.as_deref() == Some("1") => level(code.as_deref(), lang),
        (kind, code) => {
            format!("{} {}", institution_type(kind.as_deref(), lang), level(code.as_deref(), lang))
        }
    }
}

/// Why a row is on the list.
pub fn drawn(drawn: DrawReason, lang: Lang) -> &'static str {
    match drawn {
        DrawReason::Ranked => pick(lang, "排名", "ranked"),
        DrawReason::Control => pick(lang, "随机对照", "control"),
    }
}

/// Who it is, a person by a number.
pub fn id(row: &ListRow, mask: &mut Mask) -> String {
    match &row.psn_no {
        Some(person) => mask.person(person),
        None => row.id().to_owned(),
    }
}

/// What is ranked.
pub fn of(of: &str, lang: Lang) -> &'static str {
    match of {
        "practitioners" => pick(lang, "医务人员", "practitioners"),
        "persons" => pick(lang, "参保人员", "persons"),
        _ => pick(lang, "定点机构", "institutions"),
    }
}

/// A family of rules.
pub fn family(name: &str, lang: Lang) -> &str {
    labels::word(name, lang)
}

/// A share as people read it.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// What could not be judged there, in a sentence; empty where nothing is missing.
pub fn gaps(row: &ListRow, lang: Lang) -> String {
    let Some(coverage) = &row.coverage else { return String::new() };
    let kinds = |names: &mut dyn Iterator<Item = &String>| {
        names.map(|name| labels::kind(name, lang)).collect::<Vec<_>>().join(pick(lang, "、", ", "))
    };
    let mut parts = Vec::new();
    if !coverage.never.is_empty() {
        parts.push(format!(
            "{} {}",
            pick(lang, "从未上传", "never sent:"),
            kinds(&mut coverage.never.iter())
        ));
    }
    if !coverage.silent.is_empty() {
        parts.push(format!(
            "{} {}",
            pick(lang, "部分月份缺", "some months without:"),
            kinds(&mut coverage.silent.keys())
        ));
    }
    let unjudged = coverage.not_judged_sum();
    if unjudged > 0 {
        parts.push(match lang {
            Lang::Zh => format!("{unjudged}项未能判断"),
            Lang::En => format!("{unjudged} not judged"),
        });
    }
    parts.join(pick(lang, "；", "; "))
}

/// A number of days as people read it.
pub fn days_text(days: f64, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{days}人日"),
        Lang::En => format!("{days} days"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of a drawing")]
pub(super) fn number(fen: i64) -> f64 {
    fen as f64
}

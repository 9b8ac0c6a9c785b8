//! `fundwatch list estimate`: what the ranking misses, once decisions about the control group have come back.

use std::fmt::Write as _;
use std::path::Path;

use records::time::parse_time;
use rulebank::Lang;
use selection::estimate::{ControlEstimate, control_findings, estimate};
use selection::period::Period;
use wire::Fen;
use wire::list::{Draw, ListFacts, MissedEstimate};

use super::runs::read_labels;
use crate::error::Error;
use crate::language::pick;
use crate::number::yuan;

/// The estimate from the draw's control group and the decisions in `labels`.
///
/// # Errors
/// Labels that cannot be read, a period that is none.
pub fn of(draw: &Draw, published: &ListFacts, labels: &Path) -> Result<MissedEstimate, Error> {
    let control: Vec<String> = draw.drawn.iter().map(|lot| lot.fixmedins_code.clone()).collect();
    let drawn_at = published.runs.iter().filter_map(|run| run.now.as_deref().and_then(parse_time)).max();
    let period = Period::parse(&published.period).map_err(Error::Arguments)?;
    let labels = read_labels(labels)?;
    let answers = control_findings(&labels, &control, drawn_at, &period)
        .map_err(|wrong| Error::Arguments(wrong.to_string()))?;
    let found: Vec<i64> = answers.found_fen.values().copied().collect();
    let population = usize::try_from(draw.open).unwrap_or(usize::MAX);
    let estimate = estimate(&found, population, draw.seed.as_deref().unwrap_or_default());
    let yuan = |field: fn(&ControlEstimate) -> Option<i64>| estimate.as_ref().and_then(field).map(Fen);
    Ok(MissedEstimate {
        population: draw.open,
        drawn: control.len() as u64,
        answered: found.len() as u64,
        without_amount: answers.without_amount,
        open: answers.open,
        found: Fen(found.iter().sum()),
        total: yuan(|estimate| Some(estimate.total_fen)),
        low: yuan(|estimate| Some(estimate.low_fen)),
        high: yuan(|estimate| estimate.high_fen),
        share_high: estimate.as_ref().map(|estimate| (estimate.share_high * 1e4).round() / 1e4),
        level: selection::estimate::LEVEL,
        resamples: selection::estimate::RESAMPLES as u64,
        few: estimate.as_ref().is_none_or(|estimate| estimate.few),
    })
}

/// The estimate in sentences.
pub fn sentences(estimated: &MissedEstimate, lang: Lang) -> String {
    let money = |amount: Fen| yuan(amount.fen());
    let mut text = String::new();
    let MissedEstimate { population, drawn, answered, .. } = estimated;
    let _ = match lang {
        Lang::Zh => writeln!(
            text,
            "未入榜{population}家中抽取{drawn}家，已有结论{answered}家，查实{}元。",
            money(estimated.found)
        ),
        Lang::En => writeln!(
            text,
            "Of {population} institutions that were not ranked {drawn} were drawn and {answered} are decided: {} yuan found there.",
            money(estimated.found)
        ),
    };
    if let (Some(total), Some(low)) = (estimated.total, estimated.low) {
        let high = estimated.high.map(money);
        let high = high.unwrap_or_else(|| pick(lang, "无上界", "no upper bound").to_owned());
        let level = (estimated.level * 100.0).round();
        let _ = match lang {
            Lang::Zh => writeln!(
                text,
                "据此估计，未入榜机构合计{}元（{level}%区间：{}至{high}）；有问题的机构占比不超过{}%。",
                money(total),
                money(low),
                percent(estimated.share_high)
            ),
            Lang::En => writeln!(
                text,
                "So all that were not ranked are estimated to have {} yuan ({level} % interval: {} to {high}); at most {} % of them have anything.",
                money(total),
                money(low),
                percent(estimated.share_high)
            ),
        };
    }
    if estimated.few {
        text.push_str(pick(
            lang,
            "已有结论的机构太少，区间仅供参考。\n",
            "Fewer are decided than the interval needs; do not rely upon it.\n",
        ));
    }
    for (codes, zh, en) in [
        (&estimated.open, "尚无结论", "not decided yet"),
        (&estimated.without_amount, "已查实但无金额", "confirmed without an amount"),
    ] {
        if !codes.is_empty() {
            let _ = writeln!(text, "{}: {}", pick(lang, zh, en), codes.join(" "));
        }
    }
    text
}

fn percent(share: Option<f64>) -> String {
    format!("{:.1}", share.unwrap_or(1.0) * 100.0)
}

//! The amount of an alert step by step: where it lies, what others counted before, what cut it.

use rulebank::Lang;

use super::rows::{ROWS, rest};
use crate::labels;
use crate::language::pick;
use crate::layout::{Align, Page};
use crate::number::amount as grouped;
use wire::Fen;
use wire::explanation::{AmountTrail, CutBy, Explanation, RecordAmount};

const EXEMPTED: [&str; 2] = ["已豁免的告警不计金额。", "An exempted alert counts no money."];

/// Shows the amount.
pub(super) fn amount(page: &mut Page, explanation: &Explanation, lang: Lang) {
    let Some(money) = &explanation.money else { return };
    page.heading(pick(lang, "金额如何得出", "The amount, step by step"));
    let sentence = explanation.rule.amount.as_ref();
    match sentence {
        Some(text) => page.paragraph(pick(lang, &text.zh, &text.en)),
        None => page.paragraph(pick(
            lang,
            "该规则不涉及金额。",
            "The rule speaks of a fact and carries no money.",
        )),
    }
    if money.laid.is_empty() {
        let [zh, en] = match explanation.alert.exempted_by {
            Some(_) => EXEMPTED,
            None => [
                "没有可以落到记录上的金额，因此不计入。",
                "No record has money that it could lie on, so nothing is counted.",
            ],
        };
        if sentence.is_some() {
            page.paragraph(pick(lang, zh, en));
        }
        return;
    }
    let heading = match lang {
        Lang::Zh => ["落在", "记录金额", "本告警落金额", "先前已计", "本告警计入"],
        Lang::En => ["laid on", "its own money", "laid here", "taken before", "counted here"],
    };
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for share in money.laid.iter().take(ROWS) {
        let of = format!("{} {}", labels::kind(&share.kind, lang), share.key);
        let figures = [share.own, share.laid, share.taken_before, share.taken].map(grouped);
        rows.push([of].into_iter().chain(figures).collect());
    }
    let total = |of: fn(&RecordAmount) -> Fen| grouped(money.laid.iter().map(of).sum());
    rows.push(vec![
        pick(lang, "合计", "together").to_owned(),
        String::new(),
        total(|share| share.laid),
        String::new(),
        total(|share| share.taken),
    ]);
    page.rows(&rows, &[Align::Left, Align::Right, Align::Right, Align::Right, Align::Right]);
    rest(page, money.laid.len(), ROWS, lang);
    elsewhere(page, money, lang);
}

/// What was counted elsewhere, and what cut the amount, in sentences.
fn elsewhere(page: &mut Page, money: &AmountTrail, lang: Lang) {
    if money.not_laid != Fen(0) {
        let yuan = grouped(money.not_laid);
        page.paragraph(&match lang {
            Lang::Zh => format!("其中{yuan}元超出所涉记录自身的金额，不落到任何记录上。"),
            Lang::En => format!("{yuan} yuan of the amount exceed the records' own money and lie on none."),
        });
    }
    for before in money.before.iter().take(ROWS) {
        let (id, yuan, same) = (&before.alert_id, grouped(before.taken), grouped(before.of_same_records));
        let place = match (&before.visit, lang) {
            (Some(visit), Lang::Zh) => format!("就诊{visit}中"),
            (Some(visit), Lang::En) => format!("of visit {visit}"),
            (None, Lang::Zh) => "同一销售中".to_owned(),
            (None, Lang::En) => "of the same sale".to_owned(),
        };
        page.paragraph(&match lang {
            Lang::Zh => format!("{id} 排在前面，已在{place}计入{yuan}元，其中同一记录{same}元。"),
            Lang::En => format!(
                "{id} comes before this one and took {yuan} yuan {place}, {same} of them of the same records."
            ),
        });
    }
    rest(page, money.before.len(), ROWS, lang);
    let cut = |by: CutBy| money.laid.iter().filter(|share| share.cut_by == by).count();
    let (records, exempted) = (cut(CutBy::Record), cut(CutBy::Exemption));
    if records > 0 {
        page.paragraph(&match lang {
            Lang::Zh => format!("有{records}条记录的金额已被先前的告警计完，每一元只计一次。"),
            Lang::En => format!("Of {records} record(s) others took the rest before: no yuan counts twice."),
        });
    }
    let mut named: Vec<&str> = Vec::new();
    for share in money.laid.iter().filter(|share| share.cut_by == CutBy::Visit) {
        let (Some(visit), Some(bound)) = (&share.visit, &share.visit_bound) else { continue };
        if named.contains(&visit.as_str()) {
            continue;
        }
        named.push(visit);
        let bound = grouped(*bound);
        page.paragraph(&match lang {
            Lang::Zh => format!("就诊{visit}最多计入{bound}元（基金与个人账户支付；未结算的为账单金额），已计完。"),
            Lang::En => format!(
                "Visit {visit} can lose {bound} yuan at the most (what fund and account paid; before settlement, \
                 what is on the bill), and all of it is counted."
            ),
        });
    }
    if exempted > 0 {
        page.paragraph(pick(lang, EXEMPTED[0], EXEMPTED[1]));
    }
    if money.before.is_empty() && money.laid.iter().all(|share| share.cut_by == CutBy::Nothing) {
        page.paragraph(pick(
            lang,
            "没有其他告警先行计入，全部在此计入。",
            "Nobody counted of it before: all that is laid counts here.",
        ));
    }
}

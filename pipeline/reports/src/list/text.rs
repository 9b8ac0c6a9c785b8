//! The first rows of a list on a terminal, and where its files are.

use std::path::PathBuf;

use rulebank::Lang;
use wire::list::DrawReason;

use super::made::{List, expected_sum};
use super::words::{self, days_text};
use crate::language::pick;
use crate::layout::{Align, Page};
use crate::mask::Mask;
use crate::number::yuan;

/// How many rows are shown.
const SHOWN: usize = 10;

/// The page.
pub fn text(list: &List, files: &[PathBuf], mask: &mut Mask, lang: Lang) -> String {
    let mut page = Page::default();
    page.plain(&headline(list, lang));
    let headings = [
        "",
        pick(lang, "代码", "code"),
        pick(lang, "名称", "name"),
        pick(lang, "预计查实", "expected"),
        pick(lang, "每人日", "per day"),
        pick(lang, "用时", "days"),
        pick(lang, "疑点", "alerts"),
        pick(lang, "主要规则", "rules"),
        "",
    ];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    for row in list.rows.iter().take(SHOWN) {
        let rules: Vec<&str> = row.top_rules.iter().take(3).map(|top| top.rule.as_str()).collect();
        let mut marks = Vec::new();
        if row.drawn == DrawReason::Control {
            marks.push(words::drawn(row.drawn, lang));
        }
        if row.planned == Some(true) {
            marks.push(pick(lang, "已排入", "planned"));
        }
        rows.push(vec![
            row.rank.to_string(),
            words::id(row, mask),
            row.fixmedins_name.clone().unwrap_or_default(),
            yuan(row.expected_amount.fen()),
            yuan(row.expected_per_day.fen()),
            row.effort_days.to_string(),
            row.alerts.to_string(),
            rules.join(" "),
            marks.join(" "),
        ]);
    }
    use Align::{Left, Right};
    page.plain("");
    page.rows(&rows, &[Right, Left, Left, Right, Right, Right, Right, Left, Left]);
    if list.rows.len() > SHOWN {
        let more = list.rows.len() - SHOWN;
        page.plain(&match lang {
            Lang::Zh => format!("  ……另有{more}行"),
            Lang::En => format!("  ... and {more} more"),
        });
    }
    page.plain("");
    for (nth, file) in files.iter().enumerate() {
        let heading = if nth == 0 { pick(lang, "文件", "files") } else { "" };
        page.plain(&format!("{heading:<8}{}", file.display()));
    }
    page.finish()
}

/// What the list is, in a sentence or two.
fn headline(list: &List, lang: Lang) -> String {
    let of = words::of(&list.published.of, lang);
    let ranked = || list.rows.iter().filter(|row| row.drawn == DrawReason::Ranked);
    let (count, expected) = (ranked().count(), yuan(expected_sum(ranked()).fen()));
    let period = &list.published.period;
    let mut text = match lang {
        Lang::Zh => format!("{period}：入榜{of}{count}，预计查实{expected}元。"),
        Lang::En => format!("{period}: {count} {of} ranked, {expected} yuan expected."),
    };
    if let Some(draw) = list.published.draw.as_ref().filter(|draw| !draw.drawn.is_empty()) {
        let (drawn, open) = (draw.drawn.len(), draw.open);
        text += &match lang {
            Lang::Zh => format!("其余{open}家中随机抽取{drawn}家。"),
            Lang::En => format!(" {drawn} of the other {open} drawn by lot."),
        };
    }
    if let Some(plan) = &list.published.plan {
        let (days, spent, planned) =
            (days_text(plan.days, lang), days_text(plan.days_planned, lang), plan.planned);
        text += &match lang {
            Lang::Zh => format!("{days}中排入{planned}家，用{spent}。"),
            Lang::En => format!(" {planned} visits take {spent} of the {days} there are."),
        };
    }
    text
}

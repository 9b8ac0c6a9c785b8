//! The first rows of a list on a terminal, and where its files are.

use std::path::PathBuf;

use rulebank::Lang;
use wire::list::DrawReason;

use super::columns::COLUMNS;
use super::made::{List, expected_sum};
use super::words::{self, days_text};
use crate::language::pick;
use crate::layout::{Align, Page};
use crate::mask::Mask;
use crate::number::yuan;
use wire::visible::visible_path;

/// How many rows are shown.
const SHOWN: usize = 10;

/// The page.
pub fn text(list: &List, files: &[PathBuf], mask: &mut Mask, lang: Lang) -> String {
    let mut page = Page::default();
    page.plain(&headline(list, lang));
    let columns = || COLUMNS.iter().filter_map(|column| column.terminal.as_ref());
    let mut rows: Vec<Vec<String>> = vec![columns().map(|column| column.heading(lang).to_owned()).collect()];
    for row in list.rows.iter().take(SHOWN) {
        rows.push(columns().map(|column| column.cell(row, mask, lang)).collect());
    }
    let aligned: Vec<Align> = columns().map(|column| column.look).collect();
    page.plain("");
    page.rows(&rows, &aligned);
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
        page.plain(&format!("{heading:<8}{}", visible_path(file)));
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

//! How many rows of a table are shown, and the line that counts the others.

use rulebank::Lang;

use crate::layout::Page;

/// Rows of a table that are shown; the rest is counted.
pub(super) const ROWS: usize = 30;
/// States how many of a table's rows are not shown.
pub(super) fn rest(page: &mut Page, all: usize, shown: usize, lang: Lang) {
    if all > shown {
        let more = all - shown;
        page.plain(&match lang {
            Lang::Zh => format!("    另有{more}条，见 JSON 形式"),
            Lang::En => format!("    and {more} more: the JSON form tells them all"),
        });
    }
}

//! Tables: a caption, headings that repeat on each sheet of paper, texts left, numbers right.

use maud::{Markup, Render, html};

use crate::layout::width;

/// How the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Align {
    Text,
    Number,
}

/// A table that grows downwards.
///
/// # Example
/// ```
/// use maud::Render;
/// use reports::html::table::{Table, cell};
/// let mut table = Table::new("Money by rule").text("rule").number("yuan");
/// table.row([cell("A05"), cell("1,200.00")]);
/// table.total([cell("together"), cell("1,200.00")]);
/// table.rest("and 3 more");
/// assert!(table.render().into_string().contains("<caption>Money by rule</caption>"));
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    caption: String,
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<Markup>>,
    total: Vec<Markup>,
    rest: String,
}

/// Letters after which a word without an end may be broken.
const WORD: usize = 24;

/// A cell of plain text; a word that is longer than any code of ours may be broken, so that no paper is too narrow.
pub fn cell(text: &str) -> Markup {
    if text.len() <= WORD {
        return html! { (text) };
    }
    let mut pieces: Vec<&str> = Vec::new();
    let (mut begin, mut run) = (0, 0);
    for (at, letter) in text.char_indices() {
        // Chinese breaks anywhere, and so does what has spaces.
        run = if letter.is_whitespace() || width(letter.encode_utf8(&mut [0; 4])) > 1 { 0 } else { run + 1 };
        if run > WORD {
            pieces.push(&text[begin..at]);
            (begin, run) = (at, 1);
        }
    }
    pieces.push(&text[begin..]);
    html! {
        @for (nth, piece) in pieces.iter().enumerate() { @if nth > 0 { wbr; } (piece) }
    }
}

/// Columns of letters that a cell needs at the least.
pub fn narrowest(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for letter in text.chars() {
        let wide = width(letter.encode_utf8(&mut [0; 4]));
        run = if letter.is_whitespace() || wide > 1 { 0 } else { run + 1 };
        longest = longest.max(run.min(WORD)).max(if letter.is_whitespace() { 0 } else { wide });
    }
    longest
}

impl Table {
    /// A table without columns.
    pub fn new(caption: &str) -> Table {
        Table {
            caption: caption.to_owned(),
            columns: Vec::new(),
            rows: Vec::new(),
            total: Vec::new(),
            rest: String::new(),
        }
    }

    /// One more column, of texts.
    #[must_use]
    pub fn text(mut self, heading: &str) -> Table {
        self.columns.push((heading.to_owned(), Align::Text));
        self
    }

    /// One more column, of numbers.
    #[must_use]
    pub fn number(mut self, heading: &str) -> Table {
        self.columns.push((heading.to_owned(), Align::Number));
        self
    }

    /// One more row: a cell for each column, the first of which names the row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Markup>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The line of sums.
    pub fn total(&mut self, cells: impl IntoIterator<Item = Markup>) {
        self.total = cells.into_iter().collect();
    }

    /// What is stated of rows that are not shown.
    pub fn rest(&mut self, text: &str) {
        text.clone_into(&mut self.rest);
    }

    /// Whether no row has come yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn class(&self, column: usize) -> Option<&'static str> {
        self.columns.get(column).is_some_and(|(_, align)| *align == Align::Number).then_some("n")
    }
}

impl Render for Table {
    fn render(&self) -> Markup {
        html! {
            // A region that scrolls must be reachable by keys.
            div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                table {
                    caption { (self.caption) }
                    thead {
                        tr {
                            @for (index, (heading, _)) in self.columns.iter().enumerate() {
                                th scope="col" class=[self.class(index)] { (cell(heading)) }
                            }
                        }
                    }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                @for (index, cell) in row.iter().enumerate() {
                                    @if index == 0 { th scope="row" class=[self.class(index)] { (cell) } }
                                    @else { td class=[self.class(index)] { (cell) } }
                                }
                            }
                        }
                    }
                    @if !self.total.is_empty() {
                        tfoot {
                            tr {
                                @for (index, cell) in self.total.iter().enumerate() {
                                    td class=[self.class(index)] { (cell) }
                                }
                            }
                        }
                    }
                }
            }
            @if !self.rest.is_empty() { p.rest { (self.rest) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_words_may_break_and_ordinary_ones_do_not() {
        assert_eq!(
            cell("XA11PJK967K001010201967 and so on").into_string(),
            "XA11PJK967K001010201967 and so on"
        );
        assert_eq!(cell(&"x".repeat(50)).into_string(), format!("{0}<wbr>{0}<wbr>xx", "x".repeat(24)));
        assert_eq!(cell("<img src=x onerror=alert(1)>").into_string(), "&lt;img src=x onerror=alert(1)&gt;");
    }

    #[test]
    fn the_narrowest_is_the_longest_word() {
        assert_eq!(["", "a bcd ef", "医院甲", "甲H12乙", &"x".repeat(99)].map(narrowest), [0, 3, 2, 3, 24]);
    }
}

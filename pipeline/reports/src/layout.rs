//! Pages of plain text: headings, paragraphs, aligned tables, with Chinese characters two columns wide.
//!
//! What a terminal would obey is written out where it is put into the page ([`wire::visible`]), so that it takes the
//! room that it is seen to take, and no value ends a line.

use std::borrow::Cow;
use std::fmt::Write as _;

use wire::visible::visible;

/// A page that grows downwards.
#[derive(Default)]
pub struct Page {
    text: String,
}

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Columns of a character: two for the wide ones of Chinese pages, one for the rest.
fn columns(character: char) -> usize {
    match u32::from(character) {
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

impl Page {
    /// The finished text.
    pub fn finish(self) -> String {
        self.text
    }

    /// A heading, with an empty line before it.
    pub fn heading(&mut self, heading: &str) {
        let _ = writeln!(self.text, "\n{}", visible(heading));
    }

    /// A line as it stands.
    pub fn plain(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}", visible(line.trim_end()));
    }

    /// A paragraph below a heading; its own line breaks stay.
    pub fn paragraph(&mut self, text: &str) {
        for line in text.trim().lines() {
            let _ = writeln!(self.text, "  {}", visible(line.trim_end()));
        }
    }

    /// Points of a list.
    pub fn points<'t>(&mut self, points: impl IntoIterator<Item = &'t str>) {
        for point in points {
            let _ = writeln!(self.text, "  - {}", visible(point.trim()));
        }
    }

    /// Names and what they are, one below the other.
    pub fn pairs(&mut self, pairs: &[(&str, &str)]) {
        let rows: Vec<Vec<String>> =
            pairs.iter().map(|(name, value)| vec![(*name).to_owned(), (*value).to_owned()]).collect();
        self.rows(&rows, &[Align::Left, Align::Left]);
    }

    /// Rows of cells in columns of equal width; a column beyond `aligns` stands left.
    pub fn rows(&mut self, rows: &[Vec<String>], aligns: &[Align]) {
        let mut widths: Vec<usize> = Vec::new();
        let rows: Vec<Vec<Cow<'_, str>>> =
            rows.iter().map(|row| row.iter().map(|cell| visible(cell)).collect()).collect();
        for row in &rows {
            for (index, cell) in row.iter().enumerate() {
                widths.resize(widths.len().max(index + 1), 0);
                widths[index] = widths[index].max(width(cell));
            }
        }
        for row in &rows {
            let mut line = String::from("  ");
            for (index, (cell, wanted)) in row.iter().zip(&widths).enumerate() {
                let space = " ".repeat(wanted - width(cell));
                match aligns.get(index).copied().unwrap_or(Align::Left) {
                    Align::Left => line.extend([cell.as_ref(), space.as_str()]),
                    Align::Right => line.extend([space.as_str(), cell.as_ref()]),
                }
                line.push_str("  ");
            }
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_latin_cells_stand_below_each_other() {
        let mut page = Page::default();
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        page.rows(
            &[row(["机构", "1.00", "x"]), row(["bed", "1,234.50", ""])],
            &[Align::Left, Align::Right, Align::Left],
        );
        assert_eq!(page.finish(), "  机构      1.00  x\n  bed   1,234.50\n");
    }

    #[test]
    fn a_paragraph_is_indented_and_keeps_its_lines() {
        let mut page = Page::default();
        page.heading("Why");
        page.paragraph("One.\nTwo.\n");
        page.points(["Three."]);
        assert_eq!(page.finish(), "\nWhy\n  One.\n  Two.\n  - Three.\n");
    }
}

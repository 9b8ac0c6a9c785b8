//! A sheet of a workbook that grows downwards, and what its cells hold.
//!
//! Every text is written as a text, so that nothing a hospital calls itself becomes a formula; amounts and shares are
//! numbers with a format.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};
use wire::visible::visible_lines;

/// Signs that a cell holds.
const TEXT_MAX: usize = 16_000;

/// How cells look.
pub struct Formats {
    head: Format,
    text: Format,
    wrapped: Format,
    money: Format,
    count: Format,
    number: Format,
    share: Format,
}

impl Formats {
    /// The looks of a workbook of ours.
    pub fn new() -> Formats {
        let cell = || Format::new().set_align(FormatAlign::Top);
        Formats {
            head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top),
            text: cell(),
            wrapped: cell().set_text_wrap(),
            money: cell().set_num_format("#,##0.00"),
            count: cell().set_num_format("#,##0"),
            number: cell().set_num_format("0.######"),
            share: cell().set_num_format("0.0%"),
        }
    }
}

impl Default for Formats {
    fn default() -> Formats {
        Formats::new()
    }
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A short text.
    Text(String),
    /// A text that is broken into lines.
    Long(String),
    /// Fen, shown as yuan.
    Money(i64),
    /// A number of things.
    Count(u64),
    /// Any number.
    Number(f64),
    /// A part of 1, shown in percent.
    Share(f64),
    /// Nothing.
    Nothing,
}

impl Cell {
    /// The text, if there is one.
    pub fn some(text: Option<&String>) -> Cell {
        text.map_or(Cell::Nothing, |text| Cell::Text(text.clone()))
    }
}

/// A sheet that grows downwards.
pub struct Sheet<'s> {
    sheet: &'s mut Worksheet,
    formats: &'s Formats,
    columns: u16,
    next: u32,
}

impl<'s> Sheet<'s> {
    /// Names the sheet and writes its headings, each with the width of its column.
    ///
    /// # Errors
    /// The format allows no such name.
    pub fn begin(
        sheet: &'s mut Worksheet,
        formats: &'s Formats,
        name: &str,
        columns: impl IntoIterator<Item = (&'static str, f64)>,
    ) -> Result<Sheet<'s>, XlsxError> {
        sheet.set_name(name)?;
        let mut count = 0;
        for (heading, width) in columns {
            sheet.write_string_with_format(0, count, heading, &formats.head)?;
            sheet.set_column_width(count, width)?;
            count += 1;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
        Ok(Sheet { sheet, formats, columns: count, next: 1 })
    }

    /// One more row.
    ///
    /// # Errors
    /// The format has no more rows.
    #[expect(clippy::cast_precision_loss, reason = "a spreadsheet counts in floats")]
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<(), XlsxError> {
        let (sheet, formats, row) = (&mut *self.sheet, self.formats, self.next);
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => {
                    sheet.write_string_with_format(row, column, short(&text), &formats.text)?
                }
                Cell::Long(text) => {
                    sheet.write_string_with_format(row, column, short(&text), &formats.wrapped)?
                }
                Cell::Money(fen) => {
                    sheet.write_number_with_format(row, column, fen as f64 / 100.0, &formats.money)?
                }
                Cell::Count(count) => {
                    sheet.write_number_with_format(row, column, count as f64, &formats.count)?
                }
                Cell::Number(number) => {
                    sheet.write_number_with_format(row, column, number, &formats.number)?
                }
                Cell::Share(share) => sheet.write_number_with_format(row, column, share, &formats.share)?,
                Cell::Nothing => sheet,
            };
        }
        self.next += 1;
        Ok(())
    }

    /// Ends the sheet: its rows can be filtered.
    ///
    /// # Errors
    /// The sheet has no columns.
    pub fn end(self) -> Result<(), XlsxError> {
        self.sheet.autofilter(0, 0, self.next - 1, self.columns - 1)?;
        Ok(())
    }
}

/// A text that fits a cell, and shows what it holds; tabs are text there.
fn short(text: &str) -> String {
    let text = &*text.split('\t').map(visible_lines).collect::<Vec<_>>().join("\t");
    if text.chars().count() <= TEXT_MAX {
        text.to_owned()
    } else {
        text.chars().take(TEXT_MAX).chain(['…']).collect()
    }
}

//! What is wrong with a bank, in words for the person who wrote it.
//!
//! A reader of one text (a rule file, a table, the facts of a case) collects [`Mistake`]s: places in that text.
//! [`Source`] knows the file and turns them into [`BankError`]s with line, column and the line itself.
//! Nothing stops at the first mistake: a rule owner corrects a file in one go.

use std::fmt::Write as _;
use std::ops::Range;

/// One mistake in a rule bank.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", self.place())]
pub struct BankError {
    /// The file, as the bank's folder was given.
    pub file: String,
    /// The line, from 1; 0 if the mistake is about the file as a whole.
    pub line: usize,
    /// The column in characters, from 1; 0 if the mistake is about the file as a whole.
    pub column: usize,
    /// What is wrong: a fragment without a full stop.
    pub what: String,
    /// What may help.
    pub hint: Option<String>,
    /// The line as it stands in the file.
    pub source_line: String,
    /// How many characters of the line the mistake covers, at least 1.
    pub width: usize,
}

impl BankError {
    /// A mistake about a file as a whole.
    pub(crate) fn whole(file: &str, what: impl Into<String>) -> BankError {
        BankError {
            file: file.to_owned(),
            line: 0,
            column: 0,
            what: what.into(),
            hint: None,
            source_line: String::new(),
            width: 1,
        }
    }

    /// The same with a hint.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> BankError {
        self.hint = Some(hint.into());
        self
    }

    /// `file:line:column`, or the file alone.
    pub fn place(&self) -> String {
        match self.line {
            0 => self.file.clone(),
            line => format!("{}:{line}:{}", self.file, self.column),
        }
    }
}

/// A mistake at a place of some text, counted in bytes of that text.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    pub(crate) span: Range<usize>,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

impl Mistake {
    pub(crate) fn new(span: Range<usize>, what: impl Into<String>) -> Mistake {
        Mistake { span, what: what.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Mistake {
        self.hint = Some(hint.into());
        self
    }
}

/// A file's name and text.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// The mistake with its line and column.
    pub(crate) fn error(&self, mistake: Mistake) -> BankError {
        let start = floor_char(self.text, mistake.span.start);
        let end = floor_char(self.text, mistake.span.end.max(start));
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        BankError {
            file: self.file.to_owned(),
            line: self.text[..line_start].matches('\n').count() + 1,
            column: self.text[line_start..start].chars().count() + 1,
            what: mistake.what,
            hint: mistake.hint,
            source_line: self.text[line_start..line_end].trim_end_matches('\r').to_owned(),
            width: self.text[start..end.min(line_end)].trim_end().chars().count().max(1),
        }
    }

    /// A place inside of a TOML string, as a place in the file.
    ///
    /// `string` is where the string stands with its quotes, `value` its text. Where escapes make the two
    /// differ, the whole string is the place.
    pub(crate) fn inside(&self, string: &Range<usize>, value: &str, inner: &Range<usize>) -> Range<usize> {
        let written = &self.text[string.clone()];
        let quotes = if written.starts_with("\"\"\"") || written.starts_with("'''") { 3 } else { 1 };
        let mut start = string.start + quotes;
        if quotes == 3 {
            let rest = &self.text[start..];
            start += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        }
        match self.text[start..].starts_with(value) {
            true => start + inner.start..start + inner.end,
            false => string.clone(),
        }
    }
}

/// What is no mistake of a bank and may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The file or folder, what is so, and what may help.
    pub about: BankError,
    /// A file that looks like one of a bank and is not read.
    pub is_unread: bool,
}

/// Notes as text, each as a warning; empty if there are none.
pub fn notes_report(notes: &[Note]) -> String {
    let mut report = String::new();
    for Note { about, .. } in notes {
        let _ = writeln!(report, "warning: {}: {}", about.file, about.what);
        if let Some(hint) = &about.hint {
            let _ = writeln!(report, "  hint: {hint}");
        }
    }
    report
}

/// All mistakes as text: each with its place, the line, a caret and its hint, and their number at the end.
pub fn check_report(errors: &[BankError]) -> String {
    let mut report = String::new();
    for error in errors {
        write_error(&mut report, error).expect("writing to a string cannot fail");
    }
    let mut files: Vec<&str> = errors.iter().map(|error| error.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let (mistakes, files) = (errors.len(), files.len());
    match mistakes {
        0 => report.push_str("no mistakes\n"),
        _ => report.push_str(&format!(
            "{mistakes} mistake{} in {files} file{}\n",
            plural(mistakes),
            plural(files)
        )),
    }
    report
}

fn write_error(report: &mut String, error: &BankError) -> std::fmt::Result {
    writeln!(report, "error: {}", error.what)?;
    writeln!(report, "  --> {}", error.place())?;
    if error.line > 0 {
        let number = error.line.to_string();
        let gutter = " ".repeat(number.len());
        writeln!(report, "{gutter} |")?;
        writeln!(report, "{number} | {}", error.source_line)?;
        let before = error.source_line.chars().take(error.column - 1);
        let indent: String =
            before.map(|c| if c == '\t' { "\t".to_owned() } else { " ".repeat(columns(c)) }).collect();
        let marked = error.source_line.chars().skip(error.column - 1).take(error.width);
        let carets = marked.map(columns).sum::<usize>().max(1);
        writeln!(report, "{gutter} | {indent}{}", "^".repeat(carets))?;
    }
    if let Some(hint) = &error.hint {
        writeln!(report, "  hint: {hint}")?;
    }
    writeln!(report)
}

/// How many columns of a terminal a character takes: two for Chinese characters and full-width signs.
pub(crate) fn columns(character: char) -> usize {
    match u32::from(character) {
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F => 2,
        0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// The greatest place at or before `at` where a character begins.
fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

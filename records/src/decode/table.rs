//! Tables: the names of their columns and the cells of their rows.
//!
//! Names are matched without the white space around them and in any case. A column that is named `kind` is one that
//! nobody knows, for what the rows are of stands in the name of the file.

use std::borrow::Cow;

use super::fault::Fault;
use super::lex::byte;
use super::names::{KIND, NameId, UNKNOWN, names};
use crate::Kind;
use crate::spaces::trim;

/// One cell of a row of a table (CSV, Parquet).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TableCell<'a> {
    /// No value.
    Null,
    /// A text; of a list, its JSON text, or one text of codes.
    Text(&'a str),
    /// The text of a number of a typed column; `NaN` and the like are `bad_value` wherever they stand.
    Number(&'a str),
    /// A boolean of a typed column.
    Flag(bool),
    /// The JSON text of a list or group of a typed column; `bad_value` wherever a plain value stands.
    Nested(&'a str),
    /// Bytes that are no UTF-8: `not_json`, as such a line would be, unless no kind knows the column.
    Bytes(&'a [u8]),
}

/// The columns of a table, their names looked up once.
#[derive(Clone, Debug)]
pub struct Columns {
    columns: Vec<(NameId, String)>,
    name_twice: Option<String>,
}

impl Columns {
    /// The columns of these names, in their order.
    pub fn new(texts: impl IntoIterator<Item = impl Into<String>>) -> Columns {
        let known = names();
        let named = texts.into_iter().map(Into::into);
        let columns: Vec<(NameId, String)> = named
            .map(|text: String| match known.find(matched(&text).as_bytes()) {
                KIND => (UNKNOWN, text),
                name => (name, text),
            })
            .collect();
        let mut texts: Vec<(Cow<'_, str>, usize)> =
            columns.iter().zip(1..).map(|((_, text), nth)| (matched(text), nth)).collect();
        texts.retain(|(text, _)| !text.is_empty());
        texts.sort_unstable();
        let twice = texts.windows(2).find(|pair| pair[0].0 == pair[1].0);
        let name_twice = twice.map(|pair| match known.find(pair[0].0.as_bytes()) {
            UNKNOWN => format!("columns {} and {} have the same name", pair[0].1, pair[1].1),
            _ => format!("two columns are named {}", pair[0].0),
        });
        Columns { columns, name_twice }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.columns.len()
    }

    /// Their names, as the file has them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(_, text)| text.as_str())
    }

    /// Whether each of them has a name: what is in a column without one does not exist.
    pub fn have_names(&self) -> impl Iterator<Item = bool> {
        self.names().map(|name| !trim(name).is_empty())
    }

    /// That two of them bear one name once it is matched, with which no row can be read; to have no name is none. Only
    /// names of ours are told, for in a file without a header others are what stands in its first row.
    pub fn name_twice(&self) -> Option<&str> {
        self.name_twice.as_deref()
    }

    /// Their names, as numbers and as the file has them.
    pub(super) fn named(&self) -> impl Iterator<Item = (NameId, &str)> {
        self.columns.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// A row of these columns as a line of NDJSON, which is decoded to the same change or rejected with the same code.
    ///
    /// # Errors
    /// What no line can state: bytes that are no text, in a column that is known.
    ///
    /// # Example
    /// ```
    /// use records::Kind;
    /// use records::decode::{Columns, TableCell};
    ///
    /// let columns = Columns::new([" PSN_NO", "Gend", "brdy"]);
    /// let row = [TableCell::Text("T1"), TableCell::Text("1"), TableCell::Text("1960/5/5")];
    /// let line = columns.line_of(Kind::Person, row).expect("texts");
    /// assert_eq!(line, r#"{"kind":"person","psn_no":"T1","gend":"1","brdy":"1960/5/5"}"#);
    /// ```
    pub fn line_of<'c>(
        &self,
        kind: Kind,
        row: impl IntoIterator<Item = TableCell<'c>>,
    ) -> Result<String, Fault> {
        let known = names();
        let mut line = format!("{{\"kind\":\"{}\"", kind.name());
        for ((name, text), cell) in self.named().zip(row) {
            let json = match cell {
                TableCell::Null => continue,
                TableCell::Text(text) if trim(text).is_empty() => continue,
                TableCell::Flag(flag) => flag.to_string().into(),
                TableCell::Text(text) if known.is_list(name) => {
                    let is_codes = known.is_texts(name) && is_text_of_codes(trim(text));
                    match (trim(text), is_codes) {
                        ("null", _) => continue,
                        (text, true) => Cow::Owned(quoted(text)),
                        (text, false) if is_list(text) => Cow::Borrowed(text),
                        (text, false) if known.is_texts(name) => refused(text).into(),
                        (text, false) => quoted(text).into(),
                    }
                }
                // A number that is none (NaN) is refused as a text.
                TableCell::Number(text) if crate::decimal::Decimal::parse(text).is_some() => text.into(),
                TableCell::Number(text) if known.is_texts(name) => refused(text).into(),
                TableCell::Text(text) | TableCell::Number(text) => quoted(text).into(),
                TableCell::Nested(text) => text.into(),
                TableCell::Bytes(_) if name == UNKNOWN => "true".into(),
                TableCell::Bytes(_) => return Err(Fault::not_json(format!("{text} is not UTF-8"))),
            };
            line.push(',');
            match name {
                // A name that nobody knows stands as it is, unless it would read as the record's kind.
                UNKNOWN if matched(text) == "kind" => line.push_str("\"column kind\""),
                UNKNOWN => line.push_str(&quoted(text)),
                _ => line.push_str(&quoted(&matched(text))),
            }
            line.push(':');
            line.push_str(&json);
        }
        line.push('}');
        Ok(line)
    }
}

/// The name of a column as it is matched: without white space around it, in small letters.
pub fn matched(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_ascii_lowercase().into()
    } else {
        text.into()
    }
}

/// Whether the trimmed cell of a list of codes is one text of them, and not the JSON text of a list or of nothing.
pub(super) fn is_text_of_codes(text: &str) -> bool {
    byte(text.as_bytes(), 0) != b'[' && text != "null"
}

/// Whether a text is that of a JSON list.
fn is_list(text: &str) -> bool {
    let mut cells = super::cells::Cells::new();
    super::scan::Scanner::new().scan_list(text, 0, text.len(), names(), &mut cells).is_ok()
}

/// What is refused as no list of codes, in its turn: a text would be taken for one of them.
fn refused(text: &str) -> String {
    format!("{{\"text\":{}}}", quoted(text))
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    use std::fmt::Write as _;
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\0'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}

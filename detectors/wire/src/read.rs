//! The one reader of our NDJSON: a line at a time, with file and line in every error.
//!
//! Files may have a million lines of which one is wanted: a [`LineFilter`] finds the lines that hold a text without
//! parsing them. Nothing is held but the line read last.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use memchr::memmem;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::visible::visible_path;

/// Why lines cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("{} is missing", visible_path(path))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("{}", visible_path(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system states.
        #[source]
        source: io::Error,
    },
    /// A line is not what it should be.
    #[error("{}: line {number}: {what}", visible_path(path))]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        number: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// Lines of one file, read from its begin to its end.
///
/// ```
/// use wire::{LineReader, Owners};
///
/// let path = std::env::temp_dir().join(format!("wire-read-{}.ndjson", std::process::id()));
/// std::fs::write(&path, "{\"alert_id\":\"A-1\",\"institutions\":[],\"practitioners\":[],\"persons\":[]}\n{}\n")?;
/// let mut lines = LineReader::open(&path)?;
/// assert_eq!(lines.read::<Owners>()?.map(|owners| owners.alert_id), Some("A-1".to_owned()));
/// let error = lines.read::<Owners>().unwrap_err().to_string();
/// assert!(error.contains("line 2: missing field `alert_id`"), "{error}");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LineReader {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl LineReader {
    /// Opens a file.
    ///
    /// # Errors
    /// It is not there, or cannot be opened.
    pub fn open(path: &Path) -> Result<LineReader, ReadError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ReadError::Missing { path: path.to_owned() },
            _ => ReadError::Read { path: path.to_owned(), source },
        })?;
        let reader = BufReader::with_capacity(1 << 18, file);
        Ok(LineReader { path: path.to_owned(), reader, line: Vec::new(), number: 0 })
    }

    /// Goes to the next line; `false` at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn advance(&mut self) -> Result<bool, ReadError> {
        self.line.clear();
        let failed = |source| ReadError::Read { path: self.path.clone(), source };
        if self.reader.read_until(b'\n', &mut self.line).map_err(failed)? == 0 {
            return Ok(false);
        }
        self.number += 1;
        Ok(true)
    }

    /// The bytes of the line, with its line feed.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The number of the line, from 1; after the end that of the last line.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line as what it should be.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse<'l, T: Deserialize<'l>>(&'l self) -> Result<T, ReadError> {
        serde_json::from_slice(&self.line).map_err(|error| self.wrong(without_line(&error)))
    }

    /// The next line as what it should be; none at the end.
    ///
    /// # Errors
    /// As [`LineReader::advance`] and [`LineReader::parse`].
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<Option<T>, ReadError> {
        if self.advance()? { self.parse().map(Some) } else { Ok(None) }
    }

    /// As [`LineReader::read`], past lines of white space alone: for files that people write.
    ///
    /// # Errors
    /// As [`LineReader::read`].
    pub fn read_skipping_blank<T: DeserializeOwned>(&mut self) -> Result<Option<T>, ReadError> {
        while self.advance()? {
            if !self.line.trim_ascii().is_empty() {
                return self.parse().map(Some);
            }
        }
        Ok(None)
    }

    /// The next line that passes the filter; none at the end.
    ///
    /// # Errors
    /// As [`LineReader::read`].
    pub fn find<T: DeserializeOwned>(&mut self, filter: &LineFilter) -> Result<Option<T>, ReadError> {
        while self.advance()? {
            if filter.passes(&self.line) {
                return self.parse().map(Some);
            }
        }
        Ok(None)
    }

    /// What is wrong with the line.
    pub fn wrong(&self, what: impl std::fmt::Display) -> ReadError {
        ReadError::Line { path: self.path.clone(), number: self.number, what: what.to_string() }
    }
}

/// The message of an error without its line, which is always the first of a line of NDJSON.
pub fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, position)) => {
            let column = position.rsplit_once("column ").map_or("", |(_, column)| column);
            format!("{what} (column {column})")
        }
        None => text,
    }
}

/// Which lines may hold a text; others need not be parsed. A line that passes may still not hold it where it counts.
pub struct LineFilter(Option<memmem::Finder<'static>>);

impl LineFilter {
    /// Every line.
    pub fn all() -> LineFilter {
        LineFilter(None)
    }

    /// Lines in which the text stands, also as a part of another.
    ///
    /// What JSON writes with an escape is not found by its own bytes: for such a text every line passes.
    pub fn containing(text: &str) -> LineFilter {
        let is_plain = !text.bytes().any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'));
        LineFilter(is_plain.then(|| memmem::Finder::new(text.as_bytes()).into_owned()))
    }

    /// Lines in which the text stands as a whole value.
    pub fn value(text: &str) -> LineFilter {
        let quoted = serde_json::to_string(text).expect("a text is written to memory");
        LineFilter(Some(memmem::Finder::new(quoted.as_bytes()).into_owned()))
    }

    /// Whether the line may hold the text.
    pub fn passes(&self, line: &[u8]) -> bool {
        self.0.as_ref().is_none_or(|text| text.find(line).is_some())
    }
}

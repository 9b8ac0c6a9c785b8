//! The files of a list read back: its rows, the facts and the frame beside it.

use std::fs;
use std::path::{Path, PathBuf};

use wire::LineReader;
use wire::list::{ListFacts, ListRow};

use crate::error::Error;

/// The facts beside a list: `NAME.draw.json`, which may be given itself.
pub fn draw_path(list: &Path) -> PathBuf {
    let is_draw = list.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".draw.json"));
    if is_draw { list.to_owned() } else { list.with_extension("draw.json") }
}

/// The frame beside a list: `NAME.frame.txt`.
pub fn frame_path(list: &Path) -> PathBuf {
    list.with_extension("frame.txt")
}

/// The rows of a list's NDJSON.
///
/// # Errors
/// It cannot be read, or a line is no row.
pub fn read_rows(path: &Path) -> Result<Vec<ListRow>, Error> {
    let mut lines = LineReader::open(path).map_err(Error::of_given_file)?;
    let mut rows = Vec::new();
    while let Some(row) = lines.read()? {
        rows.push(row);
    }
    Ok(rows)
}

/// The facts of a list.
///
/// # Errors
/// They cannot be read.
pub fn read_published(path: &Path) -> Result<ListFacts, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    serde_json::from_slice(&fs::read(path).map_err(failed)?).map_err(|error| failed(error.into()))
}

/// Rows and facts of a list; without rows where the list is no NDJSON.
///
/// # Errors
/// They cannot be read.
pub fn read(path: &Path) -> Result<(Vec<ListRow>, ListFacts), Error> {
    let is_rows = path.extension().is_some_and(|extension| extension == "ndjson" || extension == "jsonl");
    let rows = if is_rows { read_rows(path)? } else { Vec::new() };
    Ok((rows, read_published(&draw_path(path))?))
}

//! The files of an argument list, in order of arrival, each with the format its name states.
//!
//! The arguments come in their order, the files of a folder by the bytes of their path below it. A file of a folder
//! whose name is that of no format is skipped and shown; a file named by hand is read whatever its name, as NDJSON.

use std::fs;
use std::path::{Path, PathBuf};

use records::Kind;

use crate::Error;

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// How `origin` names it: as it was given, or the folder as given and the path below it.
    pub name: String,
    /// Its size when it was found, bytes.
    pub bytes: u64,
    /// What is in it.
    pub format: Format,
    /// How it is packed.
    pub packing: Packing,
    /// Its name without folder and endings: of a table, the kind of its rows.
    pub stem: String,
}

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object on every line.
    Ndjson,
    /// A table of text, its first row the names of its columns.
    Csv,
    /// A table of typed columns.
    Parquet,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip, of one or more members.
    Gzip,
    /// Zstandard, of one or more frames.
    Zstd,
}

impl Input {
    /// The kind of a table's rows; none if its stem is none.
    pub fn kind(&self) -> Option<Kind> {
        Kind::from_name(&self.stem)
    }

    /// About how many records are in it, by the size of ordinary ones.
    pub fn records_expected(&self) -> u64 {
        let bytes_of_record = match (self.format, self.packing) {
            (Format::Ndjson, Packing::Plain) => 360,
            (Format::Csv, Packing::Plain) => 170,
            (Format::Ndjson | Format::Csv, _) => 40,
            (Format::Parquet, _) => 40,
        };
        self.bytes / bytes_of_record
    }
}

/// Files of one argument list, in order of arrival; files that nobody reads are named in `skipped`.
///
/// # Errors
/// A path that is not there or cannot be listed.
pub fn inputs(paths: &[PathBuf], skipped: &mut Vec<PathBuf>) -> Result<Vec<Input>, Error> {
    let mut inputs = Vec::new();
    for path in paths {
        let about = fs::metadata(path).map_err(|source| Error::read(path, source))?;
        if about.is_dir() {
            let mut below = Vec::new();
            walk(path, &mut below)?;
            below.sort_by_cached_key(|file| relative(path, file));
            for file in below {
                match input(&file)? {
                    (input, true) => inputs.push(input),
                    (_, false) => skipped.push(file),
                }
            }
        } else {
            inputs.push(input(path)?.0);
        }
    }
    Ok(inputs)
}

/// What a name states is in a file, and whether it states anything; letters may be large or small.
fn input(path: &Path) -> Result<(Input, bool), Error> {
    let about = fs::metadata(path).map_err(|source| Error::read(path, source))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (name, packing) = match (without(&name, ".gz"), without(&name, ".zst")) {
        (Some(inner), _) => (inner, Packing::Gzip),
        (_, Some(inner)) => (inner, Packing::Zstd),
        _ => (name.as_str(), Packing::Plain),
    };
    let endings = [
        (".ndjson", Format::Ndjson),
        (".jsonl", Format::Ndjson),
        (".csv", Format::Csv),
        (".parquet", Format::Parquet),
    ];
    let named = endings.into_iter().find_map(|(ending, format)| Some((without(name, ending)?, format)));
    // Parquet packs its own columns and is read from its end.
    let named = named.filter(|(_, format)| *format != Format::Parquet || packing == Packing::Plain);
    let (stem, format) = named.unwrap_or((name, Format::Ndjson));
    let input = Input {
        path: path.to_owned(),
        name: path.to_string_lossy().into_owned(),
        bytes: about.len(),
        format,
        packing,
        stem: stem.to_owned(),
    };
    Ok((input, named.is_some()))
}

/// The name without its ending, if it has it and something before it.
fn without<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (stem, end) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    (end.eq_ignore_ascii_case(ending) && !stem.is_empty()).then_some(stem)
}

fn relative(base: &Path, path: &Path) -> Vec<u8> {
    path.strip_prefix(base).unwrap_or(path).as_os_str().as_encoded_bytes().to_vec()
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::read(folder, source);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        // Follows links as opening would; a broken one is an error, not a gap.
        let about = fs::metadata(&path).map_err(|source| Error::read(&path, source))?;
        if about.is_dir() { walk(&path, into)? } else { into.push(path) }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_format_packing_and_stem() {
        let folder = tempfile::tempdir().unwrap();
        for (name, format, packing, stem, named) in [
            ("a.ndjson", Format::Ndjson, Packing::Plain, "a", true),
            ("a.JSONL.Gz", Format::Ndjson, Packing::Gzip, "a", true),
            ("fee_line.csv", Format::Csv, Packing::Plain, "fee_line", true),
            ("fee_line.CSV.zst", Format::Csv, Packing::Zstd, "fee_line", true),
            ("fee_line.2025.csv", Format::Csv, Packing::Plain, "fee_line.2025", true),
            ("visit.parquet", Format::Parquet, Packing::Plain, "visit", true),
            ("visit.parquet.gz", Format::Ndjson, Packing::Gzip, "visit.parquet", false),
            ("notes.txt", Format::Ndjson, Packing::Plain, "notes.txt", false),
            (".csv", Format::Ndjson, Packing::Plain, ".csv", false),
            ("好.csv", Format::Csv, Packing::Plain, "好", true),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, "x").unwrap();
            let (input, is_named) = input(&path).unwrap();
            assert_eq!(
                (input.format, input.packing, input.stem.as_str(), is_named),
                (format, packing, stem, named),
                "{name}"
            );
        }
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_its_paths() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.ndjson", "a/z.ndjson.gz", "a.csv", "notes.txt"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut skipped = Vec::new();
        let found = inputs(&[folder.path().to_owned()], &mut skipped).unwrap();
        let names: Vec<_> = found.iter().map(|input| relative(folder.path(), &input.path)).collect();
        assert_eq!(names, [b"a.csv".to_vec(), b"a/z.ndjson.gz".to_vec(), b"b.ndjson".to_vec()]);
        assert_eq!(skipped.len(), 1);
    }
}

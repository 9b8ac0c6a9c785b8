//! The files of an argument list, in order of arrival, each with the format its name states.
//!
//! The arguments come in their order, the files of a folder by the bytes of their path below it. What is in a folder and is
//! not read is skipped and told, with the reason: a name that is of no format, what is no regular file (a pipe would be
//! waited for without end), a link to a folder above it (whose files would multiply without end), the folder that the
//! outputs go to. A file named by hand is read whatever its name, as NDJSON.
//!
//! The kind of a table's rows stands in its name, or in that of a folder above it, as exporters of parts write it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use records::Kind;
use wire::visible::visible_path;

use super::kinds::kind_of;
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
    /// Its name without folder and endings.
    pub stem: String,
    /// Of a table, the kind of its rows, if its name or that of a folder above it tells one.
    pub kind: Option<Kind>,
}

/// Something in a folder that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What.
    pub path: PathBuf,
    /// Why.
    pub why: SkipReason,
}

/// Why something in a folder is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// Its name is that of no format.
    NoFormat,
    /// It is a pipe, a socket or a device.
    NoFile,
    /// It is a link to a folder that it is in.
    LoopingLink,
    /// It is where the outputs go.
    Outputs,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SkipReason::NoFormat => "not a format of records",
            SkipReason::NoFile => "no regular file",
            SkipReason::LoopingLink => "a link to a folder above it",
            SkipReason::Outputs => "the folder of the outputs",
        })
    }
}

impl fmt::Display for Skipped {
    /// `skipped: PATH (why)`; control characters of the path are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "skipped: {} ({}", visible_path(&self.path), self.why)?;
        match self.meant() {
            Some(kind) => write!(f, "; did you mean {}.csv?)", kind.name()),
            None => f.write_str(")"),
        }
    }
}

impl Skipped {
    /// The kind that the name of a file tells which is of no format: somebody may have meant it to be read.
    fn meant(&self) -> Option<Kind> {
        kind_of(&file_name(&self.path)).filter(|_| self.why == SkipReason::NoFormat)
    }
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

/// Files of one argument list, in order of arrival; what is not read is named in `skipped`.
///
/// `out` is where the outputs go, if that is a folder: it is not read when it stands in one of the paths.
///
/// # Errors
/// A path that is not there or cannot be listed.
pub fn inputs(
    paths: &[PathBuf],
    out: Option<&Path>,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Input>, Error> {
    let out = out.and_then(|out| out.canonicalize().ok());
    let mut inputs = Vec::new();
    for path in paths {
        let about = fs::metadata(path).map_err(|source| Error::read(path, source))?;
        if about.is_dir() {
            let mut walk =
                Walk { out: out.as_deref(), above: Vec::new(), files: Vec::new(), skipped: Vec::new() };
            walk.folder(path, kind_of(&file_name(path)))?;
            walk.files.sort_by_cached_key(|(file, _)| relative(path, file));
            walk.skipped.sort_by_cached_key(|skipped| relative(path, &skipped.path));
            for (file, kind) in walk.files {
                match input(&file, kind)? {
                    (input, true) => inputs.push(input),
                    (_, false) => walk.skipped.push(Skipped { path: file, why: SkipReason::NoFormat }),
                }
            }
            skipped.append(&mut walk.skipped);
        } else {
            inputs.push(input(path, None)?.0);
        }
    }
    Ok(inputs)
}

/// The last part of a path, as it is given: `.` and what ends with `..` have none.
fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What a name states is in a file, and whether it states anything; letters may be large or small.
///
/// `of_folder` is the kind that the nearest folder tells.
fn input(path: &Path, of_folder: Option<Kind>) -> Result<(Input, bool), Error> {
    let about = fs::metadata(path).map_err(|source| Error::read(path, source))?;
    let name = file_name(path);
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
        kind: kind_of(stem).or(of_folder),
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

/// A walk through a folder.
struct Walk<'a> {
    out: Option<&'a Path>,
    /// The folders it is in, by their true names, outermost first.
    above: Vec<PathBuf>,
    /// Files, each with the kind that the nearest folder tells.
    files: Vec<(PathBuf, Option<Kind>)>,
    skipped: Vec<Skipped>,
}

impl Walk<'_> {
    /// Lists a folder; `kind` is what its name, or that of the nearest folder above it, tells.
    fn folder(&mut self, folder: &Path, kind: Option<Kind>) -> Result<(), Error> {
        let failed = |source| Error::read(folder, source);
        let itself = folder.canonicalize().map_err(failed)?;
        self.above.push(itself);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            // Follows links as opening would; a broken one is an error, not a gap.
            let about = fs::metadata(&path).map_err(|source| Error::read(&path, source))?;
            if about.is_file() {
                self.files.push((path, kind));
                continue;
            }
            let why = match about.is_dir() {
                false => Some(SkipReason::NoFile),
                true => self.why_not(&path)?,
            };
            match why {
                Some(why) => self.skipped.push(Skipped { path, why }),
                None => self.folder(&path, kind_of(&file_name(&path)).or(kind))?,
            }
        }
        self.above.pop();
        Ok(())
    }

    /// Why a folder in the one at hand is not read, if it is not.
    fn why_not(&self, folder: &Path) -> Result<Option<SkipReason>, Error> {
        let itself = folder.canonicalize().map_err(|source| Error::read(folder, source))?;
        // A link may lead above where the walk began, too: it would come back here.
        let is_above = self.above.iter().any(|above| above.starts_with(&itself));
        let why = if self.out == Some(&itself) { Some(SkipReason::Outputs) } else { None };
        Ok(why.or(is_above.then_some(SkipReason::LoopingLink)))
    }
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
            let (input, is_named) = input(&path, None).unwrap();
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
        let found = inputs(&[folder.path().to_owned()], None, &mut skipped).unwrap();
        let names: Vec<_> = found.iter().map(|input| relative(folder.path(), &input.path)).collect();
        assert_eq!(names, [b"a.csv".to_vec(), b"a/z.ndjson.gz".to_vec(), b"b.ndjson".to_vec()]);
        assert_eq!(skipped.len(), 1);
    }

    /// Makes empty files of these names below a folder.
    fn files(folder: &Path, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    #[test]
    fn a_folder_tells_the_kind_where_a_file_does_not() {
        let folder = tempfile::tempdir().unwrap();
        files(
            folder.path(),
            &[
                "visit/in/fee_line.parquet/part-0.parquet",
                "visit/in/person.csv",
                "visit/month=3/a.csv",
                "b.csv",
            ],
        );
        let kinds = |path: &str| {
            let found = inputs(&[folder.path().join(path)], None, &mut Vec::new()).unwrap();
            found.iter().map(|input| input.kind).collect::<Vec<_>>()
        };
        let (fee_line, person, visit) = (Some(Kind::FeeLine), Some(Kind::Person), Some(Kind::Visit));
        assert_eq!(kinds("visit"), [fee_line, person, visit]);
        assert_eq!(kinds(""), [None, fee_line, person, visit]);
        // What is above the path that is given does not count, nor the folder of a file that is given.
        assert_eq!(kinds("visit/month=3"), [None]);
        assert_eq!(kinds("visit/month=3/a.csv"), [None]);
        assert_eq!(kinds("visit/in/fee_line.parquet/part-0.parquet"), [None]);
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_to_an_end_is_skipped_and_told() {
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        files(at, &["a/visit.csv", "a/b/person.csv", "c/fee_line.csv", "out/alerts.ndjson", "a/x.xlsx"]);
        symlink(".", at.join("a/itself")).unwrap();
        symlink("..", at.join("a/b/above")).unwrap();
        symlink("../..", at.join("a/b/far")).unwrap();
        symlink("../c", at.join("a/beside")).unwrap();
        symlink("../a", at.join("c/back")).unwrap();
        let _socket = UnixListener::bind(at.join("socket.ndjson")).unwrap();
        let mut skipped = Vec::new();
        let found = inputs(&[at.to_owned()], Some(&at.join("out")), &mut skipped).unwrap();
        let below = |path: &Path| path.strip_prefix(at).unwrap().to_string_lossy().into_owned();
        let names: Vec<String> = found.iter().map(|input| below(&input.path)).collect();
        // A folder that is linked from beside it is read twice, as it would be if it were copied there.
        assert_eq!(
            names,
            [
                "a/b/person.csv",
                "a/beside/fee_line.csv",
                "a/visit.csv",
                "c/back/b/person.csv",
                "c/back/visit.csv",
                "c/fee_line.csv"
            ]
        );
        let of = |why: SkipReason| {
            let of = skipped.iter().filter(|skipped| skipped.why == why);
            of.map(|skipped| below(&skipped.path)).collect::<Vec<_>>()
        };
        let loops = ["a/b/above", "a/b/far", "a/beside/back", "a/itself"];
        let more = ["c/back/b/above", "c/back/b/far", "c/back/beside", "c/back/itself"];
        assert_eq!(of(SkipReason::LoopingLink), [loops, more].concat());
        assert_eq!(of(SkipReason::NoFile), ["socket.ndjson"]);
        assert_eq!(of(SkipReason::Outputs), ["out"]);
        assert_eq!(of(SkipReason::NoFormat), ["a/x.xlsx", "c/back/x.xlsx"]);
    }
}
